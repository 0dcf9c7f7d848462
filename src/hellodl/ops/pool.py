"""Pooling: a picture made smaller, window by window.  Images are (N, height, width, channels).

The largest value of a window says that something was there, and forgets exactly where; the average forgets less
and sees less. First the loops that one can follow (`max_pool2d_reference`), then the same in whole rows.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from hellodl.autograd.arrays import in_one_piece
from hellodl.autograd.mode import mode
from hellodl.autograd.tensor import Array, Tensor, floats, record
from hellodl.errors import ShapeError
from hellodl.ops import loops, scratch
from hellodl.ops.calling import operation
from hellodl.ops.products import einsum
from hellodl.ops.shapes import pad

Pair = tuple[int, int]


def pair(size: int | Pair, name: str = "a size", least: int = 0) -> Pair:
    """3 -> (3, 3): sizes may be given once for both directions. NumPy's whole numbers are whole numbers too."""
    both = (size, size) if isinstance(size, int | np.integer) else tuple(size) if isinstance(size, tuple | list) else ()
    if len(both) != 2 or not all(isinstance(n, int | np.integer) and n >= least for n in both):
        raise ValueError(f"{name} is a whole number from {least} on, or two of them, not {size!r}")
    return int(both[0]), int(both[1])


def max_pool2d_reference(x: Array, kernel: int, stride: int | None = None, ceil_mode: bool = False) -> Array:
    """The largest value in every window, as loops.  x (N, H, W, C) -> (N, H', W', C)."""
    stride = stride or kernel
    height, width = pooled_size((x.shape[1], x.shape[2]), pair(kernel), pair(stride), ceil_mode)
    out = np.empty((x.shape[0], height, width, x.shape[3]), x.dtype)
    for n, row, column, c in np.ndindex(out.shape):
        top, left = row * stride, column * stride
        out[n, row, column, c] = x[n, top : top + kernel, left : left + kernel, c].max()
    return out


def pooled_size(size: Pair, kernel: Pair, stride: Pair, ceil_mode: bool = False, padding: Pair = (0, 0)) -> Pair:
    """How many windows fit, down and across: only whole ones, or with `ceil_mode` also such as hang over the edge.

    `size` is with `padding` on both sides.
    """
    rows, columns = (_count(n, k, s, ceil_mode, p) for n, k, s, p in zip(size, kernel, stride, padding))
    if min(rows, columns) < 1:
        raise ShapeError(f"pooling: a window of {kernel} does not fit into {size}; use a smaller one")
    return rows, columns


def _count(size: int, kernel: int, stride: int, ceil_mode: bool, padding: int) -> int:
    if not ceil_mode:
        return (size - kernel) // stride + 1
    count = -((kernel - size) // stride) + 1
    return count - 1 if (count - 1) * stride >= size - padding else count  # no window begins in the padding behind


@operation
def max_pool2d(
    x: Tensor,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    *,
    ceil_mode: bool = False,
) -> Tensor:
    """The largest value in every window: (N, H, W, C) -> (N, H', W', C).  `stride` is the kernel's size by default.

    The gradient goes to the winner alone; of several equal ones, to one of them. Padding never wins.
    """
    kernel, stride, padding = window(kernel_size, stride, padding)
    _needs_images("max_pool2d", x)
    if padding != (0, 0):
        x = _framed(floats(x), padding, -np.inf)
    size = _needs_images("max_pool2d", x)
    pooled = pooled_size(size, kernel, stride, ceil_mode, padding)
    if not kernel == stride == (2, 2):
        return _max_of_windows(x, kernel, stride, pooled)
    out = scratch.empty((x.shape[0], *pooled, x.shape[3]), x.dtype)
    winners = halve(x.data, out, mode.remember and x.requires_grad)

    def to_x(g: Array) -> Array:
        gradient = scratch.empty(x.shape, x.dtype)
        assert winners is not None
        unhalve(g, winners, gradient)
        return gradient

    return record(out, (x, to_x))


def window(kernel_size: int | Pair, stride: int | Pair | None, padding: int | Pair) -> tuple[Pair, Pair, Pair]:
    """A window's size, its stride (the size, if it is not given) and its padding, which is at most half of the size."""
    kernel, padding = pair(kernel_size, "kernel_size", 1), pair(padding, "padding")
    if any(2 * p > k for p, k in zip(padding, kernel)):
        raise ValueError(f"pooling: padding is at most half of the window {kernel}, not {padding}")
    return kernel, kernel if stride is None else pair(stride, "stride", 1), padding


def _framed(x: Tensor, padding: Pair, value: float) -> Tensor:
    """Images with a frame of `value`."""
    return pad(x, [(0, 0), (padding[0], padding[0]), (padding[1], padding[1]), (0, 0)], value)


def _needs_images(name: str, x: Tensor) -> Pair:
    """The height and width of images; anything else is an error."""
    if x.ndim != 4:
        raise ShapeError(f"{name} takes images (N, H, W, C), got {x.shape}; reshape to four axes")
    return x.shape[1], x.shape[2]


# Where the lower of each two rows won, then the right one of each two columns; or which of the four, from the loops.
Winners = tuple[Array, Array] | Array


def halve(x: Array, out: Array, again: bool = True) -> Winners | None:
    """The largest of each 2×2 of x (N, H, W, C) into out (N, H', W', C); for a way back, which they were.

    That is the larger of each two rows, then of each two columns: it reads and writes long runs of memory,
    five times as fast as asking every window's four corners.
    """
    if loops.use(x, out):
        winner = scratch.like(out, np.uint8)
        loops.pictures.halve(x, out, winner)
        return winner
    down = scratch.empty((len(x), out.shape[1], *x.shape[2:]), x.dtype)
    lower, right = _larger(x, down, 1, again), _larger(down, out, 2, again)
    return None if lower is None or right is None else (lower, right)


def unhalve(g: Array, winners: Winners, out: Array) -> None:
    """A gradient (N, H', W', C) back to where the largest were, into out (N, H, W, C); zero elsewhere."""
    if not isinstance(winners, tuple):
        loops.pictures.unhalve(in_one_piece(g), winners, out)
        return
    across = scratch.empty((*g.shape[:2], *out.shape[2:]), g.dtype)
    _to_larger(g, winners[1], across, 2)
    _to_larger(across, winners[0], out, 1)


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, part)


