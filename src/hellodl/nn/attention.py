"""The parts of a transformer: attention, a small network for each position, and the block that holds both.

See `hellodl.ops.attention` for what attention is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hellodl.autograd.tensor import Array, Tensor
from hellodl.nn import init
from hellodl.nn.dropout import Dropout
from hellodl.nn.linear import Linear
from hellodl.nn.module import Module, Parameter
from hellodl.nn.norm import LayerNorm, RMSNorm
from hellodl.ops import activations
from hellodl.ops.attention import angles, attend, self_attention, token_shift, turn
from hellodl.ops.norms import unit


def relu_squared_of(x: Array) -> Array:
    """The value of `relu_squared`."""
    return np.square(np.maximum(x, 0))


def silu_of(x: Array) -> Array:
    """The value of `silu`."""
    return x * (0.5 * np.tanh(0.5 * x) + 0.5)


# By name: the operation, and the same on a plain array, in few calls, for one row at a time.
ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Array], Array]]] = {
    "gelu": (activations.gelu_tanh, activations.gelu_tanh_of),
    "relu2": (activations.relu_squared, relu_squared_of),
    "swiglu": (activations.silu, silu_of),
}


class Memory:
    """What one block has seen of one text, so that a letter more costs the same however many went before.

    `keys` and `values` (heads, positions, size) of the positions so far (the "key-value cache"), and for each shift
    the rows that came last, (back, width).
    """

    def __init__(self, heads: int, positions: int, size: int, back: int = 0):
        self.keys = np.zeros((heads, positions, size), np.float32)
        self.values = np.zeros_like(self.keys)
        self.last = {name: np.zeros((back, heads * size), np.float32) for name in ("shift_1", "shift_2")}
        self.length = 0

    def add(self, keys: Array, values: Array) -> tuple[Array, Array]:
        """Take in (heads, T, size) of each; gives all there are."""
        end = self.length + keys.shape[1]
        self.keys[:, self.length : end] = keys
        self.values[:, self.length : end] = values
        self.length = end
        return self.keys[:, :end], self.values[:, :end]


class TokenShift(Module):
    """Each feature mixed with what it was `back` positions before and since: (N, T, width) -> the same.

    It starts as no change at all.
    """

    def __init__(self, width: int, back: int):
        weight = init.all_alike(0, (back + 1, width))
        weight[0] = 1
        self.weight = Parameter(weight)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, width) -> (N, T, width)."""
        return token_shift(x, self.weight)

    def go_on(self, x: Array, last: Array) -> Array:
        """The same for what comes after the rows in `last` (back, width), which are moved on: x (T, width)."""
        rows = np.concatenate([last, x])
        last[...] = rows[len(x) :]
        weight = self.weight.data
        out = weight[0] * x
        for k in range(1, len(weight)):
            out += weight[k] * rows[len(last) - k : len(rows) - k]
        return out


class CausalSelfAttention(Module):
    """Each position asks itself and those before it: (N, T, width) -> (N, T, width).

    `rotary` turns queries and keys by their position, up to `context` of them; `normalise` gives them equal lengths.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        context: int,
        bias: bool = True,
        rotary: bool = False,
        normalise: bool = False,
        rng: init.Rng = init.DEFAULT,
    ):
        if heads < 1 or width % heads or (width // heads) % 2:
            raise ValueError(f"{width} features do not make {heads} equal heads of an even size; change one of them")
        self.heads, self.normalise = heads, normalise
        self.angles = angles(context, width // heads) if rotary else None
        self.qkv = Linear(width, 3 * width, bias, rng=rng)
        self.project = Linear(width, width, bias, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, width) -> (N, T, width)."""
        angle = None if self.angles is None else self.angles[: x.shape[1]]
        return self.project(self_attention(self.qkv(x), self.heads, angle, self.normalise))

    def asked(self, x: Array, before: int = 0) -> tuple[Array, Array, Array]:
        """Queries, keys and values, (heads, T, size) each, of x (T, width), which has so many positions before it."""
        q, k, v = self.qkv.plain(x).reshape(len(x), 3, self.heads, -1).transpose(1, 2, 0, 3)
        if self.normalise:
            q, k = unit(q), unit(k)
        if self.angles is not None:
            angle = self.angles[before : before + len(x)]
            q, k = turn(q, angle), turn(k, angle)
        return q, k, v

    def go_on(self, x: Array, memory: Memory) -> Array:
        """The same for what comes after what the memory has seen: x (T, width), a plain array without a graph."""
        q, k, v = self.asked(x, memory.length)
        answers = attend(q, *memory.add(k, v))  # (heads, T, size)
        return self.project.plain(answers.transpose(1, 0, 2).reshape(x.shape))


