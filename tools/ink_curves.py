"""Pen paths as curves of 40 points, in which drawings of different people can be compared.

The first half of tools/fit_ink.py, and what its privacy check measures with. A drawing loses its writer's
slant, its size and its place; its strokes are put in the order and the direction that most people use; and
each becomes points at equal steps along the pen's path.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from hellodl.console import progress_bar
from hellodl.data import strokes as pen
from hellodl.data.unipen import CLASSES_62, UnipenStrokes, labels_of

POINTS = 40  # of a whole drawing
MOST_STROKES = 4  # more than these are slips of the pen
FEWEST_WRITERS = 5


def pen_moves(points: np.ndarray) -> np.ndarray:
    """A stroke without the points where the pen rested."""
    moved = np.ones(len(points), bool)
    moved[1:] = (np.diff(points, axis=0) != 0).any(axis=1)
    return points[moved]


def path_length(points: np.ndarray) -> np.ndarray:
    """How far the pen has come at each point: (n,), from 0."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    return np.concatenate([[0.0], np.cumsum(steps)])


def resample(points: np.ndarray, count: int) -> np.ndarray:
    """A stroke as `count` points at equal steps along its path: (count, 2)."""
    along = path_length(points)
    wanted = np.linspace(0, along[-1], count)
    return np.stack([np.interp(wanted, along, points[:, axis]) for axis in (0, 1)], axis=1)


def writers_slants(drawings: UnipenStrokes) -> np.ndarray:
    """Each writer's slant, as dx/dy of the steps that go rather up or down than across: (largest writer + 1,)."""
    steps = np.diff(drawings.points, axis=0)
    lengths = np.hypot(*steps.T)
    upright = np.abs(steps[:, 1]) > np.abs(steps[:, 0])
    upright[drawings.stroke_start[1:-1] - 1] = False  # from one stroke to the next the pen was up
    item_sizes = np.diff(drawings.stroke_start[drawings.item_start])
    writer = np.repeat(drawings.writers, item_sizes)[:-1][upright]
    slopes, weights = steps[upright, 0] / steps[upright, 1], lengths[upright]
    # The median would be sturdier, and the mean is enough: slopes lie between -1 and 1.
    return np.bincount(writer, weights * slopes) / np.maximum(np.bincount(writer, weights), 1e-9)


def cleaned(strokes: list[np.ndarray], slant: float, dotted: bool) -> list[np.ndarray]:
    """The strokes upright and in a box whose longest side is 1, without stray taps and needless lifts."""
    shear = np.array([[1.0, 0.0], [-slant, 1.0]])
    strokes = [pen_moves(points) @ shear for points in strokes]
    low, high = pen.bounds(strokes)
    size = max(float((high - low).max()), 1e-9)
    joined: list[np.ndarray] = []
    for points in strokes:
        if joined and np.hypot(*(points[0] - joined[-1][-1])) < 0.03 * size:
            joined[-1] = np.concatenate([joined[-1], points])
        else:
            joined.append(points)
    if not dotted:
        joined = [points for points in joined if path_length(points)[-1] > 0.06 * size]
    if not joined:
        return []
    low, high = pen.bounds(joined)
    return [(points - (low + high) / 2) / max(float((high - low).max()), 1e-9) for points in joined]


def aligned(drawings: list[list[np.ndarray]], rounds: int = 3, points: int = 10) -> list[list[np.ndarray]]:
    """Drawings of one character with equally many strokes, all in the order and direction that most use.

    People cross a t before or after its stem and draw the bar from either side; on paper it is the same t.
    """
    curves = np.array([[resample(stroke, points) for stroke in drawing] for drawing in drawings])
    both_ways = np.stack([curves, curves[:, :, ::-1]])  # (2, N, strokes, points, 2)
    count = curves.shape[1]
    orders = np.array(list(permutations(range(count))))
    consensus = curves.mean(axis=0)
    for _ in range(rounds):
        # the cost of stroke s, in direction f, at place p of the consensus: (2, N, s, p)
        cost = ((both_ways[:, :, :, None] - consensus[None, None, None]) ** 2).sum(axis=(-1, -2))
        turned = cost.argmin(axis=0)  # (N, s, p)
        best = cost.min(axis=0)
        totals = np.stack([best[:, order, np.arange(count)].sum(axis=1) for order in orders])
        chosen = orders[totals.argmin(axis=0)]  # (N, p): which stroke stands at each place
        every = np.arange(len(curves))[:, None]
        turns = turned[every, chosen, np.arange(count)]
        consensus = both_ways[turns, every, chosen].mean(axis=0)
    return [
        [drawing[stroke][:: -1 if turn else 1] for stroke, turn in zip(order, turning)]
        for drawing, order, turning in zip(drawings, chosen, turns)
    ]


