"""Whole lines and pages in the built-in handwriting: pages to read whose truth is known.

A hand is what makes a page look like one person's: it picks one style for each character and keeps to it,
with its own slant, its own pen and its own habits; only small things differ from one letter to the next. The
strokes of ink have lost their height on the line, so heights come from typography, in a small table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from hellodl.data.ink import SLANT, Ink, shapes
from hellodl.data.strokes import SUBPIXEL_BITS
from hellodl.data.unipen import CLASSES_62
from hellodl.errors import DataError

# Top and bottom of a character where small letters reach from 1 down to 0 (the line they stand on).
ASCENDER, CAPITAL, DESCENDER = 1.9, 1.8, -0.8
HEIGHTS: dict[str, tuple[float, float]] = {
    **dict.fromkeys("acemnorsuvwxz", (1.0, 0.0)),
    **dict.fromkeys("bdfhkl", (ASCENDER, 0.0)),
    **dict.fromkeys("gpqy", (1.0, DESCENDER)),
    **dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", (CAPITAL, 0.0)),
    "i": (1.6, 0.0),
    "j": (1.6, DESCENDER),
    "t": (1.6, 0.0),
    "Q": (CAPITAL, -0.2),
}
DOTLESS = {"i": (1.0, 0.0), "j": (1.0, DESCENDER)}  # where the dot was left out
WIDEST = {**dict.fromkeys("mw", 1.9), **dict.fromkeys("MW", 2.3), **dict.fromkeys("rsczxtfjilI1", 1.1)}
SPACE, LETTER_GAP = 1.1, 0.38  # in heights of a small x
USUAL_PEN = 0.15  # neighbours of a wider pen stand as much farther apart
CELL, CELL_TOP, CELL_BOTTOM = 3.0, -2.3, 1.2  # a printed box: its width, its top and bottom from the line
DEEPEST = 0.8  # how far a letter may be moved until it touches the one before
ENLARGEMENT = 3  # drawn three times too large, then averaged
FINER = 4  # steps of a smooth curve from one point of a stroke to the next


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


class Writes(Protocol):
    """Whoever writes characters on a page; lengths are in heights of a small x."""

    pen: float
    spacing: float
    rng: np.random.Generator

    def write(self, character: str) -> list[np.ndarray]:
        """One character as strokes (n, 2): y up to the line is negative, x from 0, a small x is 1 high."""
        ...


@dataclass
class Hand:
    """One person's handwriting: a style for each character, and the habits that all of them share.

    Made by `Hand.of(seed, split)`; the same seed is the same person. Lengths are in heights of a small x.
    """

    ink: Ink
    split: str
    styles: dict[str, int]
    habits: dict[str, np.ndarray]  # (latents,) how this person's drawing differs from the style's mean
    slant: float
    narrowness: float
    pen: float
    tallness: float  # of capitals and long letters, beside the table
    spacing: float
    rng: np.random.Generator = field(repr=False)

    @staticmethod
    def of(seed: int, split: str = "test", ink: Ink | None = None) -> Hand:
        """The person with this number, writing in the styles of a split."""
        ink = ink if ink is not None else Ink.load()
        rng = np.random.default_rng((seed, 62, int(split == "test")))
        styles = {character: int(ink.pick(character, 1, rng, split)[0]) for character in CLASSES_62}
        habits = dict(zip(CLASSES_62, 0.6 * ink.latents(len(CLASSES_62), rng)))
        return Hand(
            ink,
            split,
            styles,
            habits,
            slant=float(np.clip(rng.normal(SLANT[0], 0.12), -0.15, 0.4)),
            narrowness=float(np.exp(rng.normal(-0.08, 0.06))),
            pen=float(rng.uniform(0.11, 0.19)),
            tallness=float(rng.uniform(0.88, 1.06)),
            spacing=float(rng.uniform(0.9, 1.25)),
            rng=rng,
        )

    def write(self, character: str, steadiness: float = 0.3) -> list[np.ndarray]:
        """One character as strokes (n, 2): y up to the line is negative, x from 0, a small x is 1 high."""
        if character not in self.styles:
            raise DataError(f"ink cannot write {character!r}; it knows A-Z, a-z and 0-9")
        style = self.styles[character]
        latent = self.habits[character] + steadiness * self.ink.latents(1, self.rng)[0]
        curve = self.ink.curves(np.array([style]), latent[None])[0]
        alone = len(self.ink.counts[style]) == 1
        curve = at_height(curve, character, alone, self.tallness, self.narrowness)
        slant = self.slant + 0.03 * self.rng.standard_normal()
        curve = curve @ shapes([slant])[0]
        curve[:, 0] -= curve[:, 0].min()
        return [smooth(stroke) for stroke in self.ink.cut(style, curve)]


def at_height(
    curve: np.ndarray, character: str, alone: bool, tallness: float = 1.0, narrowness: float = 1.0
) -> np.ndarray:
    """All points (n, 2) of a character, scaled to stand on the line as high as typography wants it.

    `alone`: it is a single stroke, so that an i has no dot. `tallness` is of capitals and long letters.
    """
    high, low = HEIGHTS[character]
    if character in DOTLESS and alone:
        high, low = DOTLESS[character]
    if high > 1:
        high = 1 + (high - 1) * tallness
    box = np.ptp(curve, axis=0)
    tall = high - low
    wide = box[0] / max(box[1], 1e-6) * tall * narrowness
    wide = min(wide, WIDEST.get(character, 1.25 if high == 1 else 1.6))
    scale = np.array([wide / max(box[0], 1e-6), tall / max(box[1], 1e-6)])
    scale[0] = min(scale[0], 1.5 * scale[1])  # a straight l stays straight
    return (curve - curve.min(axis=0)) * scale - [0.0, high]


def smooth(points: np.ndarray, finer: int = FINER) -> np.ndarray:
    """A curve through the points with `finer` steps between two (Catmull and Rom 1974): (n, 2) -> (m, 2)."""
    before = np.concatenate([points[:1], points[:-1]])[:-1, None]
    start, end = points[:-1, None], points[1:, None]
    after = np.concatenate([points[1:], points[-1:]])[1:, None]
    t = np.linspace(0, 1, finer, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


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
    cells: bool = False,
) -> Page:
    """Write a text (A-Z, a-z, 0-9, spaces, new lines) as strokes on a page `width` pixels wide.

    Lines too long for the page are broken at spaces. `x_height` is in pixels; `margin` and `line_height`
    are in x_heights. The page is as high as its lines need. `hand` writes, if not the one of this seed and
    split, with a pen of `pen` x_heights instead of its own. Of the neighbours within words, the share
    `touching` (0 to 1) touch or overlap by a pixel or two. With `cells` each letter has a printed box.
    """
    hand = Hand.of(seed, split, ink) if hand is None else hand
    rng, unit = hand.rng, x_height
    luck, owed = np.random.default_rng((seed, 5)), 0
    apart = 0.0 if pen is None else max(0.0, pen - USUAL_PEN)
    pen = hand.pen if pen is None else pen
    strokes: list[list[np.ndarray]] = []
    boxes: list[Box] = []
    frames: list[tuple[float, float, float, float]] = []
    lines: list[str] = []
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
            for number, (character, x, glyph) in enumerate(glyphs):
                place = at + x * unit
                wander = rise * place + unit * (
                    0.06 * np.sin(phase + place / unit / 6) + 0.03 * rng.standard_normal()
                )
                origin = np.array([margin * unit + place, base + wander])
                drawn = [stroke * unit + origin for stroke in glyph]
                if touching and number and not cells:
                    owed += int(luck.random() < touching)  # where two cannot touch, the next two do
                    way = way_to_touch(strokes[-1], drawn, pen * unit) + luck.uniform(0.5, 2)
                    if owed and way < DEEPEST * unit:
                        drawn = [stroke - [way, 0] for stroke in drawn]
                        at -= way
                        owed -= 1
                if cells:
                    left = margin * unit + at + number * CELL * unit
                    frames.append((left, base + CELL_TOP * unit, left + CELL * unit, base + CELL_BOTTOM * unit))
                strokes.append(drawn)
                boxes.append(box_of(character, len(lines), drawn, pen * unit))
            line.append(word)
            space = CELL if cells else SPACE * hand.spacing * rng.uniform(0.85, 1.2)
            at += (advance + space) * unit
        lines.append(" ".join(line))
    height = round((2 * margin + ASCENDER - DESCENDER + (len(lines) - 1) * line_height) * unit)
    return Page(
        "\n".join(lines),
        strokes,
        boxes,
        pen * unit,
        (width, height),
        seed,
        x_height=unit,
        line_height=line_height * unit,
        top_line=(margin + ASCENDER) * unit,
        cells=tuple(frames),
    )


def written_word(
    hand: Writes, word: str, apart: float = 0.0, cells: bool = False
) -> tuple[str, list[tuple[str, float, list[np.ndarray]]], float]:
    """A word, its characters with their place from its left end, and its length; a small x is 1 high.

    Characters stand `apart` farther than is usual, or each in the middle of a printed box.
    """
    at, glyphs = 0.0, []
    for character in word:
        glyph = hand.write(character)
        reach = max(float(stroke[:, 0].max()) for stroke in glyph)
        glyphs.append((character, at + (CELL - reach) / 2 if cells else at, glyph))
        gap = LETTER_GAP * hand.spacing * hand.rng.uniform(0.8, 1.2) + apart
        at += CELL if cells else reach + gap
    return word, glyphs, at


def way_to_touch(before: list[np.ndarray], after: list[np.ndarray], pen: float) -> float:
    """How many pixels a drawn character has to move left until its ink meets the one before it.

    Measured on their ink, row by row; infinite where they share no row, or where the second would end up
    farther left than the first.
    """
    low = np.floor(np.min([stroke.min(axis=0) for stroke in before + after], axis=0)) - pen
    high = np.ceil(np.max([stroke.max(axis=0) for stroke in before + after], axis=0)) + pen
    width, height = (ENLARGEMENT * (high - low)).astype(int) + 1
    edges = []
    for strokes, side in ((before, -1), (after, 1)):
        canvas = np.zeros((height, width), np.uint8)
        paint(canvas, [stroke - low for stroke in strokes], pen)
        ink = canvas[:, ::side] > 0
        edges.append(np.where(ink.any(axis=1), ink.argmax(axis=1), width))
    right, left = width - 1 - edges[0], edges[1]
    both = (edges[0] < width) & (edges[1] < width)
    if not both.any():
        return float("inf")
    way = float((left - right)[both].min() - 1) / ENLARGEMENT
    ends = [max(float(stroke[:, 0].max()) for stroke in strokes) for strokes in (before, after)]
    return way if ends[1] - way > ends[0] else float("inf")


def box_of(character: str, line: int, drawn: list[np.ndarray], width: float) -> Box:
    """The box of a drawn character's ink."""
    points = np.concatenate(drawn)
    left, top = np.floor(points.min(axis=0) - width / 2).astype(int).tolist()
    right, bottom = np.ceil(points.max(axis=0) + width / 2).astype(int).tolist()
    return Box(character, line, left, top, right, bottom)


def paint(canvas: np.ndarray, strokes: list[np.ndarray], pen: float, ink: int = 255) -> None:
    """Draw strokes, in pixels, on a canvas that is three times too large for them (ENLARGEMENT)."""
    unit = ENLARGEMENT << SUBPIXEL_BITS
    paths = [np.rint(stroke * unit).astype(np.int32) for stroke in strokes]
    cv2.polylines(
        canvas, paths, False, ink, max(1, round(pen * ENLARGEMENT - 1)), cv2.LINE_8, SUBPIXEL_BITS
    )


def draw(page: Page) -> np.ndarray:
    """How much ink is on each pixel of a page: (H, W) uint8, 255 where all is ink."""
    width, height = page.size
    canvas = np.zeros((height * ENLARGEMENT, width * ENLARGEMENT), np.uint8)
    paint(canvas, [stroke for strokes in page.strokes for stroke in strokes], page.pen)
    return cv2.resize(canvas, page.size, interpolation=cv2.INTER_AREA)


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
