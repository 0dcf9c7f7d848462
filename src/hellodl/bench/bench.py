"""`hellodl bench`: how many images a second, beside whom.

Times on a machine that others use too drift by half in a minute, so nothing is timed by itself: all contestants
take short turns, A B C A B C, and what counts is the ratio within a round. Before the clock starts, each has to
show that it does the same work: its outputs and gradients must agree with ours. The limit stands among them as
a contestant: the same number of multiplications as bare matrix products. After the race each does the work once
more in a process of its own, to see how much memory that takes.

Other libraries are asked only if they are installed. What speaks to them is in `benchmarks/peers`, beside the
package, which itself knows nothing of them.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from hellodl import nn, optim
from hellodl.autograd.tensor import Array, Tensor
from hellodl.bench import memory, record
from hellodl.bench.problems import TASKS, Problem, Task, flops, problem_of
from hellodl.bench.standings import JIT, LIMIT, OURS, as_markdown
from hellodl.console import log, progress_bar
from hellodl.errors import HelloError
from hellodl.ops import loops
from hellodl.runs import machine
from hellodl.train.lanes import Lanes, predict, quick_hand_over, single_threaded_products, thread_count

PEERS = machine.SOURCE / "benchmarks" / "peers"
TURN = 0.3  # seconds: long against the clock's grain, short against the machine's moods
REST = 0.02  # seconds between turns, in which the threads of the one before go to sleep
CLOSE = 2e-3  # of the largest output: what float32 may differ by where the same is computed in another order
# Of a gradient's length. It jumps where the largest of four pixels changes, or a ReLU opens, so a last bit can
# turn into a few hundredths: both PyTorch and we are that far from the same network in float64.
CLOSE_GRADIENT = 5e-2
RATE = 1e-4  # the learning rate: what the steps learn does not matter here
ALONE = 10  # runs that show how much memory a contestant takes


@dataclass
class Contestant:
    """One way to do a problem. `run` does it once; `show`, before the first run, gives outputs and gradients."""

    library: str  # such as "hellodl" or "PyTorch, channels last"
    threads: int
    run: Callable[[], object]
    show: Callable[[], tuple[Array, dict[str, Array]]] | None = None
    work: float = 1.0  # of the problem, that one run does
    rates: list[float] = field(default_factory=list)  # images a second, one a round

    @property
    def name(self) -> str:
        """The library and how many threads it has."""
        return f"{self.library}, {self.threads} thread{'s' if self.threads > 1 else ''}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is timed, how often, and beside whom."""
    option = parser.add_argument
    names = ", ".join(task.name for task in TASKS)
    option(
        "tasks",
        nargs="*",
        metavar="TASK",
        help=f"what to time ({names}: these if none is named; {record.NAME}: minutes; all)",
    )
    option("--rounds", type=int, default=15, metavar="N", help="turns of each contestant (15)")
    option("--no-peers", action="store_true", help="hellodl alone, beside the limit of matrix products")
    option("--out", type=Path, metavar="FILE", help="write all figures there, as JSON")
    # For a process whose memory is being watched.
    option("--alone", nargs=2, metavar=("LIBRARY", "THREADS"), help=argparse.SUPPRESS)
    parser.set_defaults(wrong_usage=parser.error)


def main(options: argparse.Namespace) -> int:
    """Let them race, and print the table."""
    names = [*(task.name for task in TASKS), record.NAME, "all"]
    for name in options.tasks:
        if name not in names:
            options.wrong_usage(f"there is no task '{name}'; choose from {', '.join(names)}")
    if options.rounds < 1:
        options.wrong_usage("--rounds is a number from 1 up")
    everything = not options.tasks or "all" in options.tasks
    tasks = [task for task in TASKS if everything or task.name in options.tasks]
    if options.alone:
        work_alone(tasks[0], options.alone[0], int(options.alone[1]))
        return 0

    peers = [] if options.no_peers else installed_peers()
    versions = machine.versions() | {peer.NAME: peer.version() for peer in peers}
    log.info(
        "beside hellodl: "
        + (", ".join(dict.fromkeys(peer.NAME for peer in peers)) or "nobody; pip install torch brings one")
    )
    results = [measured(task, peers, options.rounds) for task in tasks]
    if memory.can_measure():
        add_memory(results)
    figures = {
        "program": "bench",
        "machine": machine.processor(),
        "versions": versions,
        "source": machine.commit(),
        "rounds": options.rounds,
        "tasks": results,
    }
    if {record.NAME, "all"} & set(options.tasks):
        figures[record.NAME] = record.raced(options.data, peers=not options.no_peers)
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures) if options.json else as_markdown(figures))
    return 0