def allotment(drawings: list[list[np.ndarray]]) -> np.ndarray:
    """How many of the points each stroke gets, by its usual share of the length: (strokes,) with sum POINTS."""
    lengths = np.array([[path_length(stroke)[-1] for stroke in drawing] for drawing in drawings])
    share = np.median(lengths / np.maximum(lengths.sum(axis=1, keepdims=True), 1e-9), axis=0)
    counts = np.maximum(3, np.floor(share / share.sum() * POINTS)).astype(int)
    counts[counts.argmax()] += POINTS - counts.sum()
    return counts


@dataclass
class Group:
    """All drawings of one character with the same number of strokes, as curves."""

    character: int  # place in CLASSES_62
    counts: np.ndarray  # (strokes,) points of each
    curves: np.ndarray  # (N, POINTS, 2), longest side of the box 1, its middle 0
    writers: np.ndarray  # (N,)
    items: np.ndarray  # (N,)


def grouped(drawings: UnipenStrokes, chosen: np.ndarray) -> list[Group]:
    """The chosen drawings as curves, by character and number of strokes."""
    slants = writers_slants(drawings)
    numbers = labels_of(drawings.labels, CLASSES_62)
    bins: dict[tuple[int, int], list[tuple[int, list[np.ndarray]]]] = {}
    with progress_bar("pen paths to curves", len(chosen)) as bar:
        for place, item in enumerate(chosen.tolist()):
            character = int(numbers[item])
            dotted = CLASSES_62[character] in "ij"
            strokes = cleaned(drawings[item], slants[drawings.writers[item]], dotted)
            if 1 <= len(strokes) <= MOST_STROKES:
                bins.setdefault((character, len(strokes)), []).append((item, strokes))
            if place % 1000 == 999:
                bar.advance(1000)
    groups = []
    with progress_bar("strokes in the usual order", len(bins)) as bar:
        for (character, _), members in sorted(bins.items()):
            bar.advance()
            items = np.array([item for item, _ in members])
            if len(np.unique(drawings.writers[items])) < FEWEST_WRITERS:
                continue
            drawn = aligned([strokes for _, strokes in members])
            counts = allotment(drawn)
            curves = np.array(
                [np.concatenate([resample(s, c) for s, c in zip(strokes, counts)]) for strokes in drawn], np.float32
            )
            groups.append(Group(character, counts, curves, drawings.writers[items], items))
    return groups


def split_strokes(curve: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
    """A curve (POINTS, 2) cut into its strokes."""
    return np.split(curve, np.cumsum(counts)[:-1])


def boxed(curves: np.ndarray) -> np.ndarray:
    """Curves (N, POINTS, 2) moved and scaled so that the longest side of the box is 1 and its middle 0."""
    low, high = curves.min(axis=1, keepdims=True), curves.max(axis=1, keepdims=True)
    return (curves - (low + high) / 2) / (high - low).max(axis=2, keepdims=True)


def distance_to_nearest(
    curves: np.ndarray, others: np.ndarray, writers: np.ndarray | None = None, theirs: np.ndarray | None = None
) -> np.ndarray:
    """From each curve (N, POINTS, 2) to the nearest other, by another writer if writers are given: (N,).

    The distance is the root of the mean square of the distances of the 40 points, where the box of each
    drawing is 1 long: 0.05 is one pixel in a picture of 20.
    """
    flat, known = curves.reshape(len(curves), -1), others.reshape(len(others), -1)
    squares, result = (known**2).sum(axis=1), []
    for start in range(0, len(flat), 500):
        part = flat[start : start + 500]
        distances = (part**2).sum(axis=1)[:, None] - 2 * part @ known.T + squares
        if writers is not None:
            distances[writers[start : start + 500, None] == theirs] = np.inf
        result.append(distances.min(axis=1))
    return np.sqrt(np.maximum(np.concatenate(result), 0) / POINTS)
