"""Eyes for tests of commands: they take every piece of ink for an H, or nearly, and need no network."""

from functools import partial

import cv2
import numpy as np

from hellodl import reading
from hellodl.data.writing import ALPHABET, NUMBER
from hellodl.reading.apart import pieces_of


def mark(dark):
    """Whatever is dark is ink, and what is dark side by side is a line."""
    ink = (dark > 0.2).astype(np.uint8)
    band = cv2.morphologyEx(np.pad(ink, 200), cv2.MORPH_CLOSE, np.ones((41, 121), np.uint8))[200:-200, 200:-200]
    size = (dark.shape[1] + 1) // 2, (dark.shape[0] + 1) // 2
    return np.stack([cv2.resize(part.astype(np.float32), size) for part in (band, ink)], axis=-1)


def read(strips):
    """An H for every piece."""
    out = []
    for strip in strips:
        chances = np.full((-(-strip.shape[1] // 4), len(ALPHABET) + 1), 0.1 / len(ALPHABET))
        chances[:, 0] = 0.9
        for left, right in pieces_of(strip):
            chances[(left + right) // 8, [0, NUMBER["H"]]] = 0.1 / len(ALPHABET), 0.9
        out.append(np.log(chances))
    return out


def eyes(path=None, threads=None):
    """Somebody who reads so."""
    return partial(reading.read_page, mark=mark, read=read, alphabet=ALPHABET)
