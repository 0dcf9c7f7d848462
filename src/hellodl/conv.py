"""Convolution and pooling: looking at a picture through a small sliding window.

Images are (N, height, width, channels) here, "NHWC", where PyTorch's usual order is NCHW: the channels of one
pixel lie side by side, so the window's pixels can be copied whole rows at a time, and the matrix product that
follows leaves its result just where the next layer wants it. Weights have PyTorch's shape (out, in, kh, kw),
though in memory their channels, too, lie innermost.

First come the loops that one can follow (`*_reference`); then the same as matrix products (an idea of
Chellapilla, Puri and Simard 2006, known as im2col). Tests hold them equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from hellodl import scratch
from hellodl.errors import ShapeError
from hellodl.tensor import Array, Tensor, column_sums, record

Pair = tuple[int, int]
CACHE = 700_000  # bytes of windows at a time: most of what a core has to itself


def pair(size: int | Pair) -> Pair:
    """3 -> (3, 3): sizes may be given once for both directions."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def conv2d_reference(
    x: Array, weight: Array, bias: Array | None = None, stride: int = 1, padding: int = 0
) -> Array:
    """Convolution as six loops: every output pixel is a weighted sum of the window above it.

    x (N, H, W, in), weight (out, in, kh, kw), bias (out,) -> (N, H', W', out).
    """
    images, height, width, _ = x.shape
    kernels, channels, kernel_height, kernel_width = weight.shape
    framed = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    out = np.zeros((images, (height + 2 * padding - kernel_height) // stride + 1,
                            (width + 2 * padding - kernel_width) // stride + 1, kernels), x.dtype)  # fmt: skip
    for n, row, column, k in np.ndindex(out.shape):
        total = 0.0 if bias is None else bias[k]
        for i, j in np.ndindex(kernel_height, kernel_width):
            for c in range(channels):
                total += framed[n, row * stride + i, column * stride + j, c] * weight[k, c, i, j]
        out[n, row, column, k] = total
    return out


def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None,
           stride: int | Pair = 1, padding: int | Pair = 0) -> Tensor:  # fmt: skip
    """Convolution (the learning world's: the kernel is not flipped) as one matrix product.

    x (N, H, W, in), weight (out, in, kh, kw), bias (out,) -> (N, H', W', out),
    H' = (H + 2·padding - kh) // stride + 1, and W' alike.
    """
    stride, padding = pair(stride), pair(padding)
    kernels, channels, *kernel = weight.shape
    if x.ndim != 4 or x.shape[3] != channels:
        raise ShapeError(f"conv2d takes images (N, H, W, {channels}), got {x.shape}; "
                         "channels come last here, so (N, C, H, W) wants .transpose(0, 2, 3, 1)")  # fmt: skip
    window = Windows(x.data, (kernel[0], kernel[1]), stride, padding)
    out = scratch.empty((x.shape[0], window.places, kernels), np.promote_types(x.dtype, weight.dtype))
    flat = flat_kernels(weight.data).T
    for images, rows in window:
        np.matmul(rows, flat, out=out[images].reshape(-1, kernels))
    if bias is not None:
        out += bias.data

    def to_x(g: Array) -> Array:
        return conv2d_input_gradient(g, weight.data, x.shape, stride, padding)

    def to_weight(g: Array) -> Array:
        total = np.zeros((kernels, window.length), g.dtype)
        for images, rows in window:
            total += g[images].reshape(-1, kernels).T @ rows
        return total.reshape(kernels, *kernel, channels).transpose(0, 3, 1, 2)

    parents = [(x, to_x), (weight, to_weight)]
    if bias is not None:
        parents.append((bias, lambda g: column_sums(g.reshape(-1, kernels))))
    return record(out.reshape(x.shape[0], *window.size, kernels), *parents)


def flat_kernels(weight: Array) -> Array:
    """(out, in, kh, kw) -> (out, kh*kw*in): free where memory is laid out for it, as `nn.Conv2d` does."""
    return weight.transpose(0, 2, 3, 1).reshape(weight.shape[0], -1)


def frame(x: Array, before: Pair, after: Pair) -> Array:
    """x (N, H, W, C) with rows and columns of zeros before and after."""
    if before == after == (0, 0):
        return np.ascontiguousarray(x)
    images, height, width, channels = x.shape
    bottom, right = before[0] + height, before[1] + width
    out = scratch.empty((images, bottom + after[0], right + after[1], channels), x.dtype)
    out[:, : before[0]] = 0
    out[:, bottom:] = 0
    out[:, before[0] : bottom, : before[1]] = 0
    out[:, before[0] : bottom, right:] = 0
    out[:, before[0] : bottom, before[1] : right] = x
    return out


class Windows:
    """All windows of images (N, H, W, C): a row of kh*kw*C numbers for each of an image's H'·W' `places`.

    Going over it gives (which images, their rows), a few images at a time. There are nine times as many numbers
    in 3×3 windows as in the images, and a product that has to fetch them from main memory waits for them; two
    threads that do so wait for each other. So the rows of few images are laid out in a piece of memory that a
    core's own cache holds, used at once, and overwritten by the next. (Measured on two threads, 28×28×16 to 32
    channels: 130 µs an image instead of 230.)
    """

    def __init__(self, x: Array, kernel: Pair, stride: Pair, padding: Pair):
        framed = frame(x, padding, padding)
        images, height, width, channels = framed.shape
        self.size = (height - kernel[0]) // stride[0] + 1, (width - kernel[1]) // stride[1] + 1
        if min(self.size) < 1:
            raise ShapeError(
                f"a window of {kernel} does not fit into {x.shape[1:3]}; use a smaller one, or padding"
            )
        self.places, self.length = prod(self.size), prod(kernel) * channels
        # One row of a window is kw·C numbers that lie side by side, so laying out is a copy of whole runs.
        n, h, w, c = framed.strides
        strides = (n, h * stride[0], w * stride[1], h, c)
        shape = (images, *self.size, kernel[0], kernel[1] * channels)
        self.view = np.ndarray(shape, framed.dtype, framed, strides=strides)  # windows overlap
        self.at_a_time = at_a_time(images, self.places * self.length * x.itemsize)

    def __iter__(self) -> Iterator[tuple[slice, Array]]:
        rows = scratch.empty((self.at_a_time, *self.view.shape[1:]), self.view.dtype)
        for start in range(0, len(self.view), self.at_a_time):
            images = slice(start, min(start + self.at_a_time, len(self.view)))
            few = rows[: images.stop - start]
            np.copyto(few, self.view[images])
            yield images, few.reshape(-1, self.length)


def at_a_time(images: int, nbytes: int) -> int:
    """How many images to work on in one go, in parts of about the same size, if each needs so many bytes."""
    parts = max(1, -(-images * nbytes // CACHE))
    return max(1, -(-images // parts))


def conv2d_input_gradient(
    g: Array, weight: Array, shape: tuple[int, ...], stride: Pair, padding: Pair
) -> Array:
    """What the input of a convolution should change by: (N, H', W', out) -> `shape` (N, H, W, in).

    Where the output is as large as the input, this is a convolution itself: of the gradient, with the kernels
    turned half round. Otherwise that would multiply many zeros; there each window's share is worked out by one
    product and added where the window was ("col2im").
    """
    kernels, channels, *kernel = weight.shape
    images, height, width, _ = shape
    same_size = stride == (1, 1) and g.shape[1] >= height and g.shape[2] >= width
    if same_size and padding[0] < kernel[0] and padding[1] < kernel[1]:
        turned = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)  # (in, out, kh, kw)
        around = kernel[0] - 1 - padding[0], kernel[1] - 1 - padding[1]
        out = scratch.empty(shape, g.dtype)
        flat = flat_kernels(turned).T
        for part, rows in Windows(g, (kernel[0], kernel[1]), stride, around):
            np.matmul(rows, flat, out=out[part].reshape(-1, channels))
        return out
    flat = flat_kernels(weight)
    out = np.zeros((images, height + 2 * padding[0], width + 2 * padding[1], channels), g.dtype)
    step = at_a_time(images, prod(g.shape[1:3]) * flat[0].nbytes)
    for start in range(0, images, step):
        part = slice(start, start + step)
        shares = (g[part].reshape(-1, kernels) @ flat).reshape(-1, *g.shape[1:3], *kernel, channels)
        for i, j in np.ndindex(*kernel):
            out[part][_window(i, j, stride, g.shape)] += shares[:, :, :, i, j]
    return out[:, padding[0] : padding[0] + height, padding[1] : padding[1] + width]


def _window(i: int, j: int, stride: Pair, size: tuple[int, ...]) -> tuple[slice, ...]:
    """Where in the framed picture the pixel (i, j) of all windows lies; size is (N, H', W', ...)."""
    rows = slice(i, i + stride[0] * (size[1] - 1) + 1, stride[0])
    columns = slice(j, j + stride[1] * (size[2] - 1) + 1, stride[1])
    return slice(None), rows, columns


def max_pool2d_reference(x: Array, kernel: int, stride: int | None = None, ceil_mode: bool = False) -> Array:
    """The largest value in every window, as loops.  x (N, H, W, C) -> (N, H', W', C)."""
    stride = stride or kernel
    height, width = (pooled_size(n, kernel, stride, ceil_mode) for n in x.shape[1:3])
    out = np.empty((x.shape[0], height, width, x.shape[3]), x.dtype)
    for n, row, column, c in np.ndindex(out.shape):
        top, left = row * stride, column * stride
        out[n, row, column, c] = x[n, top : top + kernel, left : left + kernel, c].max()
    return out


def pooled_size(size: int, kernel: int, stride: int, ceil_mode: bool) -> int:
    """How many windows fit: only whole ones, or with `ceil_mode` also those that hang over the edge."""
    if not ceil_mode:
        return (size - kernel) // stride + 1
    count = -((kernel - size) // stride) + 1
    return count - 1 if (count - 1) * stride >= size else count


def _needs_images(name: str, x: Tensor) -> None:
    if x.ndim != 4:
        raise ShapeError(f"{name} takes images (N, H, W, C), got {x.shape}; reshape to four axes")


def max_pool2d(
    x: Tensor, kernel_size: int | Pair, stride: int | Pair | None = None, ceil_mode: bool = False
) -> Tensor:
    """The largest value in every window: (N, H, W, C) -> (N, H', W', C).  `stride` is the kernel's size by default.

    The gradient goes to the winner alone; of several equal ones, to one of them.
    """
    kernel = pair(kernel_size)
    stride = pair(stride or kernel)
    _needs_images("max_pool2d", x)
    rows, columns = (pooled_size(n, k, s, ceil_mode) for n, k, s in zip(x.shape[1:3], kernel, stride))
    if min(rows, columns) < 1:
        raise ShapeError(
            f"max_pool2d: a window of {kernel} does not fit into {x.shape[1:3]}; use a smaller one"
        )
    if kernel == stride == (2, 2):
        return _max_of_pairs(_max_of_pairs(x, 1, rows), 2, columns)
    return _max_of_windows(x, kernel, stride, (rows, columns))


def _max_of_pairs(x: Tensor, axis: int, count: int) -> Tensor:
    """The larger of each two neighbours along an axis; where their number is odd, the last may stand alone.

    Pooling by 2×2 is this down, then across: it reads and writes long runs of memory, five times as fast as
    asking every window's four corners.
    """
    pairs = x.shape[axis] // 2
    before = (slice(None),) * axis
    first, second, alone = (
        (*before, part) for part in (slice(0, 2 * pairs, 2), slice(1, 2 * pairs, 2), slice(-1, None))
    )
    whole, last = (*before, slice(0, pairs)), (*before, slice(pairs, None))
    out = scratch.empty((*x.shape[:axis], count, *x.shape[axis + 1 :]), x.dtype)
    np.maximum(x.data[first], x.data[second], out=out[whole])
    if count > pairs:
        out[last] = x.data[alone]
    second_won = np.greater(x.data[second], x.data[first])

    def to_x(g: Array) -> Array:
        gradient = scratch.empty(x.shape, x.dtype)
        np.multiply(g[whole], second_won, out=gradient[second])
        np.subtract(g[whole], gradient[second], out=gradient[first])  # what the second did not get, exactly
        if x.shape[axis] > 2 * pairs:
            gradient[alone] = g[last] if count > pairs else 0
        return gradient

    return record(out, (x, to_x))


def _max_of_windows(x: Tensor, kernel: Pair, stride: Pair, size: Pair) -> Tensor:
    """Max pooling with any windows: go over the places in a window, and note which one won."""
    images, height, width, channels = x.shape
    out = np.full((images, *size, channels), -np.inf, x.dtype)
    winner = np.zeros(out.shape, np.int32)
    places = [(_reach(i, size[0], stride[0], height), _reach(j, size[1], stride[1], width))
              for i, j in np.ndindex(*kernel)]  # fmt: skip
    for k, ((into_rows, from_rows), (into_columns, from_columns)) in enumerate(places):
        best, candidate = out[:, into_rows, into_columns], x.data[:, from_rows, from_columns]
        won = winner[:, into_rows, into_columns]
        np.maximum(won, (candidate > best) * k, out=won)  # in order, so the last winner is the largest k
        np.maximum(candidate, best, out=best)

    def to_x(g: Array) -> Array:
        gradient = np.zeros(x.shape, x.dtype)
        for k, ((into_rows, from_rows), (into_columns, from_columns)) in enumerate(places):
            into = (slice(None), into_rows, into_columns)
            gradient[:, from_rows, from_columns] += g[into] * (winner[into] == k)
        return gradient

    return record(out, (x, to_x))


def _reach(offset: int, count: int, stride: int, size: int) -> tuple[slice, slice]:
    """Which of `count` windows have a pixel at this offset that lies inside the picture, and which pixels those are."""
    inside = min(count, (size - 1 - offset) // stride + 1)
    return slice(0, inside), slice(offset, offset + stride * (inside - 1) + 1 if inside else offset, stride)


def avg_pool2d(x: Tensor, kernel_size: int | Pair, stride: int | Pair | None = None) -> Tensor:
    """The average of every whole window: (N, H, W, C) -> (N, H', W', C).  Each pixel gets an equal share back."""
    kernel = pair(kernel_size)
    stride = pair(stride or kernel)
    _needs_images("avg_pool2d", x)
    rows, columns = ((n - k) // s + 1 for n, k, s in zip(x.shape[1:3], kernel, stride))
    if min(rows, columns) < 1:
        raise ShapeError(
            f"avg_pool2d: a window of {kernel} does not fit into {x.shape[1:3]}; use a smaller one"
        )
    size = (x.shape[0], rows, columns)
    share = x.dtype.type(1 / prod(kernel))
    windows = [_window(i, j, stride, size) for i, j in np.ndindex(*kernel)]
    out = np.zeros((*size, x.shape[3]), x.dtype)
    for window in windows:
        out += x.data[window]
    out *= share

    def to_x(g: Array) -> Array:
        gradient = np.zeros_like(x.data)
        for window in windows:
            gradient[window] += g * share
        return gradient

    return record(out, (x, to_x))
