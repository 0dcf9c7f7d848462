"""What turns a function of loops into machine code, and says when that is what runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from hellodl.autograd.mode import mode
from hellodl.autograd.tensor import Array
from hellodl.console import log, progress_bar

# Sums may be added up in another order (so that several go on at once), but a NaN stays a NaN.
OPTIONS = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp"}}
# What arguments are, as Numba spells it: arrays in one piece of one to six axes, and plain numbers. See `into`.
VECTOR, ROWS, TEXTS = "f4[::1]", "f4[:,::1]", "f4[:,:,::1]"
PICTURES, FLAGS, TILES = "f4[:,:,:,::1]", "u1[:,:,:,::1]", "f4[:,:,:,:,:,::1]"
WHOLE, REAL = "i8", "f4"

LOOPS: list[Loop] = []
on = False  # whether calls to loops are what runs: see `use`


class Loop:
    """A function of loops, which `start` turns into machine code for arguments of these types."""

    def __init__(self, function: Callable[..., None], types: tuple[str, ...]):
        self.function, self.types, self.__doc__ = function, types, function.__doc__
        self.fast: Callable[..., None] | None = None
        LOOPS.append(self)

    def __call__(self, *arguments: Any) -> None:
        """Run it, the fastest way there is."""
        if mode.tape is not None:
            mode.tape.loop(self, arguments)
        else:
            self.run(*arguments)

    def run(self, *arguments: Any) -> None:
        """The same, on arrays."""
        if self.fast is None:
            self.function(*arguments)
            return
        try:
            self.fast(*arguments)
        except TypeError:  # not the arrays that it was compiled for; to ask beforehand would cost every call
            self.on_copies(*arguments)

    def on_copies(self, *arguments: Any) -> None:
        """Run it on copies that lie as they must, in one piece and of the right type, and copy results back."""
        assert self.fast is not None
        fitted, results = list(arguments), []
        for number, (kind, array) in enumerate(zip(self.types, arguments)):
            if isinstance(array, Array) and "[" in kind:
                fitted[number] = np.ascontiguousarray(array, kind.removeprefix(INTO)[:2])
                if kind.startswith(INTO):
                    if not array.flags.writeable:
                        raise ValueError("output array is read-only")  # as NumPy says it
                    results.append((array, fitted[number]))
        self.fast(*fitted)
        for array, result in results:
            array[...] = result


INTO = "into "


def into(kind: str) -> str:
    """The type of an array that results go into; all others are only read, and so may be read-only."""
    return INTO + kind


def loop(*types: str) -> Callable[[Callable[..., None]], Loop]:
    """Make a `Loop` of a function whose arguments are of these types."""
    return lambda function: Loop(function, types)


def available() -> bool:
    """Whether Numba is there and wanted."""
    return os.environ.get("HELLODL_JIT", "1") != "0" and find_spec("numba") is not None


def running() -> bool:
    """Whether loops are switched on."""
    return on


def use(*arrays: Array) -> bool:
    """Whether the loops are switched on and can take these arrays: float32, in one piece."""
    return on and all(array.dtype == np.float32 and array.flags.c_contiguous for array in arrays)


@contextmanager
def compiled(wanted: bool = True) -> Iterator[None]:
    """Inside, loops run as machine code where that is `available` (and wanted), and NumPy does their work elsewhere."""
    global on
    before, on = on, wanted and available()
    try:
        if on:
            start()
        yield
    finally:
        on = before


def start() -> None:
    """Compile all loops: some seconds the first time ever, and a moment when it finds what it compiled before."""
    waiting = [each for each in LOOPS if each.fast is None]
    if not waiting:
        return
    import numba  # a third of a second, so only now

    log.debug("compiling loops (HELLODL_JIT=0 does without)")
    with progress_bar("compiling loops", len(waiting)) as bar:
        for each in waiting:
            signature = numba.void(*(machine_type(numba, kind) for kind in each.types))
            each.fast = numba.njit([signature], **OPTIONS)(each.function)
            bar.advance(1)


def machine_type(numba: Any, kind: str) -> Any:
    """Numba's type for one of ours; arrays that are only read may be read-only (a file's memory, or a broadcast)."""
    dtype, bracket, axes = kind.removeprefix(INTO).partition("[")
    if not bracket:
        return getattr(numba, dtype)
    return numba.types.Array(getattr(numba, dtype), axes.count(",") + 1, "C", readonly=not kind.startswith(INTO))
