"""Where the boxes of a graph go, so that everything stands right of what it was made from.

The simple way (after Sugiyama, Tagawa and Toda 1981): a box's column is the length of the longest way to it; within
a column boxes are ordered by where their neighbours stand, back and forth a few times, so that lines cross less; and
then each moves as near to the height of its neighbours as the others let it. An edge that skips columns gets a
place in each of them, or it would run through the boxes there.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

SWEEPS = 8


def columns_of(parents: Mapping[Any, Sequence[Any]]) -> dict[Hashable, int]:
    """The column of each node: one more than the last of its parents' columns, 0 without any.

    `parents` has every node, each after its parents.
    """
    column: dict[Hashable, int] = {}
    for node, above in parents.items():
        column[node] = 1 + max((column[parent] for parent in above), default=-1)
    for node in reversed(list(parents)):  # what is made late of nothing (a weight) stands near where it is used
        children = [child for child, above in parents.items() if node in above]
        if children and not parents[node]:
            column[node] = min(column[child] for child in children) - 1
    return column


def layered(
    parents: Mapping[Any, Sequence[Any]],
) -> tuple[dict[Any, tuple[float, float]], dict[Any, list[tuple[float, float]]]]:
    """Where each node goes, (column, height), and the way of each edge (parent, child) as points.

    `parents` has every node with those it was made from, each after its parents. Nodes of a column are at least 1
    apart; parents are always left of their children.
    """
    column = columns_of(parents)
    ways: dict[Any, list[Hashable]] = {}
    above: dict[Hashable, list[Hashable]] = {node: [] for node in parents}  # one column to the left, no farther
    for child, its in parents.items():
        for parent in dict.fromkeys(its):
            way = [parent]
            for between in range(column[parent] + 1, column[child]):
                stop = ("way", parent, child, between)
                column[stop] = between
                above[stop] = [way[-1]]
                way.append(stop)
            above[child].append(way[-1])
            ways[parent, child] = [*way, child]
    below: dict[Hashable, list[Hashable]] = {node: [] for node in above}
    for node, its in above.items():
        for parent in its:
            below[parent].append(node)
    rows: list[list[Hashable]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for node in above:
        rows[column[node]].append(node)
    height = {node: float(place) for row in rows for place, node in enumerate(row)}
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        for row in rows if forth else reversed(rows):
            neighbours = above if forth else below
            wish = {node: mean([height[other] for other in neighbours[node]], height[node]) for node in row}
            row.sort(key=wish.__getitem__)
            height.update(zip(row, spread([wish[node] for node in row])))
    lowest = min(height.values(), default=0.0)
    place = {node: (float(column[node]), height[node] - lowest) for node in above}
    return {node: place[node] for node in parents}, {edge: [place[stop] for stop in way] for edge, way in ways.items()}


def mean(values: Sequence[float], otherwise: float) -> float:
    """Their mean, if there are any."""
    return sum(values) / len(values) if values else otherwise


def spread(wishes: Sequence[float], least: float = 1.0) -> np.ndarray:
    """Places near the wishes (which rise), at least so far apart: the nearest in the sense of least squares.

    Neighbours that would come too close move as one group to the mean of what its members wish (pool adjacent
    violators; Ayer et al. 1955).
    """
    groups: list[list[float]] = []  # sums of (wish minus own offset), and counts
    for place, wish in enumerate(wishes):
        groups.append([wish - place * least, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, count = groups.pop()
            groups[-1][0] += total
            groups[-1][1] += count
    starts = [total / count for total, count in groups for _ in range(int(count))]
    return np.array(starts) + least * np.arange(len(starts))
