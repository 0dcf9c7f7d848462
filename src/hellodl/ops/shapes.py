"""Operations that move numbers about and change none: their gradients go the same way back.

Rows of a table that are picked by their numbers (an embedding) belong here too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from hellodl.autograd.arrays import as_array
from hellodl.autograd.tensor import Array, Tensor, record
from hellodl.errors import DataError, ShapeError
from hellodl.ops import scratch
from hellodl.ops.calling import operation


@operation
def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape; one size may be -1, and is worked out."""
    sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
    try:
        out = x.data.reshape(sizes)
    except ValueError:
        raise ShapeError(
            f"reshape: {x.shape} has {x.numel()} elements, which {tuple(sizes)} cannot hold; "
            "one size may be -1 to be worked out"
        ) from None
    return record(out, (x, lambda g: g.reshape(x.shape)))


@operation
def transpose(x: Tensor, *axes: Any) -> Tensor:
    """Two axes swapped, as in PyTorch: transpose(0, 1); or all axes in another order, in one tuple or three and more.

    All reversed by default, as in NumPy. The gradient puts them back.
    """
    order = list(axes[0] if len(axes) == 1 and isinstance(axes[0], tuple | list) else axes or range(x.ndim)[::-1])
    if len(axes) == 2:
        one, other = (_axis("transpose", axis, x.ndim) for axis in axes)
        order = list(range(x.ndim))
        order[one], order[other] = order[other], order[one]
    elif sorted(axis % max(x.ndim, 1) for axis in order) != list(range(x.ndim)):
        raise ShapeError(f"transpose: {x.shape} wants each of its {x.ndim} axes once, got {tuple(order)}")
    out = x.data.transpose(order)
    return record(out, (x, lambda g: g.transpose(np.argsort([axis % x.ndim for axis in order]))))


def _axis(name: str, axis: int, ndim: int) -> int:
    """An axis counted from the front; ShapeError for one that is not there."""
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{name}: there is no axis {axis} in a tensor of {ndim}; count from 0, or from -1 backwards")
    return axis % ndim


@operation
def permute(x: Tensor, *axes: Any) -> Tensor:
    """All axes in another order: permute(2, 0, 1)."""
    order = axes[0] if len(axes) == 1 and isinstance(axes[0], tuple | list) else axes
    return transpose(x, tuple(order))


@operation
def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The axes from `start_dim` to `end_dim` as one."""
    if not x.ndim:
        return reshape(x, 1)
    start, end = (_axis("flatten", axis, x.ndim) for axis in (start_dim, end_dim))
    if start > end:
        raise ShapeError(f"flatten: axis {start_dim} comes after axis {end_dim} in {x.shape}; swap them")
    return reshape(x, *x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :])


@operation
def unsqueeze(x: Tensor, axis: int) -> Tensor:
    """A new axis of size 1 in front of axis `axis`: (2, 3) with 1 becomes (2, 1, 3)."""
    axis = _axis("unsqueeze", axis, x.ndim + 1)
    return reshape(x, *x.shape[:axis], 1, *x.shape[axis:])


@operation
def squeeze(x: Tensor, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Without its axes of size 1, or without those of `axis` that have size 1, as in PyTorch."""
    asked = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    gone = {place for place in (_axis("squeeze", each, x.ndim) for each in asked) if x.shape[place] == 1}
    return reshape(x, tuple(n for place, n in enumerate(x.shape) if place not in gone))


@operation
def split(x: Tensor, sizes: int | Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
    """Cut along an axis into parts of one size (the last may be smaller), or of these `sizes`, as in PyTorch."""
    axis = _axis("split", axis, x.ndim)
    whole = x.shape[axis]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ShapeError(f"split: parts have at least size 1, not {sizes}")
        sizes = [min(sizes, whole - start) for start in range(0, whole, sizes)] or [0]
    if sum(sizes) != whole:
        raise ShapeError(
            f"split: sizes {list(sizes)} do not add up to the {whole} of axis {axis}; NumPy's cut at places"
        )
    ends = np.cumsum([0, *sizes]).tolist()
    return tuple(x[(slice(None),) * axis + (slice(a, b),)] for a, b in pairwise(ends))


@operation
def chunk(x: Tensor, chunks: int, axis: int = 0) -> tuple[Tensor, ...]:
    """Cut along an axis into (at most) so many parts of one size, but for the last."""
    if chunks < 1:
        raise ShapeError(f"chunk: give at least 1 chunk, not {chunks}")
    return split(x, max(-(-x.shape[_axis("chunk", axis, x.ndim)] // chunks), 1), axis)


@operation(of_many=True)
def concatenate(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Tensors one after the other along an axis; the gradient is cut at the same seams."""
    out = _joined("concatenate", np.concatenate, tensors, axis)
    ends = np.cumsum([t.shape[axis] for t in tensors])

    def slice_of(k: int) -> Callable[[Array], Array]:
        cut = slice(ends[k] - tensors[k].shape[axis], ends[k])
        return lambda g: g[(slice(None),) * (axis % out.ndim) + (cut,)]

    return record(out, *((t, slice_of(k)) for k, t in enumerate(tensors)))


@operation(of_many=True)
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


@operation
def pad(x: Tensor, widths: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """Zeros (or `value`) around x, (before, after) for each axis; the gradient is cut out of the frame again."""
    if not all(isinstance(width, tuple | list) for width in widths):
        raise ShapeError(
            "pad: give a pair (before, after) for each axis, from the first on; PyTorch's row begins at the last"
        )
    if len(widths) != x.ndim:
        raise ShapeError(f"pad: {len(widths)} pairs of widths for a tensor {x.shape}; give one for each axis")
    inside = tuple(slice(before, before + size) for (before, _), size in zip(widths, x.shape))
    return record(np.pad(x.data, widths, constant_values=value), (x, lambda g: g[inside]))


def embedding(indices: Any, weight: Tensor) -> Tensor:
    """Row i of a table for every whole number i: indices (...), weight (count, features) -> (..., features).

    That is the product with a "one-hot" vector, without the product. A row's gradient is the sum over its uses.
    """
    indices = as_array(indices.data if isinstance(indices, Tensor) else indices)
    count = len(weight.data)
    if indices.dtype.kind not in "iu" or (indices.size and not 0 <= indices.min() <= indices.max() < count):
        raise DataError(
            f"embedding: takes whole numbers from 0 to {count - 1}, got {indices.dtype}"
            + (f" from {indices.min()} to {indices.max()}" if indices.size else "")
        )
    indices = indices.astype(np.intp, copy=False)  # where that is 32 bits, as in a browser, `take` insists
    out = np.take(weight.data, indices, axis=0, out=scratch.empty((*indices.shape, weight.shape[1]), weight.dtype))
    flat = indices.reshape(-1)
    return record(out, (weight, lambda g: sums_by_index(g.reshape(len(flat), weight.shape[1]), flat, count)))


def sums_by_index(rows: Array, indices: Array, count: int) -> Array:
    """Rows that have the same index, added up: (M, C), (M,) -> (count, C).

    As a product with a matrix of ones and zeros while that is small, else by sorting (`np.add.at` takes 5 times as
    long).
    """
    if count <= 256:
        which = scratch.zeros((count, len(rows)), rows.dtype)
        which[indices, np.arange(len(rows))] = 1
        return which @ rows
    out = scratch.zeros((count, rows.shape[1]), rows.dtype)
    if len(rows):
        order = np.argsort(indices, kind="stable")
        known, starts = np.unique(indices[order], return_index=True)
        out[known] = np.add.reduceat(rows[order], starts, axis=0)
    return out
