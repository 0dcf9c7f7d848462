"""A character alone, which fills its picture: there is no page on which to look for lines.

Who marks lines has learned what pages look like: small letters with paper around them. A character cut out tight (as in
MNIST, 28 pixels high) is nothing of the kind, and of one that is enlarged and put amid paper it still loses half the
strokes. But then there is nothing to find: all the ink is one line, and the paper has the shade of the edge.
"""

from __future__ import annotations

import cv2
import numpy as np

from hellodl.reading.lines import Line
from hellodl.reading.room import paper_of
from hellodl.reading.strips import FAINT, HEIGHT, WIDER, Strip, strip_of, usual_darkness

LARGEST = 128  # pixels of the longer side
FILLED = 0.5  # of the longer side, that the character is high at least
WHOLE = 0.6  # of the ink, that is one connected piece at least: of words, and of several lines, none is
CONTRAST = 0.1  # of the way from black to white: paper's noise is less
ENLARGED = 4  # times, to be bent into a strip
EDGE = 2  # pixels of paper around it


def alone(picture: np.ndarray) -> Strip | None:
    """The strip of a character that fills its picture (H, W, 3) uint8; None where this is another kind of picture."""
    if max(picture.shape[:2]) > LARGEST:
        return None
    ink = unlike_its_edge(picture)
    large = cv2.resize(np.pad(ink, EDGE), None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC).clip(0, 1)
    usual = usual_darkness(large, np.ones(large.shape, bool))
    inked = large > FAINT * usual
    if large.max() < CONTRAST or not is_one_piece(inked):
        return None
    y, x = np.nonzero(inked)
    top, high = int(y.min()), int(np.ptp(y)) + 1
    if high < FILLED * ENLARGED * max(ink.shape):
        return None
    middle = np.array([(top + (high - 1) / 2) / ENLARGED])
    line = Line(x.min() / ENLARGED, (x.max() + 1) / ENLARGED, middle, high / 2 / ENLARGED, (1,))
    strip = strip_of(large * inked, (y, x), line, ENLARGED, HEIGHT, WIDER)
    return strip and Strip(strip.picture, strip.x - EDGE, strip.y - EDGE, line)


def unlike_its_edge(picture: np.ndarray) -> np.ndarray:
    """How far each pixel of (H, W, 3) uint8 is from the shade that most of the edge has: (H, W) float32, 0 to 1."""
    return np.abs(picture - paper_of(picture).astype(np.float32)).mean(axis=2) / np.float32(255)


def is_one_piece(inked: np.ndarray) -> bool:
    """Whether most of what is inked (H, W) bool hangs together."""
    areas = cv2.connectedComponentsWithStats(inked.astype(np.uint8), connectivity=8)[2][1:, cv2.CC_STAT_AREA]
    return bool(len(areas) and areas.max() > WHOLE * areas.sum())
