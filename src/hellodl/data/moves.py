"""Words as a pen makes them, movement by movement: what a network that writes by hand learns from.

A movement is (x, y, lifts, last): how far to the right and down, in heights of a small x, whether the pen lifts after
it, and whether that was all. The first one leads from where the left edge of the word meets the line that it stands on
to the word's first point.

UNIPEN's words are scaled each alone, so how high a small x is has to be found out. Which letters reach up or down is
known from the text, and how high whole words were, in millimetres, from the tablet; so for each writer there is a best
guess of three numbers: a small x, what long letters add above it, and what tails add below (least squares, with what
is usual as if it had been seen a few times). The line itself is where most strokes turn at the bottom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from hellodl.data import writing
from hellodl.data.dataset import Brief
from hellodl.data.pages.hands import ASCENDER, DESCENDER, HEIGHTS
from hellodl.data.writing import NUMBER, Writing

USUAL = np.array([1.0, 0.8, 0.85])  # a small x, what long letters add to it, and what tails add
BELIEF = 8.0  # the usual counts as so many words
PLAIN = 0.03  # of a small x: points that are no further from a straight line are left out
SMALLEST, LARGEST = 0.55, 1.8  # of a word's own size, beside its writer's
MOST_LETTERS, MOST_MOVES = 14, 190
EACH = (4, 26)  # movements that a letter has on the average, at least and at most
FARTHEST = 6.0  # that a pen moves at once
ALONE = {**dict.fromkeys("?!\"'/()&%#@$*", (1.8, 0.0)), **dict.fromkeys(",;", (0.2, -0.3))}


@dataclass(frozen=True, repr=False)
class Moves(Brief):
    """N words as movements: moves (P, 4) float32, of which word i has starts[i] to starts[i + 1]; hands (N,) from 1."""

    moves: np.ndarray
    starts: np.ndarray
    texts: Sequence[str]
    hands: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, item: int) -> np.ndarray:
        """The movements of one word, (n, 4)."""
        return self.moves[self.starts[item] : self.starts[item + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """How many movements each word has, (N,)."""
        return np.diff(self.starts)

    def subset(self, which: np.ndarray) -> Moves:
        """Only these words."""
        parts = [self[item] for item in which.tolist()]
        starts = np.cumsum([0, *map(len, parts)])
        return Moves(np.concatenate(parts), starts, [self.texts[item] for item in which.tolist()], self.hands[which])


def load_moves(folder: str | Path, split: str) -> Moves:
    """UNIPEN's words of a split as movements; hands are numbered from 1 on, a number for each writer."""
    words, about = writing.load_words(folder, split)
    good = (about["kind"] != 3) & about["case_ok"]
    which = np.flatnonzero(good)
    which = which[[len(words.texts[item]) <= MOST_LETTERS and " " not in words.texts[item] for item in which.tolist()]]
    kept, moves = [], []
    for item, size in zip(which.tolist(), sizes(words, which, about["writer_group"], about["height_mm"])):
        if size is None:
            continue
        made = movements(words[item], words.texts[item], *size)
        letters = len(words.texts[item])
        few, many = EACH[0] * letters, min(EACH[1] * letters + 10, MOST_MOVES)
        if few <= len(made) <= many and np.abs(made[:, :2]).max() < FARTHEST:
            kept.append(item)
            moves.append(made)
    _, hands = np.unique(about["writer_group"][kept], return_inverse=True)
    starts = np.cumsum([0, *map(len, moves)])
    return Moves(np.concatenate(moves), starts, [words.texts[item] for item in kept], hands + 1)


def sizes(words: Writing, which: np.ndarray, writers: np.ndarray, millimetres: np.ndarray) -> list[tuple | None]:
    """For each of these words: a small x in its own units, and what long letters and tails add to it, beside it.

    None where a word is much larger or smaller than its writer's others: then something is amiss.
    """
    reach = np.array([reach_of(words.texts[item]) for item in which.tolist()])  # (N, 2)
    found: list[tuple | None] = [None] * len(which)
    for writer in np.unique(writers[which]).tolist():
        own = np.flatnonzero(writers[which] == writer)
        told = own[millimetres[which[own]] > 0]
        x, up, down = proportions(millimetres[which[told]], reach[told])
        for place in own.tolist():
            item = which[place]
            points = np.concatenate(words[item])
            tall = float(points[:, 1].max() - points[:, 1].min())
            size = tall / (1 + up * reach[place, 0] + down * reach[place, 1])
            if millimetres[item] > 0 and tall > 0:
                usual = x * tall / millimetres[item]
                if not SMALLEST < size / usual < LARGEST:
                    continue
                size = (size * usual) ** 0.5  # people do not write all words equally large: meet in the middle
            if size > 0:
                found[place] = (size, up, down)
    return found


