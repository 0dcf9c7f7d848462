"""Digit, capital or small letter? Ask the neighbours, and the page.

A ring is an O in LOOK, an o in look and a zero in 100; no network can know from the picture alone. Of which kind
a character is, is a hidden state that mostly goes on within a word, so each line is a small hidden Markov model,
solved exactly by the forward-backward algorithm (Baum and others 1970). How often words begin with a digit, and
whether capitals follow capitals, differs from page to page: these chances are estimated from the page itself
(expectation maximisation), starting from a belief in what people mostly write.
"""

from __future__ import annotations

import numpy as np

from hellodl.data.unipen import CLASSES_62
from hellodl.reading.heights import fits
from hellodl.reading.parts import Box

PLACES = np.arange(len(CLASSES_62))
DIGITS, CAPITALS, SMALL = PLACES < 10, (PLACES >= 10) & (PLACES < 36), PLACES >= 36
KINDS = np.stack([DIGITS, CAPITALS, SMALL], axis=1).astype(np.float64)  # (62, 3)
# What we believe before we look: as if we had seen so many words begin, and so many characters go on, of each kind.
BEGUN = np.array([1.0, 5.0, 6.0])
WENT_ON = np.array([[8.0, 1.0, 0.6], [0.3, 6.0, 5.0], [0.2, 0.3, 12.0]])  # from row to column
LEAST = 0.01  # networks are surer than they should be, and neighbours not independent: nothing is impossible
ROUNDS = 8


def in_context(lines: list[np.ndarray], boxes: list[list[Box]], fresh: list[np.ndarray]) -> list[np.ndarray]:
    """The probabilities of a page's lines, (n, 62) each, with what heights, neighbours and the page tell taken in.

    `boxes` says where each character stands, `fresh` (n,) bool whether it begins a word. Columns are in the order
    of CLASSES_62.
    """
    placed = [belief * fit for belief, fit in zip(lines, fits(boxes, lines))]
    placed = [belief / belief.sum(axis=1, keepdims=True) for belief in placed]
    evidence = [np.maximum(belief @ KINDS, LEAST) for belief in placed]
    out = []
    for belief, posterior in zip(placed, kinds_of(evidence, fresh)):
        share = belief @ KINDS  # (n, 3)
        out.append(belief * ((posterior / np.maximum(share, 1e-6)) @ KINDS.T))
        out[-1] /= np.maximum(out[-1].sum(axis=1, keepdims=True), 1e-12)
    return out


def kinds_of(evidence: list[np.ndarray], fresh: list[np.ndarray], rounds: int = ROUNDS) -> list[np.ndarray]:
    """How probable each kind is for each character of each line, (n, kinds), given the whole page.

    `evidence` holds, for each line, (n, kinds): how well each character fits each kind.
    """
    start, step = BEGUN / BEGUN.sum(), WENT_ON / WENT_ON.sum(axis=1, keepdims=True)
    posteriors = [np.zeros((0, len(start))) for _ in evidence]
    for _ in range(rounds):
        begun, went_on = BEGUN.copy(), WENT_ON.copy()
        posteriors = []
        for line, begins in zip(evidence, fresh):
            posterior, passed = forward_backward(line, begins, start, step)
            posteriors.append(posterior)
            begun += posterior[begins].sum(axis=0)
            went_on += passed
        start, step = begun / begun.sum(), went_on / went_on.sum(axis=1, keepdims=True)
    return posteriors


def forward_backward(
    evidence: np.ndarray, fresh: np.ndarray, start: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One line (n, kinds): P(kind) of each character given all, (n, kinds), and how often kinds went on, expected.

    `start` (kinds,) are the chances of a word's first character, `step` (kinds, kinds) those of the next in it.
    """
    count, kinds = evidence.shape
    forward, backward = np.zeros((count, kinds)), np.ones((count, kinds))
    anew = np.tile(start, (kinds, 1))
    steps = [anew if begins else step for begins in fresh]
    for i in range(count):
        forward[i] = evidence[i] * (start if i == 0 else forward[i - 1] @ steps[i])
        forward[i] /= forward[i].sum()
    for i in range(count - 2, -1, -1):
        backward[i] = steps[i + 1] @ (evidence[i + 1] * backward[i + 1])
        backward[i] /= backward[i].sum()
    passed = np.zeros((kinds, kinds))
    for i in range(1, count):
        if not fresh[i]:
            both = forward[i - 1][:, None] * step * (evidence[i] * backward[i])
            passed += both / both.sum()
    posterior = forward * backward
    return posterior / np.maximum(posterior.sum(axis=1, keepdims=True), 1e-300), passed


def apart(probabilities: np.ndarray, classes: str) -> np.ndarray:
    """Probabilities (N, K) of some classes as those of all 62 characters, (N, 62).

    Where `classes` has one case of a letter only, the network has merged both, and each gets half.
    """
    out = np.zeros((len(probabilities), len(CLASSES_62)))
    for place, name in enumerate(classes):
        forms = {name} if not name.isalpha() or name.swapcase() in classes else {name.lower(), name.upper()}
        for form in forms & set(CLASSES_62):
            out[:, CLASSES_62.index(form)] += probabilities[:, place] / len(forms)
    return np.maximum(out, 1e-9)
