"""What every data set of images becomes: pictures, the number of each one's class, and the classes' names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

DIGITS, LETTERS = "0123456789", "abcdefghijklmnopqrstuvwxyz"


class Brief:
    """A record that prints in one line, not in pages: arrays by their shapes, long texts by their lengths."""

    def __repr__(self) -> str:
        told = (f"{field.name}={_brief(getattr(self, field.name))}" for field in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(told)})"


def _brief(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}".replace(",)", ")")
    return f"{len(value):,} characters" if isinstance(value, str) and len(value) > 100 else repr(value)


@dataclass(frozen=True, repr=False)
class Dataset(Brief):
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

    def weights(self, balance: float) -> np.ndarray | None:
        """How often to learn from each image, (N,) float64, so that who wrote much is not heard alone.

        A writer of n images counts as n^(1-balance): at 0 every image counts the same, at 1 every writer does.
        None where that is so anyway, or where nobody knows who wrote what.
        """
        if self.writers is None or balance == 0:
            return None
        _, writer, counts = np.unique(self.writers, return_inverse=True, return_counts=True)
        return counts[writer] ** -float(balance)


def together(name: str, parts: Sequence[Dataset]) -> Dataset:
    """Several sets as one, with the classes of the first; the others' classes must be among them."""
    classes = parts[0].classes
    labels = [np.array([classes.index(c) for c in part.classes])[part.labels] for part in parts]
    return Dataset(name, np.concatenate([part.images for part in parts]), np.concatenate(labels), classes)
