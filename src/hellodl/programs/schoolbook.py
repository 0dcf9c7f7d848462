"""The pages from which the reader learns: written by many hands, photographed badly, and taken apart.

Who writes on them are UNIPEN's training writers where that set is at hand, and ink's. Each page is made, photographed
and cut up by the code that cuts up real photos (see `reading.lessons`), a few hundred milliseconds' work; so all
cores make pages side by side, each page from its own random numbers.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from hellodl.console import progress_bar
from hellodl.data import strokes as pen
from hellodl.data import unipen
from hellodl.data.dataset import Dataset
from hellodl.data.pages.marks import mark
from hellodl.data.pages.photograph import ANY, HARD, MILD, made_page
from hellodl.data.pages.writers import Writers
from hellodl.data.unipen import CLASSES_62
from hellodl.reading.lessons import lessons
from hellodl.reading.segment import UNKNOWN
from hellodl.train.lanes import thread_count

CLASSES = CLASSES_62 + UNKNOWN
LINES, COLUMNS = 9, 24
KNOWN_WRITERS = 0.75  # share of the pages that people wrote; ink wrote the others
REFUSED = 1.2  # of what is no character, so many are kept beside each character
CONDITIONS = (ANY, ANY, ANY, HARD, HARD, MILD)
X_HEIGHT = (12, 32)  # pixels: small pages are made faster
# What words are made of, and their shares, such that all 62 characters come about equally often.
WORDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, CLASSES_62[:36], CLASSES_62)
SHARES = (0.36, 0.28, 0.12, 0.12, 0.12)


def taken_apart(count: int, seed: int, folder: Path | None, watched: np.ndarray | None, threads: int | None) -> Dataset:
    """The pieces of `count` pages, in the classes CLASSES; the same for the same seed.

    `folder` is where UNIPEN is (None: ink alone writes), and `watched` are writers of it who write nothing here.
    """
    tasks = [(seed, page, folder, None if watched is None else tuple(watched.tolist())) for page in range(count)]
    images, names = [], []
    with (
        ProcessPoolExecutor(thread_count(threads), get_context("spawn")) as pool,
        progress_bar("writing pages", count) as bar,
    ):
        for pictures, found in pool.map(page_apart, tasks, chunksize=4):
            images.append(pictures)
            names += found
            bar.advance(1)
    labels = np.array([CLASSES.index(name) for name in names], np.int64)
    return Dataset("pages", np.concatenate(images), labels, CLASSES)


def page_apart(task: tuple[int, int, Path | None, tuple[int, ...] | None]) -> tuple[np.ndarray, list[str]]:
    """One page: its pieces (N, 28, 28) uint8 and what each is; of what is no character, not too much."""
    seed, number, folder, watched = task
    cv2.setNumThreads(1)  # every core has a page of its own
    rng = np.random.default_rng((seed, 77, number))
    conditions = replace(CONDITIONS[int(rng.integers(len(CONDITIONS)))], x_height=X_HEIGHT)
    people = writers(folder, watched) if folder is not None and rng.random() < KNOWN_WRITERS else None
    page_seed, text = int(rng.integers(2**31)), "\n".join(lines_of(rng))
    hand = None if people is None else people.hand(rng)
    page = made_page(conditions, page_seed, "train", text, hand)
    pictures, names = lessons(page.picture, [box.character for box in page.boxes], page.strokes, page.pen)
    refused = np.array([name == UNKNOWN for name in names], bool)
    kept = ~refused
    most = int(REFUSED * kept.sum())
    kept[rng.permutation(np.flatnonzero(refused))[:most]] = True
    return pictures[kept], [name for name, keep in zip(names, kept) if keep]


@cache
def writers(folder: Path, watched: tuple[int, ...] | None) -> Writers:
    """UNIPEN's training writers but for those who are watched; read once a process."""
    drawings = unipen.load_strokes(folder)
    if watched:
        drawings = replace(drawings, is_test=drawings.is_test | np.isin(drawings.writers, watched))
    return Writers(drawings)


def lines_of(rng: np.random.Generator) -> Iterator[str]:
    """Lines of words that mean nothing: all 62 characters about equally often, mostly one kind a line."""
    for kind in rng.choice(len(WORDS), LINES, p=SHARES):
        line = ""
        while len(line) < COLUMNS:
            line += " " + "".join(rng.choice(list(WORDS[kind]), rng.integers(1, 9)))
        yield line[: COLUMNS + 1].strip()


def marks(count: int, seed: int, widths: tuple[float, float]) -> Dataset:
    """Pictures of what is no character, drawn with pens of many widths (pixels)."""
    rng = np.random.default_rng((seed, 78))
    pens = np.exp(rng.uniform(np.log(widths[0]), np.log(widths[1]), count))
    images = pen.render_many((mark(rng) for _ in range(count)), pens)
    return Dataset("marks", images, np.full(count, CLASSES.index(UNKNOWN)), CLASSES)
