"""The fourteen steps, in their order, and the milestones: what each is called, and which earlier files it builds on.

A step's texts lie in `track/stepNN_name/`: `story.md` says what to write, `stub.py` is what the reader begins with,
`hint.md` has a paragraph for each thing to write, and `solution.py` is one way to do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hellodl.errors import HelloError

TRACK = Path(__file__).with_name("track")


@dataclass(frozen=True)
class Step:
    """One file to write. `needs` are the numbers of the earlier steps whose files it imports or is tried with."""

    number: int
    name: str
    title: str
    needs: tuple[int, ...] = ()

    @property
    def stem(self) -> str:
        """The file's name without `.py`, as one imports it."""
        return f"step{self.number:02}_{self.name}"

    @property
    def file(self) -> str:
        """The name of the reader's file."""
        return f"{self.stem}.py"

    def asks_for_it(self, folder: Path) -> str:
        """What one types for a missing file to be put there."""
        return f"hellodl learn {folder}"

    @property
    def story(self) -> str:
        """Where the story lies in the reader's folder."""
        return f"stories/{self.stem}.md"

    def text(self, name: str) -> str:
        """One of the step's texts: `story.md`, `stub.py`, `hint.md` or `solution.py`."""
        return (TRACK / self.stem / name).read_text("utf-8")

    def hint(self, about: str) -> str:
        """The hint for one thing to write, or the first hint where there is none for it."""
        parts = dict(part.split("\n", 1) for part in ("\n" + self.text("hint.md")).split("\n## ")[1:])
        return " ".join(parts.get(about, next(iter(parts.values()))).split())


@dataclass(frozen=True)
class Milestone:
    """Something real that runs on the reader's own files, of the steps in `needs`."""

    name: str
    title: str
    needs: tuple[int, ...]

    @property
    def after(self) -> int:
        """The step after which it can run."""
        return max(self.needs)

    @property
    def runs_on(self) -> str:
        """The steps it runs on, for people: 'steps 3 to 8, 10 and 13'."""
        runs: list[list[int]] = []
        for number in self.needs:
            if runs and number == runs[-1][-1] + 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        words = [f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs]
        return f"steps {' and '.join([', '.join(words[:-1]), words[-1]] if len(words) > 1 else words)}"


STEPS = (
    Step(1, "neuron", "a neuron"),
    Step(2, "slope", "its slope", (1,)),
    Step(3, "tensor", "a tensor that knows its gradient"),
    Step(4, "order", "topological order", (3,)),
    Step(5, "broadcasting", "broadcasting", (3, 4)),
    Step(6, "layer", "a layer", (3, 4, 5)),
    Step(7, "loss", "softmax and cross-entropy", (3, 4)),
    Step(8, "optimizers", "SGD to Adam", (3,)),
    Step(9, "convolution", "convolution and its two gradients", (3, 4, 5)),
    Step(10, "batch_norm", "batch norm", (3, 4, 5)),
    Step(11, "training", "a training loop", (3, 4)),
    Step(12, "gru", "a GRU step", (3, 4, 5)),
    Step(13, "attention", "attention", (3, 4, 7)),
    Step(14, "ctc", "CTC", (3, 4, 7)),
)

MILESTONES = (
    Milestone("xor", "XOR, which no single neuron can learn", (3, 4, 5, 6)),
    Milestone("three-or-seven", "a 3 or a 7, in hands it has never seen", (3, 4, 5, 6, 7, 8)),
    Milestone("digits", "all ten digits, by convolutions", (3, 4, 5, 6, 7, 8, 9, 10, 11)),
    Milestone("gpt", "a tiny GPT that learns to write", (3, 4, 5, 6, 7, 8, 10, 13)),
)


def step(number: int) -> Step:
    """The step of that number. Raises HelloError where there is none."""
    for found in STEPS:
        if found.number == number:
            return found
    raise HelloError(f"there is no step {number}; there are 1 to {len(STEPS)}")


def milestone(name: str) -> Milestone:
    """The milestone of that name. Raises HelloError where there is none."""
    for found in MILESTONES:
        if found.name == name:
            return found
    raise HelloError(f"there is no milestone {name!r}; there are {', '.join(m.name for m in MILESTONES)}")


def foundations(needs: tuple[int, ...]) -> list[Step]:
    """Those steps and all that they stand on, in their order."""
    numbers: set[int] = set()
    waiting = [*needs]
    while waiting:
        number = waiting.pop()
        if number not in numbers:
            numbers.add(number)
            waiting += step(number).needs
    return [step(number) for number in sorted(numbers)]
