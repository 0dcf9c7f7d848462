"""The loops themselves.

All that a network does to its numbers can be said in loops, and here is what they say, for whatever is not a
matrix product. Python would take minutes for a second's work, so the library does the same in whole arrays, with
NumPy. But where Numba is installed (`pip install "hellodl[jit]"`), these very loops are compiled to machine code
and are what runs: one pass over the memory instead of five, and Python's lock not needed for it.

`compiled()` switches them on for a while; training does so. HELLODL_JIT=0 in the environment says never to.
Tests hold each loop, as Python and as machine code, equal to what NumPy does.

Images are (N, height, width, channels) float32, arrays lie in one piece, and results go into arrays that are given.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from hellodl.console import log, progress_bar
from hellodl.tensor import Array

# Sums may be added up in another order (so that several go on at once), but a NaN stays a NaN.
OPTIONS = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
}
PICTURES, FLAGS, TILES, ROWS, VECTOR = (
    "f4[:,:,:,::1]",
    "u1[:,:,:,::1]",
    "f4[:,:,:,:,:,::1]",
    "f4[:,::1]",
    "f4[::1]",
)
WHOLE, REAL = "i8", "f4"

LOOPS: list[Loop] = []
on = False  # whether calls to loops are what runs: see `use`


class Loop:
    """A function of loops, which `start` turns into machine code for arguments of these types."""

    def __init__(self, function: Callable[..., None], types: tuple[str, ...]):
        self.function, self.types, self.__doc__ = function, types, function.__doc__
        self.fast: Callable[..., None] | None = None
        LOOPS.append(self)

    def __call__(self, *arguments: Any) -> None:
        """Run it, the fastest way there is."""
        (self.fast or self.function)(*arguments)


def loop(*types: str) -> Callable[[Callable[..., None]], Loop]:
    """Make a `Loop` of a function whose arguments are of these types."""
    return lambda function: Loop(function, types)


def available() -> bool:
    """Whether Numba is there and wanted."""
    return os.environ.get("HELLODL_JIT", "1") != "0" and find_spec("numba") is not None


def use(*arrays: Array) -> bool:
    """Whether the loops are switched on and can take these arrays: float32, in one piece."""
    return on and all(array.dtype == np.float32 and array.flags.c_contiguous for array in arrays)


@contextmanager
def compiled(wanted: bool = True) -> Iterator[None]:
    """Inside, loops run as machine code where that is `available` (and wanted), and NumPy does their work elsewhere."""
    global on
    before, on = on, wanted and available()
    try:
        if on:
            start()
        yield
    finally:
        on = before


def start() -> None:
    """Compile all loops: some seconds the first time ever, and a moment when it finds what it compiled before."""
    waiting = [each for each in LOOPS if each.fast is None]
    if not waiting:
        return
    import numba  # a third of a second, so only now

    log.debug("compiling loops (HELLODL_JIT=0 does without)")
    with progress_bar("compiling loops", len(waiting)) as bar:
        for each in waiting:
            each.fast = numba.njit([f"void({', '.join(each.types)})"], **OPTIONS)(each.function)
            bar.advance(1)


# -- pooling -----------------------------------------------------------------------------------------------


@loop(PICTURES, PICTURES, FLAGS)
def halve(x, out, winner):
    """The largest of each 2×2 pixels of x, and which it was: 0 1 in the upper row, 2 3 in the lower one.

    Windows may hang over the edge; a pixel beyond it counts as its neighbour inside, which it cannot beat.
    """
    images, height, width, channels = x.shape
    for n in range(images):
        for row in range(out.shape[1]):
            for column in range(out.shape[2]):
                top, left = 2 * row, 2 * column
                bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
                for c in range(channels):
                    a, b = x[n, top, left, c], x[n, top, right, c]
                    under_a, under_b = x[n, bottom, left, c], x[n, bottom, right, c]
                    first = under_a if under_a > a or under_a != under_a else a
                    second = under_b if under_b > b or under_b != under_b else b
                    lower = under_b > b if second > first else under_a > a
                    out[n, row, column, c] = second if second > first or second != second else first
                    winner[n, row, column, c] = 2 * lower + (second > first)


@loop(PICTURES, FLAGS, PICTURES)
def unhalve(g, winner, out):
    """Each gradient to the pixel that was the largest, and zero to all others."""
    images, height, width, channels = out.shape
    for n in range(images):
        for row in range(height):
            for column in range(width):
                r, s, place = row // 2, column // 2, 2 * (row % 2) + column % 2
                if r < g.shape[1] and s < g.shape[2]:
                    for c in range(channels):
                        out[n, row, column, c] = g[n, r, s, c] if winner[n, r, s, c] == place else 0
                else:
                    for c in range(channels):
                        out[n, row, column, c] = 0


# -- Winograd's tiles --------------------------------------------------------------------------------------
#
# The channels of a pixel lie side by side, and so do the pixels of a row: a row of a tile is one run of memory,
# in the picture as in the tile. So columns and channels are counted together here, as one.


@loop(PICTURES, WHOLE, WHOLE, WHOLE, TILES)
def cut_tiles(x, top, left, side, out):
    """Cut framed pictures into tiles: out (N, down, across, n, n, C); each begins `side` pixels after the last.

    The frame is imaginary: `top` rows and `left` columns of zeros, and as many as it takes at the other end.
    """
    images, height, width, channels = x.shape
    _, down, across, n, _, _ = out.shape
    pictures = x.reshape(images, height, width * channels)
    tiles = out.reshape(images, down, across, n, n * channels)
    for image in range(images):
        for a in range(down):
            for b in range(across):
                start = (b * side - left) * channels  # where in a row of the picture the tile begins
                first, last = max(0, -start), min(n, width + left - b * side) * channels
                for i in range(n):
                    row, tile = a * side + i - top, tiles[image, a, b, i]
                    if first > 0 or last < len(tile) or row < 0 or row >= height:
                        for t in range(len(tile)):
                            tile[t] = 0
                    if 0 <= row < height:
                        run, inside = pictures[image, row, start + first : start + last], tile[first:last]
                        for t in range(len(run)):
                            inside[t] = run[t]


@loop(TILES, WHOLE, WHOLE, WHOLE, PICTURES)
def add_tiles(tiles, top, left, side, out):
    """Add tiles (N, down, across, n, n, C) up where `cut_tiles` cut them, for they overlap."""
    images, height, width, channels = out.shape
    _, down, across, n, _, _ = tiles.shape
    pictures = out.reshape(images, height, width * channels)
    rows = tiles.reshape(images, down, across, n, n * channels)
    for image in range(images):
        pictures[image] = 0
        for a in range(down):
            for b in range(across):
                start = (b * side - left) * channels
                first, last = max(0, -start), min(n, width + left - b * side) * channels
                for i in range(max(0, top - a * side), min(n, height + top - a * side)):
                    run = pictures[image, a * side + i - top, start + first : start + last]
                    tile = rows[image, a, b, i, first:last]
                    for t in range(len(run)):
                        run[t] += tile[t]


@loop(TILES, PICTURES)
def paste_tiles(tiles, out):
    """Lay tiles (N, down, across, side, side, K) side by side; what hangs over the edge is dropped."""
    images, height, width, kernels = out.shape
    _, down, across, side, _, _ = tiles.shape
    pictures = out.reshape(images, height, width * kernels)
    rows = tiles.reshape(images, down, across, side, side * kernels)
    for image in range(images):
        for a in range(down):
            for b in range(across):
                start, length = b * side * kernels, min(side, width - b * side) * kernels
                for i in range(min(side, height - a * side)):
                    run, tile = pictures[image, a * side + i, start : start + length], rows[image, a, b, i]
                    for t in range(len(run)):
                        run[t] = tile[t]


@loop(PICTURES, TILES)
def unpaste_tiles(g, tiles):
    """Cut pictures into tiles that do not overlap; beyond the edge there is zero."""
    images, height, width, kernels = g.shape
    _, down, across, side, _, _ = tiles.shape
    pictures = g.reshape(images, height, width * kernels)
    rows = tiles.reshape(images, down, across, side, side * kernels)
    for image in range(images):
        for a in range(down):
            for b in range(across):
                start, length = b * side * kernels, min(side, width - b * side) * kernels
                for i in range(side):
                    row, tile = a * side + i, rows[image, a, b, i]
                    if length < len(tile) or row >= height:
                        for t in range(len(tile)):
                            tile[t] = 0
                    if row < height:
                        run = pictures[image, row, start : start + length]
                        for t in range(len(run)):
                            tile[t] = run[t]


# -- normalisation -----------------------------------------------------------------------------------------


@loop(ROWS, VECTOR, VECTOR)
def moments(rows, mean, variance):
    """The mean and the (biased) variance of each column, in two passes, for one would cancel badly."""
    count, channels = rows.shape
    total, squares = np.zeros(channels), np.zeros(channels)  # float64, for many are added up
    for r in range(count):
        for c in range(channels):
            total[c] += rows[r, c]
    for c in range(channels):
        mean[c] = total[c] / count
    for r in range(count):
        for c in range(channels):
            squares[c] += (rows[r, c] - mean[c]) * (rows[r, c] - mean[c])
    for c in range(channels):
        variance[c] = squares[c] / count


@loop(ROWS, VECTOR, VECTOR, VECTOR, "b1", ROWS)
def normalise(rows, mean, scale, bias, rectify, out):
    """(x - mean) · scale + bias, and not below zero where that is asked for."""
    for r in range(rows.shape[0]):
        for c in range(rows.shape[1]):
            value = (rows[r, c] - mean[c]) * scale[c] + bias[c]
            out[r, c] = 0 if rectify and value < 0 else value


@loop(ROWS, ROWS, VECTOR, ROWS, "b1", VECTOR, VECTOR)
def gradient_sums(g, rows, mean, out, rectify, total, along):
    """The sum of each column of g, and of g times the centred x; where a rectifier was shut, g counts as zero."""
    count, channels = g.shape
    sums, products = np.zeros(channels), np.zeros(channels)
    for r in range(count):
        for c in range(channels):
            slope = 0 if rectify and out[r, c] <= 0 else g[r, c]
            sums[c] += slope
            products[c] += slope * (rows[r, c] - mean[c])
    for c in range(channels):
        total[c], along[c] = sums[c], products[c]


@loop(ROWS, ROWS, VECTOR, ROWS, "b1", VECTOR, VECTOR, VECTOR, ROWS)
def unnormalise(g, rows, mean, out, rectify, scale, shift, tilt, to_x):
    """scale · (g - shift - tilt · (x - mean)): see `nn.norm.normalise_columns`."""
    for r in range(g.shape[0]):
        for c in range(g.shape[1]):
            slope = 0 if rectify and out[r, c] <= 0 else g[r, c]
            to_x[r, c] = scale[c] * (slope - shift[c] - tilt[c] * (rows[r, c] - mean[c]))


@loop(ROWS, VECTOR, VECTOR, REAL, VECTOR, VECTOR, ROWS)
def normalise_each(rows, weight, bias, epsilon, mean, scale, out):
    """Each row to mean 0 and variance 1, then scaled and shifted."""
    features = rows.shape[1]
    for r in range(len(rows)):
        total, squares = np.float32(0), np.float32(0)
        for c in range(features):
            total += rows[r, c]
        mean[r] = total / features
        for c in range(features):
            squares += (rows[r, c] - mean[r]) * (rows[r, c] - mean[r])
        scale[r] = np.float32(1) / np.sqrt(squares / features + epsilon)
        for c in range(features):
            out[r, c] = (rows[r, c] - mean[r]) * scale[r] * weight[c] + bias[c]


@loop(ROWS, ROWS, VECTOR, VECTOR, VECTOR, ROWS, VECTOR, VECTOR)
def unnormalise_each(g, rows, weight, mean, scale, to_x, to_weight, to_bias):
    """The slopes of the above: see `nn.norm.normalise_rows`."""
    features = rows.shape[1]
    for c in range(features):
        to_weight[c] = to_bias[c] = 0
    for r in range(len(rows)):
        middle, along = np.float32(0), np.float32(0)
        for c in range(features):
            normal = (rows[r, c] - mean[r]) * scale[r]
            to_weight[c] += g[r, c] * normal
            to_bias[c] += g[r, c]
            middle += g[r, c] * weight[c]
            along += g[r, c] * weight[c] * normal
        middle, along = middle / features, along / features
        for c in range(features):
            normal = (rows[r, c] - mean[r]) * scale[r]
            to_x[r, c] = (g[r, c] * weight[c] - middle - normal * along) * scale[r]


# -- recurrent cells: one step of a batch (see `recurrent`); tanh is taken in between, by NumPy ------------------


@loop(ROWS, ROWS)
def gru_open(gates, product):
    """Half of what r and z are the sigmoid of: the products with the input and with the state."""
    half, size = np.float32(0.5), gates.shape[1] // 3
    for n in range(len(gates)):
        for j in range(2 * size):
            gates[n, j] = half * (gates[n, j] + product[n, j])


@loop(ROWS, ROWS, VECTOR, ROWS)
def gru_look_back(gates, product, bias, past):
    """σ(x) = ½ tanh(½x) + ½ for r and z; then r says how much of the past goes into n."""
    half, size = np.float32(0.5), past.shape[1]
    for n in range(len(past)):
        r, z, new, old = (
            gates[n, :size],
            gates[n, size : 2 * size],
            gates[n, 2 * size :],
            product[n, 2 * size :],
        )
        for j in range(size):
            r[j] = half * r[j] + half
            z[j] = half * z[j] + half
            past[n, j] = old[j] + bias[j]
            new[j] += r[j] * past[n, j]


@loop(ROWS, ROWS, ROWS)
def gru_blend(gates, before, after):
    """h' = n + z·(h - n)."""
    size = before.shape[1]
    for n in range(len(before)):
        z, new = gates[n, size : 2 * size], gates[n, 2 * size :]
        for j in range(size):
            after[n, j] = new[j] + z[j] * (before[n, j] - new[j])


