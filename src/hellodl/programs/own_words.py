"""Words to learn to read from, without a download: the pen that ships writes them (see `hellodl pen`).

It writes as people do, joined, touching and printed, in hands that are nobody's; more of these are made by going some
of the way from one to another. What it writes is English and Python: words out of the library that comes with Python,
common ones, and some that could be words, for a reader should not know what comes next before it has looked.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from hellodl.commands.penned import fine
from hellodl.console import progress_bar
from hellodl.data.moves import MOST_LETTERS, numbered, strokes_of
from hellodl.data.pages import phrases
from hellodl.data.text import load_text
from hellodl.data.writing import ALPHABET, Writing, gathered
from hellodl.models import MODELS
from hellodl.nn import Pen
from hellodl.nn.penning import penned
from hellodl.train.checkpoint import load_model
from hellodl.train.threads import single_threaded_products

TIDY = (0.1, 1.0)  # from people in a hurry to those who take their time
TOGETHER = 500  # words that are written side by side
PAIRS = 0.15  # of pieces that are two words


def words_by_pen(count: int, rng: np.random.Generator) -> Writing:
    """`count` pieces of writing, one or two words each, every one in another hand of the pen that ships."""
    network = load_model(MODELS / "pen.safetensors")[0]
    assert isinstance(network, Pen)
    said = sayings(rng)

    def pieces():
        with progress_bar("writing words", count) as bar:
            for start in range(0, count, TOGETHER):
                some = [said() for _ in range(min(TOGETHER, count - start))]
                yield from zip(written(network, some, rng), some, strict=True)
                bar.advance(len(some))

    return gathered(pieces())


def sayings(rng: np.random.Generator) -> Callable[[], str]:
    """Somebody who says what to write next."""
    found = re.findall(r"\S+", load_text("python").train)
    known = set(ALPHABET)
    seen = [token for token in found if 1 < len(token) <= MOST_LETTERS and known.issuperset(token)]
    prose = [token for token in seen if token.strip(".,:;!?'\"()-").isalpha()]

    def one() -> str:
        kind = rng.random()
        if kind < 0.5:
            return phrases.one_of(prose, rng)
        if kind < 0.55:
            return phrases.one_of(seen, rng)
        if kind < 0.85:
            return phrases.word(rng)
        return phrases.name(rng) if kind < 0.95 else phrases.word(rng).upper()

    return lambda: " ".join(one() for _ in range(2 if rng.random() < PAIRS else 1))


def written(network: Pen, texts: list[str], rng: np.random.Generator) -> list[list[np.ndarray]]:
    """The strokes of each text, all of it in one hand: on the way from one of the pen's hands to another."""
    words = [text.split() for text in texts]
    owner = np.repeat(np.arange(len(texts)), [len(each) for each in words])
    table = network.hands.weight.data[1:]  # but nobody's
    one, other = table[rng.integers(len(table), size=(2, len(texts)))]
    hands = one + rng.random((len(texts), 1), np.float32) * (other - one)
    tidy = rng.uniform(*TIDY, len(texts)).astype(np.float32)
    numbers, lengths = numbered([word for each in words for word in each])
    with single_threaded_products():
        made = penned(network, numbers, lengths, hands[owner], rng, tidy[owner])
    found: list[list[np.ndarray]] = [[] for _ in texts]
    for piece, word in zip(owner.tolist(), made):
        strokes = [fine(stroke) for stroke in strokes_of(word.moves)]
        if found[piece]:
            right = max(float(stroke[:, 0].max()) for stroke in found[piece]) + rng.uniform(0.7, 1.6)
            strokes = [stroke + np.array([right, 0.0]) for stroke in strokes]
        found[piece] += strokes
    return found
