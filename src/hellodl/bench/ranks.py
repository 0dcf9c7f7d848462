"""`hellodl bench ranks`: what a room of machines would make of a training, told from what one core takes here.

    a piece of a batch, and the optimiser's step: timed on one core
    the wire: two trips of all weights, so long as its bits and its delays say      (`Wire`)
    a step: the most pieces that one rank has, the wire, the optimiser              (`Training`)

`tests/mpi/test_wire.py` holds the wire's part to what a throttled link really takes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hellodl import optim
from hellodl.bench.contestants import work_of
from hellodl.bench.problems import TASKS, Task, problem_of
from hellodl.train.lanes import Lanes

NAME = "ranks"
TRAININGS = ("step-256", "step-default", "text-gpt")  # of `problems`
RANKS = (1, 2, 4, 8, 16, 64, 256, 1024)
SAID = 4096  # bytes that each rank tells all others at a time
ROUNDS = 12


def bytes_sent(weights: int, ranks: int, size: int = 4, tellings: int = 2) -> float:
    """What one rank sends in a step: its part of everybody's share, its own share to all, and what it has to tell.

    `size` is that of a number; all tell one another that they are there, and then what came of their lanes.
    """
    return (ranks - 1) * (2 * size * weights / ranks + tellings * SAID)


@dataclass(frozen=True)
class Wire:
    """How fast each machine's link is, both ways at once, and how long a message takes however short it is."""

    gigabits: float
    milliseconds: float

    def seconds(self, weights: int, ranks: int) -> float:
        """For the exchanges of a step: telling twice (in doublings), handing shares out, collecting them (in a ring).

        As if all of that were waited for; what the way back hides is less.
        """
        if ranks == 1:
            return 0.0
        trips = 2 * math.ceil(math.log2(ranks)) + 1 + (ranks - 1)
        return trips * self.milliseconds / 1e3 + 8 * bytes_sent(weights, ranks) / (self.gigabits * 1e9)


@dataclass(frozen=True)
class Training:
    """A step in numbers: weights that travel, how many pieces it has, the seconds of one, and of the optimiser."""

    name: str
    weights: int
    pieces: int
    piece: float
    optimizer: float

    def seconds(self, wire: Wire, ranks: int, times: int = 1) -> float:
        """A step of a batch so many times as large, on one core a rank: the slowest rank's pieces, and the rest."""
        pieces = -(-self.pieces * times // ranks)
        return pieces * self.piece + wire.seconds(self.weights, ranks) + self.optimizer

    def told(self, wire: Wire, ranks: int) -> dict[str, float]:
        """How many times faster than one rank, and the share of a step that goes by on the wire."""
        found: dict[str, float] = {"ranks": ranks}
        for name, times in {"same batch": 1, "batch grows": ranks, "grows, 8 at a time": 8 * ranks}.items():
            seconds = self.seconds(wire, ranks, times)
            found[name] = self.seconds(wire, 1) * times / seconds
            found[f"{name}: wire"] = wire.seconds(self.weights, ranks) / seconds
        return found


def timed(task: Task) -> Training:
    """What a training's pieces take on one core here: the quickest of a few, since others may want that core too."""
    problem = problem_of(task)
    model = problem.network()
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    work = work_of(problem)
    pieces, steps = [], []
    with Lanes(model, task.micro_batch, 1, threads=1) as lanes:
        for number in range(ROUNDS):
            began = time.perf_counter()
            lanes.gradients(work, np.arange(task.micro_batch), (0, number))
            between = time.perf_counter()
            optimizer.step()
            pieces.append(between - began)
            steps.append(time.perf_counter() - between)
    return Training(task.name, model.weight_count(), -(-task.batch // task.micro_batch), min(pieces), min(steps))


def simulated(wire: Wire) -> list[dict[str, Any]]:
    """Each training of the course on 1 to 1,024 ranks."""
    trainings = [timed(task) for task in TASKS if task.name in TRAININGS]
    return [asdict(training) | {"told": [training.told(wire, ranks) for ranks in RANKS]} for training in trainings]


def as_table(found: Sequence[dict[str, Any]], wire: Wire) -> str:
    """The same, in Markdown."""
    lines = [f"Times faster than one rank of one core, over {wire.gigabits:g} Gbit/s and {wire.milliseconds:g} ms:"]
    for training in found:
        lines += ["", f"**{training['name']}**: {training['weights']:,} weights; {training['pieces']} pieces of "]
        lines[-1] += f"{training['piece'] * 1e3:.1f} ms, the optimiser's step {training['optimizer'] * 1e3:.1f} ms"
        lines += [
            "",
            "| ranks | same batch | wire | batch grows | wire | grows, 8 at a time | wire |",
            "|--:" * 7 + "|",
        ]
        for row in training["told"]:
            cells = [f"{row[name]:.0%}" if "wire" in name else f"{row[name]:.4g}" for name in row]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
