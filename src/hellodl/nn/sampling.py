"""From what a network believes to what is written: how the next token is chosen.

A language model gives every token a number (a logit), and softmax makes them probabilities. Taking the likeliest
every time is dull and soon goes round in circles; drawing by the probabilities is lively, but a thousand unlikely
tokens together are not so unlikely, and one of them leads off the road. Three knobs between the two:

*temperature* divides the logits: under 1 the likely become likelier, over 1 they lose, at 0 the likeliest wins.
*top-k* draws among the k likeliest only (Fan, Lewis and Dauphin 2018).
*top-p* draws among the few likeliest that together have probability p, so among few where the model is sure and
among many where it is not (nucleus sampling; Holtzman et al. 2020).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import numpy as np

from hellodl.data.vocabulary import Vocabulary
from hellodl.errors import DataError


@dataclass(frozen=True)
class Knobs:
    """How daring to be: see above. `top_k` and `top_p` None leave all tokens in the draw."""

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.temperature) and self.temperature >= 0):
            raise ValueError(f"temperature is a number from 0 up, not {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top-k is a whole number from 1 up, not {self.top_k}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top-p is over 0 and at most 1, not {self.top_p}")


class Writer(Protocol):
    """What a language model's `writer()` can do (see `hellodl.nn.language`)."""

    def read(self, tokens: np.ndarray) -> np.ndarray:
        """Take in tokens (L,); logits (V,) of what comes next."""

    def step(self, token: int) -> np.ndarray:
        """Take in one more; logits (V,) of what comes next."""


def probabilities(logits: np.ndarray, knobs: Knobs) -> np.ndarray:
    """How likely each token is to be written: logits (V,) -> (V,) float64 that add up to 1.

    First the temperature, then top-k, then top-p among what is left. Of equally likely tokens the first counts as
    the likelier.
    """
    if not np.isfinite(logits.max()):
        raise DataError("the model expects nothing that is a number; it is damaged, take another")
    likely = np.argsort(-logits, kind="stable")  # tokens, the likeliest first
    if knobs.temperature == 0:
        return np.eye(len(logits))[likely[0]]
    below = logits.astype(np.float64) - logits.max()  # at most 0, so that exp stays finite
    belief = np.exp(below / max(knobs.temperature, 1e-100))  # which colder than that the quotient would not
    if knobs.top_k is not None:
        belief[likely[knobs.top_k :]] = 0
    belief /= belief.sum()
    if knobs.top_p is not None:
        before = np.cumsum(belief[likely]) - belief[likely]  # what the likelier ones have together
        belief[likely[before >= knobs.top_p]] = 0
        belief /= belief.sum()
    return belief


def choose(logits: np.ndarray, rng: np.random.Generator, knobs: Knobs) -> int:
    """The next token, drawn by `rng` with these probabilities."""
    return int(rng.choice(len(logits), p=probabilities(logits, knobs)))


def chosen(
    writer: Writer, tokens: np.ndarray, rng: np.random.Generator, knobs: Knobs, never: int | None = None
) -> Iterator[int]:
    """Tokens that may follow these, without end: read, choose, take in what was chosen, choose again."""
    logits = writer.read(tokens)
    while True:
        if never is not None:
            logits = np.where(np.arange(len(logits)) == never, -np.inf, logits)
        token = choose(logits, rng, knobs)
        yield token
        logits = writer.step(token)


def continued(
    writer: Writer, vocabulary: Vocabulary, prompt: str, length: int, rng: np.random.Generator, knobs: Knobs
) -> Iterator[str]:
    """What may follow the prompt, `length` characters, piece by piece as they are chosen.

    Where there is no prompt, a line begins. What the vocabulary does not know is read as its unknown symbol, which
    is never written.
    """
    tokens = vocabulary.encode(prompt) if prompt else np.array([vocabulary.start()])
    pieces = vocabulary.stream(chosen(writer, tokens, rng, knobs, never=vocabulary.unknown))
    while length > 0:
        piece = next(pieces)[:length]
        length -= len(piece)
        if piece:
            yield piece
