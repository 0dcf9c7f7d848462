"""Operations on tensors: each computes a value and says, right below, how gradients come back through it.

An operation needs only two things: what it does, and what it does to small changes. Read one, and the others
are variations. Elementwise functions come first (but for the bends of networks, which are in `activations`), then
reductions, then those that move elements about, then the few that are fused from several because that is faster or
safer (softmax, linear).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hellodl import scratch
from hellodl.activations import relu, sigmoid, tanh
from hellodl.errors import DataError, ShapeError
from hellodl.tensor import Array, Tensor, as_tensor, broadcast, column_sums, record, unbroadcast

Axis = int | tuple[int, ...] | None


# -- elementwise -------------------------------------------------------------------------------------------


def exp(x: Tensor) -> Tensor:
    """e to the x.  The one function that is its own slope."""
    out = np.exp(x.data)
    return record(out, (x, lambda g: g * out))


def log(x: Tensor) -> Tensor:
    """Natural logarithm.  d(log x)/dx = 1/x."""
    return record(np.log(x.data), (x, lambda g: g / x.data))


def sqrt(x: Tensor) -> Tensor:
    """Square root.  d(√x)/dx = 1/(2√x)."""
    out = np.sqrt(x.data)
    return record(out, (x, lambda g: g * 0.5 / out))


def abs(x: Tensor) -> Tensor:
    """Absolute value.  The slope is the sign (0 at the kink)."""
    return record(np.abs(x.data), (x, lambda g: g * np.sign(x.data)))


def maximum(a: Tensor, b: Any) -> Tensor:
    """The larger of two, elementwise.  The gradient goes to the winner, and half to each where they tie."""
    b = as_tensor(b, a)
    out = broadcast("maximum", np.maximum, a, b)
    return record(out, (a, lambda g: unbroadcast(g * _share(a.data, b.data), a.shape)),
                       (b, lambda g: unbroadcast(g * _share(b.data, a.data), b.shape)))  # fmt: skip


def minimum(a: Tensor, b: Any) -> Tensor:
    """The smaller of two, elementwise.  The gradient goes to the winner, and half to each where they tie."""
    b = as_tensor(b, a)
    out = broadcast("minimum", np.minimum, a, b)
    return record(out, (a, lambda g: unbroadcast(g * _share(b.data, a.data), a.shape)),
                       (b, lambda g: unbroadcast(g * _share(a.data, b.data), b.shape)))  # fmt: skip


def _share(winner: Array, loser: Array) -> Array:
    return ((winner > loser) + 0.5 * (winner == loser)).astype(winner.dtype)


def clip(x: Tensor, low: float, high: float) -> Tensor:
    """x, kept between low and high.  Outside, nothing that x does matters, so no gradient passes."""
    # NumPy's own numbers, unlike Python's, would turn float32 to float64.
    low, high = (limit.item() if isinstance(limit, np.generic) else limit for limit in (low, high))
    return record(np.clip(x.data, low, high), (x, lambda g: g * ((x.data >= low) & (x.data <= high))))


def where(condition: Any, a: Tensor, b: Any) -> Tensor:
    """a where the condition holds and b elsewhere; the gradient follows the choice."""
    condition, b = np.asarray(condition.data if isinstance(condition, Tensor) else condition), as_tensor(b, a)
    out = broadcast("where", lambda a, b: np.asarray(np.where(condition, a, b)), a, b)
    return record(out, (a, lambda g: unbroadcast(np.where(condition, g, 0), a.shape)),
                       (b, lambda g: unbroadcast(np.where(condition, 0, g), b.shape)))  # fmt: skip


# -- reductions --------------------------------------------------------------------------------------------


def sum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum over some axes (all by default).  Every element counts once, so each gets the whole gradient."""
    out = x.data.sum(axis=axis, keepdims=keepdims, dtype=x.dtype if x.dtype.kind == "f" else None)
    return record(np.asarray(out), (x, lambda g: np.broadcast_to(_keep(g, x, axis, keepdims), x.shape)))


def mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The average over some axes (all by default).  Each of n elements gets a share of 1/n of the gradient."""
    dtype = x.dtype if x.dtype.kind == "f" else None
    out = np.asarray(x.data.mean(axis=axis, keepdims=keepdims, dtype=dtype))
    share = out.size / (x.size or 1)
    return record(
        out, (x, lambda g: np.broadcast_to(_keep(g, x, axis, keepdims) * x.dtype.type(share), x.shape))
    )


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


# -- moving elements about ---------------------------------------------------------------------------------


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape; one size may be -1, and is worked out."""
    sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
    try:
        out = x.data.reshape(sizes)
    except ValueError:
        raise ShapeError(f"reshape: {x.shape} has {x.size} elements, which {tuple(sizes)} cannot hold; "
                         "one size may be -1 to be worked out") from None  # fmt: skip
    return record(out, (x, lambda g: g.reshape(x.shape)))


