"""How operations may be called: on what, and by which words.

The field spells one thing in two ways: NumPy says `axis` and `keepdims`, PyTorch `dim` and `keepdim`. Both are
understood, here, once for all operations. And an operation's first argument is a tensor; an array or a number becomes
one, and whole numbers become floats where the result is none (NumPy would take e to the power of a byte in 16 bits).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from hellodl.autograd.tensor import Array, Tensor, as_tensor, floats

SPELLINGS = {"dim": "axis", "dims": "axis", "keepdim": "keepdims", "input": "x", "unbiased": "correction"}


def operation(
    function: Callable[..., Any] | None = None, *, of_floats: bool = False, of_many: bool = False
) -> Callable[..., Any]:
    """Make an operation take an array for its tensor, and both spellings.

    With `of_floats`, whole numbers are taken as floats; with `of_many`, the first argument is a sequence of tensors.
    """
    if function is None:
        return lambda function: operation(function, of_floats=of_floats, of_many=of_many)
    code = function.__code__
    own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    other = {theirs: ours for theirs, ours in SPELLINGS.items() if ours in own and theirs not in own}

    @wraps(function)
    def called(*arguments: Any, **keywords: Any) -> Any:
        first = arguments[0] if arguments and not keywords else None
        if isinstance(first, Tensor) and (first.data.dtype.kind == "f" or not of_floats):
            return function(*arguments)  # as nearly always, and so without detours
        for theirs in keywords.keys() & other.keys() if keywords else ():
            if other[theirs] in keywords:
                raise TypeError(f"{function.__name__}: '{theirs}' and '{other[theirs]}' are one; give one of them")
            keywords[other[theirs]] = keywords.pop(theirs)
        if not arguments and own[0] in keywords:
            arguments = (keywords.pop(own[0]),)
        if arguments:
            x, *rest = arguments
            if of_many:
                x = tuple(tensor_of(each, function.__name__) for each in x)  # of a generator, too
            elif not isinstance(x, Tensor):
                x = tensor_of(x, function.__name__)
            if of_floats and not of_many and x.data.dtype.kind != "f":
                x = floats(x)
            return function(x, *rest, **keywords)
        return function(**keywords)  # which says what is missing

    return called


def tensor_of(value: Any, name: str) -> Tensor:
    """An array or a number as a tensor; anything else is told what is wanted."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Array | np.generic | int | float):
        return Tensor(value)
    raise TypeError(f"{name} takes a tensor or an array, not {type(value).__name__}; Tensor(...) makes one")


def two(name: str, a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Two for an operation, of which one may be an array or a number, and then takes the other's dtype."""
    if isinstance(a, Tensor):
        return a, as_tensor(b, a)
    if isinstance(b, Tensor):
        return as_tensor(a, b), b
    return tensor_of(a, name), tensor_of(b, name)
