"""From a picture to lines of ink: everything that can be known of a page before a letter of it is read.

picture -> darkness -> ink -> parts -> lines. The same survey serves reading and learning to read: a network
meets in its training exactly the pieces that it will be shown later.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from hellodl.reading.bars import without_boxes
from hellodl.reading.clean import too_large, without_dust, without_frames, without_remains
from hellodl.reading.debug import Watcher, nobody
from hellodl.reading.layout import Line, find_lines
from hellodl.reading.level import LEAST as LEAST_ANGLE
from hellodl.reading.level import level_matrix, page_angle, turned_level
from hellodl.reading.parts import Box, find_parts, letter_height
from hellodl.reading.rules import without_rules
from hellodl.reading.sheet import find_sheet, from_above
from hellodl.reading.threshold import Levels, darkness, find_levels, ink_mask

SMALL_PICTURE = 1000  # pixels: pictures smaller than this are enlarged, so that strokes are a few pixels wide
LARGEST_ENLARGEMENT = 4.0
MANY_RULES = 3
MOST_PARTS = 3000  # of a page: more than that are no writing, but a carpet


@dataclass(frozen=True)
class Survey:
    """A page before reading: its ink (H, W) float32, 0 for paper and 1 for black, and its lines of parts.

    `labels` (H, W) int32 numbers the connected pieces of ink that `lines` speak of; `threshold` is the darkness
    at which ink begins, `letter` the usual letter's height in pixels. The page was laid flat where its sheet is
    to be seen, enlarged where it was small, and turned level: the homography `matrix` (3, 3) leads from the picture's
    pixels to these.
    """

    lines: list[Line]
    dark: np.ndarray
    labels: np.ndarray
    threshold: float
    letter: float
    matrix: np.ndarray

    def from_picture(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) of the picture, where they are here."""
        return mapped(points, self.matrix)

    def in_picture(self, box: Box) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) in the picture's pixels of what a box here holds."""
        corners = np.array([[x, y] for x in (box.left, box.right) for y in (box.top, box.bottom)])
        back = mapped(corners, np.linalg.inv(self.matrix))
        return (*back.min(axis=0).tolist(), *back.max(axis=0).tolist())


def mapped(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Where a homography (3, 3) leads points (n, 2)."""
    out = points @ matrix[:, :2].T + matrix[:, 2]  # (n, 3)
    return out[:, :2] / out[:, 2:]


def survey(picture: np.ndarray, watch: Watcher = nobody) -> Survey | None:
    """Look a picture (H, W, 3) uint8 over, blue-green-red, upright; None where nothing is written."""
    watch("picture", lambda: picture)
    picture, matrix = prepared(picture)
    watch("sheet", lambda: picture)
    dark = darkness(picture)
    watch("darkness", lambda: dark)
    levels = find_levels(dark)
    if levels is None:
        return None
    ink = ink_mask(dark, levels)
    watch("ink", lambda: ink)
    angle = page_angle(ink)
    if abs(angle) >= LEAST_ANGLE:
        turn, size = level_matrix(dark.shape, angle)
        matrix = np.vstack([turn, [0, 0, 1]]) @ matrix
        dark = turned_level(dark, turn, size)
        ink = ink_mask(dark, levels)
    dark = without_print(dark, ink, levels)
    # Print is often darker than the pen: without it, the pen's own level counts.
    levels = find_levels(dark)
    if levels is None:
        return None
    mask = without_remains(ink_mask(dark, levels))
    watch("without print", lambda: mask)
    labels, parts = find_parts(mask)
    if not parts:
        return None
    parts = sorted(without_dust(parts, labels), key=lambda part: -part.area)[:MOST_PARTS]
    letter = letter_height(parts)
    parts = [part for part in parts if not too_large(part, letter)]
    letter = letter_height(parts)
    lines = find_lines(parts, letter)
    found = Survey(lines, dark, labels, float(levels.low(levels.noise)), letter, matrix)
    watch("lines", lambda: draw_lines(found))
    return found


def without_print(dark: np.ndarray, ink: np.ndarray, levels: Levels) -> np.ndarray:
    """Darkness (H, W) without printed boxes and ruled lines; `ink` (H, W) bool is where it is ink at these levels."""
    printed = (ink & ~without_frames(ink)).astype(np.uint8)
    if printed.any():
        dark = np.where(cv2.dilate(printed, np.ones((5, 5), np.uint8)) > 0, np.float32(0), dark)
        ink = ink & (printed == 0)
    dark, level, upright = without_rules(dark, ink)
    if len(level) + len(upright) >= MANY_RULES:  # a ruled page, or boxes: there are short pieces of lines too
        dark, *more = without_rules(dark, ink_mask(dark, levels), (level, upright))
        level, upright = level + more[0], upright + more[1]
    if len(level) > 1:
        _, parts = find_parts(ink_mask(dark, levels))
        dark = without_boxes(dark, level, upright, letter_height(parts))
    return dark


def prepared(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sheet in a picture, if one is to be seen in it, from above, and large enough; and the way there (3, 3)."""
    matrix = np.eye(3)
    corners = find_sheet(picture)
    if corners is not None:
        matrix, size = from_above(corners)
        picture = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    enlargement = min(LARGEST_ENLARGEMENT, max(1.0, SMALL_PICTURE / max(picture.shape[:2])))
    if enlargement > 1:
        picture = cv2.resize(picture, None, fx=enlargement, fy=enlargement, interpolation=cv2.INTER_CUBIC)
        matrix = np.diag([enlargement, enlargement, 1.0]) @ matrix
    return picture, matrix


COLOURS = ((180, 90, 0), (0, 120, 220), (40, 150, 40), (150, 40, 150), (60, 60, 200))  # blue-green-red


def draw_lines(page: Survey) -> np.ndarray:
    """The ink in the colour of its line, (H, W, 3) uint8: what has none was left out, a box is an atom."""
    out = np.full((*page.labels.shape, 3), 255, np.uint8)
    out[page.labels > 0] = (200, 200, 200)
    colours = np.zeros((int(page.labels.max()) + 1, 3), np.uint8)
    known = np.zeros(len(colours), bool)
    for number, line in enumerate(page.lines):
        for atom in line.atoms:
            for part in atom.parts:
                colours[part.label], known[part.label] = COLOURS[number % len(COLOURS)], True
    shown = known[page.labels]
    out[shown] = colours[page.labels[shown]]
    for number, line in enumerate(page.lines):
        for atom in line.atoms:
            box = atom.box
            cv2.rectangle(out, (box.left, box.top), (box.right, box.bottom), COLOURS[number % len(COLOURS)], 1)
    return out
