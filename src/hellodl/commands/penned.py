"""How well a pen writes: what a movement of people whom it never met costs it, and whether what it writes can be read.

Its words are read by the reader of lines that ships, which never saw any of them, beside the same words by people whom
neither ever met. And does it write, or copy? What it writes is held against every training word that says the same,
and so are the same words by people whom it never met: a copy would be nearer to some training word than these are.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.commands.eyes import LINES, lines_of
from hellodl.commands.pen import TIDY
from hellodl.commands.words import figures_of, read_words
from hellodl.console import tell
from hellodl.data import writing
from hellodl.data.home import folder_of
from hellodl.data.moves import Moves, load_moves, numbered, strokes_of
from hellodl.data.pages.hands import smooth
from hellodl.data.writing import Writing, gathered
from hellodl.errors import DataError
from hellodl.nn import Pen
from hellodl.nn.penning import Penned, penned
from hellodl.train.pen import judged
from hellodl.train.threads import single_threaded_products

WORDS = 500
COMPARED, EXAMPLES = 300, 20  # words that are held against training, of which there are so many with the same text
POINTS = 64  # of an outline


def evaluate(network: Pen, path: Path, options: argparse.Namespace) -> int:
    """What `hellodl evaluate` says of a pen."""
    if options.dataset != "unipen":
        raise DataError(f"{path}: writes by hand, and {options.dataset} has no words by hand; take --dataset unipen")
    figures: dict[str, Any] = {"program": "evaluate", "model": str(path), "dataset": "unipen", "split": options.split}
    folder = folder_of("unipen", options.data)
    figures |= judge(network, folder, options.split, options.count or WORDS, options.seed, options.threads)
    if options.json:
        print(json.dumps(figures))
        return 0
    tell(
        f"a movement by people whom it never met costs it {figures['loss']:.3f} nats; of {figures['words']} words "
        f"that it writes, {figures['written_error']:.1%} of the characters are read wrong ({figures['real_error']:.1%} "
        f"where people wrote them); to the nearest training word they are {figures['written_apart']:.3f} of a small x "
        f"apart (those of others {figures['real_apart']:.3f}); {figures['letters_per_second']:.0f} letters a second"
    )
    return 0


def judge(network: Pen, folder: Path, split: str, count: int, seed: int, threads: int | None) -> dict[str, Any]:
    """All of it, as figures: shares from 0 to 1, lengths in heights of a small x, the loss in nats a movement."""
    moves, train = load_moves(folder, split), load_moves(folder, "train")
    figures: dict[str, Any] = {"weights": network.weight_count(), "tidy": TIDY, "movements": len(moves.moves)}
    figures |= {"learned_words": len(train), "learned_movements": len(train.moves), "writers": int(train.hands.max())}
    figures |= judged(network, moves)
    words, about = writing.load_words(folder, split)
    rng = np.random.default_rng(seed)
    plain = (about["kind"] == 0) & about["case_ok"] & [1 < len(text) <= 14 and text.isalpha() for text in words.texts]
    real = words.subset(rng.permutation(np.flatnonzero(plain))[:count])
    began = time.perf_counter()
    made = by_pen(network, [*real.texts], rng, TIDY)
    seconds = time.perf_counter() - began
    figures |= {"words": len(real), "letters_per_second": sum(map(len, real.texts)) / seconds}
    figures |= nearness(network, train, moves, rng)
    reader, _ = lines_of(LINES)
    for name, one in {"written": made, "real": real}.items():
        read = figures_of([*one.texts], read_words(reader, one, threads))
        figures |= {f"{name}_{key}": read[key] for key in ("error", "error_case_ignored", "right")}
    return figures


def by_pen(network: Pen, texts: list[str], rng: np.random.Generator, tidy: float) -> Writing:
    """These words, each in a hand drawn by chance, as pieces of writing."""
    made = in_any_hand(network, texts, rng, tidy)
    return gathered(([fine(stroke) for stroke in strokes_of(one.moves)], text) for one, text in zip(made, texts))


def in_any_hand(network: Pen, texts: list[str], rng: np.random.Generator, tidy: float) -> list[Penned]:
    """These words, each in a hand drawn by chance, but nobody's, 0."""
    numbers, lengths = numbered(texts)
    table = network.hands.weight.data
    hands = table[rng.integers(min(1, len(table) - 1), len(table), len(texts))]
    with single_threaded_products():
        return penned(network, numbers, lengths, hands, rng, tidy)


def nearness(network: Pen, train: Moves, test: Moves, rng: np.random.Generator) -> dict[str, float]:
    """How far written words are from the nearest training word that says the same, and how far people's are (medians).

    Both are the same texts, of which training has enough; `apart` says what far is.
    """
    by_text: dict[str, list[int]] = {}
    for item, text in enumerate(train.texts):
        by_text.setdefault(text, []).append(item)
    fit = [item for item, text in enumerate(test.texts) if len(text) > 2 and len(by_text.get(text, ())) >= EXAMPLES]
    chosen = rng.permutation(fit)[:COMPARED].tolist()
    texts = [test.texts[item] for item in chosen]
    made = in_any_hand(network, texts, rng, TIDY)
    known = {text: np.array([outline(train[item]) for item in by_text[text]]) for text in set(texts)}
    written = [apart(outline(one.moves), known[text]).min() for one, text in zip(made, texts)]
    real = [apart(outline(test[item]), known[text]).min() for item, text in zip(chosen, texts)]
    return {"written_apart": float(np.median(written)), "real_apart": float(np.median(real)), "compared": len(texts)}


def outline(moves: np.ndarray) -> np.ndarray:
    """Points (POINTS, 2) at equal distances along the ink of a word, about their middle."""
    strokes = strokes_of(moves)
    steps = [np.concatenate([[0.0], np.hypot(*np.diff(stroke, axis=0).T)]) for stroke in strokes]  # none from the last
    along, path = np.cumsum(np.concatenate(steps)), np.concatenate(strokes)
    wanted = np.linspace(0, along[-1], POINTS)
    found = np.stack([np.interp(wanted, along, path[:, axis]) for axis in (0, 1)], axis=1)
    return found - found.mean(axis=0)


def apart(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The mean distance from each point of one outline to the nearest of the other, both ways, to each of N: (N,)."""
    squares = ((one[None, :, None] - others[:, None]) ** 2).sum(axis=3)  # (N, POINTS, POINTS)
    return np.sqrt(squares.min(axis=1)).mean(axis=1) + np.sqrt(squares.min(axis=2)).mean(axis=1)


def fine(stroke: np.ndarray) -> np.ndarray:
    """The curve through a stroke's points."""
    return smooth(stroke) if len(stroke) > 2 else stroke
