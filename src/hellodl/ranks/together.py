"""What ranks tell one another: the same value for all, a list of everybody's, a sum that is always the same.

Two rules keep it whole. Everything that is waited for is looked at again and again, with an eye on the watch: nobody
waits for the dead. And errors travel like values: where one rank fails, all raise what it raised, in the same place;
where one fails between two calls, all others hear of it in the next.
"""

from __future__ import annotations

import atexit
import os
import pickle
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NoReturn, TypeVar

import numpy as np

from hellodl.errors import HelloError, HelperError
from hellodl.ranks.halves import halved, made_whole
from hellodl.ranks.tree import Array, Branch, root, total
from hellodl.ranks.watch import Watch

T = TypeVar("T")
R = TypeVar("R")

# By which those who start ranks tell each how many they are, and which of them it is.
SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
NUMBERS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")
# Seconds to look for what is waited for before sleeping in between: what is large comes in pieces, and only while one
# looks. Where ranks share a core, whoever looks is in the others' way.
EAGER, EAGER_IN_A_CROWD = 0.1, 2e-3
NAP, NAP_BESIDE = 1e-4, 5e-4  # beside others who work
SMALL = 4096  # bytes of a message that travels in one go
GRACE = 1.0  # seconds for what is nearly there, when somebody is gone
LAST = 20.0  # seconds in which all come to an end together, or each does by itself


def started() -> int:
    """How many processes were started together, this one among them, by what its environment says; else 1."""
    return _from_environment(SIZES, 1)


def started_as() -> int:
    """Which of them this one is, from 0, before they have met."""
    return _from_environment(NUMBERS, 0)


def _from_environment(names: Sequence[str], otherwise: int) -> int:
    values = (os.environ.get(name, "") for name in names)
    return next((int(value) for value in values if value.isdecimal()), otherwise)


