"""Rows scaled to one length: what keeps numbers in a deep network from growing or fading from layer to layer."""

from __future__ import annotations

import numpy as np

from hellodl.autograd.tensor import Array, Tensor, record
from hellodl.ops import scratch
from hellodl.ops.calling import operation


def rms_norm_reference(x: Tensor, epsilon: float = 1e-6) -> Tensor:
    """x over the root of its mean square, step by step."""
    return x / ((x * x).mean(axis=-1, keepdims=True) + epsilon).sqrt()


@operation(of_floats=True)
def rms_norm(x: Tensor, epsilon: float = 1e-6) -> Tensor:
    """Each row (last axis) scaled so that its mean square is 1 (Zhang and Sennrich 2019), as one node."""
    out, scale = to_unit(x.data, epsilon)
    return record(out, (x, lambda g: from_unit(g, x.data, scale)))


def to_unit(x: Array, epsilon: float = 1e-6) -> tuple[Array, Array]:
    """The value of `rms_norm`, and s = 1/√mean(x²), (..., 1), which its gradient wants.

    Epsilon keeps a row of zeros from being divided by zero.
    """
    mean = np.einsum("...d,...d->...", x, x)[..., None] / x.dtype.type(x.shape[-1])
    scale = 1 / np.sqrt(mean + x.dtype.type(epsilon))
    return np.multiply(x, scale, out=scratch.empty(x.shape, x.dtype)), scale


def unit(x: Array, epsilon: float = 1e-6) -> Array:
    """The value of `rms_norm` alone."""
    mean = np.add.reduce(x * x, axis=-1, keepdims=True) * x.dtype.type(1 / x.shape[-1])
    return x / np.sqrt(mean + x.dtype.type(epsilon))


def from_unit(g: Array, x: Array, scale: Array) -> Array:
    """The gradient of `rms_norm`: s·(g - x·s²·mean(g·x)), for what lies along x only changes the length."""
    along = np.einsum("...d,...d->...", g, x)[..., None] * (scale * scale / x.dtype.type(x.shape[-1]))
    out = np.multiply(x, along, out=scratch.empty(x.shape, x.dtype))
    np.subtract(g, out, out=out)
    out *= scale
    return out
