"""Other processes that help with the work.

Threads of one Python share its lock. They hold it for moments only, between one call into NumPy and the next; but
who finds it taken is put to sleep, and waking up takes longer than the moment. With calls of 20 µs two threads
were 1.4 times as fast as one where bare matrix products gained 1.9, and two processes 1.8.

A forked process begins with all that its parent has at that moment, data and functions, and nothing is copied
until somebody writes to it. So a helper needs to be told little; what it writes for its parent to see goes into
`shared` memory. Only Linux forks safely (macOS's libraries may not survive it, Windows cannot): elsewhere
threads do.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pickle import UnpicklingError
from typing import Any

import numpy as np

from hellodl.autograd.arrays import laid_out
from hellodl.errors import HelloError, HelperError

PATIENCE = 2e-3  # seconds to look for a message before going to sleep
ENDED = "a helping process ended before its work was done (was it killed, or memory short?); perhaps try --threads 1"


def end_with_parent() -> None:
    """Let this process, somebody's helper, end when that somebody is killed: nobody else would tell it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that are started inside never hear of Ctrl-C, not even while they load: it is the parent's affair.

    The parent hears of it when the block has ended. Windows knows nothing of the kind.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def can_fork() -> bool:
    """Whether helpers can be had here; a process that is itself some pool's helper may have none."""
    return sys.platform == "linux" and not multiprocessing.current_process().daemon


def room_for(array: np.ndarray) -> np.ndarray:
    """Room for as much, laid out alike, that processes forked from now on will share; taken when it is written to."""
    memory = mmap.mmap(-1, max(array.nbytes, 1))
    return laid_out(np.frombuffer(memory, array.dtype, array.size), array)


def shared(array: np.ndarray) -> np.ndarray:
    """A copy in such room."""
    copy = room_for(array)
    copy[...] = array
    return copy


class Helper:
    """A forked process that answers each question with `function`, as it was when the helper began.

    `others` are the helpers that were made before it.
    """

    def __init__(self, function: Callable[[Any], Any], others: Sequence[Helper] = ()):
        self._pipe, theirs = multiprocessing.Pipe()
        fork = multiprocessing.get_context("fork")
        arguments = (function, theirs, [self._pipe, *(other._pipe for other in others)])
        self._process = fork.Process(target=_serve, args=arguments, daemon=True)
        with warnings.catch_warnings():
            # Threads are not forked, and may hold locks, says Python: none that a helper uses.
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", RuntimeWarning)  # what other libraries with threads call it
            with deaf_to_ctrl_c():  # also of one that comes before the helper can say that it will ignore it
                self._process.start()
        theirs.close()

    def ask(self, question: Any) -> None:
        """Hand a question over; the helper works on it while you go on. HelperError where it works no more."""
        try:
            self._pipe.send(question)
        except OSError as error:
            raise HelperError(ENDED) from error

    def answer(self) -> Any:
        """Wait for the answer to the last question; an error that it led to is raised here, or HelperError."""
        try:
            error, answer = _received(self._pipe)
        except (EOFError, OSError, UnpicklingError) as broken:
            raise HelperError(ENDED) from broken
        if error is not None:
            raise error
        return answer

    def stop(self) -> None:
        """Let it go, whatever it is doing."""
        self._pipe.close()
        self._process.join(timeout=1)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _received(pipe: Connection) -> Any:
    """What comes through the pipe. Most often it is nearly there, and to look for it beats being woken up."""
    end = time.perf_counter() + PATIENCE
    while not pipe.poll() and time.perf_counter() < end:
        pass
    return pipe.recv()


def _serve(function: Callable[[Any], Any], pipe: Connection, not_ours: list[Connection]) -> None:
    """The life of a helper; it ends when its parent closes the pipe, or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    for connection in not_ours:
        connection.close()  # held open here, it would keep this or another helper from seeing the end
    while True:
        try:
            question = _received(pipe)
        except (EOFError, OSError):
            return
        error: Exception | None = None
        answer = None
        try:
            answer = function(question)
        except Exception as caught:
            error = caught
        try:
            pipe.send((error, answer))
        except OSError:
            return
        except Exception:  # an error that cannot be pickled
            pipe.send((HelloError(f"{type(error).__name__}: {error}"), None))
