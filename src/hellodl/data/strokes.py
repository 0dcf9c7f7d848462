"""From the path of a pen to the picture of a character.

A pen tablet stores where the pen went; a reader of photos wants pictures. Drawing the path ourselves has a
gift in it: the same drawing can be had with a thin pencil or a thick marker, slanted, stretched or turned,
and every one of these is a true picture, never a blurred one. The picture is normalised as EMNIST's letters
are (Cohen et al. 2017): the longest side of the ink is 20 pixels, its box stands in the middle of 28x28.

A line is first drawn several times too large with plain black-and-white pixels, and then each block of
pixels is averaged to one grey: the oldest recipe for smooth edges, and at this size the fastest. Where OpenCV is
missing, `without_opencv` has another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from hellodl.data import without_opencv

try:
    from cv2 import INTER_AREA, LINE_8, polylines, resize
except ImportError:  # as in a browser
    polylines = None  # type: ignore[assignment]

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
    if polylines is None:
        scale, offset = fitted(strokes, size, longest, width) if fit else (1.0, np.zeros(2))
        return without_opencv.drawn([[points * scale + offset for points in strokes]], size, size, [width])[0]
    times, thickness = enlargement(round(float(width), 2))
    scale, offset = fitted(strokes, size, longest, width, times) if fit else (float(times), np.zeros(2))
    canvas = np.zeros((size * times, size * times), np.uint8)
    # A pixel's middle is a whole number to OpenCV, and a half to us.
    unit, offset = float(1 << SUBPIXEL_BITS), offset - 0.5
    paths = [np.rint((points * scale + offset) * unit).astype(np.int32) for points in strokes]
    paths = [path if len(path) > 1 else np.repeat(path, 2, axis=0) for path in paths]
    polylines(canvas, paths, False, 255, thickness, LINE_8, SUBPIXEL_BITS)
    return resize(canvas, (size, size), interpolation=INTER_AREA)


def fitted(strokes: Strokes, size: int, longest: float, width: float, times: int = 1) -> tuple[float, np.ndarray]:
    """By what to multiply points, and what (2,) to add: then the ink fits a picture that many times too large."""
    low, high = bounds(strokes)
    scale = max(longest - width, 1e-3) / max(float((high - low).max()), 1e-9) * times
    return scale, size * times / 2 - (low + high) * (scale / 2)


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
    if polylines is None:  # then all at once is much faster
        fits = [fitted(one, size, long, wide) for one, wide, long in zip(characters, widths, longests)]
        placed = [[points * scale + offset for points in one] for one, (scale, offset) in zip(characters, fits)]
        return without_opencv.drawn(placed, size, size, widths)
    images = np.empty((len(characters), size, size), np.uint8)
    for place, (strokes, one_width, one_longest) in enumerate(zip(characters, widths, longests)):
        images[place] = render(strokes, size, one_longest, one_width)
    return images


def paint(canvas: np.ndarray, strokes: Strokes, pen: float, ink: int = 255) -> None:
    """Draw strokes, in pixels, on a canvas that is ENLARGEMENT times too large for them."""
    unit = ENLARGEMENT << SUBPIXEL_BITS
    paths = [np.rint(stroke * unit).astype(np.int32) for stroke in strokes]
    polylines(canvas, paths, False, ink, thickness(pen), LINE_8, SUBPIXEL_BITS)


def thickness(pen: float) -> int:
    """What OpenCV calls a pen's width on a canvas that is ENLARGEMENT times too large."""
    return max(1, round(pen * ENLARGEMENT - 1))


def painted(strokes: Strokes, height: int, width: int, pen: float) -> np.ndarray:
    """Strokes, in pixels, as a picture (height, width) uint8, white ink on black."""
    if polylines is None:
        pen = ((thickness(pen) - 1) // 2 * 2 + 2.9) / ENLARGEMENT  # as wide as OpenCV's is: see `enlargement`
        return without_opencv.drawn([[points + 0.5 / ENLARGEMENT for points in strokes]], height, width, [pen])[0]
    canvas = np.zeros((height * ENLARGEMENT, width * ENLARGEMENT), np.uint8)
    paint(canvas, strokes, pen)
    return resize(canvas, (width, height), interpolation=INTER_AREA)
