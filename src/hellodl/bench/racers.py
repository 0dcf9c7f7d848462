"""A contestant in a process of its own, which lives through the race and takes its turns by message.

Libraries that share a process get in each other's way: their threads spin and wait for the same cores, and whoever
compiles for a number of threads compiles again when somebody else has changed it, until it gives up and is slow. So
each has a process with its own settings. Between turns it waits for a message, which costs nothing. The clock is
inside, around the work alone.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from hellodl.autograd.tensor import Array
from hellodl.bench import memory
from hellodl.bench.contestants import Contestant, Way, contestant_of
from hellodl.bench.problems import Task, problem_of
from hellodl.errors import HelloError
from hellodl.ops import scratch
from hellodl.train.processes import deaf_to_ctrl_c, end_with_parent
from hellodl.train.threads import quick_hand_over, single_threaded_products


@dataclass
class Racer:
    """One who races: which way of doing the work, and what the clock said, as images a second of each round."""

    way: Way
    work: float = 1.0  # of the problem, that one run does
    rates: list[float] = field(default_factory=list)
    memory_mb: float | None = None

    library = property(lambda self: self.way.library)
    threads = property(lambda self: self.way.threads)

    @property
    def name(self) -> str:
        """The library and how many threads it has."""
        return f"{self.library}, {self.threads} thread{'s' if self.threads > 1 else ''}"

    def start(self, task: Task) -> None:
        """Begin to get ready, in a process of its own; `ready` waits for it."""
        spawn = multiprocessing.get_context("spawn")  # a fresh Python: some libraries do not survive a fork
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(task, self.way, theirs))
        with deaf_to_ctrl_c():
            self._process.start()
        theirs.close()

    def ready(self) -> tuple[Array, dict[str, Array]]:
        """Outputs and gradients, before the first step."""
        self.work, shown = self._ask("show")
        return shown

    def turn(self, times: int) -> float:
        """Do the work so many times, after once to wake up; how many seconds it took."""
        return self._ask("turn", times)

    def weigh(self) -> None:
        """Note the most memory that it has held since it was ready."""
        self.memory_mb = self._ask("weigh")

    def stop(self) -> None:
        """Let it go, if it was started."""
        if not hasattr(self, "_pipe"):
            return
        self._pipe.close()
        self._process.join(timeout=2)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _ask(self, *question: Any) -> Any:
        try:
            self._pipe.send(question)
            error, answer = self._pipe.recv()
        except (EOFError, OSError):
            raise HelloError(f"{self.name}: its process ended (was it killed, or memory short?)") from None
        if error is not None:
            raise RuntimeError(error)
        return answer


def _serve(task: Task, way: Way, pipe: Connection) -> None:
    """The life of that process; it ends when the race's process closes the pipe, or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    end_with_parent()
    contestant: Contestant | None = None
    answer: Any
    with single_threaded_products(), quick_hand_over():
        while True:
            try:
                what, *about = pipe.recv()
            except (EOFError, OSError):
                return
            error, answer = None, None
            try:
                if contestant is None:
                    contestant = contestant_of(problem_of(task), way)
                if what == "show":
                    answer = contestant.work, contestant.show()
                    gc.collect()
                    scratch.forget()
                    memory.begin()
                elif what == "turn":
                    contestant.run()  # its data back into the caches, its threads awake
                    begin = time.perf_counter()
                    for _ in range(about[0]):
                        contestant.run()
                    answer = time.perf_counter() - begin
                else:
                    answer = memory.most_held()
            except Exception as caught:
                error = (str(caught).strip() or type(caught).__name__).splitlines()[0]
            pipe.send((error, answer))
