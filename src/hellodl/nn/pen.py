"""A network that writes by hand: from a text, movement by movement, to where the pen goes (Graves 2013).

    movement so far -> LSTM with a window over the text -> LSTM -> mixture of where the pen goes next

A movement is (x, y, lifts, last): so far to the right and down, in heights of a small x; whether the pen lifts after
it, and whether that was all. Whose hand it is, is a vector that was learned with the rest, an input of every step.
Hand 0 is nobody's: a share of the words was shown without saying who wrote them.

Two more inputs than Graves had make it tidier. Where the pen is: summing up its own movements is something a network
learns late and badly. And the text as a whole, a sum of vectors of its letters: who writes joined comes back in the end
for dots and bars, when the window has long left the letters that want them.
"""

from __future__ import annotations

from math import log, sqrt
from typing import NamedTuple

import numpy as np

from hellodl import ops
from hellodl.autograd.tensor import Array, Tensor
from hellodl.nn import init
from hellodl.nn.embedding import Embedding
from hellodl.nn.linear import Linear
from hellodl.nn.module import Module, Parameter
from hellodl.nn.recurrent import LSTM
from hellodl.ops.recurrent import Weights, lstm_cell
from hellodl.ops.soft_window import Walk, look, window_lstm

FLAGS = 2  # of a movement: the pen lifts after it; it is the last
MOVE = 2 + FLAGS
UNIT = 3.0  # of the network, in a small x: movements are about 1 long to it
USUAL = 11.0  # movements of a letter, at the start
PLACE = np.array([0.05, 0.3])  # where the pen is, so that it is about 1 as well