@loop(ROWS, ROWS, ROWS, ROWS, ROWS, ROWS, ROWS)
def gru_back(g, gates, past, before, carried, to_gates, to_n):
    """The slopes of a step: to what the gates are made of, and (in `carried`) straight to the state before."""
    one, size = np.float32(1), past.shape[1]
    for b in range(len(past)):
        r, z, n = gates[b, :size], gates[b, size : 2 * size], gates[b, 2 * size :]
        to_r, to_z, to_past = to_gates[b, :size], to_gates[b, size : 2 * size], to_gates[b, 2 * size :]
        for j in range(size):
            to_h = carried[b, j] + g[b, j]
            inner = to_h * (one - z[j]) * (one - n[j] * n[j])
            to_n[b, j] = inner
            to_past[j] = inner * r[j]
            to_r[j] = to_past[j] * past[b, j] * (one - r[j])
            to_z[j] = to_h * (before[b, j] - n[j]) * z[j] * (one - z[j])
            carried[b, j] = to_h * z[j]


@loop(ROWS, ROWS)
def lstm_open(gates, product):
    """What the gates are the tanh of: half of it for i, f and o, which are to be sigmoids."""
    half, size = np.float32(0.5), gates.shape[1] // 4
    for n in range(len(gates)):
        for j in range(4 * size):
            gates[n, j] += product[n, j]
        for j in range(2 * size):
            gates[n, j] *= half
        for j in range(3 * size, 4 * size):
            gates[n, j] *= half


