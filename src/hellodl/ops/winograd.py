"""Convolution by 3×3 with half of the multiplications, or a third: Winograd's minimal filtering (1980).

Whoever multiplies two polynomials by all pairs of coefficients multiplies too often. A product of m and 3
coefficients has m + 2, so it is known once m + 2 of its values are: evaluate both factors at m + 2 points (the
last is infinity, where only the leading coefficient matters), multiply value by value, and work the
coefficients out again (Toom 1963, Cook 1966). Evaluating and working out are sums with fixed small weights.

A filter that slides along a row is the same read backwards. If V_k are the values of k coefficients at the
points, then m outputs y of a filter g on m + 2 pixels d are

    y = Vₘᵀ [(V₃ g) · (Vₘ₊₂⁻ᵀ d)]          with m + 2 multiplications instead of 3m.

In two directions it is done along columns and rows: 4×4 outputs take 36 multiplications for each pair of
channels, not 144. And these, point by point, are matrix products over all tiles and channels (Lavin and Gray
2016). All of it is linear, so going back is each step transposed, in reverse order.

The price is rounding: evaluating and working out cost up to a digit, so tiles are never larger than 4×4 here.
"""

from __future__ import annotations

import math
from functools import cache
from math import prod

import numpy as np

from hellodl.autograd.arrays import in_one_piece, seen_as
from hellodl.autograd.tensor import Array
from hellodl.ops import loops, scratch
from hellodl.ops.pool import Pair
from hellodl.ops.windows import frame, parts_of

SIDES = (4, 3, 2)  # of the tiles of outputs that there is a choice of
# Where polynomials are evaluated, besides infinity. Powers of numbers near one stay near one, and so do rounding
# errors: with 0, ±1, ±2 they are three times as large. (Alam et al. 2022 searched for the best such points.)
POINTS = (0, 3 / 4, -3 / 4, 3 / 2, -3 / 2)


def values(coefficients: int, points: int) -> Array:
    """The matrix V that evaluates a polynomial at the first points and at infinity: (points, coefficients)."""
    at = np.array([[float(p) ** k for k in range(coefficients)] for p in POINTS[: points - 1]])
    return np.vstack([at, np.eye(coefficients)[-1]])


@cache
def transforms(side: int, dtype: np.dtype) -> tuple[Array, Array, Array]:
    """What a tile goes through, as matrices: pixels to points (n², n²), kernels to points (n², 9), back (side², n²).

    n = side + 2. A tile is read as one row, so that the transform along its columns and then along its rows is
    one product: with the Kronecker square of the matrix for one direction.
    """
    n = side + 2
    pixels, kernel, back = np.linalg.inv(values(n, n)).T, values(3, n), values(side, n).T
    pixels, kernel, back = (np.kron(matrix, matrix).astype(dtype) for matrix in (pixels, kernel, back))
    return pixels, kernel, back


