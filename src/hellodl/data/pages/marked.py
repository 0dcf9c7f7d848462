"""Photos of made pages and, pixel by pixel, what is writing on them: what a finder of lines learns from.

Nobody could mark a real photo like that; of a made one everything is known. Hands joined and unjoined, on plain,
ruled and squared paper, on desks, in shadows, beside drawings that are no writing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from hellodl.data.pages import phrases
from hellodl.data.pages.desk import on_a_desk
from hellodl.data.pages.hands import Hand
from hellodl.data.pages.joined import joined_page
from hellodl.data.pages.layout import CELL, LETTER_GAP, Page, lay_out
from hellodl.data.pages.marks import mark
from hellodl.data.pages.photograph import ANY, HARD, MILD, photograph
from hellodl.data.pages.writers import Writers
from hellodl.data.writing import Writing

X_HEIGHT = (6.0, 64.0)  # pixels
LARGEST = 1100  # pixels of a page's side
LARGEST_CELL = 1.8  # times as wide and high as usual
ASLANT = 30.0  # degrees that some pages may slope by
CONDITIONS = (ANY, ANY, HARD, HARD, MILD)


@dataclass(frozen=True)
class Marks:
    """A photo (H, W, 3) uint8 and its `truth` (H, W, 2) uint8: 255 where there is a line, and where there is ink.

    `zones` are the outlines (n, 2) of its lines, and `texts` what they say.
    """

    picture: np.ndarray
    truth: np.ndarray
    zones: list[np.ndarray]
    texts: list[str]


class Marked:
    """Makes marked pages; `words` and who wrote each (N,) are UNIPEN's, as are `writers`, or None: ink alone writes."""

    def __init__(self, words: Writing | None, by: np.ndarray | None, writers: Writers | None):
        self.words, self.writers = words, writers
        self.own: list[np.ndarray] = []  # the numbers of each writer's words
        if by is not None:
            order = np.argsort(by, kind="stable")
            groups = np.split(order, np.flatnonzero(np.diff(by[order])) + 1)
            self.own = [group for group in groups if len(group) >= 20]

    def page(self, rng: np.random.Generator) -> Page:
        """Some text in some hand."""
        x_height = float(np.exp(rng.uniform(*np.log(X_HEIGHT))))
        width = int(np.clip(rng.uniform(8, 60) * x_height, 300, LARGEST))
        most = max(1, int(LARGEST / (4 * x_height)))
        lines = int(rng.integers(1, min(most, 14) + 1))
        pen = max(float(np.exp(rng.uniform(np.log(0.04), np.log(0.33)))), 0.8 / x_height)
        seed = int(rng.integers(2**31))
        line_height = float(rng.uniform(2.3, 4.8))
        if self.words is not None and rng.random() < 0.5:
            own = self.own[int(rng.integers(len(self.own)))]
            return joined_page(self.words, own, lines, seed, width, x_height, min(pen, 0.25), line_height)
        hand = self.writers.hand(rng) if self.writers is not None and rng.random() < 0.7 else Hand.of(seed, "train")
        hand.tallness *= float(rng.uniform(1.1, 1.5)) if rng.random() < 0.25 else 1.0
        boxed, capitals = rng.random(2) < (0.3, 0.2)
        cell = CELL * float(np.exp(rng.uniform(0, np.log(LARGEST_CELL)))) if boxed else 0.0
        lowest = 3.7 * cell / CELL or (2.1 if capitals else 2.6)  # nothing of a capital hangs below its line
        measures = (width, x_height, 2.5, max(lowest + rng.exponential(0.4) if capitals else line_height, lowest))
        if rng.random() < 0.4:  # letters by themselves, far apart
            hand.spacing *= float(np.exp(rng.uniform(0, np.log(10))))
            advance = cell or 1.2 + LETTER_GAP * hand.spacing
            text = phrases.letters(rng, lines, int(np.clip((width / x_height - 5) / advance, 1, 12)))
            text = text.upper() if capitals else text
            page = lay_out(text, seed, "train", *measures, hand=hand, pen=pen, cells=cell)
        else:
            columns = int(np.clip((width / x_height - 5) / 1.6, 4, 40))
            text = "\n".join(line_of(columns, rng) for _ in range(lines))
            text = text.upper() if capitals else text
            touching = 0.15 if rng.random() < 0.3 else 0.0
            page = lay_out(text, seed, "train", *measures, hand=hand, pen=pen, touching=touching, cells=cell)
        inset = x_height * rng.uniform(0, (0.6, 0.3, 0.6, 0.3)) * [1, 1, -1, -1]  # boxes that stand apart
        crooked = x_height * 0.05 * rng.standard_normal((len(page.cells), 4))
        return replace(page, cells=tuple(map(tuple, (np.array(page.cells).reshape(-1, 4) + inset + crooked).tolist())))

    def __call__(self, seed: int) -> Marks:
        """A page of this number, and what is known of it."""
        rng = np.random.default_rng((seed, 31))
        page = self.page(rng)
        conditions = CONDITIONS[int(rng.integers(len(CONDITIONS)))]
        conditions = replace(conditions, boxed=0.0, darkest=float(rng.uniform(0.8, 1.4)))  # black forms, blue pens
        if rng.random() < 0.1:
            conditions = replace(conditions, slope=ASLANT)
        photo = photograph(page, conditions, int(rng.integers(2**31)))
        picture = photo.picture
        height, width = picture.shape[:2]
        truth = np.zeros((2, height, width), np.uint8)
        for zone in photo.zones:
            cv2.fillPoly(truth[0], [np.rint(zone * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        paths = [np.rint(stroke * 16).astype(np.int32) for strokes in photo.strokes for stroke in strokes]
        cv2.polylines(truth[1], paths, False, 255, max(1, round(photo.pen)), cv2.LINE_AA, 4)
        if rng.random() < 0.2:
            draw_marks(picture, page.x_height, photo.pen, rng)
        zones = photo.zones
        if rng.random() < 0.55:
            picture, (left, top) = on_a_desk(picture, rng)
            room = top, picture.shape[0] - height - top, left, picture.shape[1] - width - left
            truth = np.stack([cv2.copyMakeBorder(part, *room, cv2.BORDER_CONSTANT, value=0) for part in truth])
            zones = [zone + np.array([left, top]) for zone in zones]
        return Marks(picture, np.ascontiguousarray(truth.transpose(1, 2, 0)), zones, page.text.split("\n"))


def line_of(columns: int, rng: np.random.Generator) -> str:
    """A line of a text of any kind."""
    return phrases.ALL_STYLES[int(rng.choice(len(phrases.ALL_STYLES), p=phrases.ALL_SHARES))](rng, columns)


def draw_marks(picture: np.ndarray, x_height: float, pen: float, rng: np.random.Generator) -> None:
    """Draw a few arrows, boxes or scribbles on a picture, as large as some letters."""
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        size = x_height * rng.uniform(2, 8)
        place = rng.uniform(0, [width, height])
        paths = [np.rint((stroke * size + place) * 16).astype(np.int32) for stroke in mark(rng)]
        colour = (int(rng.integers(30, 110)), int(rng.integers(30, 70)), int(rng.integers(30, 80)))
        cv2.polylines(picture, paths, False, colour, max(1, round(pen)), cv2.LINE_AA, 4)
