"""Photos that were taken sideways or upside down: find out which way up they read best.

Nothing in a few lines of ink says for sure which way is up but that it can be read: so all four ways are tried, and
the one is right in which the characters are surest of themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from hellodl.reading.page import Character, Page

TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
TRIED_SIDE = 1200  # pixels: a smaller picture is enough to tell which way is up


def turned(picture: np.ndarray, degrees: int) -> np.ndarray:
    """A picture turned to the right by 0, 90, 180 or 270 degrees."""
    return picture if degrees == 0 else cv2.rotate(picture, TURNS[degrees])


def best_turn(picture: np.ndarray, read: Callable[[np.ndarray], Page]) -> int:
    """By how many degrees to the right a picture (H, W, 3) must be turned to be read best: 0, 90, 180 or 270."""
    factor = TRIED_SIDE / max(picture.shape[:2])
    if factor < 1:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return max((0, 90, 180, 270), key=lambda degrees: legibility(read(turned(picture, degrees))))


def legibility(page: Page) -> float:
    """How sure a page is of its characters: the mean of their probabilities squared, so that the sure ones count."""
    chances = [character.probability**2 for character in page.characters]
    # Few characters prove little; what is upside down falls into bits, so many prove nothing either.
    return float(np.mean(chances)) * len(chances) / (len(chances) + 2) if chances else 0.0


def turned_back(page: Page, degrees: int) -> Page:
    """A page that was read in a picture turned to the right by `degrees`, with its boxes in the picture as it was."""
    width, height = page.size

    def back(character: Character) -> Character:
        x, y, w, h = character.box
        box = {
            0: (x, y, w, h),
            90: (y, width - x - w, h, w),
            180: (width - x - w, height - y - h, w, h),
            270: (height - y - h, x, h, w),
        }[degrees]
        return replace(character, box=box)

    lines = [[back(character) for character in line] for line in page.lines]
    return replace(page, lines=lines, size=(height, width) if degrees in (90, 270) else (width, height))