def _larger(x: Array, out: Array, axis: int, again: bool) -> Array | None:
    """The larger of each two neighbours into out; where their number is odd, the last may stand alone."""
    pairs = x.shape[axis] // 2
    first, second = x[_along(axis, slice(0, 2 * pairs, 2))], x[_along(axis, slice(1, None, 2))]
    np.maximum(first, second, out=out[_along(axis, slice(0, pairs))])
    if out.shape[axis] > pairs:
        out[_along(axis, slice(pairs, None))] = x[_along(axis, slice(-1, None))]
    return np.greater(second, first, out=scratch.like(first, bool)) if again else None


def _to_larger(g: Array, second_won: Array, out: Array, axis: int) -> None:
    """Each gradient to the neighbour that was larger, and nothing to the other."""
    pairs = out.shape[axis] // 2
    first, second = out[_along(axis, slice(0, 2 * pairs, 2))], out[_along(axis, slice(1, None, 2))]
    whole = g[_along(axis, slice(0, pairs))]
    np.multiply(whole, second_won, out=second)
    np.subtract(whole, second, out=first)  # what the second did not get, exactly
    if out.shape[axis] > 2 * pairs:
        alone = g[_along(axis, slice(pairs, None))] if g.shape[axis] > pairs else 0
        out[_along(axis, slice(-1, None))] = alone


def _max_of_windows(x: Tensor, kernel: Pair, stride: Pair, size: Pair) -> Tensor:
    """Max pooling with any windows: go over the places in a window, and note which one won."""
    images, height, width, channels = x.shape
    out = scratch.empty((images, *size, channels), x.dtype)
    out[...] = -np.inf if x.dtype.kind == "f" else x.data.min(initial=0)
    winner = scratch.zeros(out.shape, np.int32)
    places = [
        (_reach(i, size[0], stride[0], height), _reach(j, size[1], stride[1], width)) for i, j in np.ndindex(*kernel)
    ]
    for k, ((into_rows, from_rows), (into_columns, from_columns)) in enumerate(places):
        best, candidate = out[:, into_rows, into_columns], x.data[:, from_rows, from_columns]
        won = winner[:, into_rows, into_columns]
        np.maximum(won, (candidate > best) * k, out=won)  # in order, so the last winner is the largest k
        np.maximum(candidate, best, out=best)

    def to_x(g: Array) -> Array:
        gradient = scratch.zeros(x.shape, x.dtype)
        for k, ((into_rows, from_rows), (into_columns, from_columns)) in enumerate(places):
            into = (slice(None), into_rows, into_columns)
            gradient[:, from_rows, from_columns] += g[into] * (winner[into] == k)
        return gradient

    return record(out, (x, to_x))


