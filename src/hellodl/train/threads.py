"""How many threads work at a time, and what they need so as not to be in each other's way.

The cores are shared out by whole pieces of work, so the matrix library is told to use one thread a product.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from hellodl.console import log
from hellodl.ranks import Ranks, join
from hellodl.runs.machine import cores

T = TypeVar("T")
R = TypeVar("R")


def thread_count(threads: int | None = None) -> int:
    """How many threads to use: what is asked for, else one for every core that this process has to itself; one in a
    browser, whose Python cannot start any."""
    if sys.platform == "emscripten":
        return 1
    return max(int(cores() / join().crowding) if threads is None else threads, 1)


@cache
def _matrix_library() -> ThreadpoolController:
    """What sets the number of threads of the matrix library, looked for once: that takes milliseconds."""
    controller = ThreadpoolController()
    if not controller.select(user_api="blas").lib_controllers:
        log.debug("the matrix library's threads cannot be set here; lanes work, perhaps slower")
    return controller


@contextmanager
def single_threaded_products() -> Iterator[None]:
    """Inside, each matrix product runs on the thread that asked for it: lanes share out the cores already."""
    with _matrix_library().limit(limits=1, user_api="blas"):
        yield


@contextmanager
def quick_hand_over() -> Iterator[None]:
    """Inside, a thread that waits for Python's lock looks again after 50 µs, not 5 ms.

    It is told when the lock comes free, but until it has woken up another often has it again. Lanes hold it only
    for moments, so looking again soon finds it free. (Measured on two threads: 5 to 12% more images a second.)
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, 5e-5))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@cache
def _readers(count: int) -> ThreadPoolExecutor:
    """Threads that stay from one call to the next, since what they have used before is warm (see `scratch`)."""
    return ThreadPoolExecutor(count, thread_name_prefix="reader")


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_readers.cache_clear)


def in_lanes(
    function: Callable[[T], R], tasks: Sequence[T], threads: int | None = None, ranks: Ranks | None = None
) -> list[R]:
    """What a function makes of each task, on all threads (and all ranks, where they are given), in the tasks' order."""
    if ranks is not None:
        return ranks.spread(function, tasks, partial(in_lanes, threads=threads))
    count = min(thread_count(threads), len(tasks))
    with single_threaded_products():
        if count <= 1:
            return [function(task) for task in tasks]
        return list(_readers(count).map(function, tasks))
