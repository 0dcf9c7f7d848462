"""Convolution: looking at a picture through a small sliding window.

Images are (N, height, width, channels) here, "NHWC", where PyTorch's usual order is NCHW: the channels of one
pixel lie side by side, so the window's pixels can be copied whole rows at a time, and the matrix product that
follows leaves its result just where the next layer wants it. Weights have PyTorch's shape (out, in, kh, kw),
though in memory their kernels lie innermost.

First come the loops that one can follow (`conv2d_reference`). Nobody waits for those, so there are two ways to
the same sums: matrix products of all windows (`windows.py`), and products of fewer numbers in another basis
(`winograd.py`). `fastest` chooses; tests hold all three equal.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from hellodl.autograd.arrays import column_sums
from hellodl.autograd.mode import mode
from hellodl.autograd.tensor import Array, Tensor, jointly, record
from hellodl.errors import ShapeError
from hellodl.ops import scratch
from hellodl.ops.pool import Pair, Winners, halve, pair, pooled_size, unhalve
from hellodl.ops.windows import Windows
from hellodl.ops.winograd import SIDES, Tiles, tile_count


def conv2d_reference(x: Array, weight: Array, bias: Array | None = None, stride: int = 1, padding: int = 0) -> Array:
    """Convolution as six loops: every output pixel is a weighted sum of the window above it.

    x (N, H, W, in), weight (out, in, kh, kw), bias (out,) -> (N, H', W', out).
    """
    images, height, width, _ = x.shape
    kernels, channels, kernel_height, kernel_width = weight.shape
    framed = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    rows = (height + 2 * padding - kernel_height) // stride + 1
    columns = (width + 2 * padding - kernel_width) // stride + 1
    out = np.zeros((images, rows, columns, kernels), x.dtype)
    for n, row, column, k in np.ndindex(out.shape):
        total = 0.0 if bias is None else bias[k]
        for i, j in np.ndindex(kernel_height, kernel_width):
            for c in range(channels):
                total += framed[n, row * stride + i, column * stride + j, c] * weight[k, c, i, j]
        out[n, row, column, k] = total
    return out


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    pool: bool = False,
    ceil_mode: bool = False,
) -> Tensor:
    """Convolution (the learning world's: the kernel is not flipped).

    x (N, H, W, in), weight (out, in, kh, kw), bias (out,) -> (N, H', W', out),
    H' = (H + 2·padding - kh) // stride + 1, and W' alike. With `pool`, the largest of each 2×2 of that, as
    `max_pool2d(..., 2, ceil_mode=ceil_mode)` gives it, but the large picture is never written down.
    """
    stride, padding = pair(stride), pair(padding)
    if x.ndim != 4 or x.shape[3] != weight.shape[1]:
        raise ShapeError(
            f"conv2d takes images (N, H, W, {weight.shape[1]}), got {x.shape}; "
            "channels come last here, so (N, C, H, W) wants .transpose(0, 2, 3, 1)"
        )
    again = mode.remember and (x.requires_grad or weight.requires_grad)  # will there be a way back?
    way = fastest(x, weight, stride, padding, again)
    kernels, (height, width) = weight.shape[0], way.size
    size = pooled_size(way.size, (2, 2), (2, 2), ceil_mode) if pool else way.size
    dtype = np.promote_types(x.dtype, weight.dtype)
    out = scratch.empty((len(x), *size, kernels), dtype)
    winners: list[Winners | None] = []
    roomy = pool or way.room != way.size  # the picture is not what comes out, or not all of it

    for images in way.parts:
        few = out[images]
        whole = scratch.empty((len(few), *way.room, kernels), dtype) if roomy else few
        way.forward(images, whole)
        if pool:
            winners.append(halve(whole[:, :height, :width], few, again))
        elif roomy:
            few[...] = whole[:, :height, :width]
    if bias is not None:
        out += bias.data  # after pooling it is a quarter of the work, and the same

    def back(g: Array) -> tuple[Array | None, Array]:
        """To x and to the weights in one walk over the images, while they are at hand."""
        to_x = scratch.empty(x.shape, dtype) if x.requires_grad else None
        for number, images in enumerate(way.parts):
            whole = g[images]
            if roomy:
                whole = scratch.empty((len(whole), *way.room, kernels), g.dtype)
                whole[:, height:], whole[:, :height, width:] = 0, 0
                picture = whole[:, :height, :width]
                if pool:
                    unhalve(g[images], winners[number], picture)  # type: ignore[arg-type]
                else:
                    picture[...] = g[images]
            way.backward(images, whole, None if to_x is None else to_x[images])
        return to_x, way.to_weight()

    parents = jointly((x, weight), back)
    if bias is not None:
        parents = (*parents, (bias, lambda g: column_sums(g.reshape(-1, kernels))))
    return record(out, *parents)


MOVE = 25  # to copy a number takes about as long as to multiply so many in a matrix product


def fastest(x: Tensor, weight: Tensor, stride: Pair, padding: Pair, again: bool) -> Windows | Tiles:
    """The way that should take the least time; `again` says that there will be a way back."""
    side = cheapest_side(x.shape, weight.shape, stride, padding)
    if side:
        return Tiles(x.data, weight.data, padding, side, again)
    return Windows(x.data, weight.data, stride, padding)


@cache
def cheapest_side(x: tuple[int, ...], weight: tuple[int, ...], stride: Pair, padding: Pair) -> int:
    """The side of tiles that takes the fewest multiplications and moves, by the shapes; 0 where windows take fewer."""
    (images, *size, channels), (kernels, _, *kernel) = x, weight
    height, width = (n + 2 * p - 2 for n, p in zip(size, padding))
    if kernel != [3, 3] or stride != (1, 1) or min(height, width) < 1:
        return 0
    costs = {0: 9 * channels * images * height * width * (kernels + MOVE)}
    for side in SIDES:
        points = (side + 2) ** 2
        tiles = images * math.prod(tile_count((height, width), side))
        numbers = points * channels + side**2 * kernels  # of a tile, to be moved and transformed
        costs[side] = tiles * (points * (numbers + channels * kernels) + MOVE * numbers)
        costs[side] += 2 * 9 * points * channels * kernels  # the kernels' own transform, which is slow
    return min(costs, key=costs.__getitem__)
