"""Claims: every figure that this project publishes, with the command that gives it.

A number in a README is a claim until somebody runs it again. benchmarks/claims.toml lists ours; this file
reads that list, runs a claim's command once for each of its seeds, and says whether the figure came out. What
cannot run here (a data set is not there, say) is reported as not run, and never as passed.

    [[claim]]
    id = "digits"                       its name on the command line
    what = "..."                        in plain words
    where = ["README.md"]               where it is published
    command = "hellodl train digits --seed {seed} --json"
    figure = "test_accuracy"            where to find it in what the command prints, see `take`
    unit = "%"                          "%" for a share of 1, "s" for seconds, or any word
    direction = "at least"              or "at most"
    claimed = 0.995                     the mean over the seeds
    spread = 0.0003                     standard deviation over the seeds; twice that is forgiven
    seeds = [1, 2, 3]                   the command runs once for each
    machine = "2 cores"                 where it was measured
    needs = ["data:mnist"]              what must be there, see `lacks`
    seconds = 300                       how long one run of the command takes there
    folder = "source"                   optional: run it in the source tree (else in an empty folder)

A table [common] holds what all claims of a file share. Each chapter of the course has its claims, about its cells,
in a file beside it. In commands and needs, {seed} is the seed and {source} the source tree; `&&` stands between
commands that run one after the other in the same folder.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from hellodl.data.home import find
from hellodl.errors import HelloError
from hellodl.runs.machine import SOURCE

CLAIMS = SOURCE / "benchmarks" / "claims.toml"
COURSE = SOURCE / "course"
PATIENCE = 5.0  # a command may take so many times as long as published before it is stopped


class ClaimError(HelloError):
    """A list of claims that is missing or does not read, or a claim that it does not hold."""


@dataclass(frozen=True)
class Claim:
    """One published figure; the fields are explained above."""

    id: str
    what: str
    where: list[str]
    command: str
    figure: str
    unit: str
    direction: str
    claimed: float
    spread: float
    seeds: list[int]
    machine: str
    needs: list[str]
    seconds: float
    folder: str = ""

    def holds(self, mean: float) -> bool:
        """Whether a measured mean is as good as what is claimed; twice the spread is forgiven."""
        forgiven = 2 * self.spread + 1e-9
        if self.direction == "at least":
            return mean >= self.claimed - forgiven
        return mean <= self.claimed + forgiven


class Measured:
    """What was measured, a value for each seed: their mean and standard deviation."""

    values: list[float]

    @property
    def mean(self) -> float | None:
        """The mean over the seeds, where there is any."""
        return statistics.fmean(self.values) if self.values else None

    @property
    def spread(self) -> float | None:
        """Standard deviation over the seeds (of a sample), where there are two or more."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None


@dataclass(frozen=True)
class Outcome(Measured):
    """What became of a claim. `verdict` is 'reproduced', 'missed' or 'not run'; `why` says more."""

    claim: Claim
    verdict: str
    why: str
    values: list[float]


class Failure(Exception):
    """A command that did not give its figure; the words say why."""


def all_claims() -> list[Claim]:
    """Everything that is published: in README and cards, and in the chapters of the course."""
    claims = [claim for path in (CLAIMS, *sorted(COURSE.glob("*.toml"))) for claim in read_claims(path)]
    return unlike(claims, "benchmarks/claims.toml and course/*.toml")


def read_claims(path: Path = CLAIMS) -> list[Claim]:
    """All claims of a file, checked; ClaimError names the first that is not as it should be."""
    try:
        listed = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ClaimError(
            f"{path}: the published figures are not part of an installed hellodl; clone its repository "
            "and run `hellodl reproduce` there, or give the file with --claims"
        ) from None
    except (OSError, ValueError) as error:
        raise ClaimError(f"{path}: cannot be read ({error}); restore it from the repository") from error
    common = listed.get("common", {})
    return unlike([_claim(path, {**common, **entry}) for entry in listed.get("claim", [])], path)


def unlike(claims: list[Claim], where: str | Path) -> list[Claim]:
    """The claims, if no two of them have one name; the error says where two have."""
    names = [claim.id for claim in claims]
    for name in names:
        if names.count(name) > 1:
            raise ClaimError(f"{where}: there are two claims called '{name}'; rename one")
    return claims


def _claim(path: Path, entry: dict[str, Any]) -> Claim:
    name = entry.get("id", "a claim without id") if isinstance(entry, dict) else "an entry"
    kinds: dict[str, Any] = {"str": str, "float": (int, float), "list[str]": list, "list[int]": list}
    allowed = {field.name: kinds[str(field.type)] for field in fields(Claim)}
    for key in entry:
        if key not in allowed:
            raise ClaimError(f"{path}: {name}: does not know '{key}'; correct it")
    for key, kind in allowed.items():
        if key != "folder" and key not in entry:
            raise ClaimError(f"{path}: {name}: lacks '{key}'; add it")
        if key in entry and not isinstance(entry[key], kind):
            raise ClaimError(f"{path}: {name}: '{key}' is of the wrong type; correct it")
    claim = Claim(**entry)
    if claim.direction not in ("at least", "at most"):
        raise ClaimError(f"{path}: {name}: the direction is 'at least' or 'at most'; correct it")
    if not claim.seeds or claim.folder not in ("", "source"):
        raise ClaimError(f"{path}: {name}: wants some seeds, and no folder but 'source'; correct it")
    return claim


