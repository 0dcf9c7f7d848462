"""Look at a character more than once, leaned and turned a little each way, and take the mean opinion.

People slant their letters, and a network is not equally good at all slants. Five views make five guesses whose
errors differ, and their geometric mean errs less than any one of them (test-time augmentation, as in Krizhevsky,
Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

# Any function that turns N pictures of characters into N rows of probabilities, (N, 28, 28) uint8 -> (N, K)
# float32.
Classify = Callable[[np.ndarray], np.ndarray]

# How far each view leans (pixels to the right for each pixel down) and turns (degrees, to the left).
VIEWS = ((0.0, 0.0), (-0.15, 0.0), (0.15, 0.0), (0.0, -6.0), (0.0, 6.0))
FLOOR = 1e-4  # no single view may rule a class out


def seen(pictures: np.ndarray, lean: float, turn: float) -> np.ndarray:
    """Pictures (N, 28, 28) uint8 sheared and turned about their middle."""
    if lean == turn == 0:
        return pictures
    height, width = pictures.shape[1:]
    middle = (width - 1) / 2, (height - 1) / 2
    matrix = cv2.getRotationMatrix2D(middle, turn, 1.0)  # (2, 3)
    matrix[:, 2] -= lean * middle[1] * matrix[:, 0]
    matrix[:, 1] += lean * matrix[:, 0]  # first the lean, then the turn
    return np.stack([cv2.warpAffine(picture, matrix, (width, height)) for picture in pictures])


def from_all_sides(pictures: np.ndarray, classify: Classify) -> np.ndarray:
    """What `classify` makes of pictures (N, 28, 28) uint8 in all views: (N, K) float32, rows add up to 1."""
    if not len(pictures):
        return classify(pictures)
    answers = classify(np.concatenate([seen(pictures, *view) for view in VIEWS]))
    by_view = answers.reshape(len(VIEWS), len(pictures), -1)
    mean = np.exp(np.log(by_view + FLOOR).mean(axis=0))
    return (mean / mean.sum(axis=1, keepdims=True)).astype(np.float32)
