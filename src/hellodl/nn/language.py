"""Language models: from what was read so far to what may come next.

Whatever a model is made of, it takes whole numbers (characters, bytes or pieces of words) and says at every place
how likely each is to be the next one. `Writer` turns that around: it has a model read a text, and then go on.
"""

from __future__ import annotations

from contextlib import nullcontext
from copy import deepcopy
from typing import Any

import numpy as np

from hellodl.autograd.tensor import Array, Tensor
from hellodl.errors import DataError, ShapeError
from hellodl.nn import init
from hellodl.nn.attention import Block, Memory, normaliser
from hellodl.nn.dropout import Dropout
from hellodl.nn.embedding import Embedding
from hellodl.nn.linear import Linear
from hellodl.nn.module import Module, evaluating
from hellodl.nn.recurrent import GRU, LSTM, RNN

CELLS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


class LanguageModel(Module):
    """What all have in common: `vocabulary` symbols, and a `context`, how many they can look at (None: no limit)."""

    vocabulary: int
    context: int | None = None

    def forward(self, tokens: Tensor) -> Tensor:
        """(N, L) whole numbers -> how likely each symbol is to be next, (N, L, vocabulary), as logits."""
        raise TypeError(f"{type(self).__name__} has no forward yet; write one")

    def begin(self) -> Any:
        """The state of who has read nothing yet of a text."""
        raise TypeError(f"{type(self).__name__} has no begin yet; write one")

    def go_on(self, tokens: Array, state: Any) -> tuple[Array, Any]:
        """Read on from a state, on plain arrays without a graph: (L,) -> logits (vocabulary,) after the last, state."""
        raise TypeError(f"{type(self).__name__} has no go_on yet; write one")

    def writer(self) -> Writer:
        """Somebody who writes with this model."""
        return Writer(self)


