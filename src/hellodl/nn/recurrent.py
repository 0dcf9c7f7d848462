"""Layers with a memory: RNN, GRU and LSTM, as in PyTorch (see `hellodl.ops.recurrent` for what they compute)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import sqrt
from operator import itemgetter
from typing import Any

import numpy as np

from hellodl import ops
from hellodl.autograd.tensor import Array, Tensor
from hellodl.errors import DataError, ShapeError
from hellodl.nn import init
from hellodl.nn.module import Module, Parameter
from hellodl.ops import recurrent
from hellodl.ops.recurrent import Weights


class Recurrent(Module):
    """What the three have in common: layers on top of each other, each reading what the one below it says.

    Takes x (L, N, input_size), or (N, L, input_size) with `batch_first`, or the same without the last axis as whole
    numbers below `input_size` ("one-hot"); gives every step's output, (L, N, hidden_size), and the state after the
    last step, with which one may go on. With `bidirectional`, a second set of weights reads from the end to the
    beginning and both outputs stand side by side. `dropout` is between the layers.
    """

    gates, states = 1, 1
    cell: Callable[[Array, Any, Weights], tuple[Array, ...]]
    layer: Callable[[Tensor, Any, Weights], Tensor]
    weight_ih_l0: Parameter

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        dropout: float = 0.0,
        batch_first: bool = False,
        bidirectional: bool = False,
        rng: init.Rng = init.DEFAULT,
    ):
        if not 0 <= dropout < 1:
            raise ValueError(f"{type(self).__name__}'s dropout is at least 0 and under 1, not {dropout}")
        if min(input_size, hidden_size, num_layers) < 1:
            raise ValueError(f"{type(self).__name__}: sizes and layers are at least 1")
        self.hidden_size, self.num_layers, self.dropout = hidden_size, num_layers, dropout
        self.batch_first, self.directions = batch_first, ("", "_reverse") if bidirectional else ("",)
        self.generator: np.random.Generator | None = None
        limit = 1 / sqrt(hidden_size)
        for layer in range(num_layers):
            features = hidden_size * len(self.directions) if layer else input_size
            for direction in self.directions:
                across = {"weight_ih": (features,), "weight_hh": (hidden_size,), "bias_ih": (), "bias_hh": ()}
                for name, columns in across.items():
                    start = init.all_alike(0, (self.gates * hidden_size, *columns))
                    if rng is not None:
                        start[...] = rng.uniform(-limit, limit, start.shape)
                    setattr(self, f"{name}_l{layer}{direction}", Parameter(start))

    def weights(self, layer: int, direction: str = "") -> Weights:
        """The four arrays of one layer (counted from 0)."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return Weights(*(getattr(self, f"{name}_l{layer}{direction}") for name in names))

    def forward(  # type: ignore[override]
        self, x: Tensor, state: Any = None, lengths: Any = None
    ) -> tuple[Tensor, Any]:
        """Every step's output, and the state after the last: see the class.

        The state, (num_layers · directions, N, hidden_size), is zero at the start unless one is given; LSTM's is a
        pair of such, (h, c). With `lengths` (N,), only so many steps of each sequence count: beyond them outputs are
        zero, and the state is that after its own last step, as with PyTorch's packed sequences.
        """
        whole = x.dtype.kind in "iu"
        if x.ndim != (2 if whole else 3):
            raise ShapeError(
                f"{type(self).__name__} '{self.name}' takes vectors (3 axes) or whole numbers (2 axes) "
                f"of a batch of sequences, got {x.shape} {x.dtype}"
            )
        if self.batch_first:
            x = x.transpose(1, 0) if whole else x.transpose(1, 0, 2)
        parts = self.split(state, x.shape[1])
        if lengths is not None:
            lengths = np.asarray(lengths.data if isinstance(lengths, Tensor) else lengths)
            if lengths.shape != x.shape[1:2] or not ((lengths >= 1) & (lengths <= len(x))).all():
                raise ShapeError(f"{type(self).__name__}: lengths are {x.shape[1]} whole numbers from 1 to {len(x)}")
        last = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = ops.dropout(x, self.dropout, self.generator or init.DEFAULT)
            outputs = []
            for number, direction in enumerate(self.directions):
                start = parts[layer * len(self.directions) + number]
                way = reversal(len(x), lengths) if direction == "_reverse" else slice(None)
                run = self.run if lengths is None else partial(self.run_lengths, lengths)
                out, end = run(x[way], start, self.weights(layer, direction))
                outputs.append(out[way])
                last.append(end)
            x = outputs[0] if len(outputs) == 1 else ops.concatenate(outputs, axis=2)
        return (x.transpose(1, 0, 2) if self.batch_first else x), self.join(last)

    def run(self, x: Tensor, state: Any, weights: Weights) -> tuple[Tensor, Any]:
        """One layer in one direction."""
        out = self.layer(x, state, weights)
        return out, out[-1]

    def run_lengths(self, lengths: Array, x: Tensor, state: Any, weights: Weights) -> tuple[Tensor, Any]:
        """`run`, with sequences that end at their lengths: the longest first, and on from end to end with fewer."""
        order, (steps, batch) = np.argsort(-lengths, kind="stable"), x.shape[:2]
        back, x, state = np.argsort(order), x[:, order], of_each(state, lambda part: part[order])
        outputs, ended, start = [], [], 0
        for stop in np.unique(lengths):
            running, going_on = (int((lengths > step).sum()) for step in (start, stop))
            out, state = self.run(x[start:stop, :running], state, weights)
            outputs.append(ops.pad(out, [(0, 0), (0, batch - running), (0, 0)]))
            ended.append(of_each(state, itemgetter(slice(going_on, None))))
            state, start = of_each(state, itemgetter(slice(going_on))), stop
        outputs.append(ops.pad(outputs[-1][:0], [(0, steps - start), (0, 0), (0, 0)]))
        last = ended[::-1]  # who ended last comes first
        if isinstance(state, tuple):
            return ops.concatenate(outputs)[:, back], tuple(ops.concatenate(part)[back] for part in zip(*last))
        return ops.concatenate(outputs)[:, back], ops.concatenate(last)[back]

    def split(self, state: Any, batch: int) -> list[Any]:
        """The state of each layer and direction, (N, H); zeros where none is given."""
        count = self.num_layers * len(self.directions)
        if state is None:
            dtype = self.weights(0).hh.dtype
            return [Tensor(np.zeros((batch, self.hidden_size), dtype), dtype=dtype)] * count
        if state.shape != (count, batch, self.hidden_size):
            raise ShapeError(
                f"{type(self).__name__} '{self.name}' starts from a state of shape "
                f"{(count, batch, self.hidden_size)}, got {state.shape}"
            )
        return [state[number] for number in range(count)]

    def join(self, states: list[Any]) -> Any:
        """The states of all layers and directions as one tensor."""
        return ops.stack(states)

    def begin(self) -> list[tuple[Array, ...]]:
        """For `step`: zeros for every layer, (h,) each, or (h, c)."""
        return [tuple(np.zeros((self.states, self.hidden_size), np.float32)) for _ in range(self.num_layers)]

    def step(self, token: int, states: list[tuple[Array, ...]]) -> tuple[Array, list[tuple[Array, ...]]]:
        """One whole number more of one text, on plain arrays without a graph: the top layer's h (H,), the states."""
        if not 0 <= token < self.weight_ih_l0.shape[1]:
            raise DataError(
                f"{type(self).__name__}: whole numbers are from 0 to {self.weight_ih_l0.shape[1] - 1}, got {token}"
            )
        after: list[tuple[Array, ...]] = []
        for layer, state in enumerate(states):
            weights = self.weights(layer)
            inner = weights.ih.data @ after[-1][0] if layer else weights.ih.data[:, token]
            after.append(self.cell(inner + weights.bias_ih.data, state, weights))
        return after[-1][0], after