def transpose(x: Tensor, *axes: Any) -> Tensor:
    """The axes in another order (all reversed by default); the gradient puts them back."""
    order = axes[0] if len(axes) == 1 and isinstance(axes[0], tuple | list) else axes or range(x.ndim)[::-1]
    out = x.data.transpose(order)
    return record(out, (x, lambda g: g.transpose(np.argsort([axis % x.ndim for axis in order]))))


def concatenate(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Tensors one after the other along an axis; the gradient is cut at the same seams."""
    out = _joined("concatenate", np.concatenate, tensors, axis)
    ends = np.cumsum([t.shape[axis] for t in tensors])

    def slice_of(k: int) -> Callable[[Array], Array]:
        cut = slice(ends[k] - tensors[k].shape[axis], ends[k])
        return lambda g: g[(slice(None),) * (axis % out.ndim) + (cut,)]

    return record(out, *((t, slice_of(k)) for k, t in enumerate(tensors)))


def stack(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new axis."""
    out = _joined("stack", np.stack, tensors, axis)

    def layer_of(k: int) -> Callable[[Array], Array]:
        return lambda g: g.take(k, axis=axis)

    return record(out, *((t, layer_of(k)) for k, t in enumerate(tensors)))


def _joined(name: str, join: Callable[..., Array], tensors: Sequence[Tensor], axis: int) -> Array:
    try:
        return join([t.data for t in tensors], axis=axis)
    except ValueError:
        shapes = ", ".join(str(t.shape) for t in tensors) or "no tensors"
        raise ShapeError(f"{name}: {shapes} do not go together along axis {axis}; "
                         "all other sizes must be the same") from None  # fmt: skip


def pad(x: Tensor, widths: Sequence[tuple[int, int]]) -> Tensor:
    """Zeros around x, (before, after) for each axis; the gradient is cut out of the frame again."""
    if len(widths) != x.ndim:
        raise ShapeError(f"pad: {len(widths)} pairs of widths for a tensor {x.shape}; give one for each axis")
    inside = tuple(slice(before, before + size) for (before, _), size in zip(widths, x.shape))
    return record(np.pad(x.data, widths), (x, lambda g: g[inside]))


# -- fused -------------------------------------------------------------------------------------------------


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Scores to probabilities: e^x, scaled to add up to 1.  Dp/dx: p·(g - Σ g·p)."""
    out = np.exp(x.data - x.data.max(axis=axis, keepdims=True))
    out /= out.sum(axis=axis, keepdims=True)
    return record(out, (x, lambda g: out * (g - (g * out).sum(axis=axis, keepdims=True))))


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """The logarithm of softmax, without ever taking the logarithm of a zero (subtract the largest first)."""
    out = x.data - x.data.max(axis=axis, keepdims=True)
    out -= np.log(np.exp(out).sum(axis=axis, keepdims=True))
    return record(out, (x, lambda g: g - np.exp(out) * g.sum(axis=axis, keepdims=True)))


def linear_reference(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b, in the small steps that everybody knows."""
    out = x @ transpose(weight)
    return out if bias is None else out + bias


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b as one node: x (..., in), weight (out, in) as in PyTorch, bias (out,) -> (..., out)."""
    if x.shape[-1:] != weight.shape[1:]:
        raise ShapeError(f"linear: x is {x.shape} and weight {weight.shape}; their last sizes must be equal")
    rows = x.data.reshape(-1, x.shape[-1])  # (..., in) -> (rows, in)
    out = scratch.empty((len(rows), weight.shape[0]), np.result_type(rows, weight.data))
    np.matmul(rows, weight.data.T, out=out)
    if bias is not None:
        out += bias.data
    out = out.reshape(*x.shape[:-1], weight.shape[0])

    def to_x(g: Array) -> Array:
        g = g.reshape(-1, g.shape[-1])
        return np.matmul(g, weight.data, out=scratch.like(rows)).reshape(x.shape)

    def to_weight(g: Array) -> Array:
        return np.matmul(g.reshape(-1, g.shape[-1]).T, rows, out=scratch.empty(weight.shape, g.dtype))

    parents = [(x, to_x), (weight, to_weight)]
    if bias is not None:
        parents.append((bias, lambda g: column_sums(g.reshape(-1, g.shape[-1]))))
    return record(out, *parents)


def rms_norm_reference(x: Tensor, epsilon: float = 1e-6) -> Tensor:
    """x over the root of its mean square, step by step."""
    return x / ((x * x).mean(axis=-1, keepdims=True) + epsilon).sqrt()


def rms_norm(x: Tensor, epsilon: float = 1e-6) -> Tensor:
    """Each row (last axis) scaled so that its mean square is 1 (Zhang and Sennrich 2019), as one node."""
    out, scale = to_unit(x.data, epsilon)
    return record(out, (x, lambda g: from_unit(g, x.data, scale)))


def to_unit(x: Array, epsilon: float = 1e-6) -> tuple[Array, Array]:
    """The value of `rms_norm`, and s = 1/√mean(x²), (..., 1), which its gradient wants.

    Epsilon keeps a row of zeros from being divided by zero.
    """
    mean = np.einsum("...d,...d->...", x, x)[..., None] / x.dtype.type(x.shape[-1])
    scale = 1 / np.sqrt(mean + x.dtype.type(epsilon))
    return np.multiply(x, scale, out=scratch.empty(x.shape, x.dtype)), scale


def unit(x: Array, epsilon: float = 1e-6) -> Array:
    """The value of `rms_norm` alone."""
    mean = np.add.reduce(x * x, axis=-1, keepdims=True) * x.dtype.type(1 / x.shape[-1])
    return x / np.sqrt(mean + x.dtype.type(epsilon))


def from_unit(g: Array, x: Array, scale: Array) -> Array:
    """The gradient of `rms_norm`: s·(g - x·s²·mean(g·x)), for what lies along x only changes the length."""
    along = np.einsum("...d,...d->...", g, x)[..., None] * (scale * scale / x.dtype.type(x.shape[-1]))
    out = np.multiply(x, along, out=scratch.empty(x.shape, x.dtype))
    np.subtract(g, out, out=out)
    out *= scale
    return out


def embedding(indices: Any, weight: Tensor) -> Tensor:
    """Row i of a table for every whole number i: indices (...), weight (count, features) -> (..., features).

    That is the product with a "one-hot" vector, without the product. A row's gradient is the sum over its uses.
    """
    indices = np.asarray(indices.data if isinstance(indices, Tensor) else indices)
    count = len(weight.data)
    if indices.dtype.kind not in "iu" or (indices.size and not 0 <= indices.min() <= indices.max() < count):
        raise DataError(f"embedding: takes whole numbers from 0 to {count - 1}, got {indices.dtype}"
                        + (f" from {indices.min()} to {indices.max()}" if indices.size else ""))  # fmt: skip
    out = np.take(
        weight.data, indices, axis=0, out=scratch.empty((*indices.shape, weight.shape[1]), weight.dtype)
    )
    flat = indices.reshape(-1)
    return record(out, (weight, lambda g: sums_by_index(g.reshape(len(flat), -1), flat, count)))


def sums_by_index(rows: Array, indices: Array, count: int) -> Array:
    """Rows that have the same index, added up: (M, C), (M,) -> (count, C).

    As a product with a matrix of ones and zeros while that is small, else by sorting (`np.add.at` takes 5 times as
    long).
    """
    if count <= 256:
        which = np.zeros((count, len(rows)), rows.dtype)
        which[indices, np.arange(len(rows))] = 1
        return which @ rows
    out = np.zeros((count, rows.shape[1]), rows.dtype)
    if len(rows):
        order = np.argsort(indices, kind="stable")
        known, starts = np.unique(indices[order], return_index=True)
        out[known] = np.add.reduceat(rows[order], starts, axis=0)
    return out


def dropout(x: Tensor, probability: float, generator: np.random.Generator) -> Tensor:
    """Each element becomes 0 with this probability, and the others grow so that the mean stays (Hinton 2012)."""
    kept = (generator.random(x.shape, dtype=np.float32) >= probability).astype(x.dtype)
    kept *= x.dtype.type(1 / (1 - probability))
    return record(x.data * kept, (x, lambda g: g * kept))


for _function in (sum, mean, max, reshape, transpose, exp, log, sqrt, abs, tanh, sigmoid, relu):
    setattr(Tensor, _function.__name__, _function)