def lacks(need: str, data: Path | None) -> str:
    """Why a need is not met here, or nothing: `data:NAME`, `file:PATH`, `module:NAME` or `command:NAME`."""
    kind, _, name = need.replace("{source}", str(SOURCE)).partition(":")
    if kind == "data":
        return "" if find(name, data) else f"data set {name} is not here: hellodl data get {name}"
    if kind == "file":
        return "" if Path(name).exists() else f"{os.path.relpath(name, SOURCE)} is not here"
    if kind == "module":
        return "" if importlib.util.find_spec(name) else f"Python's {name} is not installed"
    if kind == "command":
        return "" if shutil.which(name) else f"the command {name} is not here"
    return f"do not know how to look for '{need}'"


class Bench:
    """Runs commands; what two claims have in common is run once."""

    def __init__(self, data: Path | None = None):
        self.data = data
        self._done: dict[tuple, tuple[str, dict[str, float]] | Failure] = {}

    def try_claim(self, claim: Claim, tell: Any = lambda text: None) -> Outcome:
        """Run a claim for each of its seeds; `tell` is told before each."""
        for need in claim.needs:
            if why := lacks(need, self.data):
                return Outcome(claim, "not run", why, [])
        values: list[float] = []
        for number, seed in enumerate(claim.seeds, 1):
            tell(f"{claim.id}: {number} of {len(claim.seeds)}, about {duration(claim.seconds)} each")
            try:
                values.append(self.measure(claim, seed))
            except Failure as failure:
                return Outcome(claim, "missed", str(failure), values)
        outcome = Outcome(claim, "", "", values)
        assert outcome.mean is not None
        return Outcome(claim, "reproduced" if claim.holds(outcome.mean) else "missed", "", values)

    def measure(self, claim: Claim, seed: int) -> float:
        """The figure of one run."""
        key = (claim.command, claim.folder, seed)
        if key not in self._done:
            try:
                self._done[key] = self._run(claim, seed)
            except Failure as failure:
                self._done[key] = failure
        done = self._done[key]
        if isinstance(done, Failure):
            raise done
        return take(claim.figure, *done)

    def _run(self, claim: Claim, seed: int) -> tuple[str, dict[str, float]]:
        """All that the commands of a claim print, and how the last one went."""
        printed = ""
        about: dict[str, float] = {}
        with tempfile.TemporaryDirectory(prefix="hellodl-") as empty:
            folder = SOURCE if claim.folder == "source" else Path(empty)
            for command in claim.command.split(" && "):
                start = time.perf_counter()
                done = self._call(command.replace("{seed}", str(seed)), folder, claim.seconds)
                printed += done.stdout.decode(errors="replace")
                about = {"wall seconds": time.perf_counter() - start, "exit status": float(done.returncode)}
                if done.returncode:
                    break
        return printed, about

    def _call(self, command: str, folder: Path, seconds: float) -> subprocess.CompletedProcess[bytes]:
        """One command, with the very Python that runs us."""
        parts = shlex.split(command.replace("{source}", str(SOURCE)))
        if parts[0] == "hellodl":
            parts = [sys.executable, "-m", *parts]
        elif parts[0] == "python":
            parts[0] = sys.executable
        programs = str(Path(sys.executable).parent)
        environment = {**os.environ, "PATH": programs + os.pathsep + os.environ.get("PATH", "")}
        if self.data is not None:
            environment["HELLODL_DATA"] = str(self.data.absolute())
        patience = max(60.0, PATIENCE * seconds)
        try:
            return subprocess.run(
                parts, stdout=subprocess.PIPE, cwd=folder, env=environment, timeout=patience, check=False
            )
        except subprocess.TimeoutExpired:
            raise Failure(f"stopped after {duration(patience)}") from None
        except OSError as error:
            raise Failure(f"cannot be started ({error.strerror})") from None


def take(figure: str, printed: str, about: dict[str, float]) -> float:
    """A figure out of what a command printed.

    `wall seconds` and `exit status` are about the (last) command itself; `/pattern/` is a regular expression
    whose first group is the number (with a % behind it, a hundredth of it); anything else is a path of keys,
    such as `page.accuracy`, into the last JSON object printed that has it.
    """
    if figure in about:
        if figure != "exit status" and about["exit status"] != 0:
            raise Failure(f"ended with status {about['exit status']:.0f}")
        return about[figure]
    failed = f" (status {about['exit status']:.0f})" if about["exit status"] else ""
    if figure.startswith("/") and figure.endswith("/"):
        found = re.search(figure[1:-1], printed)
        if not found:
            raise Failure(f"did not print {figure}{failed}")
        return float(found[1]) / (100 if printed[found.end(1) :].startswith("%") else 1)
    for value in reversed(objects(printed)):
        for key in figure.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    raise Failure(f"gave no number as {figure}{failed}")


def objects(printed: str) -> list[Any]:
    """The JSON objects in a text that begin at the start of a line."""
    found = []
    for start in re.finditer(r"^\{", printed, re.MULTILINE):
        try:
            found.append(json.JSONDecoder().raw_decode(printed[start.start() :])[0])
        except ValueError:
            continue
    return found


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    return f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
