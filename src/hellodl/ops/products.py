"""The matrix product with a bias that most of a network's work is, as one operation."""

from __future__ import annotations

import numpy as np

from hellodl.autograd.tensor import Array, Tensor, column_sums, record
from hellodl.errors import ShapeError
from hellodl.ops import scratch
from hellodl.ops.shapes import transpose


def linear_reference(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b, in the small steps that everybody knows."""
    out = x @ transpose(weight)
    return out if bias is None else out + bias


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b as one node: x (..., in), weight (out, in) as in PyTorch, bias (out,) -> (..., out)."""
    if x.shape[-1:] != weight.shape[1:]:
        raise ShapeError(f"linear: x is {x.shape} and weight {weight.shape}; their last sizes must be equal")
    rows = x.data.reshape(-1, x.shape[-1])  # (..., in) -> (rows, in)
    out = scratch.empty((len(rows), weight.shape[0]), np.result_type(rows, weight.data))
    np.matmul(rows, weight.data.T, out=out)
    if bias is not None:
        out += bias.data
    out = out.reshape(*x.shape[:-1], weight.shape[0])

    def to_x(g: Array) -> Array:
        g = g.reshape(-1, g.shape[-1])
        return np.matmul(g, weight.data, out=scratch.like(rows)).reshape(x.shape)

    def to_weight(g: Array) -> Array:
        return np.matmul(g.reshape(-1, g.shape[-1]).T, rows, out=scratch.empty(weight.shape, g.dtype))

    parents = [(x, to_x), (weight, to_weight)]
    if bias is not None:
        parents.append((bias, lambda g: column_sums(g.reshape(-1, g.shape[-1]))))
    return record(out, *parents)