def _reach(offset: int, count: int, stride: int, size: int) -> tuple[slice, slice]:
    """Which of `count` windows have a pixel at this offset that lies inside the picture, and which pixels those are."""
    inside = min(count, (size - 1 - offset) // stride + 1)
    return slice(0, inside), slice(offset, offset + stride * (inside - 1) + 1 if inside else offset, stride)


@operation(of_floats=True)
def avg_pool2d(x: Tensor, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0) -> Tensor:
    """The average of every whole window: (N, H, W, C) -> (N, H', W', C).  Each pixel gets an equal share back.

    Padding counts as zeros.
    """
    kernel, stride, padding = window(kernel_size, stride, padding)
    _needs_images("avg_pool2d", x)
    if padding != (0, 0):
        x = _framed(x, padding, 0.0)
    size = pooled_size(_needs_images("avg_pool2d", x), kernel, stride)
    share = x.dtype.type(1 / prod(kernel))
    windows = [same_pixel(i, j, stride, size) for i, j in np.ndindex(*kernel)]
    out = scratch.zeros((x.shape[0], *size, x.shape[3]), x.dtype)
    for place in windows:
        out += x.data[place]
    out *= share

    def to_x(g: Array) -> Array:
        gradient = np.zeros_like(x.data)
        for place in windows:
            gradient[place] += g * share
        return gradient

    return record(out, (x, to_x))


@operation(of_floats=True)
def adaptive_avg_pool2d(x: Tensor, output_size: int | tuple[int | None, int | None]) -> Tensor:
    """The average of windows that overlap or leave no gap, so that this many come out: (N, H, W, C) -> (N, H', W', C).

    Window i of m goes from ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉, as in PyTorch; None leaves a side as it is.
    """
    sides = output_size if isinstance(output_size, tuple | list) else (output_size, output_size)
    size = _needs_images("adaptive_avg_pool2d", x)
    wanted: Any = tuple(n if side is None else side for side, n in zip(sides, size, strict=True))
    wanted = pair(wanted, "output_size", 1)
    return _by_matrices(x, *(_averages(n, m, x.dtype) for n, m in zip(size, wanted)))


def _averages(n: int, m: int, dtype: np.dtype) -> Array:
    """What each of m windows takes of n pixels in a row: (m, n)."""
    starts, stops = np.arange(m) * n // m, -(-(np.arange(m) + 1) * n // m)
    inside = (np.arange(n) >= starts[:, None]) & (np.arange(n) < stops[:, None])
    return (inside / (stops - starts)[:, None]).astype(dtype)


@operation(of_floats=True)
def upsample(x: Tensor, scale_factor: int, mode: str = "nearest") -> Tensor:
    """Pictures so many times as large, (N, H, W, C) -> (N, H·s, W·s, C): each pixel s·s times, or "bilinear" between.

    Bilinear is PyTorch's with align_corners=False: pixels are little squares, and their middles are where they are.
    """
    if mode not in ("nearest", "bilinear"):
        raise ValueError(f"upsample goes by 'nearest' or 'bilinear', not {mode!r}")
    size, (s, _) = _needs_images("upsample", x), pair(scale_factor, "scale_factor", 1)
    return _by_matrices(x, *(_between(n, s, mode, x.dtype) for n in size))


def _between(n: int, scale: int, mode: str, dtype: np.dtype) -> Array:
    """What each new pixel takes of n in a row: (n·scale, n)."""
    middles = np.maximum((np.arange(n * scale) + 0.5) / scale - 0.5, 0)
    if mode == "nearest":
        middles = np.arange(n * scale) // scale
    return np.maximum(1 - np.abs(np.minimum(middles, n - 1)[:, None] - np.arange(n)), 0).astype(dtype)


def _by_matrices(x: Tensor, down: Array, across: Array) -> Tensor:
    """Columns and rows of pictures (N, H, W, C) mixed by matrices (H', H) and (W', W): (N, H', W', C)."""
    rows = einsum("ph,nhwc->npwc", Tensor(down, dtype=x.dtype), x)
    return einsum("qw,npwc->npqc", Tensor(across, dtype=x.dtype), rows)


def same_pixel(i: int, j: int, stride: Pair, size: Pair) -> tuple[slice, ...]:
    """Where in a batch of pictures the pixel (i, j) of all windows lies; size is how many there are (H', W')."""
    rows = slice(i, i + stride[0] * (size[0] - 1) + 1, stride[0])
    columns = slice(j, j + stride[1] * (size[1] - 1) + 1, stride[1])
    return slice(None), rows, columns
