"""Room around writing that was cut out tight.

Who marks lines has learned what pages look like: small letters with paper around them. A word or two that fill their
picture are nothing of the kind, so a picture that is small gets larger, and gets paper around it, of the shade that
most of its edge has. (A single character needs nobody who marks lines: see `alone`.)
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from hellodl.reading.level import askew_again
from hellodl.reading.page import Page

SMALL = 48  # pixels of the longer side: no page
LARGER = 4  # times, and as much paper on every side as the picture is long


def is_cut_out(picture: np.ndarray) -> bool:
    """Whether a picture (H, W, 3) is so small that it shows a word or two."""
    return max(picture.shape[:2]) <= SMALL


def with_room(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The picture (H, W, 3) uint8 larger and amid paper, and the matrix (2, 3) from its points back to those of it."""
    large = cv2.resize(picture, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_CUBIC)
    room = max(large.shape[:2])
    out = cv2.copyMakeBorder(large, room, room, room, room, cv2.BORDER_CONSTANT, value=paper_of(large).tolist())
    return out, np.array([[1, 0, -room], [0, 1, -room]]) / LARGER


def paper_of(picture: np.ndarray) -> np.ndarray:
    """The shade that most of a picture's edge has: (3,) of (H, W, 3) uint8."""
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return np.median(edge, axis=0)


def cut_out_again(page: Page, back: np.ndarray, size: tuple[int, int]) -> Page:
    """A page that was read with room, as one of this (width, height)."""

    def within(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
        x, y = (min(max(start, 0), most - 1) for start, most in zip((left, top), size))
        return x, y, max(min(right, size[0]) - x, 1), max(min(bottom, size[1]) - y, 1)

    found = askew_again(page, back)
    lines = [[replace(one, box=within(one.box)) for one in line] for line in found.lines]
    return replace(found, lines=lines, size=size, x_height=page.x_height * float(back[0, 0]))
