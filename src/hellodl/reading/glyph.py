"""Cut a character out of the page and make it look like what the network learned from.

The training pictures are 28×28, white on black, the longest side of the ink 20 pixels, its box in the middle,
and the pen a certain share of the letter. A photo's letters have any size and any pen, so each is first drawn
on a canvas eight times finer, where its pen is made a little thicker or thinner, and then reduced.
"""

from __future__ import annotations

import cv2
import numpy as np

from hellodl.reading.parts import Box

SIDE, INK_SIDE = 28, 20
FINE = 4  # the canvas is this many times finer
THINNEST_PEN, THICKEST_PEN = 0.10, 0.20  # of the letter's longest side: inside of this range pens are left alone


def normalise(dark: np.ndarray, threshold: float) -> np.ndarray:
    """One character, (h, w) float32 darkness with nothing else in it -> (28, 28) uint8, white on black.

    `threshold` is the darkness at which its ink begins. A picture without ink comes back black.
    """
    fine = INK_SIDE * FINE
    factor = fine / max(dark.shape)
    shrinking = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    size = max(1, round(dark.shape[1] * factor)), max(1, round(dark.shape[0] * factor))
    ink = (cv2.resize(dark, size, interpolation=shrinking) > threshold).astype(np.uint8)
    margin = fine // 5
    ink = _mend_pen(cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT), fine)
    return _centre(ink)


def _mend_pen(ink: np.ndarray, side: int) -> np.ndarray:
    """Thicken a thin pen and thin a thick one, by a brush as wide as what is lacking."""
    distance = cv2.distanceTransform(ink, cv2.DIST_L2, 3)
    inside = distance[ink > 0]
    if not len(inside):
        return ink
    pen = 4 * float(inside.mean()) - 2
    lacking, excess = THINNEST_PEN * side - pen, pen - THICKEST_PEN * side
    if lacking > 1:
        away = cv2.distanceTransform(1 - ink, cv2.DIST_L2, 3)
        return (away <= lacking / 2).astype(np.uint8)
    if excess > 1:
        thinner = (distance > excess / 2).astype(np.uint8)
        # A thin stroke beside a thick one must not break: what would vanish stays.
        if cv2.connectedComponents(thinner)[0] == cv2.connectedComponents(ink)[0]:
            return thinner
    return ink


def _centre(ink: np.ndarray) -> np.ndarray:
    """The ink's box, made 20 pixels long, in the middle of 28×28."""
    out = np.zeros((SIDE, SIDE), np.uint8)
    x, y, width, height = cv2.boundingRect(ink)
    if width == 0:
        return out
    cut = ink[y : y + height, x : x + width] * np.uint8(255)
    factor = INK_SIDE / max(width, height)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = small
    return out


def cut_out(dark: np.ndarray, labels: np.ndarray, ink: np.ndarray, box: Box) -> np.ndarray:
    """The darkness (h + 4, w + 4) float32 of some ink (h, w) bool alone, with two pixels of paper around its box."""
    height, width = labels.shape
    own = cv2.copyMakeBorder(ink.astype(np.uint8), 2, 2, 2, 2, cv2.BORDER_CONSTANT)
    top, left, bottom, right = box.top - 2, box.left - 2, box.bottom + 2, box.right + 2
    own = own[max(0, -top) : height - top, max(0, -left) : width - left]
    where = slice(max(0, top), bottom), slice(max(0, left), right)
    # The soft edge of a stroke lies outside of its mask, and belongs to it where no other ink is.
    near = cv2.dilate(own, np.ones((3, 3), np.uint8)) > 0
    return np.where(near & ((labels[where] == 0) | (own > 0)), dark[where], 0).astype(np.float32)


def among(names: np.ndarray, wanted: list[int]) -> np.ndarray:
    """Where an array of labels has one of the few wanted: np.isin, which sorts, takes longer."""
    own = names == wanted[0]
    for label in wanted[1:]:
        own |= names == label
    return own
