"""What stands in for an array while a plan is made: it does what an array does, and has it written down.

It is no array itself, on purpose. Its numbers can be had only through what is below, so nothing can be done to them
that the tape does not know of: whatever does not go through here, NumPy's conversions, Python's own numbers, other
libraries, ends in `leak`, and the plan is not made. (An heir of `np.ndarray` would be quicker written. But NumPy's C
code takes such a one for an array and computes on, past the tape, and nobody would know.)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from hellodl.autograd import arrays

Array = np.ndarray

Tape = Any  # `tape.Tape`, which knows this file

ABOUT = {"shape", "dtype", "ndim", "size", "strides", "flags", "itemsize", "nbytes"}  # what shapes alone decide
LEAKS = {"item", "tolist", "tobytes", "data", "ctypes", "tofile", "dump", "dumps", "nonzero", "base", "flat"}


class Place:
    """Memory that arrays lie in; once no stand-in refers to it, the tape has it back."""

    __slots__ = ("memory", "tape")

    def __init__(self, memory: Array, tape: Tape = None):
        self.memory, self.tape = memory, tape  # None where the memory is not the tape's own

    def __del__(self) -> None:
        if self.tape is not None:
            self.tape.free.setdefault(self.memory.nbytes, []).append(self.memory)


class StandIn(arrays.StandIn, NDArrayOperatorsMixin):
    """An array, the place in memory where its numbers are, and the tape on which is written what is done to it."""

    __slots__ = ("array", "place", "tape")

    def __init__(self, array: Array, place: Place, tape: Tape):
        self.array, self.place, self.tape = array, place, tape

    __class__ = property(lambda self: np.ndarray)  # what isinstance is to believe
    __hash__ = object.__hash__

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        return self.tape.run(function, inputs, keywords)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        return self.tape.run(function, arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name in ABOUT:
            return getattr(self.array, name)
        if name.startswith("__"):
            raise AttributeError(name)  # such as what NumPy looks for before it asks for __array__
        if name in LEAKS:
            return getattr(self.leak(f".{name}"), name)
        method = getattr(np.ndarray, name)
        if not callable(method):  # T, real and such: the same memory, seen otherwise
            return self.seen(getattr(self.array, name))
        return lambda *arguments, **keywords: self.tape.run(method, (self, *arguments), keywords)

    def seen(self, view: Array) -> StandIn:
        """Another view of the same memory."""
        return StandIn(view, self.place, self.tape)

    def seen_as(self, shape: tuple[int, ...], strides: tuple[int, ...]) -> StandIn:
        """See `autograd.arrays.seen_as`."""
        return self.seen(arrays.seen_as(self.array, shape, strides))

    def leak(self, how: str) -> Array:
        """The array itself, for somebody who will do with it what cannot be replayed."""
        self.tape.refuse(f"numbers were looked at by {how}")
        return self.array

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self.array)))

    def __getitem__(self, key: Any) -> Any:
        return self.tape.run(np.ndarray.__getitem__, (self, key), {})

    def __setitem__(self, key: Any, value: Any) -> None:
        self.tape.run(np.ndarray.__setitem__, (self, key, value), {})

    def __pow__(self, exponent: Any) -> Any:
        return self.tape.run(np.ndarray.__pow__, (self, exponent), {})  # which squares where that is meant

    def __bool__(self) -> bool:
        return self.tape.branch(self.array)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.leak("np.array or np.asarray"), dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return repr(self.leak("repr"))

    def __format__(self, spec: str) -> str:
        return format(self.leak("format"), spec)

    def __contains__(self, value: Any) -> bool:
        return value in self.leak("in")


def _leaking(name: str, function: Callable[[Any], Any]) -> None:
    setattr(StandIn, f"__{name}__", lambda self: function(self.leak(name)))


for _name, _function in (("float", float), ("int", int), ("index", operator.index), ("complex", complex)):
    _leaking(_name, _function)


class Chance:
    """What stands in for a module's generator, to see whether anybody draws from it."""

    def __init__(self, generator: np.random.Generator, tape: Tape):
        self.generator, self.tape = generator, tape

    __class__ = property(lambda self: np.random.Generator)

    def __getattr__(self, name: str) -> Any:
        self.tape.refuse("a generator was drawn from")
        return getattr(self.generator, name)


class NoGradient:
    """What stands in for the gradient that a weight has not got, to see whether anybody counts on there being none."""

    def __init__(self, count_on: Callable[[], None], tape: Tape):
        self.count_on, self.tape = count_on, tape

    def __iadd__(self, gradient: Any) -> Any:
        self.count_on()
        return gradient.copy(order="K")

    def __getattr__(self, name: str) -> Any:
        self.tape.refuse("a gradient was used before there was one")
        return getattr(None, name)
