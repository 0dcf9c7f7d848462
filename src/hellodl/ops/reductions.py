"""Few numbers made of many: sum, mean, max.  Their gradients spread out again over what was gathered."""

from __future__ import annotations

import numpy as np

from hellodl.autograd.tensor import Array, Tensor, record

Axis = int | tuple[int, ...] | None


def sum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum over some axes (all by default).  Every element counts once, so each gets the whole gradient."""
    out = x.data.sum(axis=axis, keepdims=keepdims, dtype=x.dtype if x.dtype.kind == "f" else None)
    return record(np.asarray(out), (x, lambda g: np.broadcast_to(_keep(g, x, axis, keepdims), x.shape)))


def mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The average over some axes (all by default).  Each of n elements gets a share of 1/n of the gradient."""
    dtype = x.dtype if x.dtype.kind == "f" else None
    out = np.asarray(x.data.mean(axis=axis, keepdims=keepdims, dtype=dtype))
    share = out.size / (x.size or 1)
    return record(out, (x, lambda g: np.broadcast_to(_keep(g, x, axis, keepdims) * x.dtype.type(share), x.shape)))


def max(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest over some axes.  The gradient goes to the winner; several equal winners share it."""
    top = x.data.max(axis=axis, keepdims=True)
    out = top if keepdims else np.asarray(x.data.max(axis=axis))

    def to_x(g: Array) -> Array:
        won = (x.data == top).astype(x.dtype)
        return _keep(g, x, axis, keepdims) * (won / won.sum(axis=axis, keepdims=True))

    return record(out, (x, to_x))


def _keep(g: Array, x: Tensor, axis: Axis, keepdims: bool) -> Array:
    """The gradient of a reduction, with the reduced axes back as axes of size 1."""
    if keepdims:
        return g
    if axis is None:
        return np.reshape(g, (1,) * x.ndim)
    return np.expand_dims(g, axis)
