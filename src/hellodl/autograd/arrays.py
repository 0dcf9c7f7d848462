"""What the way back does with plain arrays again and again: undo broadcasting, add up rows, mind the memory's order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Array = np.ndarray


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
