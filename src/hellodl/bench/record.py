"""`hellodl bench mnist`: seconds from nothing to a network that reads 99% of MNIST's test images.

Images a second say little about how long one waits for a result: a library has to be loaded, the data read,
kernels compiled or not, and all images looked at as often as it takes. So here whole processes race. Each
starts, learns by the same recipe, which was fixed beforehand, judges itself once on the 10,000 test images and
ends; the clock runs outside. Every seed is one round, in which all take their turns.

The entries are scripts in `benchmarks/mnist`, beside the package, which itself knows nothing of other libraries.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hellodl.console import log, markdown_table, progress_bar, ratio
from hellodl.data.home import find, how_to_get
from hellodl.errors import HelloError
from hellodl.runs import machine

NAME = "mnist"
SCRIPTS = machine.SOURCE / "benchmarks" / "mnist"
SEEDS = (0, 1, 2, 3, 4)
GOAL = 0.99


class Entry(NamedTuple):
    """Who takes part: `command` is a script and its options, `needs` the module that must be installed for it."""

    library: str
    needs: str
    command: list[str]


def entries(peers: bool = True) -> list[Entry]:
    """Those whose library is installed; hellodl alone without `peers`."""
    listed = tomllib.loads((SCRIPTS / "entries.toml").read_text("utf-8"))["entry"]
    found = [Entry(**entry) for entry in listed]
    return [e for e in found if importlib.util.find_spec(e.needs) and (peers or e.library.startswith("hellodl"))]


def raced(data: Path | None, peers: bool = True) -> dict[str, Any] | None:
    """All figures of the race, as JSON has them; None, and a line that says so, where MNIST is not here."""
    folder = find(NAME, data)
    if folder is None:
        log.warning(f"{NAME} left out, for its images are not here: {how_to_get(NAME, data)}")
        return None
    racers = entries(peers)
    rows: dict[str, dict[str, Any]] = {}
    for racer in racers:
        rows[racer.library] = {"library": racer.library, "seconds": [], "accuracy": []}
    with progress_bar(NAME, len(SEEDS) * len(racers)) as bar:
        for seed in SEEDS:
            for racer in racers:
                bar.note(f"{racer.library}, seed {seed}")
                seconds, accuracy = one_run(racer, folder, seed)
                rows[racer.library]["seconds"].append(seconds)
                rows[racer.library]["accuracy"].append(accuracy)
                log.info(f"{NAME}: seed {seed}, {racer.library}: {seconds:.2f} s, {accuracy:.2%}")
                bar.advance(1)
    return {"goal": GOAL, "seeds": list(SEEDS), "entries": list(rows.values())}


def one_run(entry: Entry, folder: Path, seed: int) -> tuple[float, float]:
    """One whole process: its seconds from start to end, and the share of the test images that it reads right."""
    script, *options = entry.command
    command = [sys.executable, str(SCRIPTS / script), str(folder.resolve()), str(seed), *options]
    began = time.perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if ended.returncode:
        last = ended.stderr.strip().rpartition("\n")[2]
        raise HelloError(f"{NAME}: {entry.library} failed at seed {seed}: {last}")
    return seconds, json.loads(ended.stdout)["accuracy"]


def as_markdown(figures: dict[str, Any]) -> list[str]:
    """The lines of the table for people."""
    seconds = {row["library"]: np.array(row["seconds"]) for row in figures["entries"]}
    mine = [library for library in seconds if library.startswith("hellodl")]
    rows = []
    for row in figures["entries"]:
        library, theirs = row["library"], seconds[row["library"]]
        low, middle, high = np.percentile(theirs, (25, 50, 75))
        mean, spread = np.mean(row["accuracy"]), np.std(row["accuracy"], ddof=len(row["accuracy"]) > 1)
        missed = "" if mean >= figures["goal"] else ", misses the goal"
        cells = {
            "": library,
            "seconds, median (quartiles)": f"{middle:.1f} ({low:.1f} to {high:.1f})",
            "test images read right, mean ± deviation": f"{mean:.2%} ± {spread:.2%}{missed}",
        }
        for name in mine:
            quartiles = None if library in mine else np.percentile(theirs / seconds[name], (25, 50, 75))
            cells[f"{name} is"] = ratio(quartiles)
        rows.append(cells)
    heading = (
        f"**{NAME}**: whole processes from start to the end of a fixed schedule, {len(figures['seeds'])} seeds; "
        f"the goal is a mean of {figures['goal']:.0%} of the test images"
    )
    return [heading, "", *markdown_table(rows)]
