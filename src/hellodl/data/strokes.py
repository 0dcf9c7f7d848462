"""From the path of a pen to the picture of a character.

A pen tablet stores where the pen went; a reader of photos wants pictures. Drawing the path ourselves has a
gift in it: the same drawing can be had with a thin pencil or a thick marker, slanted, stretched or turned,
and every one of these is a true picture, never a blurred one. The picture is normalised as EMNIST's letters
are (Cohen et al. 2017): the longest side of the ink is 20 pixels, its box stands in the middle of 28x28.

A line is first drawn several times too large with plain black-and-white pixels, and then each block of
pixels is averaged to one grey: the oldest recipe for smooth edges, and at this size the fastest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import cv2
import numpy as np

SIZE, LONGEST, WIDTH = 28, 20.0, 2.7
SUBPIXEL_BITS = 4  # OpenCV takes whole numbers of 1/16 pixel
ENLARGEMENT = 3  # of a page: drawn three times too large, then averaged

Strokes = Sequence[np.ndarray]


@lru_cache(maxsize=4096)
def enlargement(width: float) -> tuple[int, int]:
    """How many times too large to draw, and OpenCV's thickness there, for a pen of this many pixels.

    OpenCV draws odd thicknesses only (20 looks as 19 does), and each about 1.9 pixels wider than it says
    (measured over all directions). So a single enlargement knows few widths; among four, one is near enough.
    """
    choices = []
    for times in (10, 9, 8, 7):
        thickness = max(1, 2 * round((width * times - 1.9 - 1) / 2) + 1)
        choices.append((abs((thickness + 1.9) / times - width), times, thickness))
    _, times, thickness = min(choices)
    return times, thickness


def bounds(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    """The corners (2,) of the box around all points: smallest x and y, largest x and y."""
    points = strokes[0] if len(strokes) == 1 else np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


def render(
    strokes: Strokes, size: int = SIZE, longest: float = LONGEST, width: float = WIDTH, fit: bool = True
) -> np.ndarray:
    """Draw one character as a (size, size) uint8 picture, white ink on black.

    `strokes` is a list of (n, 2) arrays of x and y, y downwards, in any unit; the pen is up between them.
    The box of the ink, pen width included, gets its longest side `longest` pixels long and is centred; the
    pen is `width` pixels wide. With fit=False the points are taken as pixels of the picture, as they are.
    """
    times, thickness = enlargement(round(float(width), 2))
    if fit:
        low, high = bounds(strokes)
        scale = max(longest - width, 1e-3) / max(float((high - low).max()), 1e-9) * times
        offset = size * times / 2 - (low + high) * (scale / 2)
    else:
        scale, offset = float(times), np.zeros(2)
    canvas = np.zeros((size * times, size * times), np.uint8)
    # A pixel's middle is a whole number to OpenCV, and a half to us.
    unit, offset = float(1 << SUBPIXEL_BITS), offset - 0.5
    paths = [np.rint((points * scale + offset) * unit).astype(np.int32) for points in strokes]
    paths = [path if len(path) > 1 else np.repeat(path, 2, axis=0) for path in paths]
    cv2.polylines(canvas, paths, False, 255, thickness, cv2.LINE_8, SUBPIXEL_BITS)
    return cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)


def render_many(
    characters: Iterable[Strokes],
    width: float | np.ndarray = WIDTH,
    size: int = SIZE,
    longest: float | np.ndarray = LONGEST,
) -> np.ndarray:
    """Draw N characters as (N, size, size) uint8; `width` and `longest` may be one number or N of them."""
    characters = list(characters)
    widths = np.broadcast_to(np.asarray(width, np.float64), len(characters)).tolist()
    longests = np.broadcast_to(np.asarray(longest, np.float64), len(characters)).tolist()
    images = np.empty((len(characters), size, size), np.uint8)
    for place, (strokes, one_width, one_longest) in enumerate(zip(characters, widths, longests)):
        images[place] = render(strokes, size, one_longest, one_width)
    return images


def paint(canvas: np.ndarray, strokes: Strokes, pen: float, ink: int = 255) -> None:
    """Draw strokes, in pixels, on a canvas that is ENLARGEMENT times too large for them."""
    unit = ENLARGEMENT << SUBPIXEL_BITS
    paths = [np.rint(stroke * unit).astype(np.int32) for stroke in strokes]
    cv2.polylines(canvas, paths, False, ink, max(1, round(pen * ENLARGEMENT - 1)), cv2.LINE_8, SUBPIXEL_BITS)