def proportions(heights: np.ndarray, reach: np.ndarray) -> tuple[float, float, float]:
    """A small x, in the unit of heights (N,), and what reaches up and down (N, 2) add, beside it."""
    if not len(heights):
        return (1.0, *USUAL[1:].tolist())
    rows = np.concatenate([np.ones((len(reach), 1)), reach], axis=1)
    typical = float(np.median(heights / (rows @ USUAL)))
    known = np.sqrt(BELIEF) * np.eye(3)
    answers = np.concatenate([heights / typical, known @ USUAL])
    x, up, down = np.linalg.lstsq(np.concatenate([rows, known]), answers, rcond=None)[0].tolist()
    x = max(x, 0.3)
    return x * typical, float(np.clip(up / x, 0.2, 2.0)), float(np.clip(down / x, 0.2, 2.0))


@cache
def reach_of(text: str) -> tuple[float, float]:
    """How far a text reaches above a small x and below the line, 1 for the longest letters."""
    tops, bottoms = zip(*({**HEIGHTS, **ALONE}.get(character, (1.0, 0.0)) for character in text))
    return max((max(tops) - 1) / (ASCENDER - 1), 0.0), min(bottoms) / DESCENDER if min(bottoms) < 0 else 0.0


def movements(strokes: Sequence[np.ndarray], text: str, size: float, up: float, down: float) -> np.ndarray:
    """The movements (n, 4) of strokes (y downwards) that say a text: see the top of the file and `sizes`."""
    thinned = [
        cv2.approxPolyDP(np.ascontiguousarray(stroke, np.float32)[:, None], PLAIN * size, False)[:, 0]
        for stroke in strokes
    ]
    points = np.concatenate(thinned)
    line = line_under(np.concatenate(strokes).astype(np.float32), strokes, text, size, up, down)
    origin = np.array([[points[:, 0].min(), line]], np.float32)
    moves = np.zeros((len(points), 4), np.float32)
    moves[:, :2] = np.diff(points, axis=0, prepend=origin) / np.float32(size)
    moves[np.cumsum([len(stroke) for stroke in thinned]) - 1, 2] = 1
    moves[-1, 3] = 1
    return moves


def line_under(
    points: np.ndarray, strokes: Sequence[np.ndarray], text: str, size: float, up: float, down: float
) -> float:
    """Where the line is that a word stands on: what is guessed from its box, mended by where strokes turn."""
    above, below = reach_of(text)
    top, bottom = float(points[:, 1].min()), float(points[:, 1].max())
    guess = (top + size * (1 + up * above) + bottom - size * down * below) / 2
    turns = [float(bottom)]
    for stroke in strokes:
        y = stroke[:, 1].astype(np.float32)
        padded = np.concatenate([[-np.inf], y, [-np.inf]])
        turns += y[(padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:])].tolist()
    near = [y for y in turns if abs(y - guess) < 0.4 * size]
    return float(np.median(near)) if near else guess


def numbered(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Texts as numbers of ALPHABET (N, U), filled up with 0, and lengths (N,), in which one 0 counts."""
    lengths = np.array([len(text) + 1 for text in texts])
    numbers = np.zeros((len(texts), int(lengths.max())), np.int64)
    for row, text in zip(numbers, texts):
        row[: len(text)] = [NUMBER[character] for character in text]
    return numbers, lengths


def strokes_of(moves: np.ndarray) -> list[np.ndarray]:
    """The strokes (n, 2) of movements (n, 4), in heights of a small x; y is 0 on the line, and negative above it."""
    points = np.cumsum(moves[:, :2], axis=0, dtype=np.float64)
    ends = np.flatnonzero(moves[:-1, 2]) + 1
    return np.split(points, ends)
