"""Letter or digit? Ask the neighbours, and the page.

A ring is an O in LOOK and a zero in 100; no network can know from the picture alone. Whether a character is a
letter or a digit is a hidden state that rarely changes within a word, so each line is a small hidden Markov
model, solved exactly by the forward-backward algorithm (Baum and others 1970). How many digits there are at
all differs from page to page: this share is estimated from the page itself (expectation maximisation),
starting from a belief that people mostly write letters.
"""

from __future__ import annotations

import numpy as np

DIGITS = "0123456789"
CHANGE = 0.25  # how much of a fresh start the next character of the same word is
# What we believe before we look: as if we had seen this many letters and digits.
LETTERS_SEEN, DIGITS_SEEN = 8.0, 0.6


def digit_posteriors(
    evidence: list[np.ndarray], fresh: list[np.ndarray], rounds: int = 8
) -> list[np.ndarray]:
    """The probability that each character is a digit, for each line (n,) float64.

    `evidence` holds, a line, (n, 2): how well it fits a letter and how well a digit; `fresh` (n,) bool,
    whether a character begins a word.
    """
    share = DIGITS_SEEN / (DIGITS_SEEN + LETTERS_SEEN)
    posteriors = [np.zeros(0) for _ in evidence]
    for _ in range(rounds):
        posteriors = [_forward_backward(e, f, share) for e, f in zip(evidence, fresh)]
        seen = sum(len(posterior) for posterior in posteriors)
        share = (sum(float(p.sum()) for p in posteriors) + DIGITS_SEEN) / (seen + DIGITS_SEEN + LETTERS_SEEN)
    return posteriors


def _forward_backward(evidence: np.ndarray, fresh: np.ndarray, share: float) -> np.ndarray:
    """One line: P(digit) for each character given the whole line."""
    count = len(evidence)
    start = np.array([1 - share, share])
    forward, backward = np.zeros((count, 2)), np.ones((count, 2))

    anew = np.stack([start, start])  # from row to column
    within = (1 - CHANGE) * np.eye(2) + CHANGE * anew
    step = [anew if begins else within for begins in fresh]
    for i in range(count):
        before = start if i == 0 else forward[i - 1] @ step[i]
        forward[i] = before * evidence[i]
        forward[i] /= forward[i].sum()
    for i in range(count - 2, -1, -1):
        backward[i] = step[i + 1] @ (evidence[i + 1] * backward[i + 1])
        backward[i] /= backward[i].sum()
    both = forward * backward
    return both[:, 1] / both.sum(axis=1)


def in_context(lines: list[np.ndarray], fresh: list[np.ndarray], classes: str) -> list[np.ndarray]:
    """The probabilities of a page's lines, each (n, K), with what neighbours and page tell taken in."""
    digit = np.array([name in DIGITS for name in classes])
    if not digit.any() or digit.all():
        return lines
    evidence = []
    for probabilities in lines:
        kinds = np.stack([probabilities[:, ~digit].sum(1), probabilities[:, digit].sum(1)], axis=1)
        # A network that learned as much of each class has seen fewer digits than letters, and its answers say
        # so. Of this half is taken back: in texts letters are not equally frequent, unlike digits.
        kinds /= np.sqrt([1 - digit.mean(), digit.mean()])
        # Networks are surer than they should be, and neighbours are not independent: nothing is impossible.
        evidence.append(np.maximum(kinds.astype(np.float64), 0.01))
    out = []
    for probabilities, posterior in zip(lines, digit_posteriors(evidence, fresh)):
        kinds = np.where(digit[None], posterior[:, None], 1 - posterior[:, None])  # (n, K)
        share = np.where(
            digit[None],
            probabilities[:, digit].sum(1, keepdims=True),
            probabilities[:, ~digit].sum(1, keepdims=True),
        )
        out.append(probabilities / np.maximum(share, 1e-6) * kinds)
    return out
