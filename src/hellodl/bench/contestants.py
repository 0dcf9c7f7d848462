"""Who takes part in `hellodl bench`: hellodl in all its ways, the limit, and other libraries where they are installed.

The limit stands among them as a contestant: the same number of multiplications as bare matrix products. What speaks
to other libraries is in `benchmarks/peers`, beside the package, which itself knows nothing of them. Each peer's file
has `ways(task, thread_counts)`, pairs of a library's name and its number of threads, and `contestant`, which makes one.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from hellodl import nn, optim
from hellodl.autograd.tensor import Array, Tensor
from hellodl.bench.problems import Problem, Task, flops
from hellodl.bench.standings import JIT, LIMIT, OURS
from hellodl.errors import HelloError
from hellodl.ops import loops
from hellodl.ops.mixture import mixture_loss
from hellodl.runs import machine
from hellodl.train.answers import predict
from hellodl.train.lanes import Lanes, Work
from hellodl.train.steady import Steady
from hellodl.train.threads import thread_count

PEERS = machine.SOURCE / "benchmarks" / "peers"
RATE = 1e-4  # the learning rate: what the steps learn does not matter here


class Way(NamedTuple):
    """How the work is done: such as by "PyTorch, channels last" with two threads."""

    library: str
    threads: int


@dataclass
class Contestant:
    """One way to do a problem. `run` does it once; `show`, before the first run, gives outputs and gradients."""

    run: Callable[[], object]
    show: Callable[[], tuple[Array, dict[str, Array]]]
    work: float = 1.0  # of the problem, that one run does


def ways(task: Task, thread_counts: list[int]) -> list[Way]:
    """hellodl with each number of threads, in NumPy alone and, where Numba is installed, with compiled loops."""
    libraries = [OURS, JIT] if loops.available() else [OURS]
    alone = bool(task.length) and not task.training  # letter after letter: there is nothing to share out
    return [Way(library, n) for library in libraries for n in (thread_counts[:1] if alone else thread_counts)]


def contestant_of(problem: Problem, way: Way) -> Contestant:
    """Whoever does the problem in this way."""
    if way.library == LIMIT:
        return limit(problem, way.threads)
    if way.library in (OURS, JIT):
        mine = step(problem, way.threads) if problem.task.training else answer(problem, way.threads)
        return compiled(mine) if way.library == JIT else mine
    for peer in installed_peers():
        if way in peer.ways(problem.task, [way.threads]):
            return Contestant(*peer.contestant(problem, *way, RATE))
    raise HelloError(f"nobody here does '{problem.task.name}' by {way.library}")


def compiled(contestant: Contestant) -> Contestant:
    """The same with loops as machine code."""
    return Contestant(loops.compiled()(contestant.run), loops.compiled()(contestant.show))


def one_and_all() -> list[int]:
    """The numbers of threads that are tried."""
    return sorted({1, thread_count()})


def work_of(problem: Problem) -> Work:
    """What a lane does with a piece of the problem's batch: answers, and the piece's share of the loss."""
    if problem.task.network == "pen":

        def told(replica: nn.Module, which: Array, generator: np.random.Generator) -> tuple[Tensor, Any]:
            loss = mixture_loss(penned(problem, replica, which), problem.images[which].transpose(1, 0, 2))
            return loss * (1 / problem.task.count), (len(which),)

        return told

    def given(which: Array, generator: np.random.Generator) -> tuple[Array, Array]:
        return problem.images[which], problem.labels[which].reshape(-1)

    def judge(replica: nn.Module, images: Array, wanted: Array) -> tuple[Tensor, Any]:
        logits = replica(Tensor(images)).reshape(len(wanted), -1)
        loss = nn.cross_entropy(logits, wanted, reduction="sum")
        return loss * (1 / problem.labels.size), (len(images),)

    return Steady(given, judge)


def penned(problem: Problem, model: nn.Module, which: Array) -> Tensor:
    """What a pen says at each movement of some words: (length, N, ...)."""
    moves, texts = problem.images[which].transpose(1, 0, 2), problem.labels[which, 1:]
    before = np.concatenate([np.zeros_like(moves[:1]), moves[:-1]])
    return model(Tensor(before), texts, (texts > 0).sum(axis=1) + 1, problem.labels[which, 0])


def step(problem: Problem, threads: int, micro_batch: int | None = None) -> Contestant:
    """hellodl's training step: gradients of a batch on lanes, and AdamW."""
    model = problem.network()
    optimizer = optim.AdamW(optim.decay_matrices_only(model, 0.01), RATE)
    lanes = Lanes(model, micro_batch or problem.task.micro_batch, threads=threads, processes=True)
    work, batch = work_of(problem), np.arange(len(problem.labels))

    def run() -> None:
        lanes.gradients(work, batch, (0, 0))
        optimizer.step()

    def show() -> tuple[Array, dict[str, Array]]:
        pen = problem.task.network == "pen"
        logits = (penned(problem, model, batch) if pen else model.train()(Tensor(problem.images))).data
        Lanes(model, len(batch), threads=1).gradients(work, batch, (0, 0))  # batch norm sees all, as others' does
        return logits, {name: p.grad for name, p in model.named_parameters() if p.grad is not None}

    return Contestant(run, show)


def answer(problem: Problem, threads: int) -> Contestant:
    """hellodl's answers to a batch."""
    model = problem.network().eval()

    def run() -> Array:
        if isinstance(model, nn.LanguageModel):
            writer = model.writer()
            return np.array([writer.step(letter) for letter in problem.images[0].tolist()])
        return predict(model, problem.images, threads)

    return Contestant(run, lambda: (run(), {}))


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

    work = times * threads * 2 * side**3 / whole
    return Contestant(run, lambda: (np.empty(0), {}), work)


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