def tile_count(size: Pair, side: int) -> Pair:
    """How many tiles cover an output of this size, down and across."""
    return -(-size[0] // side), -(-size[1] // side)


def by_tile(points: Array) -> Array:
    """Points (n², tiles, channels) as (tiles, n², channels), or back: the same memory.

    Transforms go tile by tile, but products point by point, and take longest: so points lie together.
    """
    return points.transpose(1, 0, 2)


class Tiles:
    """One convolution of images x (N, H, W, C) with weight (K, C, 3, 3), a stride of 1, and its way back.

    Like `windows.Windows`, but the outputs are made in tiles of side×side, so there has to be `room` for whole
    ones: out and g have that size, and of g what is beyond `size` has to be zero.
    `again` says that there will be a way back, for which the pixels' values at the points are kept.
    """

    def __init__(self, x: Array, weight: Array, padding: Pair, side: int, again: bool):
        self.x, self.padding, self.side, self.n, self.again = x, padding, side, side + 2, again
        self.size = x.shape[1] + 2 * padding[0] - 2, x.shape[2] + 2 * padding[1] - 2
        self.tiles = tile_count(self.size, side)
        dtype = np.promote_types(x.dtype, weight.dtype)
        self.loops = loops.use(x) and dtype == np.float32
        self.room = self.size if self.loops else (self.tiles[0] * side, self.tiles[1] * side)
        images, channels = len(x), x.shape[3]
        if not self.loops:
            self.view = self._overlapping(x)

        self.pixels_to_points, self.kernel_to_points, self.points_to_outputs = transforms(side, dtype)
        kernels = weight.shape[0]
        self.kernel = scratch.empty((self.n**2, channels, kernels), dtype)  # at the points
        rows = weight.transpose(1, 2, 3, 0).reshape(channels, 9, kernels)
        np.matmul(self.kernel_to_points, rows, out=self.kernel.transpose(1, 0, 2))
        self.turned: Array | None = None  # the kernel's (n², K, C), made when first needed
        self.total: Array | None = None
        self.pixels: dict[int, Array] = {}  # at the points, for the part that begins with this image
        per_tile = 2 * self.n**2 * channels + (self.n**2 + side**2) * kernels
        self.parts = parts_of(images, prod(self.tiles) * per_tile * dtype.itemsize)

    def forward(self, images: slice, out: Array) -> None:
        """Write the result of some images into out (n, *room, K)."""
        tiles = self._cut(images)  # (tiles, n², C)
        pixels = scratch.empty((self.n**2, len(tiles), tiles.shape[2]), out.dtype)
        product = scratch.empty((self.n**2, len(tiles), out.shape[3]), out.dtype)
        outputs = scratch.empty((len(tiles), self.side**2, out.shape[3]), out.dtype)
        np.matmul(self.pixels_to_points, tiles, out=by_tile(pixels))
        np.matmul(pixels, self.kernel, out=product)
        np.matmul(self.points_to_outputs, by_tile(product), out=outputs)
        self._paste(outputs, out)
        if self.again:
            self.pixels[images.start] = pixels

    def backward(self, images: slice, g: Array, to_x: Array | None) -> None:
        """Carry g (n, *room, K) back: add to the weights' `total`, and write to_x (n, H, W, C) if it is wanted."""
        pixels, outputs = self.pixels[images.start], self._unpaste(g)
        product = scratch.empty((self.n**2, *outputs.shape[::2]), g.dtype)
        np.matmul(self.points_to_outputs.T, outputs, out=by_tile(product))
        to_kernel = np.matmul(pixels.transpose(0, 2, 1), product, out=scratch.like(self.kernel))
        self.total = to_kernel if self.total is None else np.add(self.total, to_kernel, out=self.total)
        if to_x is None:
            return
        if self.turned is None:
            self.turned = scratch.empty((self.n**2, g.shape[3], pixels.shape[2]), g.dtype)
            np.copyto(self.turned, self.kernel.transpose(0, 2, 1))
        to_pixels = np.matmul(product, self.turned, out=scratch.like(pixels))
        tiles = scratch.empty((pixels.shape[1], self.n**2, pixels.shape[2]), g.dtype)
        np.matmul(self.pixels_to_points.T, by_tile(to_pixels), out=tiles)
        self._add_up(tiles, to_x)

    def _cut(self, images: slice) -> Array:
        """The tiles of some images: (tiles, n², C)."""
        count = images.stop - images.start
        out = scratch.empty((count, *self.tiles, self.n, self.n, self.x.shape[3]), self.x.dtype)
        if self.loops:
            loops.pictures.cut_tiles(self.x[images], *self.padding, self.side, out)
        else:
            np.copyto(out, self.view[images])
        return out.reshape(-1, self.n**2, self.x.shape[3])

    def _overlapping(self, x: Array) -> Array:
        """All tiles of x (N, H, W, C), framed by zeros, as they lie there: (N, down, across, n, n, C)."""
        over = [room - size for room, size in zip(self.room, self.size)]
        framed = frame(x, self.padding, (self.padding[0] + over[0], self.padding[1] + over[1]))
        n, h, w, c = framed.strides
        shape, strides = (len(x), *self.tiles, self.n, self.n, x.shape[3]), (n, h * self.side, w * self.side, h, w, c)
        return seen_as(framed, shape, strides)

    def _paste(self, outputs: Array, out: Array) -> None:
        """Tiles (tiles, side², K) side by side into out (n, *room, K)."""
        if self.loops:
            loops.pictures.paste_tiles(self._in_place(outputs), out)
        else:
            self._in_rows(out)[...] = self._in_place(outputs).transpose(0, 1, 3, 2, 4, 5)

    def _unpaste(self, g: Array) -> Array:
        """Cut g (n, *room, K) into tiles (tiles, side², K)."""
        out = scratch.empty((len(g) * prod(self.tiles), self.side**2, g.shape[3]), g.dtype)
        if self.loops:
            loops.pictures.unpaste_tiles(in_one_piece(g), self._in_place(out))
        else:
            self._in_place(out).transpose(0, 1, 3, 2, 4, 5)[...] = self._in_rows(g)
        return out

    def _in_place(self, tiles: Array) -> Array:
        """Tiles (n·down·across, side², K) as (n, down, across, side, side, K); the side may be any."""
        side = math.isqrt(tiles.shape[1])
        return tiles.reshape(-1, *self.tiles, side, side, tiles.shape[2])

    def _in_rows(self, images: Array) -> Array:
        """Images (n, *room, K) as (n, down, side, across, side, K)."""
        (down, across), side = self.tiles, self.side
        return images.reshape(len(images), down, side, across, side, -1)

    def _add_up(self, tiles: Array, to_x: Array) -> None:
        """Add tiles (tiles, n², C) where they were cut from; they overlap by two pixels."""
        cut = self._in_place(tiles)
        if self.loops:
            loops.pictures.add_tiles(cut, *self.padding, self.side, to_x)
            return
        (down, across), side = self.tiles, self.side
        framed = scratch.empty((len(cut), (down + 1) * side, (across + 1) * side, cut.shape[-1]), cut.dtype)
        framed[:, down * side :] = 0
        framed[:, :, across * side :] = 0
        grid = framed.reshape(len(cut), down + 1, side, across + 1, side, -1)
        cut = cut.transpose(0, 1, 3, 2, 4, 5)
        grid[:, :-1, :, :-1] = cut[:, :, :side, :, :side]
        grid[:, 1:, :2, :-1] += cut[:, :, side:, :, :side]
        grid[:, :-1, :, 1:, :2] += cut[:, :, :side, :, side:]
        grid[:, 1:, :2, 1:, :2] += cut[:, :, side:, :, side:]
        (top, left), (height, width) = self.padding, to_x.shape[1:3]
        to_x[...] = framed[:, top : top + height, left : left + width]

    def to_weight(self) -> Array:
        """What the weights get from all images: (K, C, 3, 3)."""
        _, channels, kernels = self.kernel.shape
        out = scratch.empty((9, channels, kernels), self.kernel.dtype)
        if self.total is None:
            out[...] = 0
        else:
            np.matmul(self.kernel_to_points.T, self.total.transpose(1, 0, 2), out=out.transpose(1, 0, 2))
        self.total = None
        return out.reshape(3, 3, channels, kernels).transpose(3, 2, 0, 1)