def of_each(state: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """A function of a state, or of both parts of LSTM's."""
    return tuple(map(function, state)) if isinstance(state, tuple) else function(state)


def reversal(steps: int, lengths: Array | None) -> Any:
    """An index that turns sequences round, each within its length; used twice it is none."""
    if lengths is None:
        return slice(None, None, -1)
    step = np.arange(steps)[:, None]
    return np.where(step < lengths, lengths - 1 - step, step), np.arange(len(lengths))


class RNN(Recurrent):
    """Elman's network: h ← tanh(W_ih x + W_hh h)."""

    cell, layer = staticmethod(recurrent.rnn_cell), staticmethod(recurrent.rnn)


class GRU(Recurrent):
    """Gated recurrent units (Cho et al. 2014)."""

    gates = 3
    cell, layer = staticmethod(recurrent.gru_cell), staticmethod(recurrent.gru)


class LSTM(Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber 1997); its state is a pair, (h, c)."""

    gates, states = 4, 2
    cell = staticmethod(recurrent.lstm_cell)

    def run(self, x: Tensor, state: tuple[Tensor, Tensor], weights: Weights) -> tuple[Tensor, Any]:
        """One layer in one direction."""
        packed = recurrent.lstm(x, *state, weights)
        return packed[:-1], (packed[-2], packed[-1])

    def split(self, state: Any, batch: int) -> list[Any]:
        """The (h, c) of each layer and direction."""
        h, c = state if state is not None else (None, None)
        return list(zip(super().split(h, batch), super().split(c, batch), strict=True))

    def join(self, states: list[Any]) -> Any:
        """(h, c), of all layers and directions each."""
        return tuple(ops.stack(part) for part in zip(*states, strict=True))
