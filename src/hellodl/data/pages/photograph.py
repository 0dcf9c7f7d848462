"""Photographed pages whose truth is known: what is tried when nobody can say what a photo should read as.

A page in some hand (layout.py) goes on paper (paper.py) and before a camera (camera.py), under conditions that say
how bad it may get (conditions.py). Real photos are few and come without a truth for every letter; these come by
the thousand, and each with the box of every letter's ink. They are no substitute for real ones, only a ruler.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hellodl.data.pages.camera import point_at, take
from hellodl.data.pages.conditions import ANY, HARD, MILD, PRESETS, Conditions
from hellodl.data.pages.layout import CELL, Box, Page, Writes, box_of, lay_out
from hellodl.data.pages.paper import sheet
from hellodl.data.pages.phrases import page_text

__all__ = ["ANY", "HARD", "MILD", "PRESETS", "Conditions", "Photographed", "made_page", "photograph"]

WIDEST = 1400  # pixels of a page
ADVANCE, BOXED_ADVANCE = 1.6, 3.0  # about what a character takes of a line, in x_heights
LEAST_COLUMNS, MOST_COLUMNS = 10, 25
LINE_HEIGHT = (3.5, 4.8)  # in x_heights


@dataclass(frozen=True)
class Photographed:
    """A photo (H, W, 3) uint8 BGR, what is written in it, and where.

    `text` has the lines as they were written; `boxes` is the box of each character's ink in the picture's own
    pixels, in reading order, with the number of its line; `strokes` are the paths of the pen there, each (n, 2),
    and `pen` is its width. `zones` are outlines (n, 2), one a line: from what letters stand on to the height of a
    small x.
    """

    picture: np.ndarray
    text: str
    boxes: list[Box]
    strokes: list[list[np.ndarray]]
    pen: float
    zones: list[np.ndarray]


def photograph(page: Page, conditions: Conditions, seed: int) -> Photographed:
    """A photo of a page; the same page, conditions and seed give the same picture."""
    paper_rng, camera_rng, back_rng, ease_rng = np.random.default_rng((seed, 11)).spawn(4)
    conditions = conditions.eased(ease_rng.uniform(conditions.easiest, 1))
    view = point_at(page, conditions, camera_rng)
    other = other_side(page, back_rng) if back_rng.random() < conditions.print_through else None
    picture = take(sheet(page, other, view, conditions, paper_rng), page, conditions, camera_rng)
    strokes = view.strokes(page.strokes)
    zones = [view(np.concatenate([feet, feet[::-1] - [0, page.x_height]])) for feet in page.baselines]
    return Photographed(picture, page.text, seen_boxes(page, strokes), strokes, page.pen, zones)


def other_side(page: Page, rng: np.random.Generator) -> Page:
    """Another page of the same size, for the back."""
    text = page_text(rng, one_style=True)
    return lay_out(text, int(rng.integers(2**31)), "train", page.size[0], page.x_height)


def seen_boxes(page: Page, strokes: list[list[np.ndarray]]) -> list[Box]:
    """The boxes of a page's characters where their strokes are in the picture."""
    return [box_of(box.character, box.line, drawn, page.pen) for box, drawn in zip(page.boxes, strokes)]


def made_page(
    conditions: Conditions, seed: int, split: str = "test", text: str | None = None, hand: Writes | None = None
) -> Photographed:
    """Write a page (some text of its own, if none is given) by hand (that of this seed in ink, if none is given),
    and photograph it."""
    return photograph(written_page(conditions, seed, split, text, hand), conditions, seed)


def written_page(
    conditions: Conditions, seed: int, split: str = "test", text: str | None = None, hand: Writes | None = None
) -> Page:
    """The page of `made_page` before it is photographed."""
    rng = np.random.default_rng((seed, 13))
    low, high = conditions.x_height
    x_height = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    pen = float(np.exp(rng.uniform(*np.log(conditions.pen))))
    boxed = bool(rng.random() < conditions.boxed)
    margin = 2.5
    room = WIDEST - 2 * margin * x_height
    if text is None:
        columns = int(room / x_height / (BOXED_ADVANCE if boxed else ADVANCE))
        columns = min(max(columns, LEAST_COLUMNS), MOST_COLUMNS)
        text = page_text(rng, columns, conditions.one_style)
    measures = (WIDEST, x_height, margin, float(rng.uniform(*LINE_HEIGHT)))
    pen = max(pen, 1.2 / x_height)
    return lay_out(text, seed, split, *measures, hand=hand, pen=pen, touching=conditions.touching, cells=CELL * boxed)