@loop(ROWS, ROWS, ROWS)
def lstm_keep(gates, before, after):
    """σ(x) = ½ tanh(½x) + ½ for i, f and o; then c' = f·c + i·g."""
    half, size = np.float32(0.5), before.shape[1]
    for n in range(len(before)):
        i, f, g, o = (
            gates[n, :size],
            gates[n, size : 2 * size],
            gates[n, 2 * size : 3 * size],
            gates[n, 3 * size :],
        )
        for j in range(size):
            i[j] = half * i[j] + half
            f[j] = half * f[j] + half
            o[j] = half * o[j] + half
            after[n, j] = f[j] * before[n, j] + i[j] * g[j]


@loop(ROWS, ROWS, ROWS)
def lstm_show(gates, shown, after):
    """h' = o·tanh(c')."""
    size = after.shape[1]
    for n in range(len(after)):
        o = gates[n, 3 * size :]
        for j in range(size):
            after[n, j] = o[j] * shown[n, j]


@loop(ROWS, ROWS, ROWS, ROWS, ROWS, ROWS, ROWS)
def lstm_back(g, gates, shown, before, to_h, to_c, to_gates):
    """The slopes of a step: to what the gates are made of, and (in `to_c`) to the memory before."""
    one, size = np.float32(1), before.shape[1]
    for b in range(len(before)):
        i, f, new, o = (
            gates[b, :size],
            gates[b, size : 2 * size],
            gates[b, 2 * size : 3 * size],
            gates[b, 3 * size :],
        )
        to_i, to_f = to_gates[b, :size], to_gates[b, size : 2 * size]
        to_new, to_o = to_gates[b, 2 * size : 3 * size], to_gates[b, 3 * size :]
        for j in range(size):
            slope = to_h[b, j] + g[b, j]
            to_o[j] = slope * shown[b, j] * o[j] * (one - o[j])
            memory = to_c[b, j] + slope * o[j] * (one - shown[b, j] * shown[b, j])
            to_i[j] = memory * new[j] * i[j] * (one - i[j])
            to_f[j] = memory * before[b, j] * f[j] * (one - f[j])
            to_new[j] = memory * i[j] * (one - new[j] * new[j])
            to_c[b, j] = memory * f[j]


