"""Where touching letters may be parted: paths from above to below that cross little ink.

Two letters that touch seldom leave a straight column between them: one leans over the other. So a cut is a path, as
rain would find its way down: it may move sideways, and pays for the ink that it crosses. The cheapest path through
each point is found by dynamic programming, once from above and once from below (the seams of Avidan and Shamir, 2007).
Where to cut is not decided here: every path that costs little is offered, and the network says which parts are letters.
"""

from __future__ import annotations

import cv2
import numpy as np

ROWS = 28  # paths are looked for on a picture in which a letter is so high
ASIDE = 0.8  # what a step to the side costs, in pixels of ink
APART = 0.17  # of the letter height: cuts that are nearer are the same
DEAREST = 0.8  # of the letter height: who crosses more ink cuts no neighbours
MOST = 12


def slices_of(ink: np.ndarray, height: float) -> np.ndarray:
    """Number the slices into which ink (h, w) bool may be cut, from left to right: (h, w) uint8, from 0.

    `height` is the usual letter's, in pixels.
    """
    factor = min(1.0, ROWS / height)
    size = max(1, round(ink.shape[1] * factor)), max(1, round(ink.shape[0] * factor))
    small = cv2.resize(ink.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    out = np.zeros(ink.shape, np.uint8)
    rows = np.arange(len(ink)) * len(small) // len(ink)
    columns = np.arange(ink.shape[1])
    for path in paths(small, height * factor):
        out += columns[None] >= ((path[rows] + 0.5) * ink.shape[1] / size[0])[:, None]
    return out


def paths(ink: np.ndarray, height: float) -> list[np.ndarray]:
    """Paths through ink (h, w) float32, 0 to 1, each the column in every row, (h,) int64: the cheapest first."""
    above, steps_above = ways_down(ink)
    below, steps_below = (array[::-1] for array in ways_down(ink[::-1]))
    middle = len(ink) // 2
    cost = above[middle] + below[middle] - ink[middle]
    apart, margin = APART * height, max(1, round(0.15 * height))
    chosen: list[np.ndarray] = []
    for column in np.argsort(cost, kind="stable").tolist():
        if cost[column] > DEAREST * height or len(chosen) == MOST:
            break
        if not margin <= column < ink.shape[1] - margin:
            continue
        up, down = traced(steps_above[: middle + 1][::-1], column), traced(steps_below[middle:], column)
        path = np.concatenate([up[::-1], down[1:]])
        if all(np.abs(path - other).mean() >= apart for other in chosen):
            chosen.append(path)
    return chosen


def ways_down(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cost of the cheapest path from above to each pixel, (h, w), and by which step (-1, 0, 1) it came there."""
    cost = ink.astype(np.float64)
    steps = np.zeros(ink.shape, np.int64)
    beyond = np.full(1, np.inf)
    for row in range(1, len(ink)):
        before = cost[row - 1]
        left, right = np.concatenate([beyond, before[:-1]]), np.concatenate([before[1:], beyond])
        ways = np.stack([before, left + ASIDE, right + ASIDE])
        best = ways.argmin(axis=0)
        steps[row] = np.array([0, -1, 1])[best]
        cost[row] += ways.min(axis=0)
    return cost, steps


def traced(steps: np.ndarray, column: int) -> np.ndarray:
    """Back along the steps (n, w) from a column of their first row: the column in each, (n,) int64."""
    path = [column]
    for row in steps[:-1]:
        path.append(path[-1] + int(row[path[-1]]))
    return np.array(path)
