"""Reading letter by letter, for hands whose letters stand apart: cut a line where there is no ink, look at each piece.

It is the oldest way to read, and all that a network which knows single letters can do. Where two letters touch it
fails, and no rule about cutting mends that for long: that is what reading whole lines is for (see `spoken`).
"""

from __future__ import annotations

import cv2
import numpy as np

from hellodl.reading.darkness import darkness
from hellodl.reading.lines import Mark, look
from hellodl.reading.page import Character, Page
from hellodl.reading.strips import Strip, cut_strips
from hellodl.reading.views import Classify

HEIGHT = 64  # pixels of a strip: letters are looked at more closely than lines
INKED = 110  # of 255
SPECK = 0.08  # of a strip's height: what is smaller is dust
ABOVE = 0.5  # share of the narrower piece that is above or below the other: both are one letter, an i and its dot
SPACE = 0.55  # of a line's usual letter height: a wider gap is a space
SIDE, LONGEST = 28, 20  # pixels of a picture, and of the ink's longer side in it


def read_apart(picture: np.ndarray, mark: Mark, classify: Classify, classes: str) -> Page:
    """Read a picture (H, W, 3) uint8, blue-green-red, upright, letter by letter; boxes are in its pixels.

    `mark` is what `lines.look` wants, `classes` says in K characters what the probabilities of `classify` are of.
    """
    dark = darkness(picture)
    strips = cut_strips(dark, look(dark, mark), HEIGHT, wider=1.0)
    lines = [line for strip in strips if (line := _letters(strip, classify, classes))]
    return Page(lines, (picture.shape[1], picture.shape[0]))


def _letters(strip: Strip, classify: Classify, classes: str) -> list[Character]:
    """The letters of one line."""
    pieces = pieces_of(strip.picture)
    if not pieces:
        return []
    beliefs = classify(np.stack([centred(strip.picture[:, left:right]) for left, right in pieces]))
    boxes = [strip.box(left, right) for left, right in pieces]
    tall = float(np.median([box[3] for box in boxes]))
    ends = [-np.inf, *(box[0] + box[2] for box in boxes)]
    out: list[Character] = []
    for chances, box, end in zip(beliefs, boxes, ends):
        first, second = np.argsort(-chances)[:2]
        space = bool(out) and box[0] - end > SPACE * tall
        out.append(
            Character(classes[first], float(chances[first]), classes[second], float(chances[second]), box, space)
        )
    return out


def pieces_of(strip: np.ndarray) -> list[tuple[int, int]]:
    """Where a strip's letters begin and end, if they stand apart: connected pieces of ink, dots with their stems."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((strip > INKED).astype(np.uint8), connectivity=8)
    speck = SPECK * len(strip)
    spans = sorted(
        (left, left + width) for left, _, width, height, _ in stats[1:].tolist() if max(width, height) > speck
    )
    pieces: list[tuple[int, int]] = []
    for left, right in spans:
        if pieces and pieces[-1][1] - left > ABOVE * min(right - left, pieces[-1][1] - pieces[-1][0]):
            pieces[-1] = pieces[-1][0], max(right, pieces[-1][1])
        else:
            pieces.append((left, right))
    return pieces


def centred(piece: np.ndarray) -> np.ndarray:
    """A piece's ink as letters are learned: its longer side 20 pixels long, in the middle of (28, 28) uint8."""
    out = np.zeros((SIDE, SIDE), np.uint8)
    x, y, width, height = cv2.boundingRect((piece > INKED).astype(np.uint8))
    factor = LONGEST / max(width, height, 1)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if width:
        small = cv2.resize(piece[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)
        top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
        out[top : top + size[1], left : left + size[0]] = small
    return out
