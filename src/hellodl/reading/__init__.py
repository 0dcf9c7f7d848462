"""From a photo of handwriting to text.

photo -> evened light -> ink -> parts -> lines -> characters -> 28×28 -> a network's opinion -> text in
context. Each arrow is a file of this folder. Nothing here knows what a network is: reading is given a
function that turns pictures into probabilities, and anything that does will do.
"""

from __future__ import annotations

import cv2
import numpy as np

from hellodl.reading.case import with_case
from hellodl.reading.clean import too_large, without_dust, without_frames
from hellodl.reading.context import in_context
from hellodl.reading.draw import annotate
from hellodl.reading.layout import find_lines
from hellodl.reading.page import Character, Page
from hellodl.reading.parts import find_parts, letter_height
from hellodl.reading.photo import Photo, load_photo
from hellodl.reading.segment import Glyph, find_glyphs
from hellodl.reading.threshold import darkness, find_levels, ink_mask
from hellodl.reading.words import word_starts
from hellodl.views import Classify

__all__ = ["Character", "Classify", "Page", "Photo", "annotate", "load_photo", "read_closely", "read_page"]

SMALL_PICTURE = 1000  # pixels: pictures smaller than this are enlarged, so that strokes are a few pixels wide
LARGEST_ENLARGEMENT = 4.0


def read_page(picture: np.ndarray, classify: Classify, classes: str) -> Page:
    """Read a picture (H, W, 3) uint8, blue-green-red, upright; boxes are in its pixels.

    `classify` turns (N, 28, 28) uint8 pictures of characters, white on black, into (N, K) float32
    probabilities, and `classes` says in K characters what they stand for. A page with nothing on it gives an
    empty Page.
    """
    return read_closely(picture, classify, classes)[0]


def read_closely(picture: np.ndarray, classify: Classify, classes: str) -> tuple[Page, list[list[Glyph]]]:
    """`read_page`, and what it went by: the glyphs of each line, one for each of the page's characters."""
    height, width = picture.shape[:2]
    enlargement = min(LARGEST_ENLARGEMENT, max(1.0, SMALL_PICTURE / max(height, width)))
    if enlargement > 1:
        picture = cv2.resize(picture, None, fx=enlargement, fy=enlargement, interpolation=cv2.INTER_CUBIC)
    glyphs = [line for line in glyphs_of(picture, classify, classes) if line]
    return _as_page(glyphs, classes, (width, height), enlargement), glyphs


def glyphs_of(picture: np.ndarray, classify: Classify, classes: str) -> list[list[Glyph]]:
    """The characters of a picture, line by line, with the network's probabilities."""
    dark = darkness(picture)
    levels = find_levels(dark)
    if levels is None:
        return []
    mask = without_frames(ink_mask(dark, levels))
    # Printed frames are often darker than the pen: without them, the pen's own level counts.
    pen = find_levels(dark, cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    if pen is None:
        return []
    if abs(pen.ink - levels.ink) > 0.03 * levels.ink:
        levels = pen
        mask = without_frames(ink_mask(dark, levels))
    labels, parts = find_parts(mask)
    if not parts:
        return []
    parts = without_dust(parts, labels)
    letter = letter_height(parts)
    parts = [part for part in parts if not too_large(part, letter)]
    letter = letter_height(parts)
    lines = find_lines(parts, letter)
    return find_glyphs(lines, dark, labels, levels.low, letter, classify, classes)


def _as_page(glyphs: list[list[Glyph]], classes: str, size: tuple[int, int], enlargement: float) -> Page:
    """Choose the letters in their context and put everything into the photo's own pixels."""
    spaces = word_starts([[glyph.box for glyph in line] for line in glyphs])
    fresh = [np.array([True, *starts[1:]]) for starts in spaces]
    probabilities = in_context([np.stack([g.probabilities for g in line]) for line in glyphs], fresh, classes)
    orders = [np.argsort(-p, axis=1) for p in probabilities]
    letters = ["".join(classes[i] for i in order[:, 0]) for order in orders]
    letters = with_case(letters, [[glyph.box for glyph in line] for line in glyphs], fresh)
    lines = []
    for row, line in enumerate(glyphs):
        characters = []
        for i, glyph in enumerate(line):
            first, second = orders[row][i, :2]
            box = glyph.box
            corner_and_size = (box.left, box.top, box.width, box.height)
            characters.append(
                Character(
                    letters[row][i],
                    float(probabilities[row][i, first]),
                    classes[second],
                    float(probabilities[row][i, second]),
                    tuple(round(value / enlargement) for value in corner_and_size),  # type: ignore[arg-type]
                    spaces[row][i],
                )
            )
        lines.append(characters)
    return Page(lines, size)
