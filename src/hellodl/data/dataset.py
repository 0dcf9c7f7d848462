"""What every data set of images becomes: pictures, the number of each one's class, and the classes' names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

DIGITS, LETTERS = "0123456789", "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Dataset:
    """Labelled images, ready to learn from.

    `images` is (N, 28, 28) uint8, white ink on black, upright; `labels` is (N,) int64, an index into `classes`;
    `classes` has one character a class (both cases of a letter share the lower-case one); `writers`, where it
    is known, is (N,) int64, who wrote each image: a split that keeps writers apart tells the truth.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    classes: str
    writers: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, which: np.ndarray) -> Dataset:
        """The images that an index array or a boolean mask picks."""
        writers = None if self.writers is None else self.writers[which]
        return replace(self, images=self.images[which], labels=self.labels[which], writers=writers)


def together(name: str, parts: Sequence[Dataset]) -> Dataset:
    """Several sets as one, with the classes of the first; the others' classes must be among them."""
    classes = parts[0].classes
    labels = [np.array([classes.index(c) for c in part.classes])[part.labels] for part in parts]
    return Dataset(name, np.concatenate([part.images for part in parts]), np.concatenate(labels), classes)
