"""Activations: the bends between the layers, without which a hundred layers would be one straight line.

Elementwise operations like those of `ops`, but the ones that a network does to millions of numbers, so that each has
a way in memory that is used again and some have one in compiled loops. And softmax, which bends a whole row.
"""

from __future__ import annotations

import math

import numpy as np

from hellodl.autograd.arrays import in_one_piece
from hellodl.autograd.tensor import Array, Tensor, record
from hellodl.ops import loops, scratch
from hellodl.ops.calling import operation
from hellodl.ops.error_function import erf as _erf

# GELU by tanh: Φ(x) ≈ (1 + tanh u) / 2 with u = FIRST·x + THIRD·x³ (Hendrycks and Gimpel 2016).
FIRST = math.sqrt(2 / math.pi)
THIRD = FIRST * 0.044715


@operation
def relu(x: Tensor) -> Tensor:
    """max(x, 0), the rectifier (Nair and Hinton 2010).  The slope is 1 where something came through."""
    if loops.use(x.data):
        return _relu_in_loops(x)
    out = np.maximum(x.data, 0, out=scratch.like(x.data))

    def to_x(g: Array) -> Array:
        came_through = np.greater(out, 0, out=scratch.like(out, bool))
        return np.multiply(g, came_through, out=scratch.like(g))

    return record(out, (x, to_x))


def _relu_in_loops(x: Tensor) -> Tensor:
    out = scratch.like(x.data)
    loops.rows.rectify(x.data.reshape(-1), out.reshape(-1))

    def to_x(g: Array) -> Array:
        gradient = scratch.like(out)
        loops.rows.unrectify(in_one_piece(g).reshape(-1), out.reshape(-1), gradient.reshape(-1))
        return gradient

    return record(out, (x, to_x))


@operation(of_floats=True)
def sigmoid(x: Tensor) -> Tensor:
    """1/(1 + e⁻ˣ).  Its slope is s(1-s)."""
    out = sigmoid_of(x.data)
    return record(out, (x, lambda g: g * (out * (1 - out))))


def sigmoid_of(x: Array) -> Array:
    """The value of `sigmoid`, of an array: from e^-|x|, which never overflows, and keeps its digits far below 0.

    (½ tanh ½x + ½ is as safe, but rounds 2e-9 to 0, whose logarithm is no number to learn from.)
    """
    shrunk = np.exp(-np.abs(x))
    return np.where(x >= 0, x.dtype.type(1), shrunk) / (1 + shrunk)


@operation(of_floats=True)
def softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^βx)/β, a rectifier without a kink (Dugas et al. 2001).  Its slope is σ(βx).

    Where βx is over the threshold it is x, as in PyTorch; below, nothing overflows anyway.
    """
    bx = beta * x.data
    out = np.where(bx > threshold, x.data, (np.maximum(bx, 0) + np.log1p(np.exp(-np.abs(bx)))) / beta)
    return record(out, (x, lambda g: g * np.where(bx > threshold, bx.dtype.type(1), sigmoid_of(bx))))


@operation(of_floats=True)
def logsigmoid(x: Tensor) -> Tensor:
    """log σ(x), which stays a number where σ(x) itself is rounded to 0: -softplus(-x) without its threshold."""
    return -softplus(-x, threshold=np.inf)


@operation(of_floats=True)
def leaky_relu(x: Tensor, negative_slope: float = 0.01) -> Tensor:
    """x, and where it is negative only a little of it (Maas et al. 2013), so that no unit is ever shut for good."""
    slope = np.where(x.data > 0, x.dtype.type(1), x.dtype.type(negative_slope))
    return record(x.data * slope, (x, lambda g: g * slope))


@operation(of_floats=True)
def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x, and α(eˣ - 1) where it is negative (Clevert et al. 2015).  Its slope there is αeˣ."""
    below = x.dtype.type(alpha) * np.exp(np.minimum(x.data, 0))
    out = np.where(x.data > 0, x.data, below - x.dtype.type(alpha))
    return record(out, (x, lambda g: g * np.where(x.data > 0, x.dtype.type(1), below)))


@operation(of_floats=True)
def tanh(x: Tensor) -> Tensor:
    """Hyperbolic tangent.  Its slope is 1 - tanh²."""
    out = np.tanh(x.data)
    return record(out, (x, lambda g: g * (1 - out * out)))


@operation(of_floats=True)
def erf(x: Tensor) -> Tensor:
    """The error function.  Its slope is the bell curve 2/√π e^(-x²)."""
    return record(_erf(x.data), (x, lambda g: g * (2 / math.sqrt(math.pi)) * np.exp(-x.data * x.data)))


