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
from collections.abc import Callable
from functools import cache

import numpy as np

from hellodl.autograd.arrays import column_sums
from hellodl.autograd.mode import mode
from hellodl.autograd.tensor import Array, Tensor, floats, jointly, record
from hellodl.errors import ShapeError
from hellodl.ops import scratch
from hellodl.ops.calling import operation
from hellodl.ops.pool import Pair, Winners, halve, pair, pooled_size, unhalve
from hellodl.ops.shapes import chunk, concatenate, pad
from hellodl.ops.windows import CACHE, Windows, frame
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


@operation
def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Pair = 1,
    padding: int | Pair | str = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    *,
    pool: bool = False,
    ceil_mode: bool = False,
) -> Tensor:
    """Convolution (the learning world's: the kernel is not flipped).

    x (N, H, W, in), weight (out, in / groups, kh, kw), bias (out,) -> (N, H', W', out),
    H' = (H + 2·padding - dilation·(kh - 1) - 1) // stride + 1, and W' alike; padding "same" keeps H and W. `dilation`
    spreads a window's pixels, and of several `groups` of channels each is looked at by its own kernels.

    With `pool`, the largest of each 2×2 of that, as `max_pool2d(..., 2, ceil_mode=ceil_mode)` gives it, but the large
    picture is never written down.
    """
    stride, dilation = pair(stride, "stride", 1), pair(dilation, "dilation", 1)
    x, padding = _framed_for(x, weight, stride, padding, dilation)
    if groups != 1:
        return _in_groups(
            conv2d, x, weight, bias, groups, weight.shape[1], stride=stride, padding=padding, dilation=dilation
        )
    if x.ndim != 4 or x.shape[3] != weight.shape[1]:
        raise ShapeError(
            f"conv2d takes images (N, H, W, {weight.shape[1]}), got {x.shape}; "
            "channels come last here, so (N, C, H, W) wants .transpose(0, 2, 3, 1)"
        )
    again = mode.remember and (x.requires_grad or weight.requires_grad)  # will there be a way back?
    if not again and dilation == (1, 1) and (rows := band(x.shape, weight.shape, stride, padding)):
        return Tensor(in_bands(x.data, weight, bias, padding, pool, ceil_mode, rows))
    way: Windows | Tiles
    if dilation == (1, 1):
        way = fastest(x, weight, stride, padding, again)
    else:
        way = Windows(x.data, weight.data, stride, padding, dilation)
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


EVEN = 12  # bands are so many rows, or a multiple: whole tiles of any side, and whole 2×2 to pool