# -- attention: rows of how well each key fits a query; a query sees itself and what was before ------------------


@loop(ROWS, WHOLE, REAL)
def below_largest(fits, queries, factor):
    """factor·fits, less the largest of what each query sees; e to what it does not see is to be 0."""
    keys = fits.shape[1]
    for r in range(len(fits)):
        seen = keys - queries + r % queries + 1
        row = fits[r]
        largest = row[0]
        for k in range(seen):
            largest = max(largest, row[k])
        for k in range(seen):
            row[k] = factor * (row[k] - largest)
        for k in range(seen, keys):
            row[k] = -np.float32(1e30)


@loop(ROWS, WHOLE)
def to_shares(rows, queries):
    """Each row divided by its sum."""
    keys = rows.shape[1]
    for r in range(len(rows)):
        seen = keys - queries + r % queries + 1
        total = np.float32(0)
        for k in range(seen):
            total += rows[r, k]
        share = np.float32(1) / total
        for k in range(seen):
            rows[r, k] *= share


@loop(ROWS, ROWS, VECTOR, REAL)
def unshare(d, share, along, factor):
    """factor·share·(d - along), the slope of softmax."""
    for r in range(len(d)):
        for k in range(d.shape[1]):
            d[r, k] = factor * share[r, k] * (d[r, k] - along[r])


