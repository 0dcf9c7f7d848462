"""What the tests of faults share: tiny trainings as a user starts them, ways to break them, and what must hold after.

Everything goes through the command line, in processes of its own. Whatever is killed is killed by SIGKILL, which no
program can catch: what holds then holds for a power cut too, but for what the disk itself loses.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from hellodl.data import dna, introns
from hellodl.data.idx import write
from hellodl.train.checkpoint import load

SOURCE = Path(__file__).resolve().parents[2] / "src"
INJECT = Path(__file__).parent / "inject"
PATIENCE = 900.0  # seconds for anything; it is there to end a test that hangs
FEW = ("--epochs", "3", "--batch-size", "32")


@dataclass(frozen=True)
class Training:
    """A program with options that make it short."""

    program: str
    options: tuple[str, ...]
    slow: bool = False  # for the long form of the tests only
    jit: str = "0"

    @property
    def words(self) -> list[str]:
        return ["train", self.program, *self.options]


TRAININGS = {
    "digits, mnist": Training("digits", ("--dataset", "mnist", "--architecture", "perceptron", *FEW)),
    "digits, mnist, the first that is here": Training("digits", ("--architecture", "perceptron", *FEW)),
    "digits, mnist, both networks": Training("digits", ("--dataset", "mnist", "--epochs", "2", "--count", "128"), True),
    "digits, ink": Training(
        "digits", ("--dataset", "ink", "--architecture", "perceptron", "--count", "300", *FEW), True
    ),
    "letters, emnist": Training("letters", ("--dataset", "emnist", "--architecture", "perceptron", *FEW)),
    "letters, unipen": Training("letters", ("--dataset", "unipen", "--architecture", "hello-dl", *FEW)),
    "letters, unipen, all of it": Training(
        "letters", ("--dataset", "unipen", "--architecture", "perceptron", "--all", "--temperature", "2", *FEW)
    ),
    "letters, unipen, residual": Training("letters", ("--dataset", "unipen", "--count", "128", *FEW), True),
    "letters, ink": Training(
        "letters", ("--dataset", "ink", "--architecture", "perceptron", "--count", "300", *FEW), True
    ),
    "text, gru": Training(
        "text", ("--corpus", "rhyme.txt", "--steps", "40", "--width", "16", "--context", "16", "--dropout", "0.1")
    ),
    "text, longer": Training(
        "text", ("--corpus", "rhyme.txt", "--steps", "800", "--width", "16", "--context", "16", "--batch-size", "8")
    ),
    "text, gpt": Training(
        "text",
        (
            *("--corpus", "rhyme.txt", "--model", "gpt", "--steps", "24", "--width", "16", "--heads", "2"),
            *("--layers", "1", "--context", "16", "--tokens", "300", "--without", "shift", "zero", "--lr", "0.003"),
        ),
    ),
    "text, compiled loops": Training(
        "text", ("--corpus", "rhyme.txt", "--steps", "40", "--width", "16", "--context", "16"), True, jit="1"
    ),
    "splice, simulated": Training(
        "splice", ("--dataset", "simulated", "--count", "200", "--epochs", "6", "--members", "1")
    ),
    "splice, uci": Training("splice", ("--dataset", "uci", "--epochs", "4", "--members", "2", "--seed", "3")),
    "splice, all of it": Training("splice", ("--all", "--epochs", "4", "--members", "1")),
    "lines, ink": Training("lines", ("--dataset", "ink", "--count", "64", "--pages", "0", "--epochs", "2"), True),
    "finder, ink": Training("finder", ("--pages", "16", "--epochs", "2"), True),
}
QUICK = [name for name, one in TRAININGS.items() if not one.slow]


@cache
def data(folder: Path) -> Path:
    """A data home with a little of everything: the formats are real, the pictures are bars."""
    rng = np.random.default_rng(0)
    parts = {"train": ("train", "train", "train"), "test": ("t10k", "test", "test")}
    for part, count in (("train", 320), ("test", 60)):
        mnist, emnist, unipen = parts[part]
        for name, stem, classes in (
            ("mnist", f"{mnist}-{{}}", 10),
            ("emnist", f"emnist-letters-{emnist}-{{}}", 26),
            ("unipen", f"unipen-letters-{unipen}-{{}}", 26),
        ):
            (folder / name).mkdir(parents=True, exist_ok=True)
            labels = rng.integers(0, classes, count).astype(np.uint8)
            images = np.zeros((count, 28, 28), np.uint8)
            for image, label in zip(images, labels):
                image[label : label + 3, 6:22] = 200
            write(folder / name / f"{stem.format('images-idx3-ubyte')}.gz", images)
            write(folder / name / f"{stem.format('labels-idx1-ubyte')}.gz", labels + np.uint8(name != "mnist"))
    (folder / "splice").mkdir(exist_ok=True)
    made = introns.simulate(300, 1)
    lines = [f"{dna.CLASSES[label]},NAME,{codes.tobytes().decode()}\n" for label, codes in zip(made.labels, made.codes)]
    (folder / "splice" / dna.FILE).write_text("".join(lines))
    return folder


def placed(folder: Path) -> Path:
    """A folder to work in, with a text to learn from."""
    folder.mkdir(parents=True, exist_ok=True)
    line = "Humpty Dumpty sat on a wall, Humpty Dumpty had a great fall.\n"
    (folder / "rhyme.txt").write_text(line * 40)
    return folder


@dataclass
class Place:
    """A folder where `hellodl` is used, and how."""

    folder: Path
    home: Path
    threads: int = 1
    prefix: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *words: str, fault: str = "", **settings) -> subprocess.Popen:
        """`hellodl WORDS`, in a group of its own, so that all its processes can be told."""
        paths = [str(SOURCE)] if not fault else [str(INJECT), str(SOURCE)]
        variables = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "HELLODL_DATA": str(self.home)}
        variables |= {"HELLODL_FAULT": fault, "HELLODL_MINE": str(self.folder / "mine"), "HELLODL_JIT": "0"}
        given = {"cwd": self.folder, "env": variables | self.environment, "text": True, "process_group": 0}
        given |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | settings
        return subprocess.Popen([*self.prefix, sys.executable, "-m", "hellodl", *map(str, words)], **given)

    def run(self, *words: str, **settings) -> "Said":
        """The same, to its end."""
        return ended(self.start(*words, **settings))

    def train(self, training: Training, *more: str, **settings) -> "Said":
        """A training to its end; the model goes to model.safetensors."""
        return self.run(*self.words(training, *more), **settings)

    def words(self, training: Training, *more: str) -> list[str]:
        self.suit(training)
        return [*training.words, "--threads", str(self.threads), "--out", "model.safetensors", *more]

    def resume(self, training: Training, *more: str) -> "Said":
        """The documented way back: the program, and the number of the run."""
        self.suit(training)
        number = str(max(int(path.stem.rpartition("-")[2]) for path in self.states()))
        words = ("--resume", number, "--threads", str(self.threads), "--out", "model.safetensors", *more)
        return self.run("train", training.program, *words)

    def suit(self, training: Training) -> None:
        """What a training finds in its surroundings."""
        home = self.home / "nothing" if training.program in ("finder", "lines") else self.home
        self.environment |= {"HELLODL_JIT": training.jit, "HELLODL_DATA": str(home)}

    @property
    def model(self) -> Path:
        return self.folder / "model.safetensors"

    def states(self) -> list[Path]:
        return sorted(self.folder.glob("runs/*.state"))

    def leftovers(self) -> list[str]:
        """Files that nobody needs any more."""
        patterns = ("**/*.part", "**/*.tmp", "**/*.state", "**/*-journal")
        return [str(path) for pattern in patterns for path in self.folder.glob(pattern)]

    def torn(self) -> list[str]:
        """Files that are not whole."""
        found = []
        for path in [*self.folder.glob("**/*.safetensors"), *self.states()]:
            try:
                load(path)
            except Exception as error:
                found.append(f"{path}: {error}")
        for path in self.folder.glob("runs/*.sqlite3"):
            with closing(sqlite3.connect(path)) as connection:
                said = [line for (line,) in connection.execute("pragma integrity_check")]
            # SQLite 3.40 takes every column beside a WITHOUT ROWID table's key for NULL, in sound files too.
            found += [line for line in said if line != "ok" and not line.startswith("NULL value in")]
        return found

    def statuses(self) -> list[str]:
        with closing(sqlite3.connect(self.folder / "runs" / "hellodl.sqlite3")) as connection:
            return [status for (status,) in connection.execute("select status from runs order by id")]


@dataclass(frozen=True)
class Said:
    """How a process ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The line that a failure ends with."""
        lines = self.err.strip().splitlines()
        return lines[-1] if lines else ""

    def is_one_line(self) -> bool:
        """Whether a failure was told in one line, without a traceback, and was expected."""
        ours = [line for line in self.err.splitlines() if line.startswith("hellodl: ")]
        return len(ours) == 1 and "Traceback" not in self.err and "unexpected" not in self.err


def ended(process: subprocess.Popen) -> Said:
    """Wait for the end."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return Said(process.returncode, out, err)


