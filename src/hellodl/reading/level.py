"""Pages that lie askew: by how much, and level again.

Looked at along its lines, writing is crowded into a few rows with bare paper between them; looked at from any other
direction it is everywhere (Postl, "Detection of linear oblique structures and skew scan in digitized documents", 1986).
A few degrees are nothing to the finder of lines and are left alone.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from hellodl.reading.page import Page

ANGLES = range(-40, 41, 2)  # degrees that are tried
STEEP, CLEARLY = 10, 1.5  # degrees to which lines are followed as they are; times as crowded as if they were level
LEAST = 100  # pixels of ink that say anything


def slope_of(ink: np.ndarray, x_height: float) -> int:
    """By how many degrees lines of ink (H, W) bool go down to the right; 0 where they are nearly level, or unclear.

    `x_height` is that of a small x in pixels.
    """
    y, x = np.nonzero(ink)
    if len(x) < LEAST:
        return 0

    def crowded(degrees: int) -> float:
        rows = (y * np.cos(np.radians(degrees)) - x * np.sin(np.radians(degrees))) / max(x_height / 2, 1)
        return float((np.bincount((rows - rows.min()).astype(int)) ** 2.0).sum())

    found = {degrees: crowded(degrees) for degrees in ANGLES}
    best = max(ANGLES, key=found.__getitem__)
    return best if abs(best) > STEEP and found[best] > CLEARLY * found[0] else 0


def levelled(picture: np.ndarray, degrees: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture (H, W) turned to the left so that what sloped by these degrees is level, with zeros around it, and the
    matrix (2, 3) from its points back to those of the picture."""
    height, width = picture.shape
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    size = np.array([width * cosine + height * abs(sine), height * cosine + width * abs(sine)]).round().astype(int)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    back = np.column_stack([turn, np.array([width, height]) / 2 - turn @ (size / 2)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, back, size.tolist(), flags=flags), back


def askew_again(page: Page, back: np.ndarray) -> Page:
    """A page with its boxes where `back` (2, 3) puts them."""

    def around(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        x, y, w, h = box
        corners = np.array([[x, y, 1], [x + w, y, 1], [x, y + h, 1], [x + w, y + h, 1]]) @ back.T
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        return round(left), round(top), round(right - left), round(bottom - top)

    return replace(page, lines=[[replace(one, box=around(one.box)) for one in line] for line in page.lines])
