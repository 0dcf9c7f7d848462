"""Convolution as matrix products: every window of the picture becomes a row of numbers.

The products of a small network would be quick if their numbers were at hand, but there are nine times as many
in 3×3 windows as in the images. A product that has to fetch them from main memory waits for them, and two
threads that do so wait for each other. So windows of few images at a time are laid out in a piece of memory
that a core's own cache holds, used at once, and overwritten by the next. (Measured on two threads, 28×28×16 to
32 channels: 130 µs an image instead of 230.)

The idea, known as im2col, is that of Chellapilla, Puri and Simard (2006). `conv.py` has the loops.
"""

from __future__ import annotations

from math import prod

import numpy as np

from hellodl.autograd.arrays import in_one_piece, seen_as
from hellodl.autograd.tensor import Array
from hellodl.errors import ShapeError
from hellodl.ops import scratch
from hellodl.ops.pool import Pair, same_pixel

# Bytes to work on at a time: a few times what a core has to itself, for fewer calls. Half or twice of it make no
# difference beyond 3%; an eighth costs a tenth of a training step, and a third of an answer (AMD EPYC).
CACHE = 2_400_000


def parts_of(images: int, nbytes: int) -> list[slice]:
    """Which images to work on in one go, in parts of about the same size, if each needs so many bytes."""
    parts = max(1, -(-images * nbytes // CACHE))
    step = max(1, -(-images // parts))
    return [slice(start, min(start + step, images)) for start in range(0, images, step)]


def frame(x: Array, before: Pair, after: Pair) -> Array:
    """x (N, H, W, C) with rows and columns of zeros before and after."""
    if before == after == (0, 0):
        return in_one_piece(x)
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
    """One convolution of images x (N, H, W, C) with weight (K, C, kh, kw), of any size, and its way back.

    `size` is that of the output (H', W'), and `parts` are the images to do in one go.
    """

    def __init__(self, x: Array, weight: Array, stride: Pair, padding: Pair, dilation: Pair = (1, 1)):
        self.kernel, self.stride, self.padding = (weight.shape[2], weight.shape[3]), stride, padding
        self.dilation = dilation
        framed = frame(x, padding, padding)
        images, height, width, channels = framed.shape
        rows, columns = (n - 1 - d * (k - 1) for n, k, d in zip((height, width), self.kernel, dilation))
        if min(rows, columns) < 0:
            raise ShapeError(
                f"a window of {self.kernel} does not fit into {x.shape[1:3]}; use a smaller one, or padding"
            )
        self.size = self.room = rows // stride[0] + 1, columns // stride[1] + 1
        self.places, self.length = prod(self.size), prod(self.kernel) * channels
        n, h, w, c = framed.strides
        # Windows overlap: the same memory is seen many times.
        shape = (images, *self.size, *self.kernel, channels)
        strides = (n, h * stride[0], w * stride[1], h * dilation[0], w * dilation[1], c)
        self.view = seen_as(framed, shape, strides)
        self.parts = parts_of(images, self.places * (self.length + weight.shape[0]) * x.itemsize)
        self.weight = weight.transpose(2, 3, 1, 0).reshape(self.length, -1)  # (kh·kw·C, K)
        self.total: Array | None = None

    def rows(self, images: slice) -> Array:
        """The windows of some images, one a row: (n, H'·W', kh·kw·C).

        Memory likes long runs. A row of a window is one of kw·C numbers, so usually window after window is
        copied. With a single channel that would be three numbers; then it is all windows' first pixels, all
        windows' second ones and so on, each of which is a picture, and the rows are columns.
        """
        view = self.view[images]
        if view.shape[-1] > 1:
            out = scratch.empty(view.shape, view.dtype)
            np.copyto(out, view)
            return out.reshape(-1, self.places, self.length)
        out = scratch.empty((len(view), *self.kernel, *self.size), view.dtype)
        np.copyto(out, view[..., 0].transpose(0, 3, 4, 1, 2))
        return out.reshape(-1, self.length, self.places).transpose(0, 2, 1)

    def forward(self, images: slice, out: Array) -> None:
        """Write the result of some images into out (n, H', W', K)."""
        np.matmul(self.rows(images), self.weight, out=out.reshape(-1, self.places, out.shape[-1]))

    def backward(self, images: slice, g: Array, to_x: Array | None) -> None:
        """Carry g (n, H', W', K) back: add to the weights' `total`, and write to_x (n, H, W, C) if it is wanted."""
        flat = g.reshape(-1, self.places, g.shape[-1])
        total = np.matmul(self.rows(images).transpose(0, 2, 1), flat).sum(axis=0)
        self.total = total if self.total is None else self.total + total
        if to_x is not None:
            self.carry_back(g, to_x)

    def carry_back(self, g: Array, to_x: Array) -> None:
        """Add what g (n, H', W', K) says of each window up where the window was, into to_x (n, H, W, C) ("col2im")."""
        flat = g.reshape(-1, self.places, g.shape[-1])
        (top, left), (height, width), channels = self.padding, to_x.shape[1:3], to_x.shape[3]
        framed = scratch.zeros((len(g), height + 2 * top, width + 2 * left, channels), g.dtype)
        shares = (flat @ self.weight.T).reshape(*g.shape[:3], *self.kernel, channels)
        for i, j in np.ndindex(*self.kernel):
            down, across = i * self.dilation[0], j * self.dilation[1]
            framed[same_pixel(down, across, self.stride, self.size)] += shares[:, :, :, i, j]
        to_x[...] = framed[:, top : top + height, left : left + width]

    def to_weight(self) -> Array:
        """What the weights get from all images: (K, C, kh, kw)."""
        total, self.total = self.total, None
        if total is None:
            total = np.zeros_like(self.weight)
        return total.reshape(*self.kernel, -1, total.shape[1]).transpose(3, 2, 0, 1)
