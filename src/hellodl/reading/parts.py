"""Parts: connected pieces of ink, before anybody knows which of them make a letter.

Everything after the threshold works on these: a few hundred boxes instead of millions of pixels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Box:
    """An upright rectangle in pixels; `right` and `bottom` are one past its last pixel."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    @property
    def side(self) -> int:
        """The longer of the two sides."""
        return max(self.width, self.height)

    @property
    def middle(self) -> tuple[float, float]:
        """(x, y) of the centre."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def overlap_x(self, other: Box) -> int:
        """How many columns two boxes share; negative: how far they are apart."""
        return min(self.right, other.right) - max(self.left, other.left)

    def overlap_y(self, other: Box) -> int:
        """How many rows two boxes share; negative: how far they are apart."""
        return min(self.bottom, other.bottom) - max(self.top, other.top)

    def slices(self) -> tuple[slice, slice]:
        """What cuts this box out of an array (H, W)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True)
class Part:
    """One connected piece of ink: its number in the array of labels, its box and its pixels' count."""

    label: int
    box: Box
    area: int


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of these."""
    boxes = list(boxes)
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def find_parts(mask: np.ndarray, smallest_area: int = 4) -> tuple[np.ndarray, list[Part]]:
    """The connected pieces of a mask (H, W) bool: the labels (H, W) int32, 0 for paper, and the parts."""
    _count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    parts = []
    for label in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= smallest_area):
        if label:
            left, top, width, height, area = (int(value) for value in stats[label])
            parts.append(Part(int(label), Box(left, top, left + width, top + height), area))
    return labels, parts


def stroke_width(mask: np.ndarray) -> float:
    """The usual width of a stroke in pixels: in a bar of width s the mean distance to its edge is s / 4."""
    framed = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    distance = cv2.distanceTransform(framed, cv2.DIST_L2, 3)
    inside = distance[distance > 0]
    # The transform measures from pixel to pixel, so a line of one pixel has 1 where it should have a quarter.
    return max(1.0, 4 * float(inside.mean()) - 2) if len(inside) else 1.0


def letter_height(parts: list[Part]) -> float:
    """The usual size of what is written: the median of the parts' longer sides, large parts first."""
    if not parts:
        return 0.0
    sides = np.array([part.box.side for part in parts], np.float64)
    votes = np.sqrt([part.area for part in parts])
    order = np.argsort(sides)
    return float(sides[order][np.searchsorted(np.cumsum(votes[order]), votes.sum() / 2)])
