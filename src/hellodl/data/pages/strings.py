"""Words of other kinds than running text has: dates, prices, codes, capitals, strung together from single characters.

Some hands let neighbours touch or overlap. Signs that UNIPEN's single characters lack are drawn by a few numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hellodl.console import progress_bar
from hellodl.data.pages import phrases
from hellodl.data.pages.hands import Hand, Writes, smooth
from hellodl.data.unipen import CLASSES_62
from hellodl.data.writing import Writing, gathered


def in_ink(split: str) -> Callable[[np.random.Generator], Hand]:
    """For `strung`: somebody by chance who writes in the styles of a split of ink."""
    return lambda rng: Hand.of(int(rng.integers(2**31)), split)


def strung(
    count: int, hand: Callable[[np.random.Generator], Writes], rng: np.random.Generator, what: str = "stringing"
) -> Writing:
    """`count` pieces of text that `hand` makes writers for: words, capitals, numbers, dates, prices, codes, rows."""

    def pieces():
        with progress_bar(what, count) as bar:
            for number in range(count):
                if number % 8 == 0:
                    writes = hand(rng)
                text = some_text(rng)
                yield strung_together(text, writes, rng), text
                bar.advance(1)

    return gathered(pieces())


def strung_together(text: str, hand: Writes, rng: np.random.Generator) -> list[np.ndarray]:
    """A text of letters, digits, spaces and full stops as strokes; some writers let neighbours touch or overlap."""
    strokes: list[np.ndarray] = []
    at, gap = 0.0, rng.choice([rng.uniform(-0.1, 0.15), rng.uniform(0.1, 0.4), rng.uniform(0.3, 0.8)])
    if " " not in text and rng.random() < 0.25:
        gap = rng.uniform(0.8, 5)  # letters by themselves
    rise, wave = rng.normal(0, 0.015), rng.uniform(0, 0.08)
    for character in text:
        base = np.array([at, rise * at + wave * rng.standard_normal()])
        if character == " ":
            at += rng.uniform(0.7, 1.6)
            continue
        drawn = MARKS[character](rng) if character in MARKS else changed(hand.write(character), rng)
        strokes += [stroke + base for stroke in drawn]
        reach = max(float(stroke[:, 0].max()) for stroke in drawn)
        at += reach + gap + 0.08 * rng.standard_normal()
    return strokes


def changed(strokes: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """A character a little larger or smaller, wider or narrower, leaned or turned: no two of a person's are alike."""
    wide, high = np.exp(rng.normal(0, 0.08, 2))
    lean, turn = rng.normal(0, 0.06, 2)
    points = [stroke @ np.array([[wide, turn], [-lean, high]]) for stroke in strokes]
    left = min(float(stroke[:, 0].min()) for stroke in points)
    return [stroke - [left, 0.0] for stroke in points]


def _line(*corners: tuple[float, float]) -> np.ndarray:
    return np.array(corners, float)


def _curve(rng: np.random.Generator, *corners: tuple[float, float]) -> np.ndarray:
    return smooth(_line(*corners) + 0.04 * rng.standard_normal((len(corners), 2)))


# Marks that single characters lack, in heights of a small x, y up to the line negative.
MARKS: dict[str, Callable[[np.random.Generator], list[np.ndarray]]] = {
    ".": lambda rng: [_line((0, -0.05), (rng.uniform(0, 0.12), rng.uniform(-0.1, 0.05)))],
    ",": lambda rng: [_line((0.15, -0.1), (0.15, 0.1), (rng.uniform(-0.1, 0.1), rng.uniform(0.25, 0.5)))],
    ":": lambda rng: [_line((0, y), (0.06, y + 0.05)) for y in (-0.1, rng.uniform(-1.1, -0.7))],
    "-": lambda rng: [_line((0, rng.uniform(-0.8, -0.5)), (rng.uniform(0.4, 1.0), rng.uniform(-0.8, -0.5)))],
    "/": lambda rng: [_line((0, rng.uniform(0, 0.3)), (rng.uniform(0.3, 0.9), rng.uniform(-2.0, -1.6)))],
    "'": lambda rng: [_line((0, -1.9), (rng.uniform(-0.1, 0.1), rng.uniform(-1.5, -1.3)))],
    "!": lambda rng: [_line((0, -1.8), (rng.uniform(-0.1, 0.1), -0.6)), _line((0, -0.1), (0.05, 0))],
    "?": lambda rng: [
        _curve(rng, (0, -1.5), (0.3, -1.9), (0.6, -1.5), (0.3, -1.0), (0.3, -0.6)),
        _line((0.3, 0), (0.3, 0.05)),
    ],
    "(": lambda rng: [_curve(rng, (0.4, -2.0), (0.1, -1.4), (0.05, -0.6), (0.4, 0.4))],
    ")": lambda rng: [_curve(rng, (0, -2.0), (0.3, -1.4), (0.35, -0.6), (0, 0.4))],
    ";": lambda rng: [_line((0.2, -0.9), (0.25, -0.85)), _line((0.2, -0.1), (rng.uniform(0, 0.2), 0.4))],
    "+": lambda rng: [_line((0, -0.8), (0.9, -0.8)), _line((0.45, -1.3), (0.45, -0.3))],
    "=": lambda rng: [_line((0, -1.0), (0.9, -1.0)), _line((0, -0.5), (0.9, -0.5))],
}


def some_text(rng: np.random.Generator) -> str:
    """A short text of a kind that words of running text lack."""

    def digits(low: int, high: int) -> str:
        return "".join(map(str, rng.integers(0, 10, rng.integers(low, high + 1))))

    kind = rng.random()
    if kind < 0.06:
        return CLASSES_62[int(rng.integers(62))]
    if kind < 0.24:
        return phrases.letters(rng, 1, int(rng.integers(2, 10)))
    if kind < 0.33:
        return digits(1, 8)
    if kind < 0.37:
        return digits(1, 3) + "." + digits(1, 2)
    if kind < 0.40:
        return f"{rng.integers(1, 32)}{'./-'[rng.integers(3)]}{rng.integers(1, 13)}" + (
            "" if rng.random() < 0.5 else f".{rng.integers(0, 100):02}"
        )
    if kind < 0.43:
        return f"{rng.integers(0, 24)}:{rng.integers(0, 60):02}"
    if kind < 0.46:
        return digits(1, 3) + "+-="[rng.integers(3)] + digits(1, 3)
    if kind < 0.54:
        return phrases.code(rng)
    if kind < 0.60:
        return phrases.row(rng)
    if kind < 0.72:
        return phrases.word(rng).upper()
    if kind < 0.80:
        return phrases.name(rng)
    if kind < 0.88:
        return phrases.word(rng) + ("" if rng.random() < 0.7 else ".,!?;"[rng.integers(5)])
    if kind < 0.92:  # of a list
        start = ("- ", f"{rng.integers(1, 20)}. ", f"{rng.integers(1, 10)}) ", f"({'abc'[rng.integers(3)]}) ")
        return phrases.one_of(start, rng) + phrases.with_codes(rng)
    words = [phrases.with_codes(rng) for _ in range(rng.integers(2, 5))]
    return " ".join(words)
