"""A letter that was written by hand: its strokes, and how they are shown: SVG, PNG, a GIF that writes itself, JSON.

Lengths are in heights of a small x. Between the points of a stroke the pen goes in a curve (Catmull and Rom 1974); SVG
knows it as the Bézier curve that it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hellodl.data.dataset import Brief
from hellodl.data.pages.hands import smooth
from hellodl.errors import DataError
from hellodl.storage.atomic import write_whole
from hellodl.storage.gif import animated

PEN = 0.13  # how wide it writes
INK = (28, 37, 78)  # red, green, blue
SCALE = 26  # pixels of a small x, in PNG and GIF
FINER, SUBPIXEL = 3, 4  # drawn so many times too large; OpenCV takes whole numbers of 1/16 pixel
SHADES = 8  # of a GIF
EACH, HOLD = 3, 2.5  # points that a frame of a GIF adds; seconds that the last one stays
MOST_PIXELS = 80_000_000
KINDS = (".svg", ".png", ".gif", ".json")

Word = tuple[str, list[np.ndarray]]  # what it says, and its strokes (n, 2), y downwards


@dataclass(frozen=True, repr=False)
class Letter(Brief):
    """Strokes (n, 2) on a sheet that is `width` and `height` large, x to the right and y down.

    `letters` has for each point (n,) which character of `text` it is a part of; stroke k is on line `line_of[k]`, which
    is at the height `levels[line_of[k]]`. `about` is what it was made with.
    """

    text: str
    strokes: list[np.ndarray]
    letters: list[np.ndarray]
    width: float
    height: float
    line_of: list[int]
    levels: list[float]
    about: dict[str, Any] = field(default_factory=dict)

    def save(self, path: str | Path) -> Path:
        """Write it as .svg, .png, .gif (it writes itself) or .json; DataError for another name."""
        path = Path(path)
        kind = path.suffix.lower()
        if kind not in KINDS:
            raise DataError(f"{path}: a letter is written as {', '.join(KINDS)}; give --out such a name")
        if kind in (".png", ".gif"):
            write_whole(path, self.as_png() if kind == ".png" else self.as_gif())
        else:
            write_whole(path, (self.as_svg() if kind == ".svg" else self.as_json()).encode("utf-8"))
        return path

    def _repr_svg_(self) -> str:
        return self.as_svg()

    def as_svg(self) -> str:
        """A picture of paths, one for each stroke, that prints well at any size; a small x is 5 mm high on paper."""
        paths = "\n".join(f'<path d="{path_of(stroke)}"/>' for stroke in self.strokes)
        colour = f"#{INK[0]:02x}{INK[1]:02x}{INK[2]:02x}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:.2f} {self.height:.2f}" '
            f'width="{5 * self.width:.1f}mm" height="{5 * self.height:.1f}mm" role="img">\n'
            f"<title>{escape(self.text)}</title>\n"
            f'<g fill="none" stroke="{colour}" stroke-width="{PEN}" stroke-linecap="round" stroke-linejoin="round">\n'
            f"{paths}\n</g>\n</svg>\n"
        )

    def as_json(self) -> str:
        """Text, size, strokes as lists of [x, y], and for each point which character of the text it belongs to."""
        return json.dumps(
            {
                "text": self.text,
                **self.about,
                "width": round(self.width, 3),
                "height": round(self.height, 3),
                "strokes": [np.round(stroke, 3).tolist() for stroke in self.strokes],
                "letters": [each.tolist() for each in self.letters],
            }
        )

    def picture(self) -> np.ndarray:
        """As pixels: how dark, (H, W) uint8, black ink 255 on 0."""
        canvas = self._canvas()
        for stroke in self.strokes:
            trace(canvas, smooth(stroke) if len(stroke) > 2 else stroke)
        return shrunk(canvas)

    def as_png(self) -> bytes:
        """A PNG in colour."""
        share = self.picture()[..., None].astype(np.float32) / 255
        blue_green_red = np.array(INK[::-1], np.float32)
        return cv2.imencode(".png", np.rint(255 - share * (255 - blue_green_red)).astype(np.uint8))[1].tobytes()

    def as_gif(self) -> bytes:
        """A GIF that writes itself."""
        share = np.arange(SHADES)[:, None] / (SHADES - 1)
        palette = np.rint(255 - share * (255 - np.array(INK))).astype(np.uint8)
        frames = list(self.frames())
        return animated(frames, [0.04] * (len(frames) - 1) + [HOLD], palette)

    def frames(self) -> Iterator[np.ndarray]:
        """The letter as it grows, (H, W) uint8 shades from 0 to SHADES - 1."""
        canvas, left = self._canvas(), 0
        shown = np.zeros((canvas.shape[0] // FINER, canvas.shape[1] // FINER), np.uint8)
        yield shown.copy()
        for stroke in self.strokes:
            for piece in pieces(stroke):
                top, bottom = trace(canvas, piece)
                fresh = shrunk(canvas[top:bottom])
                shown[top // FINER : bottom // FINER] = np.rint(fresh * ((SHADES - 1) / 255)).astype(np.uint8)
                left += 1
                if left % EACH == 0:
                    yield shown.copy()
        yield shown.copy()

    def _canvas(self) -> np.ndarray:
        height, width = (int(np.ceil(size * SCALE)) * FINER for size in (self.height, self.width))
        if height * width > MOST_PIXELS:
            raise DataError(
                f"a picture of {width // FINER} by {height // FINER} pixels is too large; write .svg or less"
            )
        return np.zeros((height, width), np.uint8)


def read_words(path: Path) -> list[Word]:
    """The words of a .json file, each with its strokes (n, 2): of a letter, or a list of {"text", "strokes"}.

    DataError for any other file.
    """
    try:
        return words_told(path.read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the name") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(f'{path}: has no strokes; give a .json of --out, or a list of {{"text", "strokes"}}') from error


def words_told(content: str) -> list[Word]:
    """The words that such a file tells of."""
    told = json.loads(content)
    if isinstance(told, dict) and "letters" in told:
        return words_of(told["text"], [points(stroke) for stroke in told["strokes"]], told["letters"])
    words = [told] if isinstance(told, dict) else told
    return [(str(word["text"]), [points(stroke) for stroke in word["strokes"]]) for word in words]


def as_told(words: Sequence[Word]) -> str:
    """Words as such a file has them."""
    return json.dumps([{"text": text, "strokes": [stroke.tolist() for stroke in strokes]} for text, strokes in words])


def points(stroke: list) -> np.ndarray:
    """The points (n, 2) of a stroke as JSON has them; ValueError for what is none."""
    found = np.array(stroke, np.float64)
    if found.ndim != 2 or found.shape[1] != 2 or not len(found) or not (np.abs(found) < 1e6).all():
        raise ValueError("no points")
    return found


def words_of(text: str, strokes: list[np.ndarray], letters: list[list[int]]) -> list[Word]:
    """The words of a letter, each with its strokes."""
    found, begin = [], 0
    for word in text.split():
        begin = text.index(word, begin)
        own = [ink for ink, which in zip(strokes, letters, strict=True) if begin <= which[0] < begin + len(word)]
        if own:
            found.append((word, own))
        begin += len(word)
    return found


def pieces(stroke: np.ndarray) -> list[np.ndarray]:
    """The curve of a stroke, from point to point."""
    if len(stroke) < 3:
        return [stroke]
    curve = smooth(stroke)
    step = (len(curve) - 1) // (len(stroke) - 1)
    return [curve[start : start + step + 1] for start in range(0, len(curve) - 1, step)]


def trace(canvas: np.ndarray, points: np.ndarray) -> tuple[int, int]:
    """Draw a line through points on a canvas that is FINER times too large; which rows it touched, in whole pixels."""
    scale = SCALE * FINER
    places = np.rint((points if len(points) > 1 else points.repeat(2, axis=0)) * (scale << SUBPIXEL)).astype(np.int32)
    thick = max(1, round(PEN * scale) - 1)
    cv2.polylines(canvas, [places], False, 255, thick, cv2.LINE_8, SUBPIXEL)
    low, high = (points[:, 1].min() - PEN) * SCALE, (points[:, 1].max() + PEN) * SCALE
    rows = canvas.shape[0] // FINER
    top, bottom = int(np.clip(np.floor(low), 0, rows - 1)), int(np.clip(np.ceil(high) + 1, 1, rows))
    return top * FINER, max(bottom, top + 1) * FINER


def shrunk(canvas: np.ndarray) -> np.ndarray:
    """FINER times smaller each way, (H, W) uint8."""
    size = (canvas.shape[1] // FINER, canvas.shape[0] // FINER)
    return cv2.resize(canvas, size, interpolation=cv2.INTER_AREA)


def path_of(stroke: np.ndarray) -> str:
    """A stroke as SVG's path: the curve of `smooth`, as Bézier curves."""
    if len(stroke) < 3:
        ends = stroke if len(stroke) > 1 else stroke.repeat(2, axis=0)
        return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in ends.tolist())
    before = np.concatenate([stroke[:1], stroke[:-2]])
    start, end = stroke[:-1], stroke[1:]
    after = np.concatenate([stroke[2:], stroke[-1:]])
    first, second = start + (end - before) / 6, end - (after - start) / 6
    curves = np.concatenate([first, second, end], axis=1)
    return f"M{stroke[0, 0]:.2f} {stroke[0, 1]:.2f}" + "".join(
        "C{:.2f} {:.2f} {:.2f} {:.2f} {:.2f} {:.2f}".format(*row) for row in curves.tolist()
    )
