"""Embedding: a vector for every symbol, looked up in a table that is learned (Bengio et al. 2003)."""

from __future__ import annotations

from hellodl import ops
from hellodl.autograd.tensor import Array, Tensor
from hellodl.nn import init
from hellodl.nn.module import Module, Parameter


class Embedding(Module):
    """Whole numbers (...) below num_embeddings -> vectors (..., embedding_dim).

    They start as normal numbers with a standard deviation of `spread`.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, *, spread: float = 1.0, rng: init.Rng = init.DEFAULT):
        start = init.all_alike(0, (num_embeddings, embedding_dim))
        if rng is not None:
            start[...] = rng.standard_normal(start.shape) * spread
        self.weight = Parameter(start)

    def forward(self, x: Tensor) -> Tensor:
        """(...) whole numbers -> (..., embedding_dim)."""
        return ops.embedding(x, self.weight)

    def plain(self, x: Array) -> Array:
        """(...) whole numbers -> (..., embedding_dim)."""
        if x.size == 1 and 0 <= x.item() < len(self.weight.data):
            return self.weight.data[x]
        return super().plain(x)
