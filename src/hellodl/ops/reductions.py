"""Few numbers made of many: sum, mean, max.  Their gradients spread out again over what was gathered."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from hellodl.autograd.tensor import Array, Tensor, record
from hellodl.ops.calling import operation

Axis = int | tuple[int, ...] | None


@operation
def sum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum over some axes (all by default).  Every element counts once, so each gets the whole gradient."""
    out = x.data.sum(axis=axis, keepdims=keepdims, dtype=x.dtype if x.dtype.kind == "f" else None)
    return record(np.asarray(out), (x, lambda g: np.broadcast_to(_keep(g, x, axis, keepdims), x.shape)))


@operation
def mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The average over some axes (all by default).  Each of n elements gets a share of 1/n of the gradient."""
    dtype = x.dtype if x.dtype.kind == "f" else None
    out = np.asarray(x.data.mean(axis=axis, keepdims=keepdims, dtype=dtype))
    share = out.size / (x.size or 1)
    return record(out, (x, lambda g: np.broadcast_to(_keep(g, x, axis, keepdims) * x.dtype.type(share), x.shape)))


class Extremes(NamedTuple):
    """What PyTorch's max and min along an axis give: the values, and where they were."""

    values: Tensor
    indices: Tensor


@operation
def max(x: Tensor, dim: Any = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest of all, or along an axis.  The gradient goes to the winner; several equal winners share it.

    With NumPy's word, max(x, axis=1), it is the values; with PyTorch's, max(x, 1) or max(x, dim=1), a pair of values
    and where they were, and of equal winners the first gets the gradient.
    """
    return _outermost(x, np.max, np.argmax, dim, keepdim, axis, keepdims)


@operation
def min(x: Tensor, dim: Any = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The smallest of all, or along an axis: see `max`."""
    return _outermost(x, np.min, np.argmin, dim, keepdim, axis, keepdims)


def _outermost(
    x: Tensor,
    best: Callable[..., Array],
    place: Callable[..., Array],
    dim: Any,
    keepdim: bool,
    axis: Axis,
    keepdims: bool,
) -> Any:
    if dim is not None:
        if not isinstance(dim, int | np.integer) or axis is not None:
            raise TypeError(
                f"{best.__name__}: dim is one axis, as a whole number; two tensors want ops.maximum or minimum"
            )
        dim = int(dim)
        where = place(x.data, axis=dim, keepdims=True)

        def to_winner(g: Array) -> Array:
            out = np.zeros_like(x.data)
            np.put_along_axis(out, where, _keep(g, x, dim, keepdim), dim)
            return out

        values = np.take_along_axis(x.data, where, dim)
        values, where_shown = (a if keepdim else np.squeeze(a, dim) for a in (values, where))
        return Extremes(record(values, (x, to_winner)), Tensor(where_shown))
    keepdims = keepdims or keepdim
    top = best(x.data, axis=axis, keepdims=True)
    out = top if keepdims else np.asarray(best(x.data, axis=axis))

    def to_x(g: Array) -> Array:
        won = (x.data == top).astype(x.dtype)
        return _keep(g, x, axis, keepdims) * (won / won.sum(axis=axis, keepdims=True))

    return record(out, (x, to_x))


@operation(of_floats=True)
def var(x: Tensor, axis: Axis = None, correction: float = 1, keepdims: bool = False) -> Tensor:
    """The variance: mean squared distance from the mean, over n - 1 as in PyTorch (NumPy's is over n: correction=0)."""
    centred, count = _centred(x, axis, correction)
    out = np.asarray((centred * centred).sum(axis=axis, keepdims=keepdims) / x.dtype.type(count))
    return record(out, (x, lambda g: _keep(g, x, axis, keepdims) * centred * x.dtype.type(2 / count)))


@operation(of_floats=True)
def std(x: Tensor, axis: Axis = None, correction: float = 1, keepdims: bool = False) -> Tensor:
    """The standard deviation, √`var`.  Where all are equal it has no slope, and passes nothing."""
    centred, count = _centred(x, axis, correction)
    whole = np.sqrt((centred * centred).sum(axis=axis, keepdims=True) / x.dtype.type(count))
    out = np.asarray(whole if keepdims else whole.reshape(np.sum(x.data, axis=axis).shape))

    def to_x(g: Array) -> Array:
        safe = np.where(whole == 0, np.inf, whole).astype(x.dtype)
        return _keep(g, x, axis, keepdims) * centred / (safe * x.dtype.type(count))

    return record(out, (x, to_x))


def _centred(x: Tensor, axis: Axis, correction: float) -> tuple[Array, float]:
    """x without its mean, and what to divide squares by."""
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return x.data - x.data.mean(axis=axis, keepdims=True), prod(x.shape[k] for k in axes) - correction


@operation
def cumsum(x: Tensor, axis: int) -> Tensor:
    """The sums of the first, of the first two and so on, along an axis.  Each counts in all that come after it."""
    out = np.cumsum(x.data, axis=axis, dtype=x.dtype if x.dtype.kind == "f" else None)
    return record(out, (x, lambda g: np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)))


def _keep(g: Array, x: Tensor, axis: Axis, keepdims: bool) -> Array:
    """The gradient of a reduction, with the reduced axes back as axes of size 1."""
    if keepdims:
        return g
    if axis is None:
        return np.reshape(g, (1,) * x.ndim)
    return np.expand_dims(g, axis)
