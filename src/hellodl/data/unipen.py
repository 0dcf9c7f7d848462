"""UNIPEN: letters and digits that 300 people wrote on pen tablets, kept as the path of the pen.

Guyon, Schomaker, Plamondon, Liberman and Janet, "UNIPEN project of on-line data exchange and recognizer
benchmarks" (ICPR 1994). The folder holds the letters as pictures in EMNIST's format (upright, labels 1 to 26,
both cases merged), and all 62 characters as strokes, from which pictures with any pen can be drawn.

Nobody's writing is in both the training and the test split: a reader that has seen how you write other
letters knows you already, and its score would flatter it.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from hellodl.console import progress_bar
from hellodl.data import idx
from hellodl.data.dataset import DIGITS, LETTERS, Brief, Dataset
from hellodl.errors import DataError

CLASSES_36 = DIGITS + LETTERS
CLASSES_62 = DIGITS + LETTERS.upper() + LETTERS
STROKES_FILE = "unipen_strokes_1a1b1c.npz"


@dataclass(frozen=True, repr=False)
class UnipenStrokes(Brief):
    """All drawings as strokes. Drawing i has the strokes item_start[i] to item_start[i + 1].

    `points` is (P, 2) float32, x to the right and y downwards, in the tablet's own units;
    `stroke_start` is (S + 1,) indices into points and `item_start` (N + 1,) indices into strokes;
    `labels` is (N,) of one-character strings; `writers` is (N,) int64, equal for people who share ink;
    `is_test` says whose writing is for testing only; `duplicate` marks a drawing that is there twice;
    `good` is true where the people who collected it called it good, and it is no duplicate (others were
    mostly not judged at all, which does not make them bad).
    """

    points: np.ndarray
    stroke_start: np.ndarray
    item_start: np.ndarray
    labels: np.ndarray
    writers: np.ndarray
    is_test: np.ndarray
    duplicate: np.ndarray
    good: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, item: int) -> list[np.ndarray]:
        """The strokes of one drawing, each (n, 2) float32."""
        ends = self.stroke_start[self.item_start[item] : self.item_start[item + 1] + 1]
        return [self.points[start:end] for start, end in pairwise(ends)]

    def select(self, split: str) -> np.ndarray:
        """Which drawings, as indices, belong to a split ('train' or 'test'), leaving duplicates out."""
        return np.flatnonzero((self.is_test == (checked_split(split) == "test")) & ~self.duplicate)


def load_letters(folder: str | Path, split: str) -> Dataset:
    """The letters as the files have them: (N, 28, 28) images in 26 classes; split is 'train' or 'test'.

    `writers` is filled in where the strokes lie in the same folder. Raises DataError for a missing file, or
    files that do not belong together.
    """
    checked_split(split)
    images, numbers = idx.read_labelled_images(
        existing(folder, f"unipen-letters-{split}-images-idx3-ubyte.gz"),
        existing(folder, f"unipen-letters-{split}-labels-idx1-ubyte.gz"),
    )
    labels = numbers.astype(np.int64) - 1
    if len(labels) and not 0 <= labels.min() <= labels.max() < 26:
        raise DataError(f"{folder}: {split} labels are not all in 1 to 26; fetch the file again")
    return Dataset(f"unipen letters, {split}", images, labels, LETTERS, letter_writers(Path(folder), split))


def letter_writers(folder: Path, split: str) -> np.ndarray | None:
    """Who wrote each letter picture, by way of the row numbers that lie beside them; None without these."""
    items, strokes = folder / f"unipen-letters-{split}-item-idx1-int32.gz", folder / STROKES_FILE
    if not (items.exists() and strokes.exists()):
        return None
    return read_arrays(strokes, "writer_group")["writer_group"].astype(np.int64)[idx.read(items)]


def load_strokes(folder: str | Path) -> UnipenStrokes:
    """All 105,382 drawings as strokes, y turned to point downwards. Raises DataError for a bad file."""
    path = existing(folder, STROKES_FILE)
    names = ("xy", "stroke_ptr", "item_ptr", "label", "writer_group", "is_test", "is_duplicate", "quality_ok")
    arrays = read_arrays(path, *names)
    return UnipenStrokes(
        points=arrays["xy"].astype(np.float32) * np.array([1, -1], np.float32),
        stroke_start=arrays["stroke_ptr"].astype(np.int64),
        item_start=arrays["item_ptr"].astype(np.int64),
        labels=arrays["label"].astype(np.uint8).view("S1").astype("U1"),
        writers=arrays["writer_group"].astype(np.int64),
        is_test=arrays["is_test"],
        duplicate=arrays["is_duplicate"],
        good=arrays["quality_ok"] & ~arrays["is_duplicate"],
    )


def load_characters(
    folder: str | Path,
    split: str,
    classes: int = 36,
    width: float | tuple[float, float] = 2.7,
    rng: np.random.Generator | None = None,
) -> Dataset:
    """All characters of a split, digits too, drawn from their strokes as (N, 28, 28) pictures.

    `classes` is 36 (both cases of a letter are one class) or 62. `width` is the pen in pixels of a picture
    whose ink is 20 pixels long, or a pair (thinnest, thickest) from which `rng` draws anew for each picture,
    evenly in ratio, so that a reader learns pencil and marker alike. Raises DataError for a bad file.
    """
    from hellodl.data import strokes  # here, since it brings OpenCV, which the letters alone do not need

    names = {36: CLASSES_36, 62: CLASSES_62}[classes]
    drawings = load_strokes(folder)
    chosen = drawings.select(split)
    low, high = width if isinstance(width, tuple) else (width, width)
    generator = rng if rng is not None else np.random.default_rng(0)
    widths = np.exp(generator.uniform(np.log(low), np.log(high), len(chosen)))

    images = np.empty((len(chosen), strokes.SIZE, strokes.SIZE), np.uint8)
    with progress_bar(f"drawing UNIPEN, {split}", len(chosen)) as bar:
        for start in range(0, len(chosen), 1000):
            part = slice(start, start + 1000)
            images[part] = strokes.render_many((drawings[item] for item in chosen[part]), widths[part])
            bar.advance(len(chosen[part]))
    labels = labels_of(drawings.labels[chosen], names)
    return Dataset(f"unipen characters, {split}", images, labels, names, drawings.writers[chosen])


def labels_of(characters: np.ndarray, classes: str) -> np.ndarray:
    """The (N,) int64 class numbers of one-character strings; where classes have one case only, it is both."""
    number = {character: place for place, character in enumerate(classes)}
    for character in classes:
        number.setdefault(character.swapcase(), number[character])
    return np.array([number[character] for character in characters.tolist()], np.int64)


def checked_split(split: str) -> str:
    """The name of a split, when it is one."""
    if split not in ("train", "test"):
        raise DataError(f"there is no split {split!r}; take 'train' or 'test'")
    return split


def existing(folder: str | Path, name: str) -> Path:
    """The path of a file of the set, or an error that says how to come by it."""
    path = idx.existing(folder, name)
    if path is None:
        raise DataError(
            f"{Path(folder) / name} is not there; `hellodl data get unipen` says how to get it, or use --dataset ink"
        )
    return path


def read_arrays(path: Path, *names: str) -> dict[str, np.ndarray]:
    """Named arrays of an npz file."""
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            return {name: arrays[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is damaged or not what its name says ({error}); fetch it again") from error
