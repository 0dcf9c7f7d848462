"""The list of all that a function does to its arrays, and what it takes to make it: places for the results.

A step is a call with all its arguments, to be made again: `partial(np.matmul, a, b, out)`. The arrays in it are those
of the first time, so a result is always found where the next step looks for it. What only looks at an array in another
shape, such as `reshape` or `x[:, 0]`, is no step at all, for it looks at the same memory.

Places are used again while the list is made: when nothing in the function can reach an array any more, what is made
next may take its place. For the steps come in the same order each time, that is as safe when they are played.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import prod
from typing import Any

import numpy as np

from hellodl.autograd.arrays import laid_out
from hellodl.plans.standin import Place, StandIn

Array = np.ndarray
Step = Callable[[], Any]


class Diverged(Exception):
    """A plan came to a place where this time the function would go another way."""


class Tape:
    """What is written while a function runs with stand-ins in place of its arrays."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.refusal = ""  # why there can be no plan
        self.free: dict[int, list[Array]] = {}  # places by their bytes, the last left first
        self.nbytes = 0
        self.warned = np.geterr()
        self.touched: dict[int, tuple[Array, int]] = {}  # outside arrays that are written to, and from which step on
        self.last_branch = -1
        self.first_call: int | None = None
        self.calling: Callable[[Step], Any] | None = None  # does a step on weights as they are: see `plan`
        self.told: set[int] = set()  # arrays that hold what is a Python's number outside
        self.owners: dict[int, tuple[Any, Any]] = {}  # whose methods are called as they are, and their state before

    def refuse(self, why: str) -> None:
        """There can be no plan. The function goes on all the same, and to the right result."""
        if not self.refusal:
            frame: Any = sys._getframe(1)
            while frame.f_back and (frame.f_code.co_filename.startswith(_HERE) or "numpy" in frame.f_code.co_filename):
                frame = frame.f_back
            self.refusal = f"{why} ({frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno})"

    # -- places --

    def outside(self, array: Array) -> StandIn:
        """A stand-in for an array that was there before, and will be there after."""
        return StandIn(array, Place(array), self)

    def empty(self, shape: Any, dtype: Any) -> StandIn:
        """A new array with anything in it."""
        dtype = np.dtype(dtype)
        count = prod(shape) if isinstance(shape, Iterable) else int(shape)
        size = -(-max(count * dtype.itemsize, 1) // 64) * 64
        pieces = self.free.get(size)
        if pieces:
            memory = pieces.pop()
        else:
            memory = np.empty(size, np.uint8)
            self.nbytes += size
        return StandIn(np.ndarray(shape, dtype, memory), Place(memory, self), self)

    def like(self, array: Any) -> StandIn:
        """A new array of the shape, dtype and order in memory of another."""
        flat = self.empty((array.size,), array.dtype)
        return flat.seen(laid_out(flat.array, np.asarray(array)))

    def zeros(self, shape: Any, dtype: Any) -> StandIn:
        """A new array of zeros."""
        out = self.empty(shape, dtype)
        self.add(out.array.fill, 0)
        return out

    # -- steps --

    def step(self, step: Step) -> None:
        """One more, to be played as it was made: with warnings off, where they were."""
        warned = np.geterr()
        self.steps.append(step if warned == self.warned else partial(_warned, warned, step))

    def add(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
        """Do something now, and each time that the tape is played."""
        function(*arguments, **keywords)
        self.step(partial(function, *arguments, **keywords))

    def run(self, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """What a function of NumPy makes of stand-ins, by what it makes of their arrays."""
        seen: list[StandIn] = []
        given, named = true_arrays(arguments, seen), true_arrays(keywords, seen)
        out = keywords.get("out")
        if out is not None:
            targets = out if isinstance(out, tuple) else (out,)
            self._writes(*targets)
            function(*given, **named)
            self.step(partial(function, *given, **named))
            return targets[0] if len(targets) == 1 else targets
        if function is np.ndarray.__setitem__:
            self._writes(arguments[0])
            self._set(*given)
            return None
        if function in FILLED:
            return self._filled(function, given, named)
        result = function(*given, **named)
        if result is None:  # it changed its first argument: np.copyto, np.add.at, x.fill and such
            self._writes(arguments[0])
            self.step(partial(function, *given, **named))
            return None
        if isinstance(result, list | tuple) and function not in ABOUT_SHAPES:
            return type(result)(self._made(function, given, named, part, seen, part=True) for part in result)
        return self._made(function, given, named, result, seen)

    def _made(self, function: Any, given: Any, named: Any, result: Any, seen: list[StandIn], part: bool = False) -> Any:
        """A result as a stand-in: a view of what is there, or a new array and the step that fills it."""
        if not isinstance(result, Array | np.generic):
            if function not in ABOUT_SHAPES:
                self.refuse(f"{function.__name__} gives Python a number that depends on others")
            return result
        if isinstance(result, np.generic) and function is np.ndarray.__getitem__ and _plain(given[1]):
            key = given[1] if isinstance(given[1], tuple) else (given[1],)
            result = given[0][(*key, ...)]  # one number is a view, too
        for each in seen:
            if isinstance(result, Array) and np.may_share_memory(result, each.array):
                return each.seen(result)
        if part:
            self.refuse(f"{function.__name__} makes several new arrays")
            return result
        out = self.like(result)
        out.array[...] = result
        self.step(_into(out.array, function, given, named))
        return out

    def _writes(self, *targets: Any) -> None:
        for target in targets:
            if type(target) is not StandIn:
                if target is not None:
                    self.refuse("results are written into an array that is not the plan's; use ops.scratch.empty")
            elif target.place.tape is None:
                self.touched.setdefault(id(target.place.memory), (target.place.memory, len(self.steps)))

    def _set(self, array: Array, key: Any, value: Any) -> None:
        target = array[key] if _plain(key) else None
        if isinstance(target, Array) and target.ndim:
            array, key = target, ...
        self.add(array.__setitem__, key, value)

    def _filled(self, function: Any, given: tuple[Any, ...], named: dict[str, Any]) -> StandIn:
        out = self.like(function(*given, **named))
        value = FILLED[function]
        if function is np.full_like:
            value = given[1] if len(given) > 1 else named["fill_value"]
        if value is not None:
            self.add(np.copyto, out.array, value, casting="unsafe")
        return out

    # -- what is not NumPy's --

    def branch(self, array: Array) -> bool:
        """A number decides which way the function goes: it has to be the same way each time."""
        truth = bool(array)
        self.last_branch = len(self.steps)
        self.step(partial(_same_way, array, truth))
        return truth

    def loop(self, loop: Any, arguments: tuple[Any, ...]) -> None:
        """A loop of `ops.loops`, compiled or not."""
        self._writes(*(a for kind, a in zip(loop.types, arguments) if kind.startswith("into ")))
        self.add(loop.run, *true_arrays(arguments))

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """A function that is called as it is, with all its Python: see `autograd.mode.as_it_is`."""
        assert self.calling is not None
        if self.first_call is None:
            self.first_call = len(self.steps)
        arguments = tuple(list(a) if isinstance(a, Iterator) else a for a in arguments)
        owner = arguments[0] if arguments else None
        if owner is not None and hasattr(owner, "load_state_dict") and id(owner) not in self.owners:
            self.owners[id(owner)] = owner, owner.state_dict()
        step = partial(function, *true_arrays(arguments), **true_arrays(keywords))
        result = self.calling(step)
        if not isinstance(result, float):
            return result
        out = self.outside(np.array(result))
        self.told.add(id(out.array))
        self.steps[-1] = partial(_told, self.steps[-1], out.array)
        return out

    def undoing(self) -> list[tuple[Array, Array]]:
        """Arrays that are written to before the last branch, with copies of them, to begin again from there."""
        if self.first_call is not None and self.first_call < self.last_branch:
            self.refuse("a number decides the way after weights have been changed")
        return [(array, array.copy()) for array, step in self.touched.values() if step < self.last_branch]


def true_arrays(value: Any, seen: list[StandIn] | None = None) -> Any:
    """Stand-ins as their arrays, wherever they are in lists, tuples and dicts; they are put into `seen`."""
    if type(value) is StandIn:
        if seen is not None:
            seen.append(value)
        return value.array
    if type(value) in (tuple, list):
        return type(value)(true_arrays(part, seen) for part in value)
    if type(value) is dict:
        return {key: true_arrays(part, seen) for key, part in value.items()}
    return value


def _plain(key: Any) -> bool:
    """Whether x[key] is a view."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(part is None or part is Ellipsis or isinstance(part, int | slice | np.integer) for part in parts)


# -- how results get into their places, in as few and as quick calls as there are --

ABOUT_SHAPES = {np.shape, np.ndim, np.size, np.result_type, np.may_share_memory, np.shares_memory}
FILLED: dict[Any, Any] = {np.empty_like: None, np.zeros_like: 0, np.ones_like: 1, np.full_like: None}
REDUCTIONS = {
    np.ndarray.sum: np.add,
    np.ndarray.max: np.maximum,
    np.ndarray.min: np.minimum,
    np.ndarray.prod: np.multiply,
    np.sum: np.add,
    np.max: np.maximum,
    np.min: np.minimum,
    np.ndarray.all: np.logical_and,
    np.all: np.logical_and,
    np.ndarray.any: np.logical_or,
    np.any: np.logical_or,
}
WITH_OUT = {np.ndarray.mean, np.mean, np.ndarray.argmax, np.argmax, np.ndarray.argmin, np.argmin, np.ndarray.cumsum}
WITH_OUT |= {np.cumsum, np.concatenate, np.stack, np.take, np.ndarray.take, np.einsum, np.clip, np.ndarray.clip, np.dot}
COPIES = {np.ndarray.copy, np.copy, np.ndarray.astype}


def _into(out: Array, function: Any, given: tuple[Any, ...], named: dict[str, Any]) -> Step:
    """The step that makes a result anew, where it is."""
    if function in REDUCTIONS and len(given) <= 2 and named.keys() <= {"axis", "keepdims", "dtype"}:
        named = {"axis": given[1] if len(given) == 2 else None, "dtype": None} | named
        if named["dtype"] is None:
            del named["dtype"]
        return partial(REDUCTIONS[function].reduce, given[0], out=out, **named)
    of_numpy = isinstance(function, np.ufunc) or isinstance(getattr(function, "__self__", None), np.ufunc)
    if of_numpy or function in WITH_OUT:
        return partial(function, *given, out=out, **named)
    if function in COPIES:
        return partial(np.copyto, out, given[0], casting="unsafe")
    if function is np.ndarray.reshape and out.flags.c_contiguous and "order" not in named:
        return partial(np.copyto, out.reshape(given[0].shape), given[0])
    key = given[1] if len(given) > 1 else None
    if function is np.ndarray.__getitem__ and isinstance(key, Array) and key.dtype.kind in "iu":
        return partial(np.take, given[0], key, axis=0, out=out)
    return partial(_anew, out, function, given, named)


def _anew(out: Array, function: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    result = function(*given, **named)
    if result.shape != out.shape:
        raise Diverged(f"{function.__name__} gives {result.shape}, not {out.shape} as before")
    out[...] = result


def _same_way(array: Array, truth: bool) -> None:
    if bool(array) is not truth:
        raise Diverged(f"a branch was {truth} when the plan was made, and is {not truth}")


def _warned(how: Any, step: Step) -> None:
    with np.errstate(**how):
        step()


def _told(step: Step, out: Array) -> None:
    out[...] = step()


_HERE = __file__.rpartition("/")[0]
