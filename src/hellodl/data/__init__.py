"""Data sets: one function, `load`, that gives any of them in the same shape.

A network is taught on one part of the data ('train'), watched on a second that it never learns from
('validation', used to choose between settings), and judged once on a third ('test'). The published sets have
only two parts, so the second is cut off the first here: whole writers where we know who wrote what, because a
network that has seen a person's other letters has seen half the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hellodl.data.dataset import DIGITS, LETTERS, Dataset
from hellodl.data.home import find, folder_of, how_to_get, source, sources
from hellodl.errors import DataError

__all__ = ["IMAGE_SETS", "SPLITS", "Dataset", "Known", "available", "load", "split_off_validation"]

IMAGE_SETS = ("ink", "mnist", "emnist", "unipen")
SPLITS = ("train", "validation", "train+validation", "test")
CLASS_SETS = {"digits": DIGITS, "letters": LETTERS, "36": DIGITS + LETTERS}
INK_COUNTS = {"train": 120_000, "train+validation": 120_000, "validation": 6_000, "test": 10_000}
MNIST_VALIDATION = 5_000
VALIDATION_SHARE = 0.1


def load(
    name: str,
    split: str,
    data: str | Path | None = None,
    seed: int = 0,
    count: int | None = None,
    classes: str | None = None,
) -> Dataset:
    """A data set of images by its name: 'ink', 'mnist', 'emnist' or 'unipen'.

    `split` is 'train', 'validation', 'train+validation' (all that one may learn from) or 'test'. `data` is
    the data home (see home.py). `seed` draws ink, decides what becomes validation, and picks the images where
    only `count` are wanted. `classes`, such as '37', keeps only these, numbered in the order given; 'digits',
    'letters' and '36' (digits, then letters) are lists by name, and ink knows '62' (with capitals) as well.
    Raises DataError, with the way to get it, for a set that is not there.
    """
    if split not in SPLITS:
        raise DataError(f"there is no split '{split}'; choose one of {', '.join(SPLITS)}")
    if name == "ink":
        return _ink(split, seed, count, classes)
    found = _published(name, split, data, seed)
    if classes is not None:
        found = _only(found, classes)
    if count is not None and count < len(found):
        found = found.subset(np.random.default_rng(seed).permutation(len(found))[:count])
    return found


@dataclass(frozen=True)
class Known:
    """A line of `hellodl data`: a known set, the `folder` where it lies (None: not here), `how` to get it."""

    name: str
    what: str
    size: str
    licence: str
    citation: str
    built_in: bool
    can_download: bool
    folder: Path | None
    how: str


def available(data: str | Path | None = None) -> list[Known]:
    """All sets that we know, whether they are there or not."""
    return [
        Known(
            name=known.name,
            what=known.what,
            size=known.size,
            licence=known.licence,
            citation=known.citation,
            built_in=known.built_in,
            can_download=known.can_download,
            folder=find(known.name, data),
            how="" if known.built_in else how_to_get(known.name, data),
        )
        for known in sources().values()
    ]


def split_off_validation(everything: Dataset, seed: int, last: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Two boolean masks over a training set, (N,) each: what to learn from, and what to watch it on.

    With `last` the last so many images are watched; otherwise a tenth of the writers (at least one, never
    all), and where writers are not known a tenth of the images.
    """
    watched = np.zeros(len(everything), dtype=bool)
    rng = np.random.default_rng(seed)
    if last is not None:
        watched[-last:] = True
    elif everything.writers is not None:
        writers = rng.permutation(np.unique(everything.writers))
        chosen = writers[: max(1, round(VALIDATION_SHARE * len(writers)))]
        watched = np.isin(everything.writers, chosen)
    else:
        order = rng.permutation(len(everything))
        watched[order[len(order) - round(VALIDATION_SHARE * len(order)) :]] = True
    return ~watched, watched


def _published(name: str, split: str, data: str | Path | None, seed: int) -> Dataset:
    """A split of a set that lies in files."""
    part = "test" if split == "test" else "train"
    last = None
    if name == "mnist":
        from hellodl.data import mnist

        everything = mnist.load(folder_of(name, data), part)
        last = min(MNIST_VALIDATION, len(everything) // 10)
    elif name == "emnist":
        from hellodl.data import emnist

        everything = emnist.load(folder_of(name, data), part)
    elif name == "unipen":
        from hellodl.data import unipen

        everything = unipen.load_letters(folder_of(name, data), part)
    else:
        source(name)  # says which names there are, when it is none of them
        raise DataError(f"'{name}' is not a set of images; those are {', '.join(IMAGE_SETS)}")
    if split in ("test", "train+validation"):
        return everything
    learned, watched = split_off_validation(everything, seed, last)
    return everything.subset(learned if split == "train" else watched)


def _ink(split: str, seed: int, count: int | None, classes: str | None) -> Dataset:
    """Built-in handwriting: each split has a seed of its own, and all but training styles of their own."""
    from hellodl.data.ink import Ink

    stream = 0 if split.startswith("train") else SPLITS.index(split)
    own_seed = seed if stream == 0 else int(np.random.SeedSequence([seed, stream]).generate_state(1)[0])
    part = "train" if stream == 0 else "test"
    wanted = INK_COUNTS[split] if count is None else count
    return Ink.load().dataset(wanted, own_seed, classes="letters" if classes is None else classes, split=part)


def _only(everything: Dataset, classes: str) -> Dataset:
    """The images of these classes, their labels numbered in the order given."""
    names = CLASS_SETS.get(classes, classes)
    unknown = "".join(name for name in names if name not in everything.classes)
    # A list by name may go beyond the set, so that several sets can be numbered alike.
    if unknown == names or (unknown and classes not in CLASS_SETS):
        raise DataError(f"{everything.name} has no class '{unknown}'; its classes are {everything.classes}")
    number = np.array([names.find(name) for name in everything.classes])
    part = everything.subset(number[everything.labels] >= 0)
    return replace(part, labels=number[part.labels], classes=names)
