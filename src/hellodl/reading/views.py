"""Look at each character more than once, leaned a little to the left and to the right, and take the mean
opinion.

People slant their letters, and a network is not equally good at all slants. Three views make three guesses
whose errors differ, and their geometric mean errs less than any one of them (test-time augmentation, as in
Krizhevsky, Sutskever and Hinton 2012).
"""

from __future__ import annotations

import cv2
import numpy as np

from hellodl.reading.glyph import SIDE
from hellodl.reading.page import Classify

LEANS = (-0.15, 0.0, 0.15)  # pixels to the right for each pixel down
FLOOR = 1e-4  # no single view may rule a class out


def leaned(pictures: np.ndarray, lean: float) -> np.ndarray:
    """Pictures (N, 28, 28) uint8 sheared about their middle."""
    if lean == 0:
        return pictures
    middle = (SIDE - 1) / 2
    matrix = np.array([[1, lean, -lean * middle], [0, 1, 0]], np.float32)
    return np.stack([cv2.warpAffine(picture, matrix, (SIDE, SIDE)) for picture in pictures])


def from_all_sides(pictures: np.ndarray, classify: Classify) -> np.ndarray:
    """What `classify` makes of pictures (N, 28, 28) uint8 in all views: (N, K) float32, rows add up to 1."""
    if not len(pictures):
        return classify(pictures)
    answers = classify(np.concatenate([leaned(pictures, lean) for lean in LEANS]))
    by_view = answers.reshape(len(LEANS), len(pictures), -1)
    mean = np.exp(np.log(by_view + FLOOR).mean(axis=0))
    return (mean / mean.sum(axis=1, keepdims=True)).astype(np.float32)