class Ranks:
    """Processes that work together, seen from one of them: its `number` (from 0), and how many they are (`count`).

    Alone, all calls are the plain ones: `each` gives a list of one, `same` calls its function, sums are sums.
    With `halves`, float32 that is added travels in 16 bits: the same for all, but no more what one process comes to.
    `crowding` is how many ranks share each core that this process may use. `stop` is asked in each call of `each`
    whether this rank wants all to stop, and `stopped` says whether any did.
    """

    def __init__(self, comm: Any = None):
        self._comm: Any = comm
        self._watch: Watch | None = None
        self.number: int = comm.rank if comm else 0
        self.count: int = comm.size if comm else 1
        self.crowding, self._eager = 1.0, EAGER
        self.stop: Callable[[], bool] = bool
        self.stopped = self.halves = False
        self._until = float("inf")  # when all has to be over
        self._names = ["this process"]
        if self.count > 1:
            host, cores = platform.node(), _cores()
            facts = comm.allgather((host, cores))
            self.crowding = crowding(cores, [theirs for there, theirs in facts if there == host])
            self._eager = EAGER if self.crowding <= len(cores) else EAGER_IN_A_CROWD
            self._names = [f"rank {number} on {there}" for number, (there, _) in enumerate(facts)]
            self._beside = comm.Dup()
            self._watch = Watch(comm.Dup(), self._names)
            self._watch.start()

    @property
    def first(self) -> bool:
        """Whether this is the rank that talks, logs and saves."""
        return self.number == 0

    def each(self, make: Callable[[], T]) -> list[T]:
        """What each rank makes (it must pickle), in their order, on all of them; an error of one is raised on all."""
        if self.count == 1:
            made = make()
            self.stopped = self.stop()
            return [made]
        error: Exception | None = None
        try:
            made = make()
            message = _packed("value", made, self.stop())
        except Exception as caught:
            error = caught
            message = _packed("error", error, self.stop())
        told = self._told(message)
        self.stopped = any(stop for *_, stop in told)
        for kind, wrong, _ in told:
            if kind == "error":
                raise error if error is not None and type(error) is type(wrong) else wrong
        for name, (kind, words, _) in zip(self._names, told):
            if kind == "leaves":
                raise HelperError(f"{name}: {words}")
        return [value for _, value, _ in told]

    def same(self, make: Callable[[], T]) -> T:
        """What the first rank makes, on all of them."""
        return self.each(lambda: make() if self.first else None)[0]  # type: ignore[return-value]

    def spread(self, function: Callable[[T], R], tasks: Sequence[T], by: Callable[..., Iterable[R]] = map) -> list[R]:
        """What a function makes of each task, in their order, on all ranks; each rank does its share of them.

        `by(function, tasks)` is how it does them: one after the other, or on several threads.
        """
        dealt = self.each(lambda: list(by(function, tasks[self.number :: self.count])))
        return [dealt[number % self.count][number // self.count] for number in range(len(tasks))]

    def add(self, numbers: Array) -> Array:
        """The sum of everybody's array, the same bits for all; added as a tree, in the order of the ranks."""
        self.agree({"the shape of what is added": np.shape(numbers), "its kind": str(np.asarray(numbers).dtype)})
        flat = np.ascontiguousarray(numbers).reshape(-1)
        every = [[(number, 1)] for number in range(self.count)]
        return self.add_branches([flat], every, root(self.count)).reshape(np.shape(numbers))

    def add_branches(
        self,
        mine: Sequence[Array],
        branches: Sequence[Sequence[Branch]],
        whole: Branch,
        hurry: threading.Event | None = None,
    ) -> Array:
        """The sum over a tree (see `tree`) of which each rank has whole branches; (N,) floats, a new array.

        `branches` are everybody's, and `mine` the sums of this rank's own, (N,) each. Each rank gets a share of
        everybody's numbers, adds that up, and tells the others what came of it. One thread may do so beside the one
        that calls all else; it gives an event, and is in nobody's way until that is set.
        """
        comm = self._comm if hurry is None else self._beside
        size, halve = mine[0].size, self.halves and mine[0].dtype == np.float32
        if self.count == 1:
            return np.array(total(whole, dict(zip(branches[0], map(np.array, mine)))))
        mine, known = [halved(row) for row in mine] if halve else mine, dict[Branch, Array]()
        kind = mine[0].dtype
        bounds = [size * number // self.count for number in range(self.count + 1)]
        counts = np.diff(bounds)
        share, none = int(counts[self.number]), np.zeros(self.count, int)
        for turn in range(max(map(len, branches))):
            speaking = np.array([turn < len(each) for each in branches])
            came = np.empty((speaking.sum(), share), kind)
            arrive = np.where(speaking, share, 0)
            sent = [mine[turn], (counts, bounds[:-1])] if speaking[self.number] else [mine[0], (none, none)]
            self._wait(comm.Ialltoallv(sent, [came, (arrive, np.cumsum(arrive) - arrive)]), hurry)
            rows = [made_whole(row) for row in came] if halve else came
            known |= {branches[number][turn]: row for number, row in zip(np.flatnonzero(speaking).tolist(), rows)}
        part = total(whole, known)
        part = halved(part) if halve and part is not None else part
        out = np.empty(size, kind)
        self._wait(comm.Iallgatherv([part, share], [out, (counts, bounds[:-1])]), hurry)
        return made_whole(out) if halve else out

    def agree(self, facts: Mapping[str, Any]) -> None:
        """HelloError where not all ranks have the same facts."""
        for number, theirs in enumerate(found := self.each(lambda: dict(facts))):
            for name in found[0].keys() | theirs.keys():
                here, there = found[0].get(name), theirs.get(name)
                if here != there:
                    raise HelloError(
                        f"the ranks do not agree: {name} is {here} on the first and {there} on rank {number}; "
                        "give all machines the same versions, data and options"
                    )

    def _told(self, message: bytes) -> list[tuple[str, Any, bool]]:
        """What everybody tells: of which kind it is, what it is, and whether all are asked to stop."""
        return [pickle.loads(each) for each in self._gathered(message)]

    def _gathered(self, message: bytes) -> list[bytes]:
        """Everybody's message: short ones in one go, what is longer in a second."""
        head = np.zeros(SMALL, np.uint8)
        start = message[: SMALL - 8]
        head[:8] = np.frombuffer(np.int64(len(message)).tobytes(), np.uint8)
        head[8 : 8 + len(start)] = np.frombuffer(start, np.uint8)
        heads = np.empty((self.count, SMALL), np.uint8)
        self._wait(self._comm.Iallgather(head, heads))
        lengths = heads[:, :8].copy().view(np.int64)[:, 0]
        more = np.maximum(lengths - (SMALL - 8), 0)
        rest = np.empty(more.sum(), np.uint8)
        if len(rest):
            mine = np.frombuffer(message[SMALL - 8 :], np.uint8)
            self._wait(self._comm.Iallgatherv(mine, [rest, (more, np.cumsum(more) - more)]))
        tails = np.split(rest, np.cumsum(more)[:-1])
        return [row[8 : 8 + n].tobytes() + tail.tobytes() for row, n, tail in zip(heads, lengths, tails)]

    def _wait(self, request: Any, hurry: threading.Event | None = None) -> None:
        """Until MPI is done with something; HelperError where somebody is gone for whom it would wait for ever."""
        assert self._watch is not None
        began, gone = time.perf_counter(), 0.0
        while not request.Test():
            now = time.perf_counter()
            if words := self._watch.gone():
                gone = gone or now
                if now - gone > GRACE:
                    raise HelperError(words)
            if time.monotonic() > self._until:
                raise HelperError("the ranks do not come to an end together")
            if hurry and not hurry.is_set():
                hurry.wait(NAP_BESIDE)
                began = time.perf_counter()
            else:
                time.sleep(0 if now - began < self._eager else NAP)

    def leave(self, status: int, words: str) -> None:
        """Come to an end with all others, after an error that was told of; alone, nothing happens.

        Those who have not met with the error hear of it in the next call that they come by, and have some time, to
        save. Then all may leave the usual way. Where they do not come together, this process ends here and now, and
        whoever started them ends the rest.
        """
        if self._watch is None:
            return
        self._until = time.monotonic() + LAST
        try:
            while any(kind != "leaves" for kind, *_ in self._told(_packed("leaves", words))):
                pass
        except Exception:
            self._end(status)
        self.close()

    def close(self) -> None:
        """The end of a program that is done: nobody leaves before all are."""
        if self._watch is not None:
            watch, self._watch = self._watch, None
            watch.close()
            if watch.lost:
                if self.first:
                    print(f"hellodl: {watch.lost}", file=sys.stderr)
                self._end(1)

    def _end(self, status: int) -> NoReturn:
        """End without looking back, for MPI's own end would wait for those who are gone; the first has time to save."""
        if not self.first:
            time.sleep(max(self._until - time.monotonic(), 0) if self._until < float("inf") else 0)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(status)


@cache
def join() -> Ranks:
    """All who were started together (by `mpiexec`, or `srun`), this process among them; one alone otherwise.

    HelloError where they cannot talk. From here on an error that nobody catches ends all of them.
    """
    expected = started()
    if expected == 1:
        return Ranks()
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # it is not here, or finds no MPI
        raise HelloError(
            f"{expected} processes were started together and have no way to talk ({error}); "
            "pip install 'hellodl[mpi]' on each machine, and an MPI such as: pip install mpich"
        ) from error
    comm = MPI.COMM_WORLD
    if comm.size != expected:
        raise HelloError(
            f"{expected} processes were started together, and mpi4py finds {comm.size}: it uses another MPI than the "
            "mpiexec that was called; call the one of the MPI that mpi4py was installed with"
        )
    if MPI.Query_thread() < MPI.THREAD_MULTIPLE:
        raise HelloError(
            "this MPI does not let several threads talk (MPI_THREAD_MULTIPLE); take MPICH or Open MPI 4.1+"
        )
    for name in SIZES + NUMBERS:
        os.environ.pop(name, None)  # what a rank starts is no rank
    us = Ranks(comm)
    if us.count > 1:
        _met.append(us)
        atexit.register(us.close)
        usual = sys.excepthook

        def hook(kind: type[BaseException], error: BaseException, trace: Any) -> None:
            usual(kind, error, trace)
            us.leave(1, f"{kind.__name__}: {error}")

        sys.excepthook = hook
    return us


_met: list[Ranks] = []


def leave(status: int, words: str) -> None:
    """End all who have met, after an error that was told of (see `Ranks.leave`); whoever is alone goes on."""
    for us in _met:
        us.leave(status, words)


def _packed(kind: str, what: Any, stop: bool = False) -> bytes:
    """What a rank tells. An error that cannot be told as it is becomes one that can."""
    try:
        message = pickle.dumps((kind, what, stop), protocol=pickle.HIGHEST_PROTOCOL)
        if kind == "error":
            pickle.loads(message)
        return message
    except Exception:
        if kind != "error":
            raise
        return pickle.dumps((kind, HelloError(f"{type(what).__name__}: {what}"), stop))


def _cores() -> frozenset[int]:
    """The cores that this process may use."""
    return frozenset(os.sched_getaffinity(0) if sys.platform == "linux" else range(os.cpu_count() or 1))


def crowding(mine: frozenset[int], all_here: Sequence[frozenset[int]]) -> float:
    """How many ranks share each core of mine, of those on this machine: 1 where MPI gave each its own."""
    return sum(len(mine & theirs) for theirs in all_here) / len(mine)
