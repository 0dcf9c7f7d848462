"""Whole lines and pages of handwriting: pages to read whose truth is known.

A hand (hands.py) writes one character after the other; here they get their places, on lines that are not quite
straight, in words that are not quite evenly spaced, and the box of each character's ink is kept as the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from hellodl.data.ink import Ink
from hellodl.data.pages.hands import ASCENDER, DESCENDER, Hand, Writes
from hellodl.data.pages.touching import Nearness
from hellodl.data.strokes import painted

SPACE, LETTER_GAP = 1.1, 0.38  # in heights of a small x
USUAL_PEN = 0.15  # neighbours of a wider pen stand as much farther apart
CELL, CELL_TOP, CELL_BOTTOM = 3.0, -2.3, 1.2  # a printed box: its width, its top and bottom from the line


@dataclass(frozen=True)
class Box:
    """Where a character stands on a page: its ink's box in pixels, right and bottom exclusive."""

    character: str
    line: int
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Page:
    """A page as strokes in pixels: what is on it, where, and how wide its pen is."""

    text: str
    strokes: list[list[np.ndarray]]
    boxes: list[Box]
    pen: float
    size: tuple[int, int]  # width, height
    seed: int
    x_height: float = 30.0
    line_height: float = 132.0  # from line to line
    top_line: float = 132.0  # where the first line's letters stand
    cells: tuple[tuple[float, float, float, float], ...] = ()  # printed boxes: left, top, right, bottom
    baselines: tuple[np.ndarray, ...] = ()  # what the letters of each line stand on, points (n, 2) from left to right


def lay_out(
    text: str,
    seed: int,
    split: str = "test",
    width: int = 1200,
    x_height: float = 30.0,
    margin: float = 2.5,
    line_height: float = 4.4,
    ink: Ink | None = None,
    hand: Writes | None = None,
    pen: float | None = None,
    touching: float = 0.0,
    cells: float = 0.0,
) -> Page:
    """Write a text (A-Z, a-z, 0-9, spaces, new lines) as strokes on a page `width` pixels wide.

    Lines too long for the page are broken at spaces. `x_height` is in pixels; `margin` and `line_height`
    are in x_heights. The page is as high as its lines need. `hand` writes, if not the one of this seed and
    split, with a pen of `pen` x_heights instead of its own. Of the neighbours within words, the share
    `touching` (0 to 1) touch or overlap by a pixel or two. Where `cells` is not 0, each letter has a printed box
    so many x_heights wide.
    """
    hand = Hand.of(seed, split, ink) if hand is None else hand
    rng, unit = hand.rng, x_height
    nearness = Nearness(touching, seed)
    apart = 0.0 if pen is None else max(0.0, pen - USUAL_PEN)
    pen = hand.pen if pen is None else pen
    strokes: list[list[np.ndarray]] = []
    boxes: list[Box] = []
    frames: list[tuple[float, float, float, float]] = []
    lines: list[str] = []
    feet: list[list[np.ndarray]] = []
    room = width - 2 * margin * unit
    for paragraph in text.split("\n"):
        words = [written_word(hand, word, apart, cells) for word in paragraph.split()]
        at = 0.0
        line: list[str] = []
        base = 0.0
        for word, glyphs, advance in words:
            if line and at + advance * unit > room:
                lines.append(" ".join(line))
                at, line = 0.0, []
            if not line:
                base = margin * unit + (ASCENDER + len(lines) * line_height) * unit
                rise, phase = rng.normal(0, 0.004), rng.uniform(0, 2 * np.pi)
                feet.append([])
            for number, (character, x, glyph) in enumerate(glyphs):
                place = at + x * unit
                wander = rise * place + unit * (0.06 * np.sin(phase + place / unit / 6) + 0.03 * rng.standard_normal())
                origin = np.array([margin * unit + place, base + wander])
                drawn = [stroke * unit + origin for stroke in glyph]
                if touching and number and not cells:
                    way = nearness.way(strokes[-1], drawn, pen * unit, unit)
                    drawn = [stroke - [way, 0] for stroke in drawn]
                    at -= way
                if cells:
                    left, scale = margin * unit + at + number * cells * unit, cells / CELL * unit
                    frames.append((left, base + CELL_TOP * scale, left + cells * unit, base + CELL_BOTTOM * scale))
                strokes.append(drawn)
                feet[-1].append(drawn_feet(drawn, origin[1]))
                boxes.append(box_of(character, len(lines), drawn, pen * unit))
            line.append(word)
            space = cells or SPACE * hand.spacing * rng.uniform(0.85, 1.2)
            at += (advance + space) * unit
        lines.append(" ".join(line))
    height = round((2 * margin + ASCENDER - DESCENDER + (len(lines) - 1) * line_height) * unit)
    where = {"x_height": unit, "line_height": line_height * unit, "top_line": (margin + ASCENDER) * unit}
    baselines = tuple(np.concatenate(line) for line in feet)
    return Page(
        "\n".join(lines),
        strokes,
        boxes,
        pen * unit,
        (width, height),
        seed,
        **where,
        cells=tuple(frames),
        baselines=baselines,
    )


