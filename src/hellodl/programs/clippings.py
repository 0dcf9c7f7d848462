"""Lines that were cut out of made pages: what the reader of lines will be shown, with what they say.

Pages are made (see `data/pages/marked.py`), their lines found and cut out by the code that will do so with real photos.
What comes out is never as clean as a word that was drawn by itself: neighbours reach in, rules and shadows leave
traces, what touches was parted in the wrong place. A network that is to read such strips had better learn from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from hellodl.commands.eyes import finder
from hellodl.data.pages.marked import Marked
from hellodl.data.writing import ALPHABET
from hellodl.programs.finder import maker, side_by_side
from hellodl.reading.darkness import darkness
from hellodl.reading.lines import Line, Mark, look
from hellodl.reading.strips import cut_strips
from hellodl.train.threads import single_threaded_products

WIDEST = 900  # pixels of a strip: longer ones would make all others wait
SAMPLES = 24  # places along a line that are looked at
INSIDE = 0.75  # share of a line that must be in the band that it is taken for
WHOLE = 0.12  # heights of a small x, or shares of its length, by which a line may lack or exceed its true length


@dataclass(frozen=True)
class Clipping:
    """A strip (HEIGHT, W) uint8, and what it says."""

    picture: np.ndarray
    text: str


def clippings(count: int, seed: int, folder: Path | None, threads: int | None) -> list[Clipping]:
    """The lines of so many made pages that were found and cut out whole; the same for the same seed."""
    tasks = [(seed, number, folder) for number in range(count)]
    return [one for some in side_by_side(clipped, tasks, "cutting pages up", threads) for one in some]


def clipped(task: tuple[int, int, Path | None]) -> list[Clipping]:
    """The lines of one page."""
    seed, number, folder = task
    cv2.setNumThreads(1)  # every core has a page of its own
    make, mark = makers(folder)
    page = make(2**33 + seed * 1_000_003 + number)
    dark = darkness(page.picture)
    with single_threaded_products():
        strips = cut_strips(dark, look(dark, mark))
    known = set(ALPHABET)
    out = []
    for strip in strips:
        text = said(strip.line, page.zones, page.texts)
        if text is not None and known.issuperset(text) and strip.picture.shape[1] <= WIDEST:
            out.append(Clipping(strip.picture, text))
    return out


@cache
def makers(folder: Path | None) -> tuple[Marked, Mark]:
    """Who makes pages and who marks them, once a process."""
    return maker(folder), finder()


def said(line: Line, zones: list[np.ndarray], texts: list[str]) -> str | None:
    """What a found line says, by the true bands (n, 2) of all lines; None where it is none of them, or not whole."""
    x = np.linspace(line.left, line.right, SAMPLES)
    y = line.middle(x)
    for zone, text in zip(zones, texts):
        outline = zone.astype(np.float32)
        inside = [
            cv2.pointPolygonTest(outline, (float(a), float(b)), True) > -0.3 * line.x_height for a, b in zip(x, y)
        ]
        if np.mean(inside) < INSIDE:
            continue
        left, right = float(zone[:, 0].min()), float(zone[:, 0].max())
        slack = line.x_height + WHOLE * min(right - left, 4 * line.x_height)
        return text if abs(left - line.left) < slack and abs(right - line.right) < slack else None
    return None
