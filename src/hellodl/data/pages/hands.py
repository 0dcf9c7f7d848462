"""Hands: what makes a page look like one person's.

A hand picks one style for each character and keeps to it, with its own slant, its own pen and its own habits;
only small things differ from one letter to the next. The strokes of ink have lost their height on the line, so
heights come from typography, in a small table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from hellodl.data.ink import SLANT, Ink, shapes
from hellodl.data.unipen import CLASSES_62
from hellodl.errors import DataError

# Top and bottom of a character where small letters reach from 1 down to 0 (the line they stand on).
ASCENDER, CAPITAL, DESCENDER = 1.9, 1.8, -0.8
HEIGHTS: dict[str, tuple[float, float]] = {
    **dict.fromkeys("acemnorsuvwxz", (1.0, 0.0)),
    **dict.fromkeys("bdfhkl", (ASCENDER, 0.0)),
    **dict.fromkeys("gpqy", (1.0, DESCENDER)),
    **dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", (CAPITAL, 0.0)),
    "i": (1.6, 0.0),
    "j": (1.6, DESCENDER),
    "t": (1.6, 0.0),
    "Q": (CAPITAL, -0.2),
}
DOTLESS = {"i": (1.0, 0.0), "j": (1.0, DESCENDER)}  # where the dot was left out
WIDEST = {**dict.fromkeys("mw", 1.9), **dict.fromkeys("MW", 2.3), **dict.fromkeys("rsczxtfjilI1", 1.1)}
FINER = 4  # steps of a smooth curve from one point of a stroke to the next


class Writes(Protocol):
    """Whoever writes characters on a page; lengths are in heights of a small x."""

    pen: float
    spacing: float
    tallness: float
    rng: np.random.Generator

    def write(self, character: str) -> list[np.ndarray]:
        """One character as strokes (n, 2): y up to the line is negative, x from 0, a small x is 1 high."""
        ...


@dataclass
class Hand:
    """One person's handwriting: a style for each character, and the habits that all of them share.

    Made by `Hand.of(seed, split)`; the same seed is the same person. Lengths are in heights of a small x.
    """

    ink: Ink
    split: str
    styles: dict[str, int]
    habits: dict[str, np.ndarray]  # (latents,) how this person's drawing differs from the style's mean
    slant: float
    narrowness: float
    pen: float
    tallness: float  # of capitals and long letters, beside the table
    spacing: float
    rng: np.random.Generator = field(repr=False)

    @staticmethod
    def of(seed: int, split: str = "test", ink: Ink | None = None) -> Hand:
        """The person with this number, writing in the styles of a split."""
        ink = ink if ink is not None else Ink.load()
        rng = np.random.default_rng((seed, 62, int(split == "test")))
        styles = {character: int(ink.pick(character, 1, rng, split)[0]) for character in CLASSES_62}
        habits = dict(zip(CLASSES_62, 0.6 * ink.latents(len(CLASSES_62), rng)))
        return Hand(
            ink,
            split,
            styles,
            habits,
            slant=float(np.clip(rng.normal(SLANT[0], 0.12), -0.15, 0.4)),
            narrowness=float(np.exp(rng.normal(-0.08, 0.06))),
            pen=float(rng.uniform(0.11, 0.19)),
            tallness=float(rng.uniform(0.88, 1.06)),
            spacing=float(rng.uniform(0.9, 1.25)),
            rng=rng,
        )

    def write(self, character: str, steadiness: float = 0.3) -> list[np.ndarray]:
        """One character as strokes (n, 2): y up to the line is negative, x from 0, a small x is 1 high."""
        if character not in self.styles:
            raise DataError(f"ink cannot write {character!r}; it knows A-Z, a-z and 0-9")
        style = self.styles[character]
        latent = self.habits[character] + steadiness * self.ink.latents(1, self.rng)[0]
        curve = self.ink.curves(np.array([style]), latent[None])[0]
        alone = len(self.ink.counts[style]) == 1
        curve = at_height(curve, character, alone, self.tallness, self.narrowness)
        slant = self.slant + 0.03 * self.rng.standard_normal()
        curve = curve @ shapes([slant])[0]
        curve[:, 0] -= curve[:, 0].min()
        return [smooth(stroke) for stroke in self.ink.cut(style, curve)]


def at_height(
    curve: np.ndarray, character: str, alone: bool, tallness: float = 1.0, narrowness: float = 1.0
) -> np.ndarray:
    """All points (n, 2) of a character, scaled to stand on the line as high as typography wants it.

    `alone`: it is a single stroke, so that an i has no dot. `tallness` is of capitals and long letters.
    """
    high, low = HEIGHTS[character]
    if character in DOTLESS and alone:
        high, low = DOTLESS[character]
    if high > 1:
        high = 1 + (high - 1) * tallness
    box = np.ptp(curve, axis=0)
    tall = high - low
    wide = box[0] / max(box[1], 1e-6) * tall * narrowness
    wide = min(wide, WIDEST.get(character, 1.25 if high == 1 else 1.6))
    scale = np.array([wide / max(box[0], 1e-6), tall / max(box[1], 1e-6)])
    scale[0] = min(scale[0], 1.5 * scale[1])  # a straight l stays straight
    return (curve - curve.min(axis=0)) * scale - [0.0, high]


def smooth(points: np.ndarray, finer: int = FINER) -> np.ndarray:
    """A curve through the points with `finer` steps between two (Catmull and Rom 1974): (n, 2) -> (m, 2)."""
    before = np.concatenate([points[:1], points[:-1]])[:-1, None]
    start, end = points[:-1, None], points[1:, None]
    after = np.concatenate([points[1:], points[-1:]])[1:, None]
    t = np.linspace(0, 1, finer, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])