def drawn_feet(drawn: list[np.ndarray], level: float) -> np.ndarray:
    """The two ends (2, 2) of the piece of a line that drawn strokes stand on."""
    x = np.concatenate(drawn)[:, 0]
    return np.array([[x.min(), level], [x.max(), level]])


def written_word(
    hand: Writes, word: str, apart: float = 0.0, cells: float = 0.0
) -> tuple[str, list[tuple[str, float, list[np.ndarray]]], float]:
    """A word, its characters with their place from its left end, and its length; a small x is 1 high.

    Characters stand `apart` farther than is usual, or each in the middle of a printed box that is `cells` wide.
    """
    at, glyphs = 0.0, []
    for character in word:
        glyph = hand.write(character)
        reach = max(float(stroke[:, 0].max()) for stroke in glyph)
        glyphs.append((character, at + (cells - reach) / 2 if cells else at, glyph))
        gap = LETTER_GAP * hand.spacing * hand.rng.uniform(0.8, 1.2) + apart
        at += cells or reach + gap
    return word, glyphs, at


def box_of(character: str, line: int, drawn: list[np.ndarray], width: float) -> Box:
    """The box of a drawn character's ink."""
    points = np.concatenate(drawn)
    left, top = np.floor(points.min(axis=0) - width / 2).astype(int).tolist()
    right, bottom = np.ceil(points.max(axis=0) + width / 2).astype(int).tolist()
    return Box(character, line, left, top, right, bottom)


def draw(page: Page) -> np.ndarray:
    """How much ink is on each pixel of a page: (H, W) uint8, 255 where all is ink."""
    width, height = page.size
    return painted([stroke for strokes in page.strokes for stroke in strokes], height, width, page.pen)


def on_paper(coverage: np.ndarray, seed: int) -> np.ndarray:
    """Dark ink on light paper under a lamp that stands to one side: (H, W) uint8 -> (H, W, 3) uint8 BGR."""
    rng = np.random.default_rng((seed, 3))
    height, width = coverage.shape
    paper = rng.uniform([215, 225, 228], [240, 246, 250]).astype(np.float32)
    pen = np.array([[70, 35, 25], [45, 42, 40], [110, 50, 30]], np.float32)[rng.integers(3)]
    angle = rng.uniform(0, 2 * np.pi)
    across = np.cos(angle) * np.linspace(-1, 1, width, dtype=np.float32)
    down = np.sin(angle) * np.linspace(-1, 1, height, dtype=np.float32)
    light = (0.95 + 0.05 * (across + down[:, None])).astype(np.float32)
    grain = cv2.GaussianBlur(6 * rng.standard_normal((height, width), np.float32), (0, 0), 1.0)
    share = cv2.GaussianBlur(coverage, (0, 0), 0.6).astype(np.float32) / 255
    picture = np.empty((height, width, 3), np.uint8)
    for channel in range(3):
        bright = (paper[channel] + (pen[channel] - paper[channel]) * share + grain) * light
        picture[..., channel] = np.clip(bright, 0, 255)
    return picture


def write_line(text: str, seed: int, split: str = "test", x_height: float = 30.0) -> tuple[np.ndarray, str]:
    """One line on its own piece of paper, as long as it needs: (H, W, 3) uint8 BGR, and the text."""
    page = lay_out(" ".join(text.split()), seed, split, width=1_000_000, x_height=x_height)
    right = max((box.right for box in page.boxes), default=0) + round(2.5 * x_height)
    page = Page(page.text, page.strokes, page.boxes, page.pen, (right, page.size[1]), seed)
    return on_paper(draw(page), seed), page.text


def write_page(text: str, seed: int, split: str = "test", **layout) -> tuple[np.ndarray, str]:
    """A page in one person's hand: (H, W, 3) uint8 BGR, dark on light, and the text with its lines as written.

    `layout` goes to `lay_out`: width, x_height, margin, line_height.
    """
    page = lay_out(text, seed, split, **layout)
    return on_paper(draw(page), seed), page.text


def page_boxes(text: str, seed: int, split: str = "test", **layout) -> list[Box]:
    """The true box of each character of the page that `write_page` makes of the same arguments."""
    return lay_out(text, seed, split, **layout).boxes


SAMPLE = """Hello from hellodl
this page was written by a hand
that nobody has with a pen made
of numbers and you just taught
a network how to read it
in 90 seconds or 2 minutes"""


def sample_page(seed: int = 0) -> tuple[np.ndarray, str]:
    """The page that the demo reads: a greeting in a hand of styles that training never sees."""
    return write_page(SAMPLE, seed, "test", width=1500)
