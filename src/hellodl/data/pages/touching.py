"""Neighbours that touch: what unjoined handwriting does now and then, and every reader of it fears.

Letters are moved left until their ink meets the ink before it. That is measured on the ink itself, row by row,
not on boxes: a T and an o can share a column of pixels long before they touch.
"""

from __future__ import annotations

import numpy as np

from hellodl.data.strokes import ENLARGEMENT, paint

OVERLAP = (0.02, 0.06)  # of the ink of two that touch: a pixel or two, in x_heights
MOST_CONTACT = 0.45  # share of the rows with both in which they may touch: parallel bars would be one bar
DEEPEST = 0.25  # how far the box of one may reach into that of the other, in x_heights
LEAST_AHEAD = 0.2  # how much farther right than the first the second must end, in x_heights


class Nearness:
    """Decides which neighbours touch: a `share` of them, 0 to 1. Where two cannot, the next two do instead.

    Two cannot where one would hide the other: a reader, too, would no longer see that they are two.
    """

    def __init__(self, share: float, seed: int):
        self.share, self.owed = share, 0
        self.rng = np.random.default_rng((seed, 5))

    def way(self, before: list[np.ndarray], after: list[np.ndarray], pen: float, x_height: float) -> float:
        """How many pixels to move a drawn character left, 0 where it is to stay; both as strokes in pixels."""
        self.owed += int(self.rng.random() < self.share)
        overlap = self.rng.uniform(*OVERLAP) * x_height
        if not self.owed:
            return 0.0
        way = way_to_touch(before, after, pen, x_height, overlap)
        self.owed -= int(way > 0)
        return way


def way_to_touch(
    before: list[np.ndarray], after: list[np.ndarray], pen: float, x_height: float, overlap: float
) -> float:
    """How many pixels a character moves left until its ink overlaps that before it; 0 where it must not."""
    first, second = (np.concatenate(strokes) for strokes in (before, after))
    low = np.floor(np.minimum(first.min(axis=0), second.min(axis=0)) - pen)
    high = np.ceil(np.maximum(first.max(axis=0), second.max(axis=0)) + pen)
    width, height = (ENLARGEMENT * (high - low)).astype(int).tolist()
    _, right = edges(before, low, width, height, pen)
    left, _ = edges(after, low, width, height, pen)
    gaps = (left - right)[(left < width) & (right >= 0)] - 1
    if not len(gaps):
        return 0.0
    way = float(gaps.min()) / ENLARGEMENT + overlap
    contact = float((gaps < way * ENLARGEMENT).mean())
    depth = first[:, 0].max() - (second[:, 0].min() - way) + pen
    ahead = second[:, 0].max() - way - first[:, 0].max()
    fits = contact <= MOST_CONTACT and depth <= DEEPEST * x_height + pen and ahead >= LEAST_AHEAD * x_height
    return way if fits else 0.0


def edges(
    strokes: list[np.ndarray], low: np.ndarray, width: int, height: int, pen: float
) -> tuple[np.ndarray, np.ndarray]:
    """The leftmost and the rightmost ink of each row of an enlarged canvas that begins at `low`.

    Both (height,) int64; where a row has no ink the first is `width` and the second -1.
    """
    canvas = np.zeros((height, width), np.uint8)
    paint(canvas, [stroke - low for stroke in strokes], pen)
    ink = canvas > 0
    empty = ~ink.any(axis=1)
    left, right = ink.argmax(axis=1), width - 1 - ink[:, ::-1].argmax(axis=1)
    return np.where(empty, width, left), np.where(empty, -1, right)
