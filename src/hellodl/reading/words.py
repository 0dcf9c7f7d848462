"""Where one word ends and the next begins: at the wider of two kinds of gaps.

Some write letters close together and some far apart, so no fixed width will do. All gaps of a page are parted
into two groups such that the groups are as far from each other as can be (Otsu 1979, who did so with greys).
"""

from __future__ import annotations

import itertools

import numpy as np

from hellodl.reading.parts import Box

WIDEST = 3.0  # letter heights: wider gaps are spaces whatever the rest is like, and count as this wide


def word_starts(lines: list[list[Box]]) -> list[list[bool]]:
    """For each character of each line whether a space stands before it (never before a line's first)."""
    heights = [box.height for boxes in lines for box in boxes]
    if not heights:
        return [[] for _ in lines]
    usual = float(np.median(heights))
    neighbours = [itertools.pairwise(boxes) for boxes in lines]
    gaps = [np.array([-before.overlap_x(after) / usual for before, after in pairs]) for pairs in neighbours]
    limit = gap_limit(np.concatenate(gaps))
    starts = []
    for line in gaps:
        # A line of single letters, all far apart, is no line of one-letter words.
        own = max(limit, 1.8 * float(np.quantile(line, 0.4))) if len(line) else limit
        starts.append([False, *(line > own).tolist()])
    return starts


def gap_limit(gaps: np.ndarray) -> float:
    """The gap from which on it is a space, in letter heights; infinite where all gaps are of one kind."""
    if len(gaps) < 2:
        return np.inf
    values = np.sort(np.clip(gaps, 0.0, WIDEST))
    best, limit = 0.0, np.inf
    for i in range(1, len(values)):
        low, high = values[:i], values[i:]
        between = len(low) * len(high) / len(values) ** 2 * (low.mean() - high.mean()) ** 2
        if between > best and high.mean() > max(2.0 * low.mean(), low.mean() + 0.35):
            best, limit = between, float((low[-1] + high[0] + low.mean() + high.mean()) / 4)
    return limit if best > 0.6 * float(values.var()) else np.inf