class FeedForward(Module):
    """A small network for each position by itself: (..., width) -> (..., width), by way of `hidden` features.

    activation is "gelu", "relu2" (max(x, 0)²) or "swiglu", where one half of the hidden features, bent by silu, says
    how much of the other half passes (Shazeer 2020).
    """

    def __init__(
        self, width: int, hidden: int, activation: str = "gelu", bias: bool = True, rng: init.Rng = init.DEFAULT
    ):
        if activation not in ACTIVATIONS:
            raise ValueError(f"FeedForward bends by {', '.join(ACTIVATIONS)}, not {activation!r}")
        self.bend, self.plain_bend = ACTIVATIONS[activation]
        self.gated = activation == "swiglu"
        self.expand = Linear(width, hidden * (2 if self.gated else 1), bias, rng=rng)
        self.project = Linear(hidden, width, bias, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) -> (..., width)."""
        x = self.expand(x)
        if self.gated:
            half = x.shape[-1] // 2
            return self.project(self.bend(x[..., :half]) * x[..., half:])
        return self.project(self.bend(x))

    def hidden(self, x: Array) -> Array:
        """What the units in the middle say: (..., width) -> (..., hidden), on plain arrays without a graph."""
        x = self.expand.plain(x)
        if self.gated:
            half = x.shape[-1] // 2
            return self.plain_bend(x[..., :half]) * x[..., half:]
        return self.plain_bend(x)

    def plain(self, x: Array) -> Array:
        """(..., width) -> (..., width)."""
        return self.project.plain(self.hidden(x))


class Block(Module):
    """One layer of a transformer: x + attention(norm(x)), then x + network(norm(x)): (N, T, width) -> the same.

    With `shift`, what attention and network get is first mixed with the so many positions before.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        context: int,
        dropout: float = 0.0,
        bias: bool = True,
        norm: str = "layer",
        activation: str = "gelu",
        rotary: bool = False,
        normalise: bool = False,
        shift: int = 0,
        rng: init.Rng = init.DEFAULT,
    ):
        self.norm_1 = normaliser(norm, width)
        self.shift_1 = TokenShift(width, shift) if shift else None
        self.attention = CausalSelfAttention(width, heads, context, bias, rotary, normalise, rng=rng)
        self.norm_2 = normaliser(norm, width)
        self.shift_2 = TokenShift(width, shift) if shift else None
        # A gated network has three matrices instead of two: two thirds of the features make it as large.
        hidden = 4 * width if activation != "swiglu" else 8 * width // 3
        self.network = FeedForward(width, hidden, activation, bias, rng=rng)
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, width) -> (N, T, width)."""
        inner = self.norm_1(x)
        x = x + self.drop(self.attention(self.shift_1(inner) if self.shift_1 else inner))
        inner = self.norm_2(x)
        return x + self.drop(self.network(self.shift_2(inner) if self.shift_2 else inner))

    def go_on(self, x: Array, memory: Memory) -> Array:
        """The same for what comes after what the memory has seen: x (T, width), a plain array without a graph."""
        inner = self.norm_1.plain(x)
        if self.shift_1:
            inner = self.shift_1.go_on(inner, memory.last["shift_1"])
        x = x + self.attention.go_on(inner, memory)
        inner = self.norm_2.plain(x)
        if self.shift_2:
            inner = self.shift_2.go_on(inner, memory.last["shift_2"])
        return x + self.network.plain(inner)


def normaliser(kind: str, width: int) -> Module:
    """LayerNorm or RMSNorm by name."""
    if kind not in ("layer", "rms"):
        raise ValueError(f"a block normalises by 'layer' or 'rms', not {kind!r}")
    return LayerNorm(width) if kind == "layer" else RMSNorm()