@operation(of_floats=True)
def gelu(x: Tensor) -> Tensor:
    """x·Φ(x), Φ the normal distribution: the Gaussian error linear unit (Hendrycks and Gimpel 2016), exact.

    Its slope is Φ(x) + x·φ(x), φ the bell curve.
    """
    share = 0.5 * _erf(x.data * math.sqrt(0.5)) + 0.5

    def to_x(g: Array) -> Array:
        bell = np.exp(-0.5 * x.data * x.data) * (1 / math.sqrt(2 * math.pi))
        return g * (share + x.data * bell)

    return record(x.data * share, (x, to_x))


@operation(of_floats=True)
def gelu_tanh(x: Tensor) -> Tensor:
    """GELU with Φ(x) replaced by a tanh that is within 0.0005 of it (same paper); cheaper where erf is not to hand.

    Φ(x) ≈ (1 + tanh u) / 2 with u = √(2/π)·(x + 0.044715·x³), and its slope is Φ(x)·(1 + 2x·(1 - Φ(x))·du/dx).
    """
    if loops.use(x.data):
        return _gelu_in_loops(x, np.float32(FIRST), np.float32(THIRD))

    def parabola(square: float) -> Array:
        out = np.multiply(x.data, x.data, out=scratch.like(x.data))
        out *= square
        out += FIRST
        return out

    share = parabola(THIRD)
    share *= x.data
    np.tanh(share, out=share)
    share *= 0.5
    share += 0.5

    def to_x(g: Array) -> Array:
        slope = parabola(3 * THIRD)
        slope *= x.data
        rest = np.subtract(1, share, out=scratch.like(share))
        slope *= rest
        slope *= 2
        slope += 1
        slope *= share
        slope *= g
        return slope

    return record(np.multiply(x.data, share, out=scratch.like(x.data)), (x, to_x))


def gelu_tanh_of(x: Array) -> Array:
    """The value of `gelu_tanh` alone, of an array."""
    out = x * x
    out *= THIRD
    out += FIRST
    out *= x
    np.tanh(out, out=out)
    out += 1
    out *= x
    out *= 0.5
    return out


@operation
def relu_squared(x: Tensor) -> Tensor:
    """max(x, 0)² (So et al. 2021).  Its slope is 2·max(x, 0)."""
    if loops.use(x.data):
        out = scratch.like(x.data)
        loops.rows.rectify_and_square(x.data.reshape(-1), out.reshape(-1))

        def to_x(g: Array) -> Array:
            gradient = scratch.like(x.data)
            flat = in_one_piece(g).reshape(-1)
            loops.rows.unrectify_and_square(flat, x.data.reshape(-1), gradient.reshape(-1))
            return gradient

        return record(out, (x, to_x))
    above = np.maximum(x.data, 0, out=scratch.like(x.data))

    def twice(g: Array) -> Array:
        out = np.multiply(g, above, out=scratch.like(above))
        out *= 2
        return out

    return record(np.square(above, out=scratch.like(above)), (x, twice))


@operation(of_floats=True)
def silu(x: Tensor) -> Tensor:
    """x·σ(x), also called swish (Elfwing et al. 2017).  Its slope is σ + x·σ(1 - σ)."""
    share = sigmoid_of(x.data)
    return record(x.data * share, (x, lambda g: g * share * (1 + x.data * (1 - share))))


def _gelu_in_loops(x: Tensor, first: np.float32, third: np.float32) -> Tensor:
    """`gelu_tanh` with u = first·x + third·x³."""
    flat, bend, out = x.data.reshape(-1), scratch.like(x.data), scratch.like(x.data)
    loops.rows.cubic(flat, first, third, bend.reshape(-1))
    np.tanh(bend, out=bend)
    loops.rows.gelu_of_tanh(flat, bend.reshape(-1), out.reshape(-1))

    def to_x(g: Array) -> Array:
        gradient = scratch.like(bend)
        loops.rows.ungelu(in_one_piece(g).reshape(-1), flat, bend.reshape(-1), first, third, gradient.reshape(-1))
        return gradient

    return record(out, (x, to_x))


@operation(of_floats=True)
def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Scores to probabilities: e^x, scaled to add up to 1.  Dp/dx: p·(g - Σ g·p)."""
    out = np.exp(x.data - x.data.max(axis=axis, keepdims=True))
    out /= out.sum(axis=axis, keepdims=True)
    return record(out, (x, lambda g: out * (g - (g * out).sum(axis=axis, keepdims=True))))


@operation(of_floats=True)
def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """The logarithm of softmax, without ever taking the logarithm of a zero (subtract the largest first)."""
    out = x.data - x.data.max(axis=axis, keepdims=True)
    out -= np.log(np.exp(out).sum(axis=axis, keepdims=True))
    return record(out, (x, lambda g: g - np.exp(out) * g.sum(axis=axis, keepdims=True)))