def same_bits(one: Path, other: Path) -> bool:
    """Whether two models are equal to the last bit."""
    a, b = load(one)[0], load(other)[0]
    return a.keys() == b.keys() and all(a[name].tobytes() == b[name].tobytes() for name in a)


def wait_until(condition, process: subprocess.Popen | None = None) -> bool:
    """Look until something is so; False where the process has ended before."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if process is not None and process.poll() is not None:
            return bool(condition())
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)
    return True


def family(leader: int) -> list[int]:
    """All live processes of a group, its leader among them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] not in "ZX":
            found.append(int(path.parent.name))
    return sorted(found)


def helpers(leader: int) -> list[int]:
    """Those of a group that are not its leader."""
    return [pid for pid in family(leader) if pid != leader]


def orphans(leader: int, seconds: float = 10.0) -> list[int]:
    """Who is still there after the leader was killed, and some time to notice."""
    end = time.monotonic() + seconds
    while (left := family(leader)) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def killed_at_random(place: Place, training: Training, whom: str, rng: random.Random, length: float) -> Said:
    """Start a training and kill "parent", a "helper" or "all" of it at some moment of the `length` that it has."""
    process = place.start(*place.words(training))
    if rng.random() < 0.9:  # else anywhere, also before there is anything
        wait_until(place.states, process)
    else:
        length += 1
    deadline = time.monotonic() + rng.random() * length
    if whom == "helper":
        wait_until(lambda: helpers(process.pid), process)
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.001)
    victims = {
        "parent": lambda: [process.pid],
        "helper": lambda: helpers(process.pid)[:1],
        "all": lambda: family(process.pid),
    }
    for pid in victims[whom]():
        kill(pid)
    said = ended(process)
    left = orphans(process.pid)
    assert not left, f"orphans: {left}"
    return said


def come_back(place: Place, training: Training) -> Said | None:
    """What a user does after a crash: go on where there is something to go on with, else begin again."""
    if place.states():
        return place.resume(training)
    if place.model.exists():
        return None  # it was done
    return place.train(training)


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
