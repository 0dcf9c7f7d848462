"""Who gets served when many ask at once: a desk for each kind of work, with a few chairs to wait on.

A server that takes on everything at once does nothing in time. A desk has so many workers (threads: NumPy and OpenCV
let go of Python's lock while they compute) and so many chairs; who finds no chair is told at once to come back
later (503 with Retry-After), which is cheaper for both sides than to wait for long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from fastapi import HTTPException


class Chairs:
    """So many may be inside at once."""

    def __init__(self, what: str, count: int, retry_after: int = 2):
        self.what, self.count, self.retry_after = what, count, retry_after
        self.taken = 0

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Be inside; raises HTTPException 503 where all chairs are taken."""
        if self.taken >= self.count:
            wait = f"{self.retry_after} s"
            message = f"too many are at {self.what} just now; try again in {wait}"
            raise HTTPException(503, message, {"Retry-After": str(self.retry_after)})
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


class Desk(Chairs):
    """`workers` threads that do one kind of work, `waiting` chairs, and `seconds` in which an answer must come."""

    def __init__(self, what: str, workers: int, waiting: int, seconds: float, retry_after: int = 2):
        super().__init__(what, workers + waiting, retry_after)
        self.seconds = seconds
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=what.replace(" ", "-"))

    async def do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function gives, done by one of the workers; whoever calls this has a seat.

        An answer that takes too long is not waited for (503). Nothing can stop a thread from outside: work that
        could take that long looks at the clock itself.
        """
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._pool, function, *arguments)
        try:
            return await asyncio.wait_for(asyncio.shield(future), self.seconds)
        except TimeoutError:
            future.add_done_callback(lambda late: late.cancelled() or late.exception())  # it was heard, and is late
            again = {"Retry-After": str(self.retry_after)}
            raise HTTPException(
                503, f"{self.what} took over {self.seconds:g} s; try again, or less at a time", again
            ) from None

    async def serve(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Take a seat, and `do`."""
        with self.seat():
            return await self.do(function, *arguments)

    def close(self) -> None:
        """Let the workers go; what waits is not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)
