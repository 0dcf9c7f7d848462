"""Leave out what stands where nobody writes: the ends of ruled lines at the edge of the sheet, a bar far from all text.

A bare stroke may be an l, an I or a one, and no network can tell it from a piece of a printed line. But letters
stand together: a thin stroke that stands far outside of the block that all other characters make is print, or dirt.
A level dash is no character anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from hellodl.reading.parts import Box, around

THIN = 0.33  # the shorter side beside the longer one
BESIDE, ABOVE = 2.5, 0.7  # so far outside of the block, in heights of its characters, a thin one may still stand


class Placed(Protocol):
    """Whatever has a box."""

    @property
    def box(self) -> Box:
        """Where it stands."""


T = TypeVar("T", bound=Placed)


def without_strays(lines: Sequence[Sequence[T]]) -> list[list[T]]:
    """The lines without dashes, and without thin strokes far from the block of the others; emptied lines are gone."""
    solid = [one.box for line in lines for one in line if not is_thin(one.box)]
    if solid:
        height = float(np.median([box.height for box in solid]))
        block = around(solid)

    def belongs(box: Box) -> bool:
        if not is_thin(box) or not solid:
            return box.height > THIN * box.width
        x, y = box.middle
        beside = max(block.left - x, x - block.right, 0.0)
        above = max(block.top - y, y - block.bottom, 0.0)
        return box.height > box.width and beside < BESIDE * height and above < ABOVE * height

    kept = [[one for one in line if belongs(one.box)] for line in lines]
    return [line for line in kept if line]


def is_thin(box: Box) -> bool:
    """Whether a box holds hardly more than a stroke."""
    return min(box.width, box.height) < THIN * max(box.width, box.height)
