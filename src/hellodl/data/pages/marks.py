"""What is on pages and is no letter: signs, arrows, scribbles, little drawings. A reader has to meet them once.

A network that was only ever shown letters calls everything a letter. These strokes, made of a few random numbers,
are what it learns to refuse.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Strokes = list[np.ndarray]  # each (n, 2): x to the right, y down, about 1 long
Draw = Callable[[np.random.Generator], Strokes]


def line(*points: tuple[float, float]) -> np.ndarray:
    """A stroke through some points."""
    return np.array(points, np.float64)


def arc(x: float, y: float, radius: float, start: float, end: float, tall: float = 1.0) -> np.ndarray:
    """Part of a ring, angles in turns: 0 is to the right, a quarter is down."""
    turns = np.linspace(start, end, 24) * 2 * np.pi
    return np.stack([x + radius * np.cos(turns), y + tall * radius * np.sin(turns)], axis=1)


def scribble(rng: np.random.Generator) -> Strokes:
    """A pen that goes to and fro."""
    count = int(rng.integers(6, 14))
    x = np.cumsum(rng.normal(0.15, 0.5, count))
    return [np.stack([x, rng.normal(0, 0.6, count)], axis=1)]


def zigzag(rng: np.random.Generator) -> Strokes:
    """A letter crossed out, or a wave."""
    count = int(rng.integers(6, 12))
    return [np.stack([np.linspace(0, rng.uniform(0.5, 2), count), np.arange(count) % 2], axis=1)]


def spiral(rng: np.random.Generator) -> Strokes:
    """A curl of one and a half to three turns."""
    turn = np.linspace(0, rng.uniform(1.5, 3), 60) * 2 * np.pi
    return [np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1)]


def arrow(rng: np.random.Generator) -> Strokes:
    """It points to the right, or is turned to where it does not."""
    head = rng.uniform(0.15, 0.4)
    strokes = [line((0, 0), (1, 0)), line((1 - head, -head), (1, 0), (1 - head, head))]
    turn = rng.integers(4) * np.pi / 2
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return [stroke @ matrix for stroke in strokes]


def polygon(rng: np.random.Generator) -> Strokes:
    """A box or a star."""
    corners = int(rng.integers(4, 7))
    step = int(rng.integers(1, 3)) if corners > 4 else 1
    turns = (np.arange(corners + 1) * step / corners + 0.125 * (corners == 4)) * 2 * np.pi
    return [np.stack([np.cos(turns), np.sin(turns)], axis=1)]


def blot(rng: np.random.Generator) -> Strokes:
    """A stain: a spot that was gone over and over."""
    turn = np.linspace(0, 12, 160) * 2 * np.pi
    radius = np.linspace(0, 1, 160) * (1 + 0.2 * np.cos(turn / 12 * rng.integers(2, 5) + rng.uniform(0, 6)))
    return [np.stack([radius * np.cos(turn), rng.uniform(0.4, 1) * radius * np.sin(turn)], axis=1)]


def sign(rng: np.random.Generator) -> Strokes:
    """One of the signs on a keyboard that nobody takes for a letter or digit."""
    down = [line((0.35, 0), (0.3, 1)), line((0.7, 0), (0.65, 1))]
    level = [line((0, 0.35), (1, 0.3)), line((0, 0.7), (1, 0.65))]
    eyes = [line((0.3, 0.3), (0.3, 0.4)), line((0.7, 0.3), (0.7, 0.4))]
    signs: tuple[Strokes, ...] = (
        [*down, *level],  # #
        [line((0, 0.5), (1, 0.5)), line((0.5, 0), (0.5, 1))],  # +
        level,  # =
        [line((0, 0), (1, 1)), line((1, 0), (0, 1)), line((0.5, -0.1), (0.5, 1.1))],  # *
        [arc(0.2, 0.2, 0.2, 0, 1), line((0.9, 0), (0.1, 1)), arc(0.8, 0.8, 0.2, 0, 1)],  # %
        [arc(0.5, 0.3, 0.3, 0.5, 1.2), line((0.5, 0.6), (0.5, 0.8)), line((0.5, 1), (0.5, 1.03))],  # ?
        [line((0.5, 0), (0.5, 0.7)), line((0.5, 0.95), (0.5, 1))],  # !
        [arc(0.5, 0.5, 0.2, 0, 1), arc(0.5, 0.5, 0.5, 0.1, 0.95)],  # @
        [line((1, 1), (0.2, 0.2), (0.4, 0), (0.6, 0.2), (0, 0.7), (0.4, 1), (0.9, 0.6))],  # &
        [line((0, 0.5), (0.35, 1), (1, 0))],  # a tick
        [line((0, 0.6), (0.25, 0.4), (0.7, 0.6), (1, 0.4))],  # ~
        [line((0, 0), (1, 0.03))],  # a dash
        [line((0.3, 0), (0.3, 0.05)), line((0.3, 0.9), (0.3, 0.95))],  # :
        [arc(0.5, 0.5, 0.5, 0, 1), *eyes, arc(0.5, 0.5, 0.3, 0.05, 0.45)],  # a face
        [arc(0.27, 0.3, 0.25, 0.4, 1), arc(0.75, 0.3, 0.25, 0.5, 1.1), line((0, 0.4), (0.5, 1), (1, 0.4))],  # a heart
    )
    return list(signs[int(rng.integers(len(signs)))])


KINDS: tuple[Draw, ...] = (scribble, zigzag, spiral, arrow, polygon, blot, sign, sign, sign)


def mark(rng: np.random.Generator) -> Strokes:
    """Something that is no letter, a little stretched, slanted and shaken."""
    strokes = KINDS[int(rng.integers(len(KINDS)))](rng)
    shape = np.diag(np.exp(rng.normal(0, 0.2, 2))) + rng.normal(0, 0.12, (2, 2))
    everything = np.concatenate(strokes)
    size = max(float(np.ptp(everything, axis=0).max()), 1e-6)
    return [stroke @ shape / size + rng.normal(0, 0.012, stroke.shape) for stroke in strokes]
