"""What a thread does while it computes: does it remember (for gradients), does it check (for debugging)?

Both are switched on or off for a while by a `with`, for the thread at hand alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from hellodl.errors import TrainingError

Function = TypeVar("Function", bound=Callable[..., Any])


class _Mode(threading.local):
    """What each thread does while it computes: does it remember (gradients), does it check (debug)?"""

    remember = True
    debug = False
    layers: tuple[str, ...] = ()
    watch: Any = None  # who is told which weights and modules take part (see `plans`)
    tape: Any = None  # what everything that is done to arrays is written down on (see `plans`)
    whole: Callable[[Any], None] | None = None  # who is told of each leaf once its gradient is whole (see `walk_back`)


mode = _Mode()


class Clock:
    """Ticks when the numbers of a tensor change, so that one can tell what was computed before from what came after."""

    now = 0


clock = Clock()


@contextmanager
def no_grad() -> Iterator[None]:
    """Inside, nothing is remembered: for prediction, which needs no gradients. Each thread has its own."""
    before, mode.remember = mode.remember, False
    try:
        yield
    finally:
        mode.remember = before


@contextmanager
def told_of(whole: Callable[[Any], None] | None) -> Iterator[None]:
    """Inside, `whole` is told of each leaf on the way back as soon as its gradient has all that will come."""
    before, mode.whole = mode.whole, whole
    try:
        yield
    finally:
        mode.whole = before


def as_it_is(function: Function) -> Function:
    """A function that a plan calls each time instead of looking into it, for there Python's own numbers count."""

    @wraps(function)
    def called(*arguments: Any, **keywords: Any) -> Any:
        if mode.tape is None:
            return function(*arguments, **keywords)
        return mode.tape.call(function, arguments, keywords)

    return called  # type: ignore[return-value]


@contextmanager
def debug() -> Iterator[None]:
    """Inside, every result is checked as it is made: the first NaN or infinity raises and names its operation
    and layer, and arrays that the graph holds cannot be written to until `backward` has used them, or until
    this ends. Slow, so only for hunting."""
    before, mode.debug = mode.debug, True
    try:
        yield
    finally:
        mode.debug = before
        unlock()


_locked: list[np.ndarray] = []  # what debug mode made read-only, in whichever thread


def lock(*arrays: np.ndarray) -> None:
    """Make arrays read-only for as long as debug mode needs them as they are."""
    for array in arrays:
        if array.flags.writeable:
            array.flags.writeable = False
            _locked.append(array)


def unlock() -> None:
    """Weights must be writable again for the optimiser's step."""
    arrays = _locked[:]
    _locked.clear()
    for array in sorted(arrays, key=lambda array: array.base is not None):  # views after what they look into
        with suppress(ValueError):
            array.flags.writeable = True


def check(array: np.ndarray, operation: str) -> None:
    """Raise TrainingError, with the operation's and the layer's names, where an array has a NaN or infinity."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        kind = "NaN" if np.isnan(array).any() else "infinity"
        where = f" in layer '{'.'.join(mode.layers)}'" if mode.layers else ""
        raise TrainingError(f"the first {kind} came out of '{operation}'{where}, shape {array.shape}")