def ours(problem: Problem, thread_counts: list[int]) -> Iterator[Contestant]:
    """hellodl with each number of threads, in NumPy alone and, where Numba is installed, with compiled loops."""
    for jit in [False, True] if loops.available() else [False]:
        for threads in thread_counts:
            if problem.task.length and not problem.task.training and threads > 1:
                continue  # letter after letter: there is nothing to share out
            contestant = step(problem, threads) if problem.task.training else answer(problem, threads)
            yield compiled(contestant) if jit else contestant


def compiled(contestant: Contestant) -> Contestant:
    """The same with loops as machine code."""

    def switched_on(function: Callable[[], Any]) -> Callable[[], Any]:
        return loops.compiled()(function)

    assert contestant.show is not None
    run, show = switched_on(contestant.run), switched_on(contestant.show)
    return replace(contestant, library=JIT, run=run, show=show, rates=[])


def one_and_all() -> list[int]:
    """The numbers of threads that are tried."""
    return sorted({1, thread_count()})


def step(problem: Problem, threads: int, micro_batch: int | None = None) -> Contestant:
    """hellodl's training step: gradients of a batch on lanes, and AdamW."""
    model = problem.network()
    optimizer = optim.AdamW(optim.decay_matrices_only(model, 0.01), RATE)
    lanes = Lanes(model, micro_batch or problem.task.micro_batch, threads=threads, processes=True)
    batch = np.arange(len(problem.labels))

    def work(replica: nn.Module, which: Array, generator: np.random.Generator) -> tuple[Tensor, Array]:
        wanted = problem.labels[which].reshape(-1)
        logits = replica(Tensor(problem.images[which])).reshape(len(wanted), -1)
        loss = nn.cross_entropy(logits, wanted, reduction="sum")
        return loss * (1 / problem.labels.size), np.array([len(which)])

    def run() -> None:
        lanes.gradients(work, batch, (0, 0))
        optimizer.step()

    def show() -> tuple[Array, dict[str, Array]]:
        logits = model.train()(Tensor(problem.images)).data
        lanes.gradients(work, batch, (0, 0))
        return logits, {name: p.grad for name, p in model.named_parameters().items() if p.grad is not None}

    return Contestant(OURS, threads, run, show)


def answer(problem: Problem, threads: int) -> Contestant:
    """hellodl's answers to a batch."""
    model = problem.network().eval()

    def run() -> Array:
        if isinstance(model, nn.LanguageModel):
            writer = model.writer()
            return np.array([writer.step(letter) for letter in problem.images[0].tolist()])
        return predict(model, problem.images, threads)

    return Contestant(OURS, threads, run, lambda: (run(), {}))


def limit(problem: Problem, threads: int) -> Contestant:
    """As many multiplications as the problem has, as products of two square matrices on each thread."""
    side = 512
    rng = np.random.default_rng(0)
    pairs = [[rng.random((side, side), np.float32) for _ in range(3)] for _ in range(threads)]
    whole = flops(problem) * problem.task.count
    times = max(1, round(whole / (2 * side**3) / threads))

    def multiply(a: Array, b: Array, out: Array) -> None:
        for _ in range(times):
            np.matmul(a, b, out=out)

    pool = ThreadPoolExecutor(threads)

    def run() -> None:
        list(pool.map(lambda pair: multiply(*pair), pairs))

    return Contestant(LIMIT, threads, run, work=times * threads * 2 * side**3 / whole)


def installed_peers() -> list[Any]:
    """The modules of `benchmarks/peers` whose library is installed."""
    found = []
    for path in sorted(PEERS.glob("*_peer.py")):
        specification = importlib.util.spec_from_file_location(path.stem, path)
        assert specification is not None and specification.loader is not None
        peer = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(peer)
        if importlib.util.find_spec(peer.LIBRARY) is not None:
            found.append(peer)
    return found


def check_alike(name: str, mine: tuple[Array, dict[str, Array]], theirs: tuple[Array, dict[str, Array]]) -> None:
    """Raise HelloError where outputs or gradients of the same problem differ by more than rounding."""
    wrong = [] if np.abs(mine[0] - theirs[0]).max() < CLOSE * np.abs(mine[0]).max() else ["the output"]
    for key, gradient in mine[1].items():
        if not np.linalg.norm(theirs[1][key] - gradient) < CLOSE_GRADIENT * np.linalg.norm(gradient):
            wrong.append(f"the gradient of {key}")
    if wrong:
        raise HelloError(f"{name} does not do the same work: {wrong[0]} is not ours; its time would mean nothing")