class WindowLSTM(Module):
    """An LSTM with a soft window over a text: see `hellodl.ops.soft_window`.

    x (L, N, input_size), text (N, U, letter_size) and lengths (N,) -> (L, N, hidden_size + letter_size). At the start
    its Gaussians are about a letter wide, and go on as fast as people do.
    """

    def __init__(
        self, input_size: int, letter_size: int, hidden_size: int, gaussians: int, *, rng: init.Rng = init.DEFAULT
    ):
        self.hidden_size, self.gaussians = hidden_size, gaussians
        limit = 1 / sqrt(hidden_size)

        def weights(*shape: int) -> Parameter:
            start = init.all_alike(0, shape)
            if rng is not None:
                start[...] = rng.uniform(-limit, limit, shape)
            return Parameter(start)

        self.weight_ih = weights(4 * hidden_size, input_size + letter_size)
        self.weight_hh = weights(4 * hidden_size, hidden_size)
        self.bias_ih, self.bias_hh = weights(4 * hidden_size), weights(4 * hidden_size)
        self.walk_weight, self.walk_bias = weights(3 * gaussians, hidden_size), weights(3 * gaussians)
        starts = (-log(gaussians), 0.0, -log(USUAL))  # of α, β and δ
        self.walk_bias.data += np.repeat(np.array(starts, np.float32), gaussians)

    def parts(self) -> tuple[Weights, Walk]:
        """What it has learned."""
        weights = Weights(self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return weights, Walk(self.walk_weight, self.walk_bias)

    def forward(self, x: Tensor, text: Tensor, lengths: Array) -> Tensor:  # type: ignore[override]
        """(L, N, input_size) -> (L, N, hidden_size + letter_size): see the class."""
        return window_lstm(x, text, lengths, *self.parts())


class State(NamedTuple):
    """What a network remembers of N words that it is writing; shares (N, U) say which letter each is at."""

    first: Array
    memory: Array
    window: Array
    place: Array
    second: Array
    memory_2: Array
    shares: Array
    position: Array


class Pen(Module):
    """Writes texts of `symbols` different ones in `hands` hands: two layers of `width`, `hills` in the mixture.

    Texts are numbers from 1 on; 0 is put behind each, and stands for its end.
    """

    def __init__(
        self,
        symbols: int,
        hands: int,
        width: int = 256,
        hills: int = 12,
        gaussians: int = 6,
        letter: int = 48,
        hand: int = 24,
        whole: int = 8,
        rng: init.Rng = init.DEFAULT,
    ):
        self.width, self.hills, self.letter = width, hills, letter
        self.letters = Embedding(symbols, letter, spread=0.5, rng=rng)
        self.hands = Embedding(hands, hand, spread=0.3, rng=rng)
        self.whole = Embedding(symbols, whole, spread=0.3, rng=rng)
        features = MOVE + len(PLACE) + hand + whole
        self.first = WindowLSTM(features, letter, width, gaussians, rng=rng)
        self.second = LSTM(width + letter + features, width, rng=rng)
        self.head = Linear(2 * width, 6 * hills + FLAGS, gain=1, rng=rng)

    def forward(  # type: ignore[override]
        self, moves: Tensor, texts: Array, lengths: Array, hands: Array | Tensor
    ) -> Tensor:
        """What comes after each of moves (L, N, 4), as a mixture (L, N, 6·hills + 2), in the network's unit.

        texts (N, U) are filled up with zeros, of which one counts: lengths (N,) are those of the texts and 1. hands are
        (N,) whole numbers, or a tensor of vectors (N, hand).
        """
        dtype = moves.dtype
        there = Tensor((texts > 0).astype(dtype)[:, :, None], dtype=dtype)
        whole = (self.whole(Tensor(texts)) * there).sum(axis=1)
        vectors = hands if isinstance(hands, Tensor) else self.hands(Tensor(hands))
        constant = ops.concatenate([vectors, whole], axis=1)
        everywhere = Tensor(np.zeros((len(moves), 1, 1), dtype), dtype=dtype) + constant
        position = ops.cumsum(moves[:, :, :2], axis=0) * PLACE.astype(dtype)
        x = ops.concatenate([moves, position, everywhere], axis=2)
        first = self.first(x, self.letters(Tensor(texts)), lengths)  # h and window
        second, _ = self.second(ops.concatenate([first, x], axis=2))
        return self.head(ops.concatenate([first[:, :, : self.width], second], axis=2))

    # -- on plain arrays, for writing --

    def begin(self, texts: Array) -> State:
        """The state of who has not begun with N texts (N, U) yet."""
        batch, count = len(texts), self.first.gaussians

        def zeros(size: int) -> Array:
            return np.zeros((batch, size), np.float32)

        h = self.width
        layers = (zeros(h), zeros(h), zeros(self.letter), zeros(count), zeros(h), zeros(h))
        return State(*layers, zeros(texts.shape[1]), zeros(2))

    def constant(self, texts: Array, hands: Array) -> Array:
        """What does not change while texts (N, U) are written in hands (N, hand): hands and whole texts, as vectors."""
        whole = (self.whole.weight.data[texts] * (texts > 0)[:, :, None]).sum(axis=1)
        return np.concatenate([hands, whole], axis=1)

    def step(self, moves: Array, text: Array, lengths: Array, constant: Array, state: State) -> tuple[Array, State]:
        """After moves (N, 4): what comes next (N, 6·hills + 2), and the state.

        text (N, U, letter) are vectors, `constant` is what the function of that name gives.
        """
        weights, walk = self.first.parts()
        (batch, letters), count = text.shape[:2], self.first.gaussians
        position = state.position + moves[:, :2]
        x = np.concatenate([moves, position * PLACE.astype(np.float32), constant], axis=1)
        first, memory = cell(np.concatenate([x, state.window], axis=1), state.first, state.memory, weights)
        said, window = np.empty((batch, 3 * count), np.float32), np.empty_like(state.window)
        hills = np.empty((batch, count, letters), np.float32)
        place, shares = look(first, state.place, text, lengths, walk, said, hills, np.empty_like(hills), window)
        entry = np.concatenate([first, window, x], axis=1)
        second, memory_2 = cell(entry, state.second, state.memory_2, self.second.weights(0))
        out = self.head.plain(np.concatenate([first, second], axis=1))
        return out, State(first, memory, window, place, second, memory_2, shares, position)


def cell(x: Array, h: Array, c: Array, weights: Weights) -> tuple[Array, Array]:
    """A step of an LSTM for N at once, on plain arrays."""
    inner = weights.ih.data @ x.T + weights.bias_ih.data[:, None]  # (4H, N)
    hidden, memory = lstm_cell(inner, (h.T, c.T), widened(weights))
    return hidden.T, memory.T


def widened(weights: Weights) -> Weights:
    """The same, with a bias that fits many at once."""
    return weights._replace(bias_hh=Tensor(weights.bias_hh.data[:, None]))
