"""The parts of a transformer: attention, a small network for each position, and the block that holds both.

See `hellodl.attention` for what attention is.
"""

from __future__ import annotations

import numpy as np

from hellodl import ops
from hellodl.attention import angles, attend, self_attention, turn
from hellodl.errors import ShapeError
from hellodl.nn.dropout import Dropout
from hellodl.nn.linear import Linear
from hellodl.nn.module import Module
from hellodl.nn.norm import LayerNorm, RMSNorm
from hellodl.tensor import Array, Tensor

ACTIVATIONS = {"gelu": ops.gelu_tanh, "relu2": ops.relu_squared, "swiglu": ops.silu}


class Memory:
    """The keys and values of the positions that one attention layer has seen: (N, heads, positions, size) each.

    With it (the "key-value cache") a text grows by a letter without being looked at from the start again.
    """

    def __init__(self, texts: int, heads: int, positions: int, size: int):
        self.keys = np.empty((texts, heads, positions, size), np.float32)
        self.values = np.empty_like(self.keys)
        self.length = 0

    def add(self, keys: Array, values: Array) -> tuple[Array, Array]:
        """Take in (N, heads, T, size) of each; gives all there are."""
        end = self.length + keys.shape[2]
        if end > self.keys.shape[2]:
            raise ShapeError(
                f"a memory for {self.keys.shape[2]} positions cannot take {end}; begin a new one"
            )
        self.keys[:, :, self.length : end] = keys
        self.values[:, :, self.length : end] = values
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]


class CausalSelfAttention(Module):
    """Each position asks itself and those before it: (N, T, width) -> (N, T, width).

    `rotary` turns queries and keys by their position, up to `context` of them; `normalise` gives them equal lengths.
    """

    def __init__(self, width: int, heads: int, context: int, bias: bool = True, rotary: bool = False,
                 normalise: bool = False, rng: np.random.Generator | None = None):  # fmt: skip
        if width % heads or (width // heads) % 2:
            raise ValueError(
                f"{width} features do not make {heads} equal heads of an even size; change one of them"
            )
        self.heads, self.normalise = heads, normalise
        self.angles = angles(context, width // heads) if rotary else None
        self.qkv = Linear(width, 3 * width, bias, rng=rng)
        self.project = Linear(width, width, bias, rng=rng)

    def forward(self, x: Tensor, memory: Memory | None = None) -> Tensor:
        """(N, T, width) -> (N, T, width); with a memory, x is what comes after what that has seen."""
        if memory is not None:
            return self.project(self.go_on(self.qkv(x).data, memory))
        angle = None if self.angles is None else self.angles[: x.shape[1]]
        return self.project(self_attention(self.qkv(x), self.heads, angle, self.normalise))

    def go_on(self, qkv: Array, memory: Memory) -> Tensor:
        """Attention of new positions to what a memory has and to each other, (N, T, 3·width); leaves no graph."""
        texts, steps, columns = qkv.shape
        parts = qkv.reshape(texts, steps, 3, self.heads, -1)
        asked = parts[:, :, :2]
        if self.normalise:
            asked = ops.to_unit(asked)[0]
        if self.angles is not None:
            asked = turn(asked, self.angles[memory.length : memory.length + steps])
        q, k, v = (part.transpose(0, 2, 1, 3) for part in (asked[:, :, 0], asked[:, :, 1], parts[:, :, 2]))
        answers = attend(q, *memory.add(k, v))  # (N, heads, T, size)
        return Tensor(answers.transpose(0, 2, 1, 3).reshape(texts, steps, columns // 3))


class FeedForward(Module):
    """A small network for each position by itself: (..., width) -> (..., width), by way of `hidden` features.

    activation is "gelu", "relu2" (max(x, 0)²) or "swiglu", where one half of the hidden features, bent by silu, says
    how much of the other half passes (Shazeer 2020).
    """

    def __init__(self, width: int, hidden: int, activation: str = "gelu", bias: bool = True,
                 rng: np.random.Generator | None = None):  # fmt: skip
        if activation not in ACTIVATIONS:
            raise ValueError(f"FeedForward bends by {', '.join(ACTIVATIONS)}, not {activation!r}")
        self.function, self.gated = ACTIVATIONS[activation], activation == "swiglu"
        self.expand = Linear(width, hidden * (2 if self.gated else 1), bias, rng=rng)
        self.project = Linear(hidden, width, bias, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) -> (..., width)."""
        x = self.expand(x)
        if self.gated:
            half = x.shape[-1] // 2
            return self.project(self.function(x[..., :half]) * x[..., half:])
        return self.project(self.function(x))


class Block(Module):
    """One layer of a transformer: x + attention(norm(x)), then x + network(norm(x)): (N, T, width) -> the same."""

    def __init__(self, width: int, heads: int, context: int, dropout: float = 0.0, bias: bool = True,
                 norm: str = "layer", activation: str = "gelu", rotary: bool = False, normalise: bool = False,
                 rng: np.random.Generator | None = None):  # fmt: skip
        self.norm_1 = normaliser(norm, width)
        self.attention = CausalSelfAttention(width, heads, context, bias, rotary, normalise, rng=rng)
        self.norm_2 = normaliser(norm, width)
        # A gated network has three matrices instead of two: two thirds of the features make it as large.
        hidden = 4 * width if activation != "swiglu" else 8 * width // 3
        self.network = FeedForward(width, hidden, activation, bias, rng=rng)
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor, memory: Memory | None = None) -> Tensor:
        """(N, T, width) -> (N, T, width); with a memory, x is what comes after what that has seen."""
        x = x + self.drop(self.attention(self.norm_1(x), memory))
        return x + self.drop(self.network(self.norm_2(x)))


def normaliser(kind: str, width: int) -> Module:
    """LayerNorm or RMSNorm by name."""
    if kind not in ("layer", "rms"):
        raise ValueError(f"a block normalises by 'layer' or 'rms', not {kind!r}")
    return LayerNorm(width) if kind == "layer" else RMSNorm()