def band(x: tuple[int, ...], weight: tuple[int, ...], stride: Pair, padding: Pair) -> int:
    """The rows of a large picture that a core's own cache has room for; 0 for what is best done in one go.

    A photo is as much work as a thousand small pictures, but what is made of all of it on the way (each pixel counts
    two to four times in its windows or tiles) would fill the memory of a small computer.
    """
    (_, height, width, channels), (kernels, _, *kernel) = x, weight
    row = 4 * width * (5 * channels + 4 * kernels)  # bytes, about
    rows = max(EVEN, CACHE // row // EVEN * EVEN)
    worth_it = stride == (1, 1) and kernel[0] == 2 * padding[0] + 1 and height > 3 * rows
    return rows if worth_it else 0


def in_bands(
    x: Array, weight: Tensor, bias: Tensor | None, padding: Pair, pool: bool, ceil_mode: bool, rows: int
) -> Array:
    """`conv2d` of so many rows at a time, for pictures (N, H, W, in) that keep their height."""
    (above, beside), height = padding, x.shape[1]
    whole = np.empty(0)
    starts, by = range(0, height - 1, rows), 2 if pool else 1  # a last row by itself could not be pooled
    for start, end in zip(starts, [*starts[1:], height]):
        first, last = max(start - above, 0), min(end + above, height)
        piece = frame(x[:, first:last], (first - start + above, 0), (end + above - last, 0))
        few = conv2d(Tensor(piece), weight, bias, 1, (0, beside), pool=pool, ceil_mode=ceil_mode).data
        if start == 0:
            whole = scratch.empty((len(x), -(-height // by) if ceil_mode else height // by, *few.shape[2:]), few.dtype)
        whole[:, start // by : start // by + few.shape[1]] = few
    return whole


def _framed_for(
    x: Tensor, weight: Tensor, stride: Pair, padding: int | Pair | str, dilation: Pair
) -> tuple[Tensor, Pair]:
    """x and its padding in numbers; where "same" wants more behind than before, x has it in it already."""
    if not isinstance(padding, str):
        return x, pair(padding, "padding")
    if padding not in ("same", "valid") or (padding == "same" and stride != (1, 1)):
        raise ValueError(f"conv2d: padding is a number, 'valid', or with a stride of 1 'same', not {padding!r}")
    more = [d * (k - 1) if padding == "same" else 0 for k, d in zip(weight.shape[2:], dilation)]
    before = more[0] // 2, more[1] // 2
    if all(n % 2 == 0 for n in more):
        return x, before
    return pad(x, [(0, 0), *((b, n - b) for b, n in zip(before, more)), (0, 0)]), (0, 0)


def _in_groups(
    operation: Callable[..., Tensor],
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    groups: int,
    each: int,
    **how: Pair,
) -> Tensor:
    """Each group of channels, of `each` in x, by its own kernels, and the results side by side."""
    if groups < 1 or weight.shape[0] % groups or x.ndim != 4 or x.shape[3] != each * groups:
        raise ShapeError(
            f"{operation.__name__}: {groups} groups of {each} channels by {weight.shape} do not fit images {x.shape}; "
            "both numbers of channels are divided by groups, and channels come last"
        )
    pieces = zip(chunk(x, groups, 3), chunk(weight, groups), [None] * groups if bias is None else chunk(bias, groups))
    return concatenate([operation(*piece, **how) for piece in pieces], axis=3)


@operation
def conv_transpose2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    output_padding: int | Pair = 0,
    groups: int = 1,
    dilation: int | Pair = 1,
) -> Tensor:
    """A convolution's way back as an operation of its own, to make pictures larger (Zeiler et al. 2010).

    x (N, H, W, in), weight (in, out / groups, kh, kw), bias (out,) -> (N, H', W', out), with
    H' = (H - 1)·stride - 2·padding + dilation·(kh - 1) + 1 + output_padding: each pixel paints its kernel, and what
    overlaps adds up. So its own way back is that convolution.
    """
    stride, dilation = pair(stride, "stride", 1), pair(dilation, "dilation", 1)
    padding, extra = pair(padding, "padding"), pair(output_padding, "output_padding")
    if groups != 1:
        each, how = weight.shape[0] // max(groups, 1), {"output_padding": extra, "dilation": dilation}
        return _in_groups(conv_transpose2d, x, weight, bias, groups, each, stride=stride, padding=padding, **how)
    if x.ndim != 4 or x.shape[3] != weight.shape[0]:
        raise ShapeError(f"conv_transpose2d takes images (N, H, W, {weight.shape[0]}), got {x.shape}; channels last")
    if any(e >= s for e, s in zip(extra, stride)):
        raise ValueError(f"conv_transpose2d: output_padding {extra} is smaller than the stride {stride}")
    sizes = zip(x.shape[1:3], stride, padding, dilation, weight.shape[2:], extra)
    height, width = ((n - 1) * s - 2 * p + d * (k - 1) + 1 + e for n, s, p, d, k, e in sizes)
    if min(height, width) < 1:
        raise ShapeError(f"conv_transpose2d: padding {padding} leaves nothing of {x.shape}; use less")
    x, way = floats(x), (stride, padding, dilation)
    out = scratch.zeros((len(x), height, width, weight.shape[1]), np.promote_types(x.dtype, weight.dtype))
    Windows(out, weight.data, *way).carry_back(x.data, out)
    if bias is not None:
        out += bias.data

    def back(g: Array) -> tuple[Array, Array]:
        seen, to_x = Windows(g, weight.data, *way), scratch.empty(x.shape, g.dtype)
        for images in seen.parts:
            seen.forward(images, to_x[images])
            seen.backward(images, x.data[images], None)
        return to_x, seen.to_weight()

    parents = jointly((x, weight), back)
    if bias is not None:
        parents = (*parents, (bias, lambda g: column_sums(g.reshape(-1, g.shape[-1]))))
    return record(out, *parents)


# To copy a number takes about as long as to multiply so many in a matrix product. It need not be known well: from 10 to
# 200 a training step of `residual` takes the same, within 3% (AMD EPYC).
MOVE = 25


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
