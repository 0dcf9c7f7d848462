"""From what a network believes along a line to the text that it reads (the other side of `ops/ctc.py`).

The *best path* takes the likeliest symbol at every step and drops repetitions and blanks: quick, and nearly always
right where the network is sure. But a text has many alignments, and the likeliest text need not have the likeliest
one. *Prefix beam search* follows the likeliest beginnings of texts, adding up all alignments of each, and can ask
somebody who knows the language at every letter (Graves and Jaitly 2014; Hannun, Maas, Jurafsky and Ng 2014).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from hellodl.errors import ShapeError

NEVER = -math.inf  # the logarithm of the probability of what cannot be


class Said(NamedTuple):
    """One letter of a text: which, from which step to which (the last not included), and how sure, 0 to 1."""

    symbol: int
    begin: int
    end: int
    probability: float

    def surest(self, log_probs: np.ndarray) -> np.ndarray:
        """The row (C,) of log_probs (T, C), in which it was said, that was the surest of it."""
        return log_probs[self.begin + int(log_probs[self.begin : self.end, self.symbol].argmax())]


def text_of(said: Sequence[Said], alphabet: str) -> str:
    """What was said, in characters of an alphabet that follows the blank."""
    return "".join(alphabet[one.symbol - 1] for one in said)


class Scorer(Protocol):
    """Somebody who knows the language, asked letter by letter."""

    def start(self) -> Any:
        """What is known before the first letter."""

    def chance(self, state: Any, symbol: int) -> float:
        """The logarithm of how likely this letter is next."""

    def go_on(self, state: Any, symbol: int) -> Any:
        """What is known after it."""

    def end(self, state: Any) -> float:
        """The logarithm of how likely a text is to end here."""


def best_path(log_probs: np.ndarray, blank: int = 0) -> list[Said]:
    """What log_probs (T, C) say at their likeliest, step by step; a letter is as sure as it was at its surest."""
    likeliest = _checked(log_probs).argmax(axis=1)
    starts = np.flatnonzero(np.diff(likeliest, prepend=-1))
    said = []
    for begin, end in zip(starts, [*starts[1:], len(likeliest)]):
        symbol = int(likeliest[begin])
        if symbol != blank:
            surest = float(np.exp(log_probs[begin:end, symbol].max()))
            said.append(Said(symbol, int(begin), int(end), surest))
    return said


def prefix_beam_search(
    log_probs: np.ndarray,
    beams: int = 16,
    blank: int = 0,
    language: Scorer | None = None,
    weight: float = 0.5,
    bonus: float = 0.0,
    least: float = 1e-4,
) -> list[tuple[list[int], float]]:
    """The likeliest texts of log_probs (T, C), best first, each with its score.

    The score is the logarithm of the text's probability over all alignments (of those that the search followed), plus
    `weight` times what the `language` says of it and `bonus` for each letter, without which a language prefers short
    texts. Symbols less probable than `least` at a step are not tried there.
    """
    # Of each beginning: the log probability of its alignments that end in a blank, and in its last letter; what the
    # language says of it; and what the language knows after it, of those that were kept.
    kept: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, NEVER)}
    says: dict[tuple[int, ...], float] = {(): 0.0}
    states: dict[tuple[int, ...], Any] = {(): language.start() if language else None}
    floor = math.log(least)
    for row in _checked(log_probs).tolist():
        tried = [symbol for symbol, belief in enumerate(row) if belief > floor and symbol != blank]
        if not tried:  # as between letters, mostly: nothing new begins
            kept = {
                text: (both(by_blank, by_letter) + row[blank], by_letter + row[text[-1]] if text else NEVER)
                for text, (by_blank, by_letter) in kept.items()
            }
            continue
        grown: dict[tuple[int, ...], list[float]] = {}
        for text, (by_blank, by_letter) in kept.items():
            either = both(by_blank, by_letter)
            here = grown.setdefault(text, [NEVER, NEVER])
            here[0] = both(here[0], either + row[blank])
            if text:
                here[1] = both(here[1], by_letter + row[text[-1]])  # the same letter, still going on
            for symbol in tried:
                before = by_blank if text and symbol == text[-1] else either  # twice the same wants a blank between
                there = grown.setdefault((*text, symbol), [NEVER, NEVER])
                there[1] = both(there[1], before + row[symbol])
        for text in grown:
            if text not in says:
                more = weight * language.chance(states[text[:-1]], text[-1]) if language else 0.0
                says[text] = says[text[:-1]] + more + bonus
        best = list(grown)
        if len(grown) > beams:
            best = sorted(grown, key=lambda text: -(both(*grown[text]) + says[text]))[:beams]
        kept = {text: (grown[text][0], grown[text][1]) for text in best}
        for text in kept:
            if language and text not in states:
                states[text] = language.go_on(states[text[:-1]], text[-1])
    ends = {text: weight * language.end(states[text]) if language else 0.0 for text in kept}
    found = [(list(text), both(*kept[text]) + says[text] + ends[text]) for text in kept]
    return sorted(found, key=lambda one: -one[1])


def spread(log_probs: np.ndarray, text: Sequence[int], blank: int = 0) -> list[Said]:
    """How log_probs (T, C) say a text at their likeliest: where each letter of it is, and how sure.

    The best of the text's alignments (Viterbi 1967), found in the table that `ctc_loss` adds up. Empty where there are
    too few steps to say it in.
    """
    states = [blank]
    for symbol in text:
        states += [symbol, blank]
    said = _checked(log_probs)[:, states]  # (T, S)
    steps, count = said.shape
    skips = np.array([s >= 2 and states[s] != blank and states[s] != states[s - 2] for s in range(count)])
    best = np.full(count, NEVER)
    came = np.zeros((steps, count), np.int64)  # by so many states: 0, 1 or 2
    for t in range(steps):
        if t == 0:
            best[:2] = said[0, :2]
            continue
        ways = np.full((3, count), NEVER)
        ways[0], ways[1, 1:] = best, best[:-1]
        ways[2, 2:] = np.where(skips[2:], best[:-2], NEVER)
        came[t] = ways.argmax(axis=0)
        best = ways.max(axis=0) + said[t]
    if not steps or max(best[-2:]) == NEVER:
        return []
    state = count - 1 if count == 1 or best[-1] >= best[-2] else count - 2
    path = [state]
    for t in range(steps - 1, 0, -1):
        state -= int(came[t, state])
        path.append(state)
    places = np.array(path[::-1])
    out = []
    for number, symbol in enumerate(text):
        own = np.flatnonzero(places == 2 * number + 1)
        begin, end = int(own[0]), int(own[-1]) + 1
        out.append(Said(symbol, begin, end, float(np.exp(log_probs[begin:end, symbol].max()))))
    return out


def log_chances(looks: Sequence[np.ndarray], texts: Sequence[Sequence[int]], blank: int = 0) -> np.ndarray:
    """The logarithms of how likely each text is, over all alignments, by each look (T, C) at the same line: (V, N).

    It is the way forward of `ctc_loss`, without a gradient, of all looks and texts at once. -inf for what does not fit,
    or is improbable beyond all measure.
    """
    long = np.array([len(text) for text in texts])
    states = np.full((len(texts), 2 * int(long.max(initial=0)) + 1), blank)  # (N, L): blank, letter, blank, ...
    for row, text in zip(states, texts):
        row[1 : 2 * len(text) : 2] = text
    skips = (states != blank) & (states != np.roll(states, 2, axis=1))
    skips[:, :2] = False
    steps = max(map(len, looks))
    # A look that is over says blanks for certain: what has reached the end stays there, and nothing else gets there.
    chances = np.zeros((steps, len(looks), *states.shape))  # (T, V, N, L)
    chances[:, :, states == blank] = 1
    for number, said in enumerate(looks):
        chances[: len(said), number] = np.exp(_checked(said))[:, states]
    chances[:, :, np.arange(states.shape[1]) > 2 * long[:, None]] = 0
    reached = np.zeros((len(looks), len(texts), states.shape[1] + 2))  # two states that never were, on the left
    reached[..., 1] = 1  # the way in: it leads to the first blank and to the first letter
    enters = skips.copy()
    enters[:, 1:2] = True
    total = np.zeros((len(looks), len(texts)))
    with np.errstate(divide="ignore"):
        for t, now in enumerate(chances):
            ways = reached[..., 2:] + reached[..., 1:-1] + reached[..., :-2] * (skips if t else enters)
            reached[..., 2:] = ways * now
            reached[..., :2] = 0
            sums = reached.sum(axis=2)
            total += np.log(sums)
            reached /= np.where(sums > 0, sums, 1)[:, :, None]
        ends = reached[:, np.arange(len(texts)), 2 * long + 2]
        ends += np.where(long > 0, reached[:, np.arange(len(texts)), 2 * long + 1], 0)
        return total + np.log(ends)


def both(a: float, b: float) -> float:
    """The logarithm of the sum of two probabilities, from theirs."""
    more, less = (a, b) if a > b else (b, a)
    return more if less == NEVER else more + math.log1p(math.exp(less - more))


def _checked(log_probs: np.ndarray) -> np.ndarray:
    if log_probs.ndim != 2:
        raise ShapeError(f"one line at a time is read from (steps, classes), got {log_probs.shape}")
    return log_probs
