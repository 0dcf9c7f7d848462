"""How well a pen writes: what a movement of people whom it never met costs it, and whether what it writes can be read.

Its words are read by the reader of lines that ships, which never saw any of them, beside the same words by people whom
neither ever met.
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
from hellodl.data import writing
from hellodl.data.home import folder_of
from hellodl.data.moves import load_moves, numbered, strokes_of
from hellodl.data.pages.hands import smooth
from hellodl.data.writing import Writing, gathered
from hellodl.errors import DataError
from hellodl.nn import Pen
from hellodl.nn.penning import penned
from hellodl.train.lanes import single_threaded_products
from hellodl.train.pen import judged

WORDS = 500


def evaluate(network: Pen, path: Path, options: argparse.Namespace) -> int:
    """What `hellodl evaluate` says of a pen."""
    if options.dataset != "unipen":
        raise DataError(f"{path}: writes by hand, and {options.dataset} has no words by hand; take --dataset unipen")
    folder = folder_of("unipen", options.data)
    moves = load_moves(folder, options.split)
    figures: dict[str, Any] = {"program": "evaluate", "model": str(path), "dataset": "unipen", "split": options.split}
    figures |= {"weights": network.weight_count(), "tidy": TIDY, "movements": len(moves.moves)}
    figures |= judged(network, moves)
    words, about = writing.load_words(folder, options.split)
    rng = np.random.default_rng(options.seed)
    plain = (about["kind"] == 0) & about["case_ok"] & [1 < len(text) <= 14 and text.isalpha() for text in words.texts]
    chosen = rng.permutation(np.flatnonzero(plain))[: options.count or WORDS]
    real = words.subset(chosen)
    began = time.perf_counter()
    made = by_pen(network, [*real.texts], rng, TIDY)
    letters = sum(map(len, real.texts))
    figures |= {"words": len(real), "letters_per_second": letters / (time.perf_counter() - began)}
    reader, _ = lines_of(LINES)
    for name, one in {"written": made, "real": real}.items():
        read = figures_of([*one.texts], read_words(reader, one, options.threads))
        figures |= {f"{name}_{key}": read[key] for key in ("error", "error_case_ignored", "right")}
    if options.json:
        print(json.dumps(figures))
        return 0
    print(
        f"a movement by people whom it never met costs it {figures['loss']:.3f} nats; of {len(real)} words that it "
        f"writes, {figures['written_error']:.1%} of the characters are read wrong ({figures['real_error']:.1%} where "
        f"people wrote them); {figures['letters_per_second']:.0f} letters a second"
    )
    return 0


def by_pen(network: Pen, texts: list[str], rng: np.random.Generator, tidy: float) -> Writing:
    """These words, each in a hand drawn by chance (but nobody's, 0), as pieces of writing."""
    numbers, lengths = numbered(texts)
    table = network.hands.weight.data
    hands = table[rng.integers(min(1, len(table) - 1), len(table), len(texts))]
    with single_threaded_products():
        made = penned(network, numbers, lengths, hands, rng, tidy)
    return gathered(([fine(stroke) for stroke in strokes_of(one.moves)], text) for one, text in zip(made, texts))


def fine(stroke: np.ndarray) -> np.ndarray:
    """The curve through a stroke's points."""
    return smooth(stroke) if len(stroke) > 2 else stroke