def measured(task: Task, peers: Iterable[Any], rounds: int) -> dict[str, Any]:
    """Let all contestants race at a task: its figures, as JSON has them."""
    problem = problem_of(task)
    contestants = [*ours(problem, one_and_all())]
    reference = step(problem, 1, task.batch) if task.training else contestants[0]
    assert reference.show is not None
    shown = reference.show()
    if any(contestant.library == JIT for contestant in contestants):
        twin = compiled(reference)
        check_alike(JIT, shown, twin.show())  # type: ignore[misc]
    for peer in peers:
        with left_out_on_failure(peer.NAME):
            for contestant in peer.contestants(problem, one_and_all(), RATE, Contestant):
                with left_out_on_failure(contestant.name):
                    check_alike(contestant.name, shown, contestant.show())
                    contestant.run()
                    contestants.append(contestant)
    contestants += [limit(problem, threads) for threads in one_and_all()]
    with single_threaded_products(), quick_hand_over():
        race(contestants, task, rounds)
    return figures_of(problem, contestants)


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


def race(contestants: list[Contestant], task: Task, rounds: int) -> None:
    """Each contestant in turn, round after round: fills in their `rates`."""
    repeats = []
    for contestant in contestants:
        contestant.run()
        begin = time.perf_counter()
        contestant.run()
        repeats.append(max(1, round(TURN / max(time.perf_counter() - begin, 1e-6))))
    gc.collect()
    with progress_bar(task.name, rounds * len(contestants)) as bar:
        for _ in range(rounds):
            for contestant, times in zip(contestants, repeats, strict=True):
                time.sleep(REST)
                bar.note(contestant.name)
                contestant.run()  # its data back into the caches, its threads awake
                begin = time.perf_counter()
                for _ in range(times):
                    contestant.run()
                seconds = time.perf_counter() - begin
                contestant.rates.append(contestant.work * times * task.count / seconds)
                bar.advance(1)


def figures_of(problem: Problem, contestants: list[Contestant]) -> dict[str, Any]:
    """The race of a task in numbers: each library with the number of threads that suits it best."""
    best: dict[str, Contestant] = {}
    for contestant in contestants:
        known = best.get(contestant.library)
        if known is None or np.median(contestant.rates) > np.median(known.rates):
            best[contestant.library] = contestant
    per_image = flops(problem)
    rows = []
    for library, contestant in best.items():
        low, middle, high = (float(q) for q in np.percentile(contestant.rates, (25, 50, 75)))
        row: dict[str, Any] = {
            "library": library,
            "threads": contestant.threads,
            "images_per_second": middle,
            "quartiles": [low, high],
            "gflops": middle * per_image / 1e9,
            "memory_mb": None,
        }
        for mine in (OURS, JIT):  # how many times as fast as this library, round by round
            if mine in best and library not in (OURS, JIT):
                ratios = np.array(best[mine].rates) / np.array(contestant.rates)
                row[f"{mine} is"] = [float(q) for q in np.percentile(ratios, (25, 50, 75))]
        rows.append(row)
    everyone = {c.name: {"threads": c.threads, "library": c.library, "rates": c.rates} for c in contestants}
    scaling = {name: gain(contestants, name) for name in (OURS, JIT, LIMIT) if name in best}
    return {
        "task": problem.task.name,
        "network": problem.task.network,
        "batch": problem.task.batch,
        "training": problem.task.training,
        "unit": problem.task.unit,
        "flops_per_image": per_image,
        "best": rows,
        "gain_from_threads": scaling,
        "all": everyone,
    }


def gain(contestants: list[Contestant], library: str) -> float:
    """How many times as fast a library is with all threads as with one (median over rounds)."""
    found = sorted((c for c in contestants if c.library == library), key=lambda c: c.threads)
    return float(np.median(np.array(found[-1].rates) / np.array(found[0].rates)))


def add_memory(results: list[dict[str, Any]]) -> None:
    """Fill in the most memory that the best of each library takes, in a fresh process that does only its work."""
    rows = [(task["task"], row) for task in results for row in task["best"] if row["library"] != LIMIT]
    with progress_bar("memory", len(rows)) as bar:
        for task, row in rows:
            bar.note(f"{task}: {row['library']}")
            alone = ["--alone", row["library"], str(row["threads"])]
            row["memory_mb"] = memory.peak([sys.executable, "-m", "hellodl", "bench", task, *alone])
            bar.advance(1)


def work_alone(task: Task, library: str, threads: int) -> None:
    """What that fresh process does: this one contestant's work, a few times."""
    problem = problem_of(task)
    contestants: Iterable[Contestant] = ours(problem, [threads])
    for peer in installed_peers():
        if library.startswith(peer.NAME):
            contestants = peer.contestants(problem, [threads], RATE, Contestant)
    contestant = next(c for c in contestants if c.library == library)  # those after it are never made
    with single_threaded_products(), quick_hand_over():
        for _ in range(ALONE):
            contestant.run()
