"""Look at a character more than once, leaned and turned a little each way, and take the mean opinion.

People slant their letters, and a network is not equally good at all slants. Five views make five guesses whose
errors differ, and their geometric mean errs less than any one of them (test-time augmentation, as in Krizhevsky,
Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

# Any function that turns N pictures of characters into N rows of probabilities, (N, 28, 28) uint8 -> (N, K)
# float32.
Classify = Callable[[np.ndarray], np.ndarray]

# How far a view leans (pixels to the right for each pixel down) and turns (degrees, to the left).
View = tuple[float, float]
AS_IT_STANDS: View = (0.0, 0.0)
VIEWS = (AS_IT_STANDS, (-0.15, 0.0), (0.15, 0.0), (0.0, -6.0), (0.0, 6.0))
FLOOR = 1e-4  # no single view may rule a class out


def seen(pictures: np.ndarray, lean: float, turn: float) -> np.ndarray:
    """Pictures (N, 28, 28) uint8 sheared and turned about their middle."""
    if lean == turn == 0 or not len(pictures):
        return pictures
    height, width = pictures.shape[1:]
    middle = (width - 1) / 2, (height - 1) / 2
    leaning = np.array([[1, lean, -lean * middle[1]], [0, 1, 0], [0, 0, 1]])
    matrix = cv2.getRotationMatrix2D(middle, turn, 1.0) @ leaning  # first lean, then turn: (2, 3)
    return np.stack([cv2.warpAffine(picture, matrix, (width, height)) for picture in pictures])


def opinions(pictures: np.ndarray, classify: Classify, views: Sequence[View] = VIEWS) -> np.ndarray:
    """What `classify` makes of pictures (N, 28, 28) uint8 in each view: (views, N, K) float32."""
    answers = classify(np.concatenate([seen(pictures, *view) for view in views]))
    return answers.reshape(len(views), len(pictures), answers.shape[1])


def agreed(by_view: np.ndarray) -> np.ndarray:
    """The geometric mean of the opinions (views, N, K): (N, K) float32, rows add up to 1."""
    mean = np.exp(np.log(by_view + FLOOR).mean(axis=0))
    return (mean / mean.sum(axis=1, keepdims=True)).astype(np.float32)


def from_all_sides(pictures: np.ndarray, classify: Classify) -> np.ndarray:
    """What `classify` makes of pictures (N, 28, 28) uint8 after looking from all sides: (N, K) float32."""
    return agreed(opinions(pictures, classify))
