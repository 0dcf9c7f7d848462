"""Who takes part in `hellodl bench`: hellodl in all its ways, the limit, and other libraries where they are installed.

The limit stands among them as a contestant: the same number of multiplications as bare matrix products. What speaks
to other libraries is in `benchmarks/peers`, beside the package, which itself knows nothing of them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hellodl import nn, optim
from hellodl.autograd.tensor import Array, Tensor
from hellodl.bench.problems import Problem, flops
from hellodl.bench.standings import JIT, LIMIT, OURS
from hellodl.ops import loops
from hellodl.runs import machine
from hellodl.train.lanes import Lanes, predict, thread_count

PEERS = machine.SOURCE / "benchmarks" / "peers"
RATE = 1e-4  # the learning rate: what the steps learn does not matter here


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
        return logits, {name: p.grad for name, p in model.named_parameters() if p.grad is not None}

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
