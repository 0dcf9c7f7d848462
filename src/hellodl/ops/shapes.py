"""Operations that move numbers about and change none: their gradients go the same way back.

Rows of a table that are picked by their numbers (an embedding) belong here too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hellodl.autograd.tensor import Array, Tensor, record
from hellodl.errors import DataError, ShapeError
from hellodl.ops import scratch


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape; one size may be -1, and is worked out."""
    sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
    try:
        out = x.data.reshape(sizes)
    except ValueError:
        raise ShapeError(
            f"reshape: {x.shape} has {x.size} elements, which {tuple(sizes)} cannot hold; "
            "one size may be -1 to be worked out"
        ) from None
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
        raise ShapeError(
            f"{name}: {shapes} do not go together along axis {axis}; all other sizes must be the same"
        ) from None


def pad(x: Tensor, widths: Sequence[tuple[int, int]]) -> Tensor:
    """Zeros around x, (before, after) for each axis; the gradient is cut out of the frame again."""
    if len(widths) != x.ndim:
        raise ShapeError(f"pad: {len(widths)} pairs of widths for a tensor {x.shape}; give one for each axis")
    inside = tuple(slice(before, before + size) for (before, _), size in zip(widths, x.shape))
    return record(np.pad(x.data, widths), (x, lambda g: g[inside]))


def embedding(indices: Any, weight: Tensor) -> Tensor:
    """Row i of a table for every whole number i: indices (...), weight (count, features) -> (..., features).

    That is the product with a "one-hot" vector, without the product. A row's gradient is the sum over its uses.
    """
    indices = np.asarray(indices.data if isinstance(indices, Tensor) else indices)
    count = len(weight.data)
    if indices.dtype.kind not in "iu" or (indices.size and not 0 <= indices.min() <= indices.max() < count):
        raise DataError(
            f"embedding: takes whole numbers from 0 to {count - 1}, got {indices.dtype}"
            + (f" from {indices.min()} to {indices.max()}" if indices.size else "")
        )
    out = np.take(weight.data, indices, axis=0, out=scratch.empty((*indices.shape, weight.shape[1]), weight.dtype))
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
