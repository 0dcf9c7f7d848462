"""A fair race: the same work or none, turns in order, and the right division at the end.

Times on a machine that others use too drift by half in a minute, so nothing is timed by itself: all contestants
take short turns, A B C A B C, and what counts is the ratio within a round. Before the clock starts, each has to
show that it does the same work: its outputs and gradients must agree with ours.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from hellodl.autograd.tensor import Array
from hellodl.bench.contestants import Way, answer, one_and_all, step, ways
from hellodl.bench.problems import Problem, Task, flops, problem_of
from hellodl.bench.racers import Racer
from hellodl.bench.standings import JIT, LIMIT, OURS
from hellodl.console import log, progress_bar
from hellodl.errors import HelloError

TURN = 0.3  # seconds: long against the clock's grain, short against the machine's moods
REST = 0.02  # seconds between turns, in which the threads of the one before go to sleep
CLOSE = 2e-3  # of the largest output: what float32 may differ by where the same is computed in another order
# Of a gradient's length. It jumps where the largest of four pixels changes, or a ReLU opens, so a last bit can
# turn into a few hundredths: both PyTorch and we are that far from the same network in float64.
CLOSE_GRADIENT = 5e-2


def measured(task: Task, peers: Iterable[Any], rounds: int) -> dict[str, Any]:
    """Let all contestants race at a task: its figures, as JSON has them."""
    problem, counts = problem_of(task), one_and_all()
    theirs = [Way(*way) for peer in peers for way in peer.ways(task, counts)]
    racers = [Racer(way) for way in (*ways(task, counts), *theirs, *(Way(LIMIT, threads) for threads in counts))]
    ready: list[Racer] = []
    try:
        with progress_bar(f"{task.name}: getting ready", len(racers)) as bar:
            reference = (step(problem, 1, task.batch) if task.training else answer(problem, 1)).show()
            for racer in racers:  # one after the other: whoever compiles takes all cores
                bar.note(racer.name)
                racer.start(task)
                with left_out_on_failure(racer.name):
                    shown = racer.ready()
                    if racer.library != LIMIT:
                        check_alike(racer.name, reference, shown)
                    racer.turn(1)
                    ready.append(racer)
                bar.advance(1)
        race(ready, task, rounds)
        for racer in ready:
            racer.weigh()
    finally:
        for racer in racers:
            racer.stop()
    return figures_of(problem, ready)


@contextmanager
def left_out_on_failure(name: str) -> Iterator[None]:
    """A library that cannot do the work here is left out, with a line that says so; other work is an error."""
    try:
        yield
    except HelloError:
        raise
    except Exception as error:
        words = str(error).strip() or type(error).__name__
        log.warning(f"{name} left out: {words.splitlines()[0]}")


def check_alike(name: str, mine: tuple[Array, dict[str, Array]], theirs: tuple[Array, dict[str, Array]]) -> None:
    """Raise HelloError where outputs or gradients of the same problem differ by more than rounding."""
    wrong = [] if np.abs(mine[0] - theirs[0]).max() < CLOSE * np.abs(mine[0]).max() else ["the output"]
    for key, gradient in mine[1].items():
        if not np.linalg.norm(theirs[1][key] - gradient) < CLOSE_GRADIENT * np.linalg.norm(gradient):
            wrong.append(f"the gradient of {key}")
    if wrong:
        raise HelloError(f"{name} does not do the same work: {wrong[0]} is not ours; its time would mean nothing")


def race(racers: list[Racer], task: Task, rounds: int) -> None:
    """Each in turn, round after round: fills in their `rates`."""
    repeats = [max(1, round(TURN / max(racer.turn(1), 1e-6))) for racer in racers]
    with progress_bar(task.name, rounds * len(racers)) as bar:
        for _ in range(rounds):
            for racer, times in zip(racers, repeats, strict=True):
                time.sleep(REST)
                bar.note(racer.name)
                racer.rates.append(racer.work * times * task.count / racer.turn(times))
                bar.advance(1)


def figures_of(problem: Problem, racers: list[Racer]) -> dict[str, Any]:
    """The race of a task in numbers: each library with the number of threads that suits it best."""
    best: dict[str, Racer] = {}
    for racer in racers:
        known = best.get(racer.library)
        if known is None or np.median(racer.rates) > np.median(known.rates):
            best[racer.library] = racer
    per_image = flops(problem)
    rows = []
    for library, racer in best.items():
        low, middle, high = (float(q) for q in np.percentile(racer.rates, (25, 50, 75)))
        row: dict[str, Any] = {"library": library, "threads": racer.threads}
        row |= {"images_per_second": middle, "quartiles": [low, high]}
        row |= {"gflops": middle * per_image / 1e9, "memory_mb": None if library == LIMIT else racer.memory_mb}
        for mine in (OURS, JIT):  # how many times as fast as this library, round by round
            if mine in best and library not in (OURS, JIT):
                ratios = np.array(best[mine].rates) / np.array(racer.rates)
                row[f"{mine} is"] = [float(q) for q in np.percentile(ratios, (25, 50, 75))]
        rows.append(row)
    everyone = {c.name: {"threads": c.threads, "library": c.library, "rates": c.rates} for c in racers}
    scaling = {name: gain(racers, name) for name in (OURS, JIT, LIMIT) if name in best}
    about = {name: getattr(problem.task, name) for name in ("network", "batch", "training", "unit")}
    figures = {"flops_per_image": per_image, "best": rows, "gain_from_threads": scaling, "all": everyone}
    return {"task": problem.task.name, **about, **figures}


def gain(racers: list[Racer], library: str) -> float:
    """How many times as fast a library is with all threads as with one (median over rounds)."""
    found = sorted((c for c in racers if c.library == library), key=lambda c: c.threads)
    return float(np.median(np.array(found[-1].rates) / np.array(found[0].rates)))
