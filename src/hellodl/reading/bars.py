"""Printed boxes in a row: the bars that part them, from one ruled line to the next.

A bar is too short to be told from the stem of a letter by itself. But it goes all the way from line to line, and
letters keep away from the edges of their boxes. So each band between two lines is stretched into a rectangle, in which
bars stand upright, and what is dark from top to bottom is one.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from hellodl.reading.rules import BLACKEST, Rule, subtract

SAMPLES = 24  # places along a bar that are looked at
SLANTS = np.linspace(-0.14, 0.14, 15)  # across for each pixel down: a page seen at an angle
FAINT = 0.5  # of what the lines hold back: as much a bar does, at least
SEEN = 0.85  # share of it that must be there
LEAST_SQUARED = 5  # lines either way
TO_THE_EDGES = 0.8  # of the picture's side; upright and level ones together
BANDS = 1.5, 6.0  # a row of boxes is so many letters high


def without_boxes(
    dark: np.ndarray, level: Sequence[Rule], upright: Sequence[Rule], letter: float
) -> np.ndarray:
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
    return (
        sum(float(np.median([rule.extent for rule in rules])) for rules in (level, upright))
        > 2 * TO_THE_EDGES
    )


def without_bars(dark: np.ndarray, rules: Sequence[Rule], letter: float) -> tuple[np.ndarray, list[Rule]]:
    """Darkness (H, W) float32 without the bars between level lines; and the bars, with x and y swapped."""
    upright = np.array(dark.T, order="C")
    rules = sorted(rules, key=lambda rule: float(rule.y.mean()))
    bars: list[Rule] = []
    for upper, lower in itertools.combinations(rules, 2):
        for bar in bars_between(dark, upper, lower, letter):
            if any(same(bar, other) for other in bars):
                continue
            inner = 2 * bar.reach  # its ends went with the lines
            share = subtract(upright, bar, (bar.x[0] + inner, 0, bar.x[-1] - inner, 0))
            bars.append(replace(bar, share=share))
    bars = [bar for bar in bars if bar.share > 0]
    return (np.ascontiguousarray(upright.T) if bars else dark), bars


def same(one: Rule, other: Rule) -> bool:
    """Whether two bars are about the same one."""
    common = min(one.x[-1], other.x[-1]) - max(one.x[0], other.x[0])
    apart = abs(float(one.y.mean()) - float(other.y.mean()))
    return apart <= 2 * one.reach and common > 0.8 * max(one.length, other.length)


def bars_between(dark: np.ndarray, upper: Rule, lower: Rule, letter: float) -> list[Rule]:
    """The bars between two level lines, as lines with x and y swapped."""
    # The box at the end of a row may reach beyond what was found of its lines.
    start = round(max(upper.x[0], lower.x[0], letter) - letter)
    stop = round(min(upper.x[-1], lower.x[-1], dark.shape[1] - letter) + letter)
    if stop - start < 3 * letter:
        return []
    x = np.arange(start, stop, dtype=np.float32)
    top, bottom = (np.interp(x, rule.x, rule.y).astype(np.float32) for rule in (upper, lower))
    band = bottom - top
    if not BANDS[0] * letter < float(np.median(band)) < BANDS[1] * letter:
        return []
    reach = max(upper.reach, lower.reach)
    least = FAINT * max(upper.share, lower.share)
    seen = np.stack([seen_along(dark, x, top, band, slant, least) for slant in SLANTS])  # (slants, columns)
    best = seen.max(axis=0)
    bars: list[tuple[int, Rule]] = []
    for column in np.argsort(-best, kind="stable").tolist():
        if best[column] < SEEN:
            break
        if all(abs(column - other) > 2 * reach for other, _ in bars):
            slant = float(SLANTS[seen[:, column].argmax()])
            first, last = round(float(top[column])) - reach, round(float(bottom[column])) + reach
            rows = np.arange(max(0, first), min(len(dark), last + 1))
            middle = float(top[column] + bottom[column]) / 2
            bars.append((column, Rule(rows, start + column + slant * (rows - middle), reach)))
    return [bar for _, bar in bars]


def seen_along(
    dark: np.ndarray, x: np.ndarray, top: np.ndarray, band: np.ndarray, slant: float, least: float
) -> np.ndarray:
    """Which share of a bar of such a slant is there in each column, (n,): as much of it as holds back the `least`."""
    down = np.linspace(0.06, 0.94, SAMPLES, dtype=np.float32)[:, None]
    across = x + np.float32(slant) * (down - np.float32(0.5)) * band
    held = -np.log1p(-cv2.remap(dark, across, top + down * band, cv2.INTER_LINEAR).clip(0, BLACKEST))
    return np.minimum(cv2.blur(held, (3, 1)) / np.float32(least), 1).mean(axis=0)
