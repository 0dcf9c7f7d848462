"""How well a reader of lines reads words by people whom it has never seen."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from hellodl.commands.eyes import reader
from hellodl.data import writing
from hellodl.data.writing import ALPHABET, Writing
from hellodl.nn import LineReader
from hellodl.nn.calibration import reliability
from hellodl.reading.accuracy import aligned, edit_distance
from hellodl.reading.decoding import Said, best_path

DOUBTFUL = 0.05  # the share of characters, the least sure ones, that is left out to see what that helps


def read_words(network: LineReader, words: Writing, threads: int | None = None) -> list[list[Said]]:
    """What is read in each piece of writing, drawn plainly: symbols of ALPHABET, counted from 1."""
    rng = np.random.default_rng(0)
    read = reader(network, threads)
    said = read([writing.drawn(words[item], rng, plain=True) for item in range(len(words))])
    return [best_path(log_probs) for log_probs in said]


def figures_of(truths: list[str], read: list[list[Said]], learned: Collection[str] = ()) -> dict[str, Any]:
    """Shares from 0 to 1: of characters wrong, the same with case ignored, and of pieces right.

    `learned` are texts that training had: what is wrong of others is told by itself. `calibration_error` is how far
    the probabilities of characters are off, `wrong_of_sure` what is wrong without the least sure 5%.
    """
    texts = ["".join(ALPHABET[one.symbol - 1] for one in said) for said in read]
    wrong = np.array([edit_distance(truth, text) for truth, text in zip(truths, texts)])
    ignoring = sum(edit_distance(truth.lower(), text.lower()) for truth, text in zip(truths, texts))
    lengths = np.array([len(truth) for truth in truths])
    new = np.array([truth not in learned for truth in truths])
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
