"""Long work in a process of its own.

Reading a photo and learning a hand take seconds and minutes. Threads that do that share Python's lock with whoever
answers drawings, which then come ten times later. So there is another process for it, which is polite (`nice`), and
can be stopped whatever it is doing: by who calls a lesson off, and by the clock. One that ends by itself, as for want
of memory, is replaced; the next question finds a new one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from hellodl.errors import HelloError
from hellodl.web.limits import later

NICE = 10

Watch = Callable[..., None]


class Here:
    """The same without another process."""

    def do(self, function: Callable[..., Any], *arguments: Any, watch: Watch | None = None) -> Any:
        """What the function gives; with a `watch`, it is told what goes on as the keyword of that name."""
        return function(*arguments, **({} if watch is None else {"watch": watch}))

    def close(self) -> None:
        """Nothing is open."""


class Apart(Here):
    """A process that does one thing after the other, each in so many `seconds`.

    Functions, arguments and answers must be such as can be pickled.
    """

    def __init__(self, what: str, seconds: float):
        self.what, self.seconds = what, seconds
        self._lock = threading.Lock()
        self._process: Any = None
        self._pipe: Connection | None = None

    def do(self, function: Callable[..., Any], *arguments: Any, watch: Watch | None = None) -> Any:
        """The same, done over there; an error that `watch` raises stops the work, and comes out here."""
        with self._lock:
            pipe, end = self._ready(), time.monotonic() + self.seconds
            try:
                pipe.send((function, arguments, watch is not None))
                while True:
                    if not pipe.poll(max(end - time.monotonic(), 0)):
                        raise later(f"{self.what} took over {self.seconds:g} s, send less at a time", 2)
                    kind, found = pipe.recv()
                    if kind == "told" and watch is not None:
                        watch(*found)
                        continue
                    break
            except (EOFError, OSError):
                self.close()
                raise later(f"{self.what} ended before its work was done, perhaps for want of memory", 2) from None
            except BaseException:
                self.close()
                raise
        if kind == "failed":
            raise found
        return found

    def _ready(self) -> Connection:
        """The pipe to a process that is alive."""
        if self._process is None or not self._process.is_alive() or self._pipe is None:
            self.close()
            from hellodl.train.processes import deaf_to_ctrl_c

            context = multiprocessing.get_context("spawn")  # a fork would have the server's sockets
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=_life, args=(theirs,), daemon=True)
            with deaf_to_ctrl_c():
                self._process.start()
            theirs.close()
        return self._pipe

    def close(self) -> None:
        """Stop the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _life(pipe: Connection) -> None:
    """Answer questions until nobody is there to ask."""
    from hellodl.train.threads import single_threaded_products

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's affair
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(NICE)
    with single_threaded_products(), suppress(EOFError, OSError):
        while True:
            function, arguments, watched = pipe.recv()
            keywords = {"watch": lambda *told: pipe.send(("told", told))} if watched else {}
            try:
                answer = ("done", function(*arguments, **keywords))
            except HelloError as error:
                answer = ("failed", error)
            except Exception as error:
                answer = ("failed", RuntimeError(f"{type(error).__name__}: {error}"))
            pipe.send(answer)
