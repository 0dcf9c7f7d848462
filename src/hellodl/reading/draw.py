"""The picture with the answers: a box around every character, and what it was read as above it."""

from __future__ import annotations

import cv2
import numpy as np

from hellodl.reading.page import Page

SURE, UNSURE, LOST = (70, 150, 0), (0, 140, 255), (40, 40, 230)  # blue-green-red: green, orange, red
FONT = cv2.FONT_HERSHEY_SIMPLEX


def annotate(picture: np.ndarray, page: Page) -> np.ndarray:
    """A copy of the picture (H, W, 3) uint8 with boxes and letters, coloured by how sure the reading is.

    The picture may be smaller than the photo that the page was read from: boxes are drawn to its scale.
    """
    out = picture.copy()
    if not page.characters:
        return out
    scale = picture.shape[1] / max(page.size[0], 1)
    middle = float(np.median([character.box[3] for character in page.characters])) * scale
    size = float(np.clip(middle * 0.45, 9, 60)) / 22  # Hershey's letters are about 22 pixels high at size 1
    thick = max(1, round(size * 2))
    for character in page.characters:
        left, top, width, height = (round(value * scale) for value in character.box)
        colour = colour_of(character.probability)
        cv2.rectangle(out, (left, top), (left + width, top + height), colour, max(1, thick // 2), cv2.LINE_AA)
        (text_width, text_height), _ = cv2.getTextSize(character.letter, FONT, size, thick)
        x = int(np.clip(left + (width - text_width) // 2, 0, max(0, out.shape[1] - text_width)))
        y = max(top - thick - 2, text_height + 1)
        # A white rim keeps the letter readable on any photo.
        cv2.putText(out, character.letter, (x, y), FONT, size, (255, 255, 255), thick + 2 + thick // 2, cv2.LINE_AA)
        cv2.putText(out, character.letter, (x, y), FONT, size, colour, thick, cv2.LINE_AA)
    return out


def colour_of(probability: float) -> tuple[int, int, int]:
    """Green for sure, orange for likely, red for a guess."""
    if probability >= 0.9:
        return SURE
    return UNSURE if probability >= 0.6 else LOST
