"""Which drawings to trust: a slip of the pen, a wrong label or a fragment teaches nothing.

The second part of tools/fit_ink.py. A drawing is asked about like a witness: what do the drawings by other
people that look most like it mean? That is the vote of the nearest neighbours (Fix and Hodges 1951).
"""

from __future__ import annotations

import cv2
import numpy as np
from ink_curves import Group, split_strokes

from hellodl.console import progress_bar
from hellodl.data import strokes as pen
from hellodl.data.unipen import CLASSES_36, CLASSES_62, labels_of

PLAIN_LINES = "1Iil"  # a single straight line is one way to write these


def looks(curves: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Small blurred pictures of curves, (N, 196) float32: what the eye compares, in whatever order it was drawn."""
    images = pen.render_many((split_strokes(curve, counts) for curve in curves), width=4.0)
    small = [cv2.resize(image, (14, 14), interpolation=cv2.INTER_AREA) for image in images]
    return np.array(small, np.float32).reshape(len(small), -1) / 255


class Onlookers:
    """Who says what a drawing looks like: the real drawings that look most like it, by other people.

    They are a sample with equally many of each of the 62 characters; both cases of a letter mean the same.
    """

    def __init__(self, groups: list[Group], neighbours: int, seed: int):
        rng = np.random.default_rng(seed)
        characters = np.concatenate([np.full(len(group.items), group.character) for group in groups])
        self.sizes = [len(group.items) for group in groups]
        self.writers = np.concatenate([group.writers for group in groups])
        self.means_same = labels_of(np.array(list(CLASSES_62)), CLASSES_36)
        self.folded = self.means_same[characters]
        pictures = np.concatenate([looks(group.curves, group.counts) for group in groups])
        self.sample = np.concatenate(
            [rng.permutation(np.flatnonzero(characters == number))[:300] for number in range(len(CLASSES_62))]
        )
        self.neighbours = neighbours
        self.centre = pictures.mean(axis=0)
        around = np.cov((pictures[self.sample] - self.centre).T)
        self.directions = np.linalg.eigh(around)[1][:, -40:].astype(np.float32)
        self.places = (pictures - self.centre) @ self.directions
        self.known = self.places[self.sample]

    def agree(self, places: np.ndarray, folded: np.ndarray, writers: np.ndarray | None = None) -> np.ndarray:
        """The share (0 to 1) of each drawing's look-alikes that mean what it is said to mean."""
        distances = (self.known**2).sum(axis=1) - 2 * places @ self.known.T
        if writers is not None:
            distances[writers[:, None] == self.writers[self.sample]] = np.inf
        near = np.argpartition(distances, self.neighbours, axis=1)[:, : self.neighbours]
        return (self.folded[self.sample][near] == folded[:, None]).mean(axis=1)

    def of_drawings(self) -> list[np.ndarray]:
        """The share of agreement for every drawing of every group, leaving out its own writer."""
        share = np.empty(len(self.places), np.float32)
        with progress_bar("looking for drawings that nobody else would read", len(share)) as bar:
            for start in range(0, len(share), 500):
                part = slice(start, start + 500)
                share[part] = self.agree(self.places[part], self.folded[part], self.writers[part])
                bar.advance(500)
        return np.split(share, np.cumsum(self.sizes)[:-1])

    def of_curves(self, curves: np.ndarray, counts: np.ndarray, character: int) -> np.ndarray:
        """The share of agreement for new curves (N, POINTS, 2) that are said to be a character."""
        places = (looks(curves, counts) - self.centre) @ self.directions
        return self.agree(places, np.full(len(curves), self.means_same[character]))


def not_fragments(groups: list[Group]) -> list[np.ndarray]:
    """Which drawings have enough ink to be their character: a dash is no T, though several people left one."""
    usual: dict[int, list[np.ndarray]] = {}
    lengths = [ink_length(group) for group in groups]
    for group, length in zip(groups, lengths):
        usual.setdefault(group.character, []).append(length)
    whole = []
    for group, length in zip(groups, lengths):
        good = np.ptp(group.curves[:, :, 1], axis=1) > 0.25
        if CLASSES_62[group.character] not in PLAIN_LINES:
            good &= length > 0.55 * np.median(np.concatenate(usual[group.character]))
        whole.append(good)
    return whole


def ink_length(group: Group) -> np.ndarray:
    """The length of each drawing's strokes, where its box is 1 long: (N,)."""
    steps = np.hypot(*np.moveaxis(np.diff(group.curves, axis=1), 2, 0))  # (N, POINTS - 1)
    steps[:, np.cumsum(group.counts)[:-1] - 1] = 0  # here the pen was up
    return steps.sum(axis=1)
