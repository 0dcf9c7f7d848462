"""From a photo of handwriting to text.

photo -> evened light -> ink -> parts -> lines -> characters -> 28×28 -> a network's opinion -> text in
context. Each arrow is a file of this folder. Nothing here knows what a network is: reading is given a
function that turns pictures into probabilities, and anything that does will do.
"""

from __future__ import annotations

import numpy as np

from hellodl.data.unipen import CLASSES_62
from hellodl.reading.context import apart, in_context
from hellodl.reading.debug import Watcher, nobody
from hellodl.reading.draw import annotate
from hellodl.reading.language import Language, in_language
from hellodl.reading.page import Character, Page
from hellodl.reading.photo import Photo, load_photo
from hellodl.reading.segment import Glyph, find_glyphs
from hellodl.reading.strays import without_strays
from hellodl.reading.survey import Survey, survey
from hellodl.reading.views import Classify
from hellodl.reading.words import word_starts

__all__ = ["Character", "Classify", "Language", "Page", "Photo", "annotate", "load_photo", "read_closely", "read_page"]


def read_page(
    picture: np.ndarray, classify: Classify, classes: str, language: Language | None = None, watch: Watcher = nobody
) -> Page:
    """Read a picture (H, W, 3) uint8, blue-green-red, upright; boxes are in its pixels.

    `classify` turns (N, 28, 28) uint8 pictures of characters, white on black, into (N, K) float32
    probabilities, and `classes` says in K characters what they stand for. Where pictures leave doubt, `language`
    is asked, if there is one; `watch` is shown every stage. A page with nothing on it gives an empty Page.
    """
    return read_closely(picture, classify, classes, language, watch)[0]


def read_closely(
    picture: np.ndarray, classify: Classify, classes: str, language: Language | None = None, watch: Watcher = nobody
) -> tuple[Page, list[list[Glyph]]]:
    """`read_page`, and what it went by: the glyphs of each line, one for each of the page's characters."""
    height, width = picture.shape[:2]
    page = survey(picture, watch)
    if page is None:
        return Page([], (width, height)), []
    glyphs = without_strays(find_glyphs(page, classify, classes, watch))
    return _as_page(page, glyphs, classes, language, (width, height)), glyphs


def _as_page(
    page: Survey, glyphs: list[list[Glyph]], classes: str, language: Language | None, size: tuple[int, int]
) -> Page:
    """Choose the letters in their context and put everything into the photo's own pixels."""
    boxes = [[glyph.box for glyph in line] for line in glyphs]
    spaces = word_starts(boxes)
    fresh = [np.array([True, *starts[1:]]) for starts in spaces]
    seen = [apart(np.stack([glyph.probabilities for glyph in line]), classes) for line in glyphs]
    beliefs = in_context(seen, boxes, fresh)
    if language is not None:
        beliefs = in_language(beliefs, fresh, CLASSES_62, language)
    lines = []
    for line, starts, probabilities in zip(glyphs, spaces, beliefs):
        best = np.argsort(-probabilities, axis=1)[:, :2]
        characters = []
        for glyph, space, chances, (first, second) in zip(line, starts, probabilities, best):
            left, top, right, bottom = page.in_picture(glyph.box)
            box = (round(left), round(top), round(right - left), round(bottom - top))
            sure, less = float(chances[first] * glyph.character), float(chances[second] * glyph.character)
            characters.append(Character(CLASSES_62[first], sure, CLASSES_62[second], less, box, space))
        lines.append(characters)
    return Page(lines, size)
