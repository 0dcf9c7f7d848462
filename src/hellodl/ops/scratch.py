"""Memory that is used again.

Asking the system for a fresh megabyte costs more than filling it: every page must be found and wiped first. A
training step needs the same arrays over and over, so we keep those that nobody can reach any more and hand
them out again. "Nobody" is taken literally: Python counts who holds an array (views included, since a view
holds the array that it looks into), and only one that is held by this store alone is given away. An array
that you still have is never overwritten.

What is kept is plain bytes, in pieces of a few sizes: a photo, every layer of which has a shape of its own, makes do
with as much memory as it needs at a time.

Each thread has its own store, so there is nothing to lock, and what comes out of it is warm in that core's cache.
"""

from __future__ import annotations

import sys
import threading
from math import prod

import numpy as np

from hellodl.autograd.mode import mode

_SMALL = 16 * 1024  # bytes; below this the system's own allocator is fast
_KEEP = 1 << 30  # bytes a thread's store may hold before it forgets what it has


class _Store(threading.local):
    def __init__(self) -> None:
        self.pieces: dict[int, list[np.ndarray]] = {}  # by their number of bytes
        self.held = 0


_store = _Store()


def _free(pieces: list[np.ndarray], holders: int) -> np.ndarray | None:
    """The first piece that nobody has but the list and this function."""
    for piece in pieces:
        if sys.getrefcount(piece) <= holders:
            return piece
    return None


# The list, the name `piece` and, before Python 3.14, the argument of getrefcount hold a free piece; so ask how many.
_HOLDERS = next(count for count in range(1, 9) if _free([np.empty(1)], count) is not None)


def _rounded(size: int) -> int:
    """A size of pieces that so many bytes fit into, with at most an eighth to spare."""
    step = 1 << (size.bit_length() - 4)
    return -(-size // step) * step


def empty(shape: tuple[int, ...], dtype: np.dtype | type = np.float32) -> np.ndarray:
    """Like `np.empty`: an array with anything in it, from memory that was used before where there is some."""
    if mode.tape is not None:
        return mode.tape.empty(shape, dtype)
    dtype = np.dtype(dtype)
    size = prod(shape) * dtype.itemsize
    if size < _SMALL:
        return np.empty(shape, dtype)
    size = _rounded(size)
    pieces = _store.pieces.setdefault(size, [])
    piece = _free(pieces, _HOLDERS)
    if piece is None:
        if _store.held + size > _KEEP:
            forget()
            pieces = _store.pieces.setdefault(size, [])
        piece = np.empty(size, np.uint8)
        pieces.append(piece)
        _store.held += size
    return np.ndarray(shape, dtype, piece)


def like(array: np.ndarray, dtype: np.dtype | type | None = None) -> np.ndarray:
    """`empty` with the shape of another array, and its dtype unless another is asked for."""
    return empty(array.shape, array.dtype if dtype is None else dtype)


def zeros(shape: tuple[int, ...], dtype: np.dtype | type = np.float32) -> np.ndarray:
    """Like `np.zeros`, also where a plan is made."""
    return np.zeros(shape, dtype) if mode.tape is None else mode.tape.zeros(shape, dtype)


def forget() -> None:
    """Give what this thread has in store back to the system: after work that is not going to be repeated."""
    _store.pieces.clear()
    _store.held = 0
