"""What a character's height on its line tells: o from O from 0, p from P, and which of two strokes is an l.

A network sees every character at the same size. On the page an x is half as high as an X, and a p hangs below
the line. So for every line two numbers are looked for, where its letters stand and how high a small x is here,
such that what the network believes fits best with what typography says; and each character's own top and
bottom then speak for one class and against another.
"""

from __future__ import annotations

import itertools

import numpy as np

from hellodl.data.pages.hands import HEIGHTS
from hellodl.data.unipen import CLASSES_62
from hellodl.reading.parts import Box

# Tops and bottoms above the line, in heights of a small x, and how much people differ in them.
TOPS, BOTTOMS = (np.array([HEIGHTS[name][i] for name in CLASSES_62]) for i in (0, 1))
TOP_SPREAD = 0.06 + 0.13 * TOPS
BOTTOM_SPREAD = np.where(BOTTOMS < 0, 0.35, 0.16)
FLOOR = 0.02  # some letters stand anywhere
UNITS = np.geomspace(0.35, 1.5, 30)  # heights of a small x that are tried, beside the usual character's height
ALIKE = 0.18  # spread of the logarithm of a line's unit around the page's
NEAR = 3  # neighbours to each side that tell where a character's line is


def fits(lines: list[list[Box]], beliefs: list[np.ndarray]) -> list[np.ndarray]:
    """How well each class fits where each character stands: for every line (n, 62), 1 at best.

    `beliefs` holds what the network makes of the characters, (n, 62) for each line, in the order of CLASSES_62.
    """
    sizes = [box.height for boxes in lines for box in boxes]
    if not sizes:
        return [np.ones((0, len(CLASSES_62))) for _ in lines]
    units = UNITS * float(np.quantile(sizes, 0.6))
    slope = page_slope(lines, beliefs, float(np.median(units)))
    # (units, n, 62) for each line
    tried = [_fit(boxes, belief, units, slope) for boxes, belief in zip(lines, beliefs)]
    # Of each unit, for each line.
    evidence = [np.log((belief * fitted).sum(axis=2)).sum(axis=1) for fitted, belief in zip(tried, beliefs)]
    page = np.log(units[int(np.sum(evidence, axis=0).argmax())])
    leaning = -0.5 * ((np.log(units) - page) / ALIKE) ** 2
    return [fitted[int((own + leaning).argmax())] for fitted, own in zip(tried, evidence)]


def _fit(boxes: list[Box], belief: np.ndarray, units: np.ndarray, slope: float) -> np.ndarray:
    """How well classes fit the tops and bottoms of a line's characters if a small x is a unit high: (units, n, 62)."""
    if not boxes:
        return np.ones((len(units), 0, len(CLASSES_62)))
    base = base_line(boxes, belief, units, slope)
    top = (base - [box.top for box in boxes]) / units[:, None]
    bottom = (base - [box.bottom for box in boxes]) / units[:, None]
    off = ((top[..., None] - TOPS) / TOP_SPREAD) ** 2 + ((bottom[..., None] - BOTTOMS) / BOTTOM_SPREAD) ** 2
    return FLOOR + (1 - FLOOR) * np.exp(-0.5 * off)


def base_line(boxes: list[Box], belief: np.ndarray, units: np.ndarray, slope: float) -> np.ndarray:
    """Where the line is on which each character stands, (units, n) in pixels: what its neighbours and it say."""
    x = np.array([box.middle[0] for box in boxes])
    own = np.array([box.bottom for box in boxes]) + (belief @ BOTTOMS) * units[:, None] - slope * x
    level = [np.median(own[:, max(0, i - NEAR) : i + NEAR + 1], axis=1) for i in range(len(boxes))]
    return np.stack(level, axis=1) + slope * x


def page_slope(lines: list[list[Box]], beliefs: list[np.ndarray], unit: float) -> float:
    """How much lines go down to the right, dy/dx: the middle of what all pairs of near neighbours say."""
    slopes = []
    for boxes, belief in zip(lines, beliefs):
        base = np.array([box.bottom for box in boxes]) + (belief @ BOTTOMS) * unit
        x = np.array([box.middle[0] for box in boxes])
        for i, j in itertools.combinations(range(len(boxes)), 2):
            if j - i <= 8 and x[j] - x[i] > 1.5 * unit:
                slopes.append((base[j] - base[i]) / (x[j] - x[i]))
    return float(np.median(slopes)) if slopes else 0.0
