"""Loops over rows of numbers: normalisation, activations, the optimiser."""

from __future__ import annotations

import numpy as np

from hellodl.ops.loops.compiler import REAL, ROWS, VECTOR, into, loop

# -- normalisation -----------------------------------------------------------------------------------------


@loop(ROWS, into(VECTOR), into(VECTOR))
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


@loop(ROWS, VECTOR, VECTOR, VECTOR, "b1", into(ROWS))
def normalise(rows, mean, scale, bias, rectify, out):
    """(x - mean) · scale + bias, and not below zero where that is asked for."""
    for r in range(rows.shape[0]):
        for c in range(rows.shape[1]):
            value = (rows[r, c] - mean[c]) * scale[c] + bias[c]
            out[r, c] = 0 if rectify and value < 0 else value


@loop(ROWS, ROWS, VECTOR, ROWS, "b1", into(VECTOR), into(VECTOR))
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


@loop(ROWS, ROWS, VECTOR, ROWS, "b1", VECTOR, VECTOR, VECTOR, into(ROWS))
def unnormalise(g, rows, mean, out, rectify, scale, shift, tilt, to_x):
    """scale · (g - shift - tilt · (x - mean)): see `nn.norm.normalise_columns`."""
    for r in range(g.shape[0]):
        for c in range(g.shape[1]):
            slope = 0 if rectify and out[r, c] <= 0 else g[r, c]
            to_x[r, c] = scale[c] * (slope - shift[c] - tilt[c] * (rows[r, c] - mean[c]))


@loop(ROWS, VECTOR, VECTOR, REAL, into(VECTOR), into(VECTOR), into(ROWS))
def normalise_each(rows, weight, bias, epsilon, mean, scale, out):
    """Each row to mean 0 and variance 1, then scaled and shifted."""
    features = rows.shape[1]
    for r in range(len(rows)):
        total, rest, squares = np.float32(0), np.float32(0), np.float32(0)
        for c in range(features):
            total += rows[r, c]
        middle = total / np.float32(features)
        for c in range(features):
            rest += rows[r, c] - middle  # what rounding left of a mean that is large
        mean[r] = middle + rest / np.float32(features)
        for c in range(features):
            squares += (rows[r, c] - mean[r]) * (rows[r, c] - mean[r])
        scale[r] = np.float32(1) / np.sqrt(squares / features + epsilon)
        for c in range(features):
            out[r, c] = (rows[r, c] - mean[r]) * scale[r] * weight[c] + bias[c]


@loop(ROWS, ROWS, VECTOR, VECTOR, VECTOR, into(ROWS), into(VECTOR), into(VECTOR))
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


# -- activations and the optimiser, elementwise: arrays come as one long row --------------------------------


@loop(VECTOR, into(VECTOR))
def rectify(x, out):
    """max(x, 0)."""
    for i in range(len(x)):
        out[i] = 0 if x[i] < 0 else x[i]


@loop(VECTOR, VECTOR, into(VECTOR))
def unrectify(g, out, to_x):
    """g where something came out, and zero elsewhere."""
    for i in range(len(g)):
        to_x[i] = g[i] if out[i] > 0 else 0


@loop(VECTOR, into(VECTOR))
def rectify_and_square(x, out):
    """max(x, 0)²."""
    for i in range(len(x)):
        out[i] = 0 if x[i] < 0 else x[i] * x[i]


@loop(VECTOR, VECTOR, into(VECTOR))
def unrectify_and_square(g, x, to_x):
    """2·max(x, 0)·g."""
    for i in range(len(g)):
        to_x[i] = 0 if x[i] < 0 else np.float32(2) * x[i] * g[i]


@loop(VECTOR, REAL, REAL, into(VECTOR))
def cubic(x, first, third, out):
    """first·x + third·x³."""
    for i in range(len(x)):
        out[i] = x[i] * (first + third * x[i] * x[i])


@loop(VECTOR, VECTOR, into(VECTOR))
def gelu_of_tanh(x, bend, out):
    """x·(1 + tanh u)/2, given tanh u."""
    half = np.float32(0.5)
    for i in range(len(x)):
        out[i] = x[i] * (half + half * bend[i])


@loop(VECTOR, VECTOR, VECTOR, REAL, REAL, into(VECTOR))
def ungelu(g, x, bend, first, third, to_x):
    """g times the slope of the above: (1 + tanh u)/2 + x·(1 - tanh²u)/2·du/dx, du/dx = first + 3·third·x²."""
    half, one, three = np.float32(0.5), np.float32(1), np.float32(3)
    for i in range(len(g)):
        slope = first + three * third * x[i] * x[i]
        to_x[i] = g[i] * half * (one + bend[i] + x[i] * (one - bend[i] * bend[i]) * slope)


@loop(into(VECTOR), VECTOR, into(VECTOR), into(VECTOR), REAL, REAL, REAL, REAL, REAL, REAL)
def adam(weight, gradient, mean, square, first, second, unbias, eps, rate, keep):
    """One step of Adam for every weight: see `optim.Adam`."""
    one = np.float32(1)
    for i in range(len(weight)):
        g = gradient[i]
        mean[i] = first * mean[i] + (one - first) * g
        square[i] = second * square[i] + (one - second) * g * g
        weight[i] = keep * weight[i] - rate * mean[i] / (np.sqrt(square[i]) * unbias + eps)
