"""What a language model learns from and is judged by: a corpus as tokens, seen through windows.

Losses are told in nats a character whatever the tokens are, so that runs can be compared: the loss of a token,
spread over the characters that it stands for. Divided by ln 2 they are bits, what a perfect compressor that uses
this model would need.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hellodl import nn
from hellodl.autograd.tensor import Array, Tensor
from hellodl.data.mapped import Mapped
from hellodl.data.text import Corpus, window_starts
from hellodl.data.vocabulary import Vocabulary
from hellodl.errors import DataError
from hellodl.nn import LanguageModel, Module
from hellodl.nn.sampling import Knobs, continued
from hellodl.ranks import Ranks
from hellodl.train.answers import predict
from hellodl.train.lanes import Work
from hellodl.train.steady import Steady

MOST_JUDGED = 2**17  # tokens of the validation text, evenly chosen where there are more


class Lesson:
    """A corpus in the tokens of a vocabulary, cut into windows of `context` tokens."""

    def __init__(self, corpus: Corpus | Mapped, vocabulary: Vocabulary, context: int):
        self.corpus, self.vocabulary, self.context = corpus, vocabulary, context
        self.unit = "tokens" if vocabulary.kind == "byte-pairs" else vocabulary.kind

        def encoded(
            text: str | Array,
        ) -> Array:  # what is mapped is bytes, which are its tokens and stay where they are
            return vocabulary.encode(text) if isinstance(text, str) else text

        self.train = encoded(corpus.train)  # (tokens,)
        if len(self.train) <= context:
            raise DataError(
                f"{corpus.name}: has {len(self.train):,} {self.unit} to learn from, and a window is "
                f"{context} and one more; give more text, or a smaller --context"
            )
        watched = encoded(corpus.validation)
        if len(watched) < 2:
            there = f"{len(corpus.validation)} of {len(corpus.train) + len(corpus.validation)} characters"
            raise DataError(f"{corpus.name}: its last tenth ({there}) is too short to judge by; give more text")
        share = corpus.characters_a_byte if isinstance(corpus, Mapped) else 1
        self.characters_to_learn = len(corpus.train) * share
        self.characters_per_token = len(corpus.validation) * share / len(watched)
        self.watched = windows_that_touch(watched, context).astype(np.int64)  # (windows, context + 1)

    def order(self, part: int, windows: int, seed: int) -> Array:
        """Where the windows begin that a part of the training sees: (windows,)."""
        return window_starts(len(self.train), self.context, seed, part * windows, windows)

    def work(self, batch_size: int) -> Work:
        """The work of a lane that learns to guess the next token, at all places of its windows at once."""
        tokens, context = self.train, self.context
        characters = batch_size * context * self.characters_to_learn / len(tokens)  # in a batch

        def given(starts: Array, generator: np.random.Generator) -> tuple[Array, Array]:
            windows = np.asarray(tokens[starts[:, None] + np.arange(context + 1)], np.int64)
            return windows[:, :-1], windows[:, 1:].reshape(-1)  # (N, L), (N*L)

        def judge(model: Module, seen: Array, wanted: Array) -> tuple[Tensor, Any]:
            logits = model(Tensor(seen)).reshape(len(wanted), -1)  # (N, L, V) -> (N*L, V)
            loss = nn.cross_entropy(logits, wanted, reduction="sum")
            right = (logits.data.argmax(axis=1) == wanted).sum()
            return loss * (1 / characters), (right, len(wanted))

        return Steady(given, judge)

    def judge(self, model: Module, threads: int | None = None, ranks: Ranks | None = None) -> dict[str, float]:
        """On the validation text: loss in nats a character, and the share of tokens that were the likeliest.

        Each window is read from nothing, as in training. `ranks` share the windows out among themselves.
        """

        def judged(part: Array) -> tuple[float, float]:
            logits = predict(model, part[:, :-1], threads, micro_batch=8)  # (N, L, V)
            logits, wanted = logits.reshape(-1, logits.shape[-1]), part[:, 1:].reshape(-1)
            loss = nn.cross_entropy(Tensor(logits), wanted, reduction="sum").item()
            return loss, float((logits.argmax(axis=1) == wanted).sum())

        parts = np.array_split(self.watched, -(-len(self.watched) // 64))
        found = (ranks or Ranks()).spread(judged, parts)
        loss, right = (sum(values) for values in zip(*found))
        count = self.watched[:, 1:].size
        return {"loss": loss / count / self.characters_per_token, "accuracy": right / count}

    def sample(self, model: Module, length: int, seed: int) -> str:
        """What the model writes from nothing; of the same seed, so that samples differ by what was learned."""
        assert isinstance(model, LanguageModel)
        rng = np.random.default_rng(seed)
        return "".join(continued(model.writer(), self.vocabulary, "", length, rng, Knobs(temperature=0.8)))


def windows_that_touch(tokens: Array, context: int) -> Array:
    """Windows with their next token, (windows, context + 1), from all over a text; a short text is one window."""
    length = min(context, len(tokens) - 1)
    count = (len(tokens) - 1) // length
    chosen = np.linspace(0, count - 1, min(count, max(MOST_JUDGED // length, 1))).astype(int)
    return tokens[chosen[:, None] * length + np.arange(length + 1)]
