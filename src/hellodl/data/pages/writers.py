"""Hands of real people: UNIPEN's writers write whole pages.

A writer of UNIPEN drew each character a few times, in a box of its own. To write a page, each character takes
one of that writer's drawings at random; a character that the writer never drew is borrowed, always from the same
one of the others. UNIPEN's drawings have lost their place on the line, so they get it from typography, as those
of ink do. Only training writers are taken: those kept for testing must stay unseen.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from hellodl.data.pages.hands import HEIGHTS, at_height, smooth
from hellodl.data.unipen import UnipenStrokes
from hellodl.errors import DataError


class Writers:
    """Who among the training writers drew what; made once, so that hands are quick to make."""

    def __init__(self, drawings: UnipenStrokes):
        self.drawings = drawings

    @cached_property
    def of(self) -> dict[int, dict[str, list[int]]]:
        """The drawings of each training writer, by character."""
        found: dict[int, dict[str, list[int]]] = {}
        for item in self.drawings.select("train").tolist():
            character = str(self.drawings.labels[item])
            if character in HEIGHTS:
                found.setdefault(int(self.drawings.writers[item]), {}).setdefault(character, []).append(item)
        return found

    @cached_property
    def who_writes(self) -> dict[str, list[int]]:
        """The training writers of each character."""
        found: dict[str, list[int]] = {}
        for writer, own in self.of.items():
            for character in own:
                found.setdefault(character, []).append(writer)
        return found

    def hand(self, rng: np.random.Generator, writer: int | None = None) -> WriterHand:
        """The hand of a writer, or of one drawn by chance."""
        return WriterHand(self, int(rng.choice(list(self.of))) if writer is None else writer, rng)


class WriterHand:
    """One training writer's handwriting, to be given to `layout.lay_out` as its hand.

    `pen` and `spacing` are this page's, in heights of a small x. Raises DataError for a writer who is not
    among the training writers.
    """

    def __init__(self, writers: Writers, writer: int, rng: np.random.Generator):
        if writer not in writers.of:
            raise DataError(f"writer {writer} is no training writer of UNIPEN; take one of Writers.of")
        self.writers, self.writer, self.rng = writers, writer, rng
        self.own = dict(writers.of[writer])
        self.tallness = float(rng.uniform(0.88, 1.06))
        self.narrowness = float(np.exp(rng.normal(-0.05, 0.06)))
        self.pen = float(rng.uniform(0.11, 0.19))
        self.spacing = float(rng.uniform(0.9, 1.25))

    def write(self, character: str) -> list[np.ndarray]:
        """One character as strokes (n, 2): y up to the line is negative, x from 0, a small x is 1 high."""
        if character not in self.own:
            lenders = self.writers.who_writes.get(character)
            if not lenders:
                raise DataError(f"no training writer of UNIPEN wrote {character!r}")
            self.own[character] = self.writers.of[int(self.rng.choice(lenders))][character]
        strokes = self.writers.drawings[int(self.rng.choice(self.own[character]))]
        curve = at_height(
            np.concatenate(strokes).astype(np.float64), character, len(strokes) == 1, self.tallness, self.narrowness
        )
        ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
        # A dot may be a single point, and a line needs two.
        return [smooth(part if len(part) > 1 else part.repeat(2, axis=0)) for part in np.split(curve, ends)]
