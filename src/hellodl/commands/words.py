"""How well a reader of lines reads words by people whom it has never seen."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.commands.eyes import reader
from hellodl.commands.language import load
from hellodl.console import progress_bar, tell
from hellodl.data import writing
from hellodl.data.home import folder_of
from hellodl.data.pages.strings import in_ink, strung
from hellodl.data.writing import ALPHABET, WIDEST, Writing
from hellodl.errors import DataError
from hellodl.nn import LineReader
from hellodl.nn.calibration import reliability, tempered
from hellodl.reading import Language
from hellodl.reading.accuracy import aligned, edit_distance
from hellodl.reading.decoding import Said, best_path, spread, text_of
from hellodl.reading.language import Spelling

STRINGS = 1000
DOUBTFUL = 0.05  # the share of characters, the least sure ones, that is left out to see what that helps


def evaluate(network: LineReader, path: Path, options: argparse.Namespace) -> int:
    """What `hellodl evaluate` says of a reader of lines: UNIPEN's words, or strings in ink's styles for testing."""
    if options.dataset == "unipen":
        folder = folder_of("unipen", options.data)
        learned = set(writing.load_words(folder, "train")[0].texts)
        words = writing.load_words(folder, options.split, WIDEST)[0]
    elif options.dataset == "ink":
        words, learned = strings(options.count or STRINGS, options.seed), set()
    else:
        raise DataError(f"{path}: reads lines, and {options.dataset} has none; take --dataset ink or unipen")
    if options.count is not None:
        words = words.subset(np.arange(min(options.count, len(words))))
    figures: dict[str, Any] = {"program": "evaluate", "model": str(path), "dataset": options.dataset}
    figures |= {"split": options.split, "weights": network.weight_count()}
    language = options.language and load(options.language)
    figures |= figures_of([*words.texts], read_words(network, words, options.threads, language), learned)
    if options.json:
        print(json.dumps(figures))
        return 0
    tell(
        f"{figures['error']:.1%} of {figures['characters']:,} characters wrong ({figures['error_case_ignored']:.1%} "
        f"with case ignored), {figures['right']:.1%} of {figures['pieces']:,} words and lines right; of what is read, "
        f"{figures['wrong_of_read']:.1%} is wrong, and {figures['wrong_of_sure']:.1%} without the least sure 5%; its "
        f"probabilities are off by {figures['calibration_error']:.1%}"
    )
    return 0


def strings(count: int, seed: int) -> Writing:
    """Strings of letters and digits in hands of ink that no training saw."""
    return strung(count, in_ink("test"), np.random.default_rng([seed, 62]), "writing in ink")


def read_words(
    network: LineReader, words: Writing, threads: int | None = None, language: Language | None = None
) -> list[list[Said]]:
    """What is read in each piece of writing, drawn plainly: symbols of ALPHABET, counted from 1."""
    rng = np.random.default_rng(0)
    read = reader(network, threads)
    said = read([writing.drawn(words[item], rng, plain=True) for item in range(len(words))])
    if language is None:
        return [best_path(log_probs) for log_probs in said]
    found, spelling = [], Spelling(language, ALPHABET)
    with progress_bar("spelling", len(said)) as bar:
        for log_probs in said:
            found.append(spelling.weighed(spread(log_probs, spelling.likeliest(log_probs)), log_probs)[0])
            bar.advance()
    return found


def honest_temperature(network: LineReader, words: Writing, threads: int | None = None) -> float:
    """By what the logits of a reader are to be divided, so that its probabilities are those of being right.

    Judged by words that it did not learn from, drawn plainly and as in training, for photos are in between.
    """
    rng = np.random.default_rng(0)
    items = [(item, plain) for item in range(len(words)) for plain in (True, False)]
    read = reader(network, threads)([writing.drawn(words[item], rng, plain=plain) for item, plain in items])
    rows, symbols, right = [], [], []
    for (item, _), log_probs in zip(items, read):
        truth, said = words.numbers(item), best_path(log_probs)
        for i, j in aligned(truth, [one.symbol for one in said]):
            if j is not None:
                one = said[j]
                rows.append(one.surest(log_probs))
                symbols.append(one.symbol)
                right.append(i is not None and truth[i] == one.symbol)
    chances, good = np.exp(np.array(rows)), np.array(right)

    def surprise(temperature: float) -> float:
        sure = tempered(chances, temperature)[np.arange(len(symbols)), symbols].clip(1e-6, 1 - 1e-6)
        return -float(np.log(np.where(good, sure, 1 - sure)).mean())

    return min(np.exp(np.linspace(-1, 1, 81)).tolist(), key=surprise) if rows else 1.0


def figures_of(truths: list[str], read: list[list[Said]], learned: Collection[str] = ()) -> dict[str, Any]:
    """Shares from 0 to 1: of characters wrong, the same with case ignored, and of pieces right.

    `learned` are texts that training had: what is wrong of others is told by itself. `calibration_error` is how far
    the probabilities of characters are off, `wrong_of_sure` what is wrong without the least sure 5%.
    """
    texts = [text_of(said, ALPHABET) for said in read]
    wrong = np.array([edit_distance(truth, text) for truth, text in zip(truths, texts)], np.int64)
    ignoring = sum(edit_distance(truth.lower(), text.lower()) for truth, text in zip(truths, texts))
    lengths = np.array([len(truth) for truth in truths], np.int64)
    new = np.array([truth not in learned for truth in truths], bool)
    sure, right = [], []
    for truth, text, said in zip(truths, texts, read):
        for i, j in aligned(truth, text):
            if j is not None:
                sure.append(said[j].probability)
                right.append(i is not None and truth[i] == text[j])
    order = np.argsort(sure, kind="stable")[int(DOUBTFUL * len(sure)) :]
    return {
        "pieces": len(truths),
        "characters": int(lengths.sum()),
        "error": float(wrong.sum() / max(lengths.sum(), 1)),
        "error_case_ignored": float(ignoring / max(lengths.sum(), 1)),
        "right": float((wrong == 0).mean()) if len(wrong) else 0.0,
        "new_pieces": int(new.sum()),
        "error_of_new": float(wrong[new].sum() / max(lengths[new].sum(), 1)),
        "calibration_error": reliability(np.array(sure), np.array(right, bool))[0] if sure else 0.0,
        "wrong_of_read": 1 - float(np.mean(right)) if right else 0.0,
        "wrong_of_sure": 1 - float(np.array(right)[order].mean()) if right else 0.0,
    }
