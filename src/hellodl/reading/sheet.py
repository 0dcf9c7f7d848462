"""A sheet of paper on a desk, seen at an angle: find its four corners and look at it from above.

Of a photo in which the whole sheet is to be seen, the desk is of no interest, and what is farther away is smaller.
The sheet is the large bright four-cornered thing; a shadow's edge makes bright shapes too, but those run into the
edge of the photo. The map that leads four corners to those of a rectangle is a homography.
"""

from __future__ import annotations

import cv2
import numpy as np

SEARCHED_SIDE = 500  # pixels of the picture in which it is looked for
LEAST, MOST = 0.15, 0.95  # of the picture that is sheet
INSIDE = 0.008  # of the picture's side: so far from the edge all corners are
ROUGHNESS = 0.03  # of its outline: how far a side may be from straight
FILLED = 0.93  # of the four corners' area that is really sheet
CONTRAST = 30  # grey levels of 255 by which it is lighter than the desk
SHARPEST, BLUNTEST = 50.0, 130.0  # degrees at its corners


def find_sheet(picture: np.ndarray) -> np.ndarray | None:
    """The corners (4, 2) of a sheet in a picture (H, W, 3) uint8, clockwise from the upper left; None without one."""
    height, width = picture.shape[:2]
    factor = min(1.0, SEARCHED_SIDE / max(height, width))
    small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(small.max(axis=2), (5, 5), 0)
    _, bright = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    whole = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))  # without the writing on it
    outlines, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return None
    outline = max(outlines, key=cv2.contourArea)
    corners = cv2.approxPolyDP(outline, ROUGHNESS * cv2.arcLength(outline, True), True).reshape(-1, 2)
    if len(corners) != 4 or not cv2.isContourConvex(corners):
        return None
    sides = np.array(grey.shape[::-1])
    area = cv2.contourArea(corners)
    near_edge = INSIDE * max(sides)
    if (
        not LEAST * sides.prod() < area < MOST * sides.prod()
        or (corners < near_edge).any()
        or (corners > sides - 1 - near_edge).any()
        or cv2.contourArea(outline) < FILLED * area
        or not all(SHARPEST < angle < BLUNTEST for angle in angles(corners))
        or contrast(grey, corners) < CONTRAST
    ):
        return None
    return clockwise((corners + 0.5) / factor - 0.5)


def angles(corners: np.ndarray) -> list[float]:
    """The angles of a polygon (n, 2), in degrees."""
    out = []
    for before, corner, after in zip(np.roll(corners, 1, axis=0), corners, np.roll(corners, -1, axis=0)):
        a, b = before - corner, after - corner
        cosine = (a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9)
        out.append(float(np.degrees(np.arccos(np.clip(cosine, -1, 1)))))
    return out


def contrast(grey: np.ndarray, corners: np.ndarray) -> float:
    """How much lighter a picture (H, W) uint8 mostly is within four corners than outside."""
    inside = np.zeros(grey.shape, np.uint8)
    cv2.fillConvexPoly(inside, corners.astype(np.int32), 1)
    return float(np.median(grey[inside > 0])) - float(np.median(grey[inside == 0]))


def clockwise(corners: np.ndarray) -> np.ndarray:
    """Four corners (4, 2) in order: upper left, upper right, lower right, lower left."""
    middle = corners.mean(axis=0)
    turn = np.argsort(np.arctan2(*(corners - middle).T[::-1]))  # clockwise, as y points down
    ordered = corners[turn]
    return np.roll(ordered, -int(ordered.sum(axis=1).argmin()), axis=0).astype(np.float32)


def from_above(corners: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """The homography (3, 3) that lays a sheet's corners flat, and the (width, height) that it then has."""
    upper_left, upper_right, lower_right, lower_left = corners
    width = max(np.linalg.norm(upper_right - upper_left), np.linalg.norm(lower_right - lower_left))
    height = max(np.linalg.norm(lower_left - upper_left), np.linalg.norm(lower_right - upper_right))
    size = max(8, round(float(width))), max(8, round(float(height)))
    flat = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    return cv2.getPerspectiveTransform(corners, flat), size
