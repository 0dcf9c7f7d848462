"""Attention as PyTorch has it: from any sequence to any other, causal or not, with masks.

`nn.attention` has the kind that writes texts: causal, within one text, and quick. This one may look everywhere, or into
another text altogether, as translators do (Vaswani et al. 2017). It is `ops.attention_between` with weights around it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hellodl import ops
from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError
from hellodl.nn import init
from hellodl.nn.dropout import Dropout
from hellodl.nn.linear import Linear
from hellodl.nn.module import Module, Parameter
from hellodl.ops.attention import mask_of


class MultiheadAttention(Module):
    """Several heads, each asking in a few of the features: query (L, N, E), key and value (S, N, E) -> (L, N, E).

    With `batch_first`, the batch N is the first axis of all of them. Weights have PyTorch's names and shapes.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        batch_first: bool = False,
        rng: init.Rng = init.DEFAULT,
    ):
        if num_heads < 1 or embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: {embed_dim} features do not make {num_heads} equal heads")
        self.in_proj_weight = Parameter(init.glorot_uniform((3 * embed_dim, embed_dim), rng))
        self.in_proj_bias = Parameter(init.all_alike(0, 3 * embed_dim)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, gain=1.0, rng=rng)
        self.drop = Dropout(dropout)
        self.num_heads, self.batch_first = num_heads, batch_first

    def forward(  # type: ignore[override]
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """The answers, and how much each query took from each key: (N, L, S), or (N, heads, L, S) if not averaged.

        key_padding_mask (N, S) is true where a key is padding; attn_mask (L, S), or (N·heads, L, S), is true where a
        query may *not* look, or holds numbers that are added to how well they fit. What may look nowhere gets zeros.
        """
        width, heads = self.out_proj.weight.shape[0], self.num_heads
        if not self.batch_first:
            query, key, value = (each.transpose((1, 0, 2)) for each in (query, key, value))
        if any(each.ndim != 3 or each.shape[2] != width for each in (query, key, value)) or len(query) != len(key):
            shapes = f"{query.shape}, {key.shape} and {value.shape}"
            raise ShapeError(f"MultiheadAttention '{self.name}' takes batches of sequences of {width}, got {shapes}")
        parts = []
        for k, each in enumerate((query, key, value)):
            own = slice(k * width, (k + 1) * width)
            bias = None if self.in_proj_bias is None else self.in_proj_bias[own]
            made = ops.linear(each, self.in_proj_weight[own], bias)
            parts.append(made.reshape(*made.shape[:2], heads, -1).transpose((0, 2, 1, 3)))  # (N, heads, steps, size)
        mask = _mask(attn_mask, key_padding_mask, parts[0], parts[1].shape[2])
        q, k, v = parts
        answers, shares = ops.attention_between(q, k, v, mask, is_causal, self.drop)
        out = self.out_proj(answers.transpose((0, 2, 1, 3)).reshape(*query.shape))
        out = out if self.batch_first else out.transpose((1, 0, 2))
        if not need_weights:
            return out, None
        return out, shares.mean(axis=1) if average_attn_weights else shares


def _mask(attn_mask: Any, key_padding_mask: Any, q: Tensor, keys: int) -> Tensor | None:
    """Both masks as one, of numbers to be added, 0 or -∞: see `ops.attention_between`."""
    total = None
    size, heads, queries, _ = q.shape
    for mask, shape in ((attn_mask, (-1, heads, queries, keys)), (key_padding_mask, (size, 1, 1, keys))):
        if mask is None:
            continue
        mask = mask_of(mask, q)
        if mask.dtype.kind == "b":
            mask = Tensor(np.where(mask.data, -np.inf, 0).astype(q.dtype), dtype=q.dtype)
        if mask.ndim != 2 or shape[0] != -1:
            mask = mask.reshape(shape)
        total = mask if total is None else total + mask
    return total
