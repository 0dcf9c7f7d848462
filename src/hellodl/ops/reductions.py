"""Few numbers made of many: sum, mean, max.  Their gradients spread out again over what was gathered."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hellodl.autograd.arrays import as_array
from hellodl.autograd.tensor import Array, Tensor, record
from hellodl.ops.calling import operation

Axis = int | tuple[int, ...] | None


@operation
def sum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum over some axes (all by default).  Every element counts once, so each gets the whole gradient."""
    out = x.data.sum(axis=axis, keepdims=keepdims, dtype=x.dtype if x.dtype.kind == "f" else None)
    return record(as_array(out), (x, lambda g: np.broadcast_to(_keep(g, x, axis, keepdims), x.shape)))


@operation
def mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The average over some axes (all by default).  Each of n elements gets a share of 1/n of the gradient."""
    dtype = x.dtype if x.dtype.kind == "f" else None
    out = as_array(x.data.mean(axis=axis, keepdims=keepdims, dtype=dtype))
    share = out.size / (x.numel() or 1)
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


def _outermost(x: Tensor, best: Any, place: Any, dim: Any, keepdim: bool, axis: Axis, keepdims: bool) -> Any:
    if dim is not None and (not isinstance(dim, int | np.integer) or axis is not None):
        raise TypeError(f"{best.__name__}: dim is one axis, a whole number; two tensors want ops.maximum or minimum")
    axis, keepdims = axis if dim is None else int(dim), keepdims or keepdim
    top = best(x.data, axis=axis, keepdims=True)
    won = (x.data == top).astype(x.dtype)
    if dim is not None:
        first = place(x.data, axis=axis, keepdims=True)
        won = np.zeros_like(won)
        np.put_along_axis(won, first, 1, int(dim))
    shown = top if keepdims else top.squeeze(axis)
    values = record(shown, (x, lambda g: _keep(g, x, axis, keepdims) * (won / won.sum(axis=axis, keepdims=True))))
    return values if dim is None else Extremes(values, Tensor(first if keepdims else first.squeeze(axis)))


@operation(of_floats=True)
def var(x: Tensor, axis: Axis = None, correction: float = 1, keepdims: bool = False) -> Tensor:
    """The variance: mean squared distance from the mean, over n - 1 as in PyTorch (NumPy's is over n: correction=0)."""
    centred = x.data - x.data.mean(axis=axis, keepdims=True)
    squares = as_array((centred * centred).sum(axis=axis, keepdims=keepdims))
    count = x.numel() / (squares.size or 1) - correction
    out = squares / x.dtype.type(count)
    return record(out, (x, lambda g: _keep(g, x, axis, keepdims) * centred * x.dtype.type(2 / count)))


@operation(of_floats=True)
def std(x: Tensor, axis: Axis = None, correction: float = 1, keepdims: bool = False) -> Tensor:
    """The standard deviation, √`var`.  Where all are equal it has no slope, and passes nothing."""
    variance = var(x, axis, correction, keepdims)
    out = np.sqrt(variance.data)
    return record(out, (variance, lambda g: g * 0.5 / np.where(out == 0, np.inf, out).astype(out.dtype)))


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
