"""Straighten a page that was photographed at a slope: level lines make all that follows simpler.

In the right direction, writing has lines with nothing between them. So the ink is added up along lines of every
slope, and the one is right that makes the fullest and the emptiest rows (Postl 1986).
"""

from __future__ import annotations

import cv2
import numpy as np

STEEPEST = 16.0  # degrees
POINTS = 20_000  # pixels of ink that are looked at
HABIT = 14.0  # degrees: most people write level
LEAST = 0.5  # degrees: what is less is left alone
# The darkness of what lies beyond a picture that was turned: as good as paper, and like none.
OUTSIDE = -(2.0**-20)


def page_angle(mask: np.ndarray) -> float:
    """By how many degrees the lines of a mask (H, W) bool slope, downwards to the right."""
    y, x = np.nonzero(mask)
    if len(x) < 50:
        return 0.0
    some = slice(None, None, max(1, len(x) // POINTS))
    x, y = x[some].astype(np.float64), y[some].astype(np.float64)
    row = max(2.0, max(mask.shape) / 400)  # pixels
    best = 0.0
    for step, reach in ((1.0, STEEPEST), (0.2, 1.0)):
        angles = best + np.arange(-reach, reach + step / 2, step)
        best = float(angles[int(np.argmax([row_contrast(x, y, angle, row) for angle in angles]))])
    return best


def row_contrast(x: np.ndarray, y: np.ndarray, angle: float, row: float) -> float:
    """How unevenly ink at (x, y), (n,) each, is spread over the rows, so many pixels high, of a page of this slope."""
    level = y * np.cos(np.radians(angle)) - x * np.sin(np.radians(angle))
    rows = np.bincount(((level - level.min()) / row).astype(int)).astype(np.float64)
    return float((rows**2).sum()) * np.exp(-((angle / HABIT) ** 2) / 8)


def level_matrix(shape: tuple[int, ...], angle: float) -> tuple[np.ndarray, tuple[int, int]]:
    """The map (2, 3) that turns a picture of this shape level, and the (width, height) that holds all of it."""
    height, width = shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    cos, sin = np.abs(matrix[0, :2])
    size = int(np.ceil(width * cos + height * sin)), int(np.ceil(width * sin + height * cos))
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return matrix, size


def turned_level(dark: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Darkness (H, W) turned by such a map; beyond the picture's edge it is OUTSIDE."""
    return cv2.warpAffine(
        dark, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=OUTSIDE
    )
