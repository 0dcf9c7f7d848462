"""Scores to probabilities, fused from exp, sum and division because that is safer: nothing overflows."""

from __future__ import annotations

import numpy as np

from hellodl.autograd.tensor import Tensor, record
from hellodl.ops.calling import operation


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
