"""Words and lines of handwriting as the path of the pen, and their pictures: what a reader of lines learns from.

UNIPEN (see `unipen`) has a hundred thousand words by 565 writers, joined and unjoined, each with what it says. Words
of any other kind are strung together from single characters (see `pages.strings`). Either is a list of strokes, and
drawn anew each time it is looked at: with another pen, slant, width and camera, so that a network never sees one
picture twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from hellodl.data.dataset import DIGITS, LETTERS, Brief
from hellodl.data.strokes import Strokes, painted
from hellodl.data.unipen import existing, read_arrays

WORDS_FILE = "unipen_words.npz"
SPLITS = ("train", "validation", "test")
KNOWN = ("writer_group", "kind", "case_ok", "height_mm")  # of each piece of UNIPEN's
PUNCTUATION = ".,:;!?'\"-()/&+=%#@$*"
ALPHABET = DIGITS + LETTERS.upper() + LETTERS + " " + PUNCTUATION  # what a line may say; class 0 is the blank
WIDEST = 14.0  # of a line to learn from or to judge by, in its heights
HEIGHT = 32  # pixels of a line's picture
NUMBER = {character: number for number, character in enumerate(ALPHABET, start=1)}


@dataclass(frozen=True, repr=False)
class Writing(Brief):
    """N pieces of writing. Piece i has the strokes item_start[i] to item_start[i + 1], and says texts[i].

    `points` is (P, 2) int16, x to the right and y downwards, each piece in units of its own;
    `stroke_start` is (S + 1,) indices into points and `item_start` (N + 1,) indices into strokes;
    `widths` (N,) float32 is each piece's width over its height.
    """

    points: np.ndarray
    stroke_start: np.ndarray
    item_start: np.ndarray
    texts: Sequence[str]
    widths: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, item: int) -> list[np.ndarray]:
        """The strokes of one piece, each (n, 2)."""
        ends = self.stroke_start[self.item_start[item] : self.item_start[item + 1] + 1]
        return [self.points[start:end] for start, end in pairwise(ends.tolist())]

    def subset(self, which: np.ndarray) -> Writing:
        """Only these pieces."""
        return gathered((self[item], self.texts[item]) for item in which.tolist())

    def numbers(self, item: int) -> list[int]:
        """What a piece says in numbers from 1 on, as in ALPHABET."""
        return [NUMBER[character] for character in self.texts[item]]


def gathered(pieces) -> Writing:
    """Pieces (strokes, text) as one Writing; strokes that are not int16 yet are scaled to be 500 high."""
    points, strokes, items, texts, widths = [], [0], [0], [], []
    for drawn, text in pieces:
        together = np.concatenate(drawn)
        low, high = together.min(axis=0), together.max(axis=0)
        tall = max(float(high[1] - low[1]), 1e-6)
        if together.dtype != np.int16:
            together = np.rint((together - low) * min(500 / tall, 32_000 / max(high[0] - low[0], 1e-6))).astype(
                np.int16
            )
        points.append(together)
        strokes += (strokes[-1] + np.cumsum([len(stroke) for stroke in drawn])).tolist()
        items.append(len(strokes) - 1)
        texts.append(text)
        widths.append((high[0] - low[0]) / tall)
    return Writing(np.concatenate(points), np.array(strokes), np.array(items), texts, np.array(widths, np.float32))


def joined(parts: Sequence[Writing]) -> Writing:
    """Several as one."""
    strokes = np.concatenate(
        [[0], *(part.stroke_start[1:] + before for part, before in zip(parts, sums(parts, "points")))]
    )
    items = np.concatenate(
        [[0], *(part.item_start[1:] + before for part, before in zip(parts, sums(parts, "strokes")))]
    )
    texts = [text for part in parts for text in part.texts]
    points = np.concatenate([part.points for part in parts])
    return Writing(points, strokes, items, texts, np.concatenate([part.widths for part in parts]))


def sums(parts: Sequence[Writing], what: str) -> list[int]:
    """How many points or strokes there are before each part."""
    counts = [len(part.points) if what == "points" else len(part.stroke_start) - 1 for part in parts]
    return [0, *np.cumsum(counts).tolist()]


def load_words(folder: str | Path, split: str, widest: float = np.inf) -> tuple[Writing, dict[str, np.ndarray]]:
    """UNIPEN's words and lines of a split that ALPHABET can say, and what is known of each, named in KNOWN."""
    arrays = read_arrays(
        existing(folder, WORDS_FILE), *("xy", "stroke_ptr", "item_ptr", "text", "text_ptr", "split", "aspect", *KNOWN)
    )
    letters = arrays["text"].tobytes().decode("ascii")
    texts = [letters[start:end] for start, end in pairwise(arrays["text_ptr"].tolist())]
    known = set(ALPHABET)
    wanted = (arrays["split"] == SPLITS.index(split)) & (arrays["aspect"] <= widest)
    which = np.flatnonzero(wanted & np.array([known.issuperset(text) for text in texts]))

    first = arrays["stroke_ptr"][arrays["item_ptr"]].astype(np.int64)  # each item's first point, and the end
    counts = np.diff(first)[which]
    begins = np.repeat(first[which] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    places = begins + np.arange(counts.sum())
    steps = arrays["xy"][places].astype(np.int64)
    ends = np.cumsum(counts)
    walked = np.cumsum(steps, axis=0)
    before = np.concatenate([np.zeros((1, 2), np.int64), walked[ends[:-1] - 1]])
    points = walked - np.repeat(before, counts, axis=0)
    points[:, 1] *= -1
    strokes = np.diff(arrays["item_ptr"])[which]
    long = np.diff(arrays["stroke_ptr"])
    lengths = np.concatenate([long[a:b] for a, b in zip(arrays["item_ptr"][which], arrays["item_ptr"][which + 1])])
    writing = Writing(
        points.astype(np.int16),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.concatenate([[0], np.cumsum(strokes)]),
        [texts[item] for item in which.tolist()],
        arrays["aspect"][which],
    )
    about = {name: arrays[name][which] for name in KNOWN}
    return writing, about


def as_strip(strokes: Strokes) -> np.ndarray:
    """A piece of writing, in any unit and place, as the picture (HEIGHT, W) uint8 that readers know."""
    corner = np.concatenate(strokes).min(axis=0)  # a dot has no size, and must not be far away when it gets one
    return drawn([stroke - corner for stroke in strokes], np.random.default_rng(0), plain=True)


def drawn(strokes: Strokes, rng: np.random.Generator, height: int = HEIGHT, plain: bool = False) -> np.ndarray:
    """A piece of writing as a picture (height, W) uint8, white on black; anew each time, unless `plain`."""
    points = np.concatenate(strokes).astype(np.float32)
    if plain:
        stretch, slant, turn, fill, pen = 1.0, 0.0, 0.0, 0.95, 2.2
    else:
        stretch, slant = float(np.exp(rng.normal(0.05, 0.18))), float(rng.normal(0, 0.15))
        turn = float(rng.normal(0, 0.012))
        fill, pen = float(1 - 0.4 * rng.random() ** 2), float(np.exp(rng.uniform(0.3, 1.45)))
    pen *= fill
    low, high = points.min(axis=0), points.max(axis=0)
    points -= (low + high) / 2
    points = points @ np.array([[stretch, turn], [-slant * stretch, 1]], np.float32)
    low, high = points.min(axis=0), points.max(axis=0)
    tall = height * fill
    scale = max(tall - pen, 4) / max(float(high[1] - low[1]), float(high[0] - low[0]) / 60, 1e-3)
    margins = (2.0, 2.0) if plain else rng.uniform(0, 8, 2).tolist()
    width = max(int(np.ceil((high[0] - low[0]) * scale + pen + sum(margins))), 8)
    room = height - pen - (high[1] - low[1]) * scale
    place = [margins[0] + pen / 2, pen / 2 + room * (0.5 if plain else float(rng.beta(2, 2)))]
    points = (points - low) * scale + np.array(place, np.float32)
    ends = np.cumsum([len(stroke) for stroke in strokes]).tolist()
    strokes = [points[a:b] if b - a > 1 else points[[a, a]] for a, b in pairwise([0, *ends])]
    picture = painted(strokes, height, width, pen)
    return picture if plain else weathered(picture, rng)


def weathered(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a pen, paper and camera make of clean ink: faint and broken strokes, blur, remains of rules, noise."""
    height, width = picture.shape
    out = picture.astype(np.float32)
    if rng.random() < 0.15:  # a dry pen, or a pencil on rough paper
        gaps = cv2.resize(
            rng.random((height // 3, width // 3 + 1), np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
        out *= np.clip(0.3 + 1.6 * gaps, 0, 1)
    if rng.random() < 0.09:  # what is left of a ruled line
        y, slope = rng.uniform(0, height), rng.normal(0, 0.01)
        ends = (0, round(16 * y)), (16 * width, round(16 * (y + slope * width)))
        rule = np.zeros_like(picture)
        cv2.line(rule, *ends, int(rng.integers(60, 256)), int(rng.integers(1, 3)), cv2.LINE_AA, 4)
        if rng.random() < 0.5:
            start = int(rng.integers(width))
            rule[:, start : start + int(rng.integers(4, width + 4))] = 0
        out = np.maximum(out, rule)
    if rng.random() < 0.12:  # a neighbouring line reaches in
        rows, shift = int(rng.integers(2, 7)), int(rng.integers(width))
        other = np.roll(picture[::-1] if rng.random() < 0.5 else picture, shift, axis=1)
        if rng.random() < 0.5:
            out[:rows] = np.maximum(out[:rows], other[-rows:])
        else:
            out[-rows:] = np.maximum(out[-rows:], other[:rows])
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.1)))
    out *= float(rng.uniform(0.7, 1.4))
    if rng.random() < 0.3:  # a threshold was there
        out = (out - 60) * 1.6
    if rng.random() < 0.5:
        out += float(rng.uniform(2, 14)) * rng.standard_normal(out.shape, np.float32)
    return np.clip(out, 0, 255).astype(np.uint8)


def shaken(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A strip a little wider or narrower, higher or lower, darker or paler than it was."""
    height, width = picture.shape
    wider = max(8, round(width * float(np.exp(rng.normal(0, 0.12)))))
    size = float(np.exp(rng.normal(-0.05, 0.07)))
    matrix = np.array([[wider / width, rng.normal(0, 0.08), 0], [0, size, 0]], np.float32)
    matrix[:, 2] = [-matrix[0, 1] * height / 2, (1 - size) * height / 2 + rng.normal(0, 0.7)]
    out = cv2.warpAffine(picture, matrix, (wider, height), flags=cv2.INTER_LINEAR).astype(np.float32)
    return np.clip(out * float(np.exp(rng.normal(0, 0.15))), 0, 255).astype(np.uint8)


def side_by_side(pictures: Sequence[np.ndarray], multiple: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (H, W) uint8 as a batch (N, H, W, 1) float32 from 0 to 1, blank on the right, and their widths (N,)."""
    widths = np.array([picture.shape[1] for picture in pictures])
    widest = -(-int(widths.max()) // multiple) * multiple
    batch = np.zeros((len(pictures), pictures[0].shape[0], widest, 1), np.float32)
    for row, picture in zip(batch, pictures):
        row[:, : picture.shape[1], 0] = picture
    batch *= np.float32(1 / 255)
    return batch, widths
