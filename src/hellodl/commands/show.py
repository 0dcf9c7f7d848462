"""What the programs show in a terminal: a picture drawn with characters, and which classes get mixed up."""

from __future__ import annotations

import sys

import numpy as np

from hellodl.console import columns

WIDE = 24  # characters of a picture


def picture_as_text(image: np.ndarray) -> str:
    """An image (28, 28) uint8 as 14 lines of 24: a character shows two pixels, one above the other, without the rim."""
    shades = " ░▒▓█"
    rows = image[:, 2:-2].reshape(image.shape[0] // 2, 2, -1).mean(axis=1)
    return "\n".join("".join(shades[min(int(v) * 5 // 256, 4)] for v in row) for row in rows)


def side_by_side(pictures: list[np.ndarray], captions: list[str]) -> str:
    """Pictures next to each other, as many as fit the terminal, each with its caption below."""
    blocks = [picture_as_text(picture).split("\n") for picture in pictures]
    for block, caption in zip(blocks, captions):
        block.append(caption.center(WIDE)[:WIDE])
    fit = max(((columns(sys.stderr) or 80) + 2) // (WIDE + 2), 1)
    rows = (blocks[first : first + fit] for first in range(0, len(blocks), fit))
    return "\n".join("  ".join(lines).rstrip() for row in rows for lines in zip(*row))


def confusion_matrix(labels: np.ndarray, guesses: np.ndarray, classes: int) -> np.ndarray:
    """How often each class (row) was taken for each class (column): (classes, classes) int64."""
    return np.bincount(labels * classes + guesses, minlength=classes * classes).reshape(classes, classes)


def worst_pairs(confusion: np.ndarray, classes: str, most: int = 6) -> list[tuple[str, str, int, int]]:
    """The pairs that are mixed up most, both ways together: (one, other, times mixed up, samples of both)."""
    both = np.triu(confusion + confusion.T, 1)
    totals = confusion.sum(axis=1)
    order = np.argsort(both, axis=None)[::-1][:most]
    pairs = [tuple(int(i) for i in np.unravel_index(place, both.shape)) for place in order]
    return [(classes[i], classes[j], int(both[i, j]), int(totals[i] + totals[j])) for i, j in pairs if both[i, j]]


def pairs_as_text(confusion: np.ndarray, classes: str) -> str:
    """One line that names the worst pairs."""
    worst = worst_pairs(confusion, classes)
    if not worst:
        return "nothing is mixed up"
    return "most mixed up: " + ", ".join(f"{a}/{b} {count} of {total}" for a, b, count, total in worst)


def harmless(text: str) -> str:
    """Text that came from anywhere, without anything that a terminal would obey but ends of lines and tabs."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def logo(heights: np.ndarray, letters: str, bar: int, rows: int = 6) -> str:
    """Heights (places, letters) as columns of letters, the highest on top, with a bar before place number `bar`.

    The highest column is `rows` high. What is below zero is not drawn. (Logos of sequences are from Schneider and
    Stephens 1990.)
    """
    heights = np.maximum(heights, 0)
    unit = max(heights.sum(axis=1).max(), 1e-9) / rows
    columns = []
    for place in heights:
        order = np.argsort(place)  # the lowest first, from below
        ends = np.rint(np.cumsum(place[order]) / unit).astype(int)
        counts = np.diff(ends, prepend=0)
        columns.append("".join(letters[k] * n for k, n in zip(order, counts)).ljust(rows))
    columns.insert(bar, "|" * rows)
    return "\n".join("".join(column[row] for column in columns).rstrip() for row in reversed(range(rows)))
