"""Pictures for milestones: small enough for one core, and shown in a terminal."""

from collections.abc import Sequence

import numpy as np

SHADES = " .:*#"


def small(images: np.ndarray) -> np.ndarray:
    """(N, 28, 28) uint8 to (N, 14, 14) from 0 to 1: each number the mean of four pixels."""
    return images.reshape(len(images), 14, 2, 14, 2).mean(axis=(2, 4)) / 255


def show(pictures: np.ndarray, words: Sequence[str]) -> None:
    """Print small pictures side by side, what was read in each below it."""
    for row in range(pictures.shape[1]):
        cells = ["".join(SHADES[min(int(v * 5), 4)] for v in picture[row]) for picture in pictures]
        print("  " + "   ".join(cells).rstrip())
    print("  " + "   ".join(f"read: {word}".ljust(pictures.shape[2]) for word in words).rstrip())
