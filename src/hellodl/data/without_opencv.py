"""Strokes of a pen in NumPy alone, for where there is no OpenCV: in a browser, say.

How grey a pixel is follows from how far its middle is from the path of the pen: all ink within half a pen's width, none
a pixel farther out, and between them as much as the pen's edge, which is nearly straight there, leaves of the pixel.
That is one formula for all strokes of all pictures at once, where OpenCV draws line by line. Its pictures and ours
are alike to a correlation of 0.99 (`tests/data/test_without_opencv.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LONGEST = 2.0  # pixels: longer pieces of a path are cut, so that each is near few pixels


def drawn(drawings: Sequence[Sequence[np.ndarray]], height: int, width: int, pens: Sequence[float]) -> np.ndarray:
    """N drawings as (N, height, width) uint8, ink on black; each is a list of strokes (n, 2) in pixels of its picture,
    x and y from the corner of the first one, and has a pen pens[i] pixels wide."""
    pictures = np.zeros((len(drawings), height + 2, width + 2), np.float32)  # what is drawn off the edge lands there
    starts, steps, owners = pieces(drawings)
    if not len(owners):
        return pictures[:, 1:-1, 1:-1].astype(np.uint8)
    radius = np.asarray(pens, np.float32)[owners, None] / 2
    # Each piece with the pixels around it: (S pieces, K·K pixels).
    reach = int(np.ceil(LONGEST + 2 * radius.max() + 2))
    y, x = np.divmod(np.arange(reach * reach), reach)
    corner = np.floor(np.minimum(starts, starts + steps) - radius - 0.5).astype(np.intp)
    x, y = x + corner[:, :1], y + corner[:, 1:]
    away_x, away_y = (x + 0.5 - starts[:, :1]).astype(np.float32), (y + 0.5 - starts[:, 1:]).astype(np.float32)
    # The nearest point of the piece is `along` of its way from the start to the end.
    step_x, step_y = steps[:, :1].astype(np.float32), steps[:, 1:].astype(np.float32)
    along = (away_x * step_x + away_y * step_y) / np.maximum(step_x**2 + step_y**2, np.float32(1e-9))
    np.clip(along, 0, 1, out=along)
    away_x, away_y = np.abs(away_x - along * step_x), np.abs(away_y - along * step_y)
    distance = np.hypot(away_x, away_y)
    # An edge that crosses the pixel slantingly takes longer to cover it: 1 pixel straight on, 1.41 from a corner. Round
    # ends leave the corner sooner.
    edge = np.where((along > 0) & (along < 1), (away_x + away_y + 1e-6) / (distance + 1e-6), 1)
    covered = 0.5 + (radius - distance) / edge
    np.clip(covered, 0, 1, out=covered)
    inside = (
        (np.clip(x, -1, width) + 1) + (width + 2) * (np.clip(y, -1, height) + 1) + pictures[0].size * owners[:, None]
    )
    np.maximum.at(pictures.ravel(), inside.ravel(), covered.ravel())
    return np.rint(255 * pictures[:, 1:-1, 1:-1]).astype(np.uint8)


def pieces(drawings: Sequence[Sequence[np.ndarray]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Paths in short straight pieces: starts (S, 2), the steps from them to the ends (S, 2), whose they are (S,)."""
    strokes = [np.asarray(stroke, np.float64) for drawing in drawings for stroke in drawing]
    strokes = [stroke if len(stroke) > 1 else np.repeat(stroke, 2, axis=0) for stroke in strokes]  # a dot
    whose = np.repeat(np.arange(len(drawings)), [len(drawing) for drawing in drawings])
    if not strokes:
        return np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, np.intp)
    lengths = np.array([len(stroke) for stroke in strokes])
    points, owners = np.concatenate(strokes), np.repeat(whose, lengths)
    on_paper = np.ones(len(points), bool)
    on_paper[np.cumsum(lengths) - 1] = False  # from the last point of a stroke the pen is lifted to the next
    starts, owners = points[on_paper], owners[on_paper]
    steps = points[1:][on_paper[:-1]] - starts
    parts = np.maximum(np.ceil(np.hypot(*steps.T) / LONGEST), 1).astype(np.intp)
    part = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)  # 0, 1, ... within each
    steps = np.repeat(steps / parts[:, None], parts, axis=0)
    return np.repeat(starts, parts, axis=0) + part[:, None] * steps, steps, np.repeat(owners, parts)