class Writer:
    """Reads a text and says what may come next; one symbol more costs the same however many went before.

    A model with a context of so many symbols forgets what was before. When it is full, the last half of it is read
    again, in one go, into an empty one: each symbol is read about twice, at most.
    """

    def __init__(self, model: LanguageModel):
        self.model = model
        self.state = model.begin()
        self.seen: list[int] = []  # what the state has read, as far as that may be needed again

    def read(self, tokens: Array) -> Array:
        """Take in whole numbers (L,), at least one; logits (vocabulary,) of what comes next."""
        if not len(tokens):
            raise DataError("there is nothing to read, and so nothing to go on from; give at least one symbol")
        context = self.model.context
        if context is not None:
            if len(self.seen) + len(tokens) > context:
                tokens = np.concatenate([np.array(self.seen, np.int64), tokens])
                tokens = tokens[-max(context // 2, 1) :]
                self.seen, self.state = [], self.model.begin()
            self.seen += [int(token) for token in tokens]
        with evaluating(self.model) if self.model.training else nullcontext():
            logits, self.state = self.model.go_on(np.asarray(tokens), self.state)
        return logits

    def step(self, token: int) -> Array:
        """Take in one more; logits (vocabulary,) of what comes next."""
        return self.read(np.array([token]))

    def fork(self) -> Writer:
        """Another who has read the same, and may go on differently."""
        other = Writer(self.model)
        other.state, other.seen = deepcopy(self.state), [*self.seen]
        return other


class RecurrentText(LanguageModel):
    """A recurrent network that reads: symbols as they are ("one-hot"), layers of cells, and a linear layer.

    `cells` are "gru", "lstm" or "rnn". As in char-rnn (Karpathy 2015).
    """

    def __init__(
        self,
        cells: str,
        vocabulary: int,
        width: int = 256,
        layers: int = 3,
        dropout: float = 0.0,
        rng: init.Rng = init.DEFAULT,
    ):
        if cells not in CELLS:
            raise ValueError(f"RecurrentText has {', '.join(CELLS)} cells, not {cells!r}")
        self.vocabulary = vocabulary
        self.cells = CELLS[cells](vocabulary, width, layers, dropout=dropout, batch_first=True, rng=rng)
        self.drop = Dropout(dropout)
        self.head = Linear(width, vocabulary, rng=rng)

    def forward(self, tokens: Tensor) -> Tensor:
        """(N, L) -> (N, L, vocabulary)."""
        return self.head(self.drop(self.cells(tokens)[0]))

    def begin(self) -> list[tuple[Array, ...]]:
        """Zeros for every layer: (h,), or (h, c) of an LSTM."""
        return self.cells.begin()

    def go_on(self, tokens: Array, state: list[tuple[Array, ...]]) -> tuple[Array, list[tuple[Array, ...]]]:
        """(L,) -> (vocabulary,), and the state of each layer."""
        for token in tokens:
            top, state = self.cells.step(int(token), state)
        return self.head.plain(top), state


class GPT(LanguageModel):
    """A transformer that reads (Radford et al. 2018): symbols and positions to vectors, blocks, and out again.

    As it stands it is GPT-2's: learned positions, LayerNorm, GELU, and one table for symbols in and out ("tied").
    What newer ones do differently can be chosen one by one: `rotary` positions, "rms" `norm`, `normalise`d queries
    and keys, another `activation`, `tied=False`, `bias=False`, so many positions' `shift`, and `zero`, which lets
    every block begin as nothing: the layers that lead back to the sum start from zero, as does an untied `head`.
    """

    def __init__(
        self,
        vocabulary: int,
        context: int = 64,
        layers: int = 4,
        heads: int = 4,
        width: int = 128,
        dropout: float = 0.0,
        bias: bool = True,
        norm: str = "layer",
        activation: str = "gelu",
        rotary: bool = False,
        normalise: bool = False,
        shift: int = 0,
        tied: bool = True,
        zero: bool = False,
        rng: init.Rng = init.DEFAULT,
    ):
        self.vocabulary, self.context = vocabulary, context
        self.heads, self.size, self.shift = heads, width // heads, shift
        self.entry = None if tied else normaliser(norm, width)  # a table of its own may have any size
        self.symbols = Embedding(vocabulary, width, spread=0.02 if tied else 1.0, rng=rng)
        self.positions = None if rotary else Embedding(context, width, spread=0.02, rng=rng)
        self.drop = Dropout(dropout)
        self.layers = layers
        for number in range(layers):
            block = Block(width, heads, context, dropout, bias, norm, activation, rotary, normalise, shift, rng=rng)
            start(block, layers, zero, rng)
            setattr(self, f"block_{number}", block)
        self.norm = normaliser(norm, width)
        self.head = Linear(width, vocabulary, bias=False, rng=rng)
        if tied:
            self.head.weight = self.symbols.weight
        else:
            self.head.weight.data[...] = 0

    def blocks(self) -> list[Block]:
        """The blocks in their order."""
        return [getattr(self, f"block_{number}") for number in range(self.layers)]

    def forward(self, tokens: Tensor) -> Tensor:
        """(N, L) -> (N, L, vocabulary)."""
        x = self.symbols(tokens)
        if self.positions is not None:
            x = x + self.positions(Tensor(self.places(0, tokens.shape[1])))
        x = self.drop(self.entry(x) if self.entry else x)
        for block in self.blocks():
            x = block(x)
        return self.head(self.norm(x))

    def places(self, before: int, steps: int) -> Array:
        """The positions of so many symbols that come after so many others; ShapeError where they are too many."""
        assert self.context is not None
        if before + steps > self.context:
            raise ShapeError(
                f"this model looks at {self.context} symbols at a time, got {before + steps}; "
                "cut the text, or let a Writer read it"
            )
        return np.arange(before, before + steps)

    def begin(self) -> list[Memory]:
        """An empty memory for each block."""
        assert self.context is not None
        return [Memory(self.heads, self.context, self.size, self.shift) for _ in range(self.layers)]

    def go_on(self, tokens: Array, state: list[Memory]) -> tuple[Array, list[Memory]]:
        """(L,) -> (vocabulary,), and a memory for each block."""
        places = self.places(state[0].length, len(tokens))
        x = self.symbols.plain(tokens)
        if self.positions is not None:
            x = x + self.positions.plain(places)
        if self.entry:
            x = self.entry.plain(x)
        for block, memory in zip(self.blocks(), state, strict=True):
            x = block.go_on(x, memory)
        return self.head.plain(self.norm.plain(x[-1])), state


def start(block: Block, layers: int, zero: bool, rng: init.Rng) -> None:
    """GPT-2's starting weights: normal, 0.02 wide; less for layers that lead back to the sum, for they add up.

    With `zero` those are zero, and the others half as wide as would keep the size of what passes.
    """
    for name, linear in block.named_modules():
        if isinstance(linear, Linear):
            back = name.endswith("project")
            if zero:
                spread = 0.0 if back else 0.5 / np.sqrt(linear.weight.shape[1])
            else:
                spread = 0.02 / np.sqrt(2 * layers) if back else 0.02
            shape = linear.weight.shape
            linear.weight.data[...] = 0 if rng is None else rng.standard_normal(shape) * spread
            if linear.bias is not None:
                linear.bias.data[...] = 0
