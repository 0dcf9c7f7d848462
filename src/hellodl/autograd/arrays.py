"""What the way back does with plain arrays again and again: undo broadcasting, add up rows, mind the memory's order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray


class StandIn:
    """What stands in for an array while a plan is made: see `hellodl.plans`."""

    __slots__ = ()


def as_array(value: Any, dtype: Any = None) -> Any:
    """`np.asarray`, which leaves what stands in for an array as it is."""
    if isinstance(value, StandIn):
        return value if dtype is None else value.astype(dtype, copy=False)  # type: ignore[attr-defined]
    return np.asarray(value, dtype)


def in_one_piece(array: Array) -> Array:
    """The array, or a copy of it, whose numbers lie one after the other."""
    return array if array.flags.c_contiguous else array.copy()


def seen_as(array: Array, shape: tuple[int, ...], strides: tuple[int, ...]) -> Array:
    """The memory of an array in another shape, whose places may overlap."""
    if isinstance(array, StandIn):
        return array.seen_as(shape, strides)  # type: ignore[attr-defined]
    return np.ndarray(shape, array.dtype, array, strides=strides)


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Undo broadcasting: what was copied along an axis gets the sum of the gradients along that axis."""
    if gradient.shape == shape:
        return gradient
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and gradient.shape[i] != 1)
    return gradient.sum(axis=stretched, keepdims=True) if stretched else gradient


def memory_order(array: Array) -> list[int]:
    """The axes of an array as they lie in its memory, the outermost first."""
    return sorted(range(array.ndim), key=lambda axis: -array.strides[axis])


def laid_out(flat: Array, like: Array) -> Array:
    """A view of numbers (N,) in the shape of an array, and with its axes in that order in memory."""
    order = memory_order(like)
    return flat.reshape([like.shape[axis] for axis in order]).transpose(np.argsort(order))


def places_of(arrays: Sequence[Array]) -> tuple[list[slice], int]:
    """Where arrays go in one long row, each beginning where a line of the cache does; and how long that row is."""
    places, end = [], 0
    for array in arrays:
        places.append(slice(end, end + array.size))
        end += -(-array.size // 16) * 16
    return places, end


def column_sums(rows: Array) -> Array:
    """The sum of each column of (M, C), as a product with a row of ones: what a bias gets, faster than `sum`."""
    return np.ones(len(rows), rows.dtype) @ rows
