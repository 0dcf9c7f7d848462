"""Who gets served when many ask at once: a desk for each kind of work, with a few chairs to wait on.

A server that takes on everything at once does nothing in time. A desk has so many workers (threads: NumPy and OpenCV
let go of Python's lock while they compute) and so many chairs. It knows how long its work takes of late, and so how
long the queue is in seconds: whoever would have to wait for longer than is sensible is told at once when to come back
(503 with Retry-After), which is cheaper for both sides than to wait in vain.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from hellodl.web.limits import Shares, asking, later

OF_LATE = 0.2  # how much the last piece of work says about the next one


class Chairs:
    """So many may be inside at once, and of those nobody may have more than a share (see `limits`)."""

    def __init__(self, what: str, count: int, retry_after: float = 2):
        self.what, self.retry_after = what, retry_after
        self.shares = Shares(count)

    @property
    def taken(self) -> int:
        """How many are inside."""
        return self.shares.taken

    def wait(self) -> float:
        """In how many seconds there may be room."""
        return self.retry_after

    def check(self) -> None:
        """Raise HTTPException 503 where there is no chair, or no use in waiting on one."""
        if not self.shares.has_room(asking.get()):
            raise later(f"too many are at {self.what} just now", self.wait())

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Be inside; raises HTTPException 503 where all chairs are taken."""
        self.check()
        who = asking.get()
        self.shares.take(who)
        try:
            yield
        finally:
            self.shares.give_back(who)


class Desk(Chairs):
    """`workers` threads that do one kind of work, and chairs to wait on, for at most `patience` seconds.

    An answer must come within `seconds`; `usual` is how long one takes, until that is known better.
    """

    def __init__(
        self, what: str, workers: int, chairs: int, seconds: float, usual: float = 0.1, patience: float = 15.0
    ):
        super().__init__(what, chairs)
        self.workers, self.seconds, self.usual, self.patience = workers, seconds, usual, patience
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=what.replace(" ", "-"))

    def wait(self) -> float:
        """How long the queue is."""
        return self.usual * max(self.taken - self.workers + 1, 0) / self.workers

    def check(self) -> None:
        """Raise HTTPException 503 where there is no chair, or the queue is too long."""
        super().check()
        if self.taken > self.workers and self.wait() > self.patience:
            raise later(f"{self.what} has work for {self.wait():.0f} s already", self.wait())

    async def do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function gives, done by one of the workers; whoever calls this has a seat.

        An answer that takes too long is not waited for (503). Nothing can stop a thread from outside: work that
        could take that long looks at the clock itself, or is done `apart`.
        """

        def timed() -> Any:
            began = time.monotonic()
            try:
                return function(*arguments)
            finally:
                self.usual += OF_LATE * (time.monotonic() - began - self.usual)

        future = asyncio.get_running_loop().run_in_executor(self._pool, timed)
        try:
            return await asyncio.wait_for(asyncio.shield(future), self.seconds)
        except TimeoutError:
            future.add_done_callback(lambda late: late.cancelled() or late.exception())  # it was heard, and is late
            message = f"{self.what} took over {self.seconds:g} s, send less at a time"
            raise later(message, max(self.wait(), self.retry_after)) from None

    async def serve(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Take a seat, and `do`."""
        with self.seat():
            return await self.do(function, *arguments)

    def close(self) -> None:
        """Let the workers go; what waits is not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)