# -- activations and the optimiser, elementwise: arrays come as one long row --------------------------------


@loop(VECTOR, VECTOR)
def rectify(x, out):
    """max(x, 0)."""
    for i in range(len(x)):
        out[i] = 0 if x[i] < 0 else x[i]


@loop(VECTOR, VECTOR, VECTOR)
def unrectify(g, out, to_x):
    """g where something came out, and zero elsewhere."""
    for i in range(len(g)):
        to_x[i] = g[i] if out[i] > 0 else 0


@loop(VECTOR, VECTOR)
def rectify_and_square(x, out):
    """max(x, 0)²."""
    for i in range(len(x)):
        out[i] = 0 if x[i] < 0 else x[i] * x[i]


@loop(VECTOR, VECTOR, VECTOR)
def unrectify_and_square(g, x, to_x):
    """2·max(x, 0)·g."""
    for i in range(len(g)):
        to_x[i] = 0 if x[i] < 0 else np.float32(2) * x[i] * g[i]


@loop(VECTOR, REAL, REAL, VECTOR)
def cubic(x, first, third, out):
    """first·x + third·x³."""
    for i in range(len(x)):
        out[i] = x[i] * (first + third * x[i] * x[i])


@loop(VECTOR, VECTOR, VECTOR)
def gelu_of_tanh(x, bend, out):
    """x·(1 + tanh u)/2, given tanh u."""
    half = np.float32(0.5)
    for i in range(len(x)):
        out[i] = x[i] * (half + half * bend[i])


@loop(VECTOR, VECTOR, VECTOR, REAL, REAL, VECTOR)
def ungelu(g, x, bend, first, third, to_x):
    """g times the slope of the above: (1 + tanh u)/2 + x·(1 - tanh²u)/2·du/dx, du/dx = first + 3·third·x²."""
    half, one, three = np.float32(0.5), np.float32(1), np.float32(3)
    for i in range(len(g)):
        slope = first + three * third * x[i] * x[i]
        to_x[i] = g[i] * half * (one + bend[i] + x[i] * (one - bend[i] * bend[i]) * slope)


@loop(VECTOR, VECTOR, VECTOR, VECTOR, REAL, REAL, REAL, REAL, REAL, REAL)
def adam(weight, gradient, mean, square, first, second, unbias, eps, rate, keep):
    """One step of Adam for every weight: see `optim.Adam`."""
    one = np.float32(1)
    for i in range(len(weight)):
        g = gradient[i]
        mean[i] = first * mean[i] + (one - first) * g
        square[i] = second * square[i] + (one - second) * g * g
        weight[i] = keep * weight[i] - rate * mean[i] / (np.sqrt(square[i]) * unbias + eps)
