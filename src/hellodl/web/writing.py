"""A small GPT writes on, and one sees at each place what else might have come; and a pen writes by hand."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np

from hellodl.commands.pen import load, written_by_hand
from hellodl.data.pages.letter import PEN, Word, path_of
from hellodl.data.vocabulary import Vocabulary
from hellodl.nn import LanguageModel
from hellodl.nn.sampling import Knobs, Writer, continued, probabilities
from hellodl.web.answers import event
from hellodl.web.desks import Desk

SHOWN = 8
SECONDS = 120.0


class Watched:
    """A writer that remembers what it last expected: logits (V,)."""

    def __init__(self, writer: Writer):
        self._writer = writer
        self.expects = np.zeros(0, np.float32)

    def read(self, tokens: np.ndarray) -> np.ndarray:
        """See `sampling.Writer`."""
        self.expects = self._writer.read(tokens)
        return self.expects

    def step(self, token: int) -> np.ndarray:
        """See `sampling.Writer`."""
        self.expects = self._writer.step(token)
        return self.expects


def pieces(
    network: LanguageModel, vocabulary: Vocabulary, prompt: str, length: int, knobs: Knobs
) -> Iterator[dict[str, Any]]:
    """What is written, piece by piece, each with the likeliest of what could have stood there.

    A piece is one token of the vocabulary or, where characters are made of several, as many as it takes.
    """
    writer = Watched(network.writer())
    rng = np.random.default_rng(secrets.randbits(64))
    for text in continued(writer, vocabulary, prompt, length, rng, knobs):
        logits = writer.expects
        if vocabulary.unknown is not None:
            logits = np.where(np.arange(len(logits)) == vocabulary.unknown, -np.inf, logits)
        chances = probabilities(logits, knobs)
        best = np.argsort(-chances, kind="stable")[:SHOWN]
        shown = [
            {"character": vocabulary.decode([int(token)]), "probability": round(float(chances[token]), 4)}
            for token in best
        ]
        yield {"text": text, "next": shown}


def by_hand(text: str, hand: int, tidy: float, seed: int, like: list[Word]) -> dict[str, Any]:
    """A text as strokes: `shapes.Letter`. Words that are like it have the say whose hand it is, where there are any."""
    letter = written_by_hand(text, like or hand, tidy=tidy, seed=seed)
    return {
        "width": round(letter.width, 2),
        "height": round(letter.height, 2),
        "pen": PEN,
        "hands": len(load(None)[0].hands.weight.data),
        "strokes": [path_of(stroke) for stroke in letter.strokes],
        "points": [len(stroke) for stroke in letter.strokes],
    }


async def events(desk: Desk, source: Iterator[dict[str, Any]]) -> AsyncIterator[str]:
    """The pieces as events. Each is asked for when the one before was taken: who leaves asks for no more."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and (piece := await desk.do(next, source, None)) is not None:
        yield event(piece)
    yield event({}, "done")
