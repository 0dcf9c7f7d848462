"""Printed boxes in a row: the bars that part them, from one ruled line to the next.

A bar is too short to be told from the stem of a letter by itself. But it goes all the way from line to line, and
letters keep away from the edges of their boxes. So each band between two lines is stretched into a rectangle, in which
bars stand upright, and what is dark from top to bottom is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from hellodl.reading.rules import BLACKEST, Rule, subtract

SAMPLES = 16  # places along a bar that are looked at
SLANTS = np.linspace(-0.14, 0.14, 11)  # across for each pixel down: a page seen at an angle
FAINT = 0.5  # of what the lines hold back: as much a bar does, at least
SEEN = 0.85  # share of it that must be there
LEAST_SQUARED = 5  # lines either way
TO_THE_EDGES = 0.8  # of the picture's side; upright and level ones together
BANDS = 1.5, 6.0  # a row of boxes is so many letters high
AS_FAR = 1.3  # times the nearest line: one may be found twice


def without_boxes(dark: np.ndarray, level: Sequence[Rule], upright: Sequence[Rule], letter: float) -> np.ndarray:
    """Darkness (H, W) float32 without the short sides of boxes in a row, where lines were found already; `letter` is
    the usual letter's height.

    Bars are found between level lines, and short level lines (the lid of a box or two) between bars; twice, as the
    lids tell of further bars.
    """
    if squared(level, upright):
        return dark  # from line to line there are strokes, but no bars
    level, upright = list(level), list(upright)
    for _ in range(2):
        dark, bars = without_bars(dark, level, letter)
        upright += bars
        turned, lids = without_bars(np.ascontiguousarray(dark.T), upright, letter)
        dark = np.ascontiguousarray(turned.T)
        level += lids
        if not bars and not lids:
            break
    return dark


def squared(level: Sequence[Rule], upright: Sequence[Rule]) -> bool:
    """Whether these are the lines of squared paper, which mostly go from edge to edge."""
    if min(len(level), len(upright)) < LEAST_SQUARED:
        return False
    return sum(float(np.median([rule.extent for rule in rules])) for rules in (level, upright)) > 2 * TO_THE_EDGES


def without_bars(dark: np.ndarray, rules: Sequence[Rule], letter: float) -> tuple[np.ndarray, list[Rule]]:
    """Darkness (H, W) float32 without the bars between level lines; and the bars, with x and y swapped."""
    held = cv2.blur(-np.log1p(-dark.clip(0, BLACKEST)), (3, 1))
    upright = np.array(dark.T, order="C")
    bars: list[Rule] = []
    known: dict[int, list[Rule]] = {}  # by where they stand, in steps of some pixels
    for upper, lower in neighbours(rules, letter):
        for bar in bars_between(held, upper, lower, letter):
            step = max(1, 2 * bar.reach)
            place = round(float(bar.y[len(bar.y) // 2])) // step
            near = [other for at in (place - 1, place, place + 1) for other in known.get(at, ())]
            if any(same(bar, other) for other in near):
                continue
            known.setdefault(place, []).append(bar)
            inner = 2 * bar.reach  # its ends went with the lines
            share = subtract(upright, bar, (bar.x[0] + inner, 0, bar.x[-1] - inner, 0))
            if share > 0:
                bars.append(replace(bar, share=share))
    return (np.ascontiguousarray(upright.T) if bars else dark), bars


def neighbours(rules: Sequence[Rule], letter: float) -> Iterator[tuple[Rule, Rule]]:
    """Each line with the nearest below it that is as far away as the other side of a box."""
    levels = np.array([float(rule.y.mean()) for rule in rules])
    order = np.argsort(levels).tolist()
    for place, i in enumerate(order):
        farthest = np.inf
        for j in order[place + 1 :]:
            apart = levels[j] - levels[i]
            if apart > min(farthest, (BANDS[1] + 1) * letter):
                break
            start, stop = common(rules[i], rules[j], letter)
            middle = (start + stop) / 2
            band = float(np.interp(middle, rules[j].x, rules[j].y) - np.interp(middle, rules[i].x, rules[i].y))
            if stop - start >= 3 * letter and BANDS[0] * letter < band < BANDS[1] * letter:
                yield rules[i], rules[j]
                farthest = min(farthest, AS_FAR * apart)


def common(one: Rule, other: Rule, letter: float) -> tuple[int, int]:
    """From where to where both lines go: the box at the end of a row may reach beyond what was found of them."""
    start, stop = max(one.x[0], other.x[0]), min(one.x[-1], other.x[-1]) + 1
    return round(max(0, start - letter)), round(stop + letter)


def same(one: Rule, other: Rule) -> bool:
    """Whether two bars are about the same one."""
    shared = min(one.x[-1], other.x[-1]) - max(one.x[0], other.x[0])
    apart = abs(float(one.y[len(one.y) // 2] - other.y[len(other.y) // 2]))
    return apart <= 2 * one.reach and shared > 0.8 * max(one.length, other.length)


def bars_between(held: np.ndarray, upper: Rule, lower: Rule, letter: float) -> list[Rule]:
    """The bars between two level lines, as lines with x and y swapped; `held` (H, W) float32 is what each pixel
    holds back, as a logarithm."""
    start, stop = common(upper, lower, letter)
    x = np.arange(start, min(stop, held.shape[1]), dtype=np.float32)
    top, bottom = (np.interp(x, rule.x, rule.y).astype(np.float32) for rule in (upper, lower))
    reach = max(upper.reach, lower.reach)
    least = FAINT * max(upper.share, lower.share)
    seen = np.stack([seen_along(held, x, top, bottom - top, slant, least) for slant in SLANTS])
    best = seen.max(axis=0)  # (slants, columns) -> (columns)
    bars: list[tuple[int, Rule]] = []
    for column in np.argsort(-best, kind="stable").tolist():
        if best[column] < SEEN:
            break
        if all(abs(column - other) > 2 * reach for other, _ in bars):
            slant = float(SLANTS[seen[:, column].argmax()])
            first, last = round(float(top[column])) - reach, round(float(bottom[column])) + reach
            rows = np.arange(max(0, first), min(len(held), last + 1))
            middle = float(top[column] + bottom[column]) / 2
            bars.append((column, Rule(rows, start + column + slant * (rows - middle), reach)))
    return [bar for _, bar in bars]


def seen_along(
    held: np.ndarray, x: np.ndarray, top: np.ndarray, band: np.ndarray, slant: float, least: float
) -> np.ndarray:
    """Which share of a bar of such a slant is there in each column, (n,): as much of it as holds back the `least`."""
    down = np.linspace(0.06, 0.94, SAMPLES, dtype=np.float32)[:, None]
    across = x + np.float32(slant) * (down - np.float32(0.5)) * band
    seen = cv2.remap(held, across, top + down * band, cv2.INTER_LINEAR)
    return np.minimum(seen / np.float32(least), 1).mean(axis=0)
