"""A sheet of paper with ink on it, before anybody takes a photo: how much light each spot gives back.

Everything that is a line (letters, rules, printed boxes, the text on the other side) is drawn where the camera
will see it: its points are moved, never the pixels, so that nothing is blurred by being turned.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from hellodl.data.pages.conditions import Conditions
from hellodl.data.pages.layout import Page
from hellodl.data.strokes import ENLARGEMENT, paint, painted

PAPERS = {  # blue, green, red: darkest and lightest
    "white": ((222, 228, 230), (246, 247, 248)),
    "cream": ((190, 215, 225), (215, 235, 243)),
    "brown": ((105, 140, 165), (140, 170, 195)),
    "grey": ((140, 143, 145), (175, 177, 180)),
}
PENCIL = (62, 62, 64)
PENS = ((70, 35, 25), (110, 50, 30), (40, 38, 36), (45, 42, 40), (40, 40, 130))
PRINTS = ((0.5, 0.8, 1.0), (1.0, 1.0, 1.0), (0.6, 0.8, 1.0), (0.9, 0.6, 0.9))  # how much they take of each
MARGIN_PRINT = (1.0, 1.0, 0.3)
FINE, WIDE = 0.15, 0.22  # pens, in x_heights: below the first often a pencil, above the second a marker
GAPS = 0.25  # share of strokes with a gap, from a pen that runs dry
HORIZON = 1e5  # pixels: a point of a long page that lies farther away is behind the camera


@dataclass(frozen=True)
class View:
    """What the camera sees of a page: the 3×3 matrix from its pixels to the picture's, and the picture's size."""

    matrix: np.ndarray
    size: tuple[int, int]  # width, height

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) of the page in the picture's pixels, (n, 2) float64."""
        return cv2.perspectiveTransform(np.asarray(points, np.float64)[None], self.matrix)[0]

    def strokes(self, characters: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
        """The strokes of many characters, moved at once."""
        flat = [stroke for strokes in characters for stroke in strokes]
        if not flat:
            return []
        moved = self(np.concatenate(flat))
        parts = iter(np.split(moved, np.cumsum([len(stroke) for stroke in flat])[:-1]))
        return [[next(parts) for _ in strokes] for strokes in characters]


def sheet(
    page: Page, other: Page | None, view: View, conditions: Conditions, rng: np.random.Generator
) -> list[np.ndarray]:
    """Three planes (H, W) float32, blue, green, red, from 0 to 255: a page on its paper, as it is seen.

    `other` is what is written on the back of it, if it shines through.
    """
    low, high = PAPERS[conditions.papers[rng.integers(len(conditions.papers))]]
    paper = rng.uniform(low, high)
    bare = mottled(view, conditions.grain * rng.uniform(0.3, 1), page.x_height, rng)
    if other is not None:
        bare *= 1 - rng.uniform(0.05, 0.2) * shine_through(other, view)
    bare *= 1 - dust(view, conditions.dust * rng.uniform(0, 1), page.x_height, rng)
    colour, contrast = pen_of(page, conditions, rng)
    prints = printed(page, view, conditions, min(conditions.darkest * contrast, 0.95), rng)
    share = ink(page, view, conditions, rng)
    share *= np.float32(min(1.0, contrast / (1 - colour.mean() / paper.mean())))
    planes = []
    for channel in range(3):
        plane = bare * np.float32(paper[channel])
        for print_colour, print_share in prints:
            plane *= 1 - print_share * np.float32(print_colour[channel])
        plane += (np.float32(colour[channel]) - plane) * share
        planes.append(plane)
    return planes


def pen_of(page: Page, conditions: Conditions, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """The colour of a page's pen, and its contrast: thin ones may be pencils, wide ones are dark."""
    width, (low, high) = page.pen / page.x_height, conditions.contrast
    if width < FINE and rng.random() < 0.5:
        return rng.uniform(0.9, 1.2) * np.array(PENCIL), rng.uniform(low, (low + high) / 2)
    least = (low + high) / 2 if width > WIDE else low
    return rng.uniform(0.7, 1.15) * np.array(PENS[rng.integers(len(PENS))]), rng.uniform(least, high)


def mottled(view: View, strength: float, x_height: float, rng: np.random.Generator) -> np.ndarray:
    """The bare paper's brightness, about 1: fine grain and wide clouds, (H, W) float32."""
    width, height = view.size
    fine = rng.standard_normal((height // 2 + 1, width // 2 + 1), np.float32)
    steps = max(8, int(3 * x_height))
    wide = rng.standard_normal((height // steps + 2, width // steps + 2), np.float32)
    both = cv2.resize(fine, view.size, interpolation=cv2.INTER_LINEAR)
    both += 0.5 * cv2.resize(wide, view.size, interpolation=cv2.INTER_CUBIC)
    both *= np.float32(strength)
    both += np.float32(1)
    return both


def shine_through(other: Page, view: View) -> np.ndarray:
    """The ink of the other side, mirrored and soft, from 0 to 1: (H, W) float32."""
    mirror = np.array([-1.0, 1.0]), np.array([other.size[0], 0.0])
    turned = [[stroke * mirror[0] + mirror[1] for stroke in strokes] for strokes in other.strokes]
    seen = [strokes for strokes in view.strokes(turned) if all(np.abs(stroke).max() < HORIZON for stroke in strokes)]
    width, height = view.size
    small = painted([stroke for strokes in seen for stroke in strokes], height, width, other.pen)
    soft = cv2.GaussianBlur(small, (0, 0), 0.12 * other.x_height)
    return soft.astype(np.float32) / 255


def dust(view: View, amount: float, x_height: float, rng: np.random.Generator) -> np.ndarray:
    """Specks, from 0 to 1: (H, W) float32."""
    width, height = view.size
    canvas = np.zeros((height, width), np.uint8)
    for _ in range(rng.poisson(amount * width * height / x_height**2 / 1000)):
        centre = (rng.uniform(0, [width, height]) * 16).astype(int).tolist()
        radius = int(16 * rng.uniform(0.02, 0.07) * x_height)
        cv2.circle(canvas, centre, radius, int(rng.uniform(60, 190)), -1, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / 255


def ink(page: Page, view: View, conditions: Conditions, rng: np.random.Generator) -> np.ndarray:
    """How much of each pixel the pen's ink hides, from 0 to 1: (H, W) float32."""
    width, height = view.size
    canvas = np.zeros((height * ENLARGEMENT, width * ENLARGEMENT), np.uint8)
    dry = rng.random() < conditions.dry_pen
    unevenness = conditions.unevenness * rng.uniform(0.2, 1)
    for strokes in view.strokes(page.strokes):
        if dry:
            strokes = [part for stroke in strokes for part in with_gap(stroke, page, rng)]
        pressed = 1 - 0.5 * unevenness * rng.random()
        paint(canvas, strokes, page.pen, round(255 * pressed))
    share = cv2.resize(canvas, view.size, interpolation=cv2.INTER_AREA).astype(np.float32)
    share *= np.float32(1 / 255)
    if unevenness:
        step = max(2, round(0.35 * page.x_height))
        coarse = rng.random((height // step + 2, width // step + 2), np.float32)
        share *= 1 - np.float32(unevenness) * cv2.resize(coarse, view.size, interpolation=cv2.INTER_LINEAR)
    return share


def with_gap(stroke: np.ndarray, page: Page, rng: np.random.Generator) -> list[np.ndarray]:
    """A stroke, or now and then its two parts before and after a short gap; what is left stays readable."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    bare = rng.uniform(0.08, 0.25) * page.x_height + page.pen  # the ends of a pen are round
    if rng.random() > GAPS or along[-1] < 4 * bare:
        return [stroke]
    start = rng.uniform(bare, along[-1] - 2 * bare)
    parts = stroke[along < start], stroke[along > start + bare]
    return [part for part in parts if len(part) > 1]


def printed(
    page: Page, view: View, conditions: Conditions, strongest: float, rng: np.random.Generator
) -> list[tuple[tuple[float, float, float], np.ndarray]]:
    """What was on the paper before the pen: rules, squares, a margin, boxes.

    Each with the share of blue, green and red that it takes, and where it is, (H, W) float32.
    """
    unit, found = page.x_height, []
    width = max(1.0, rng.uniform(0.04, 0.09) * unit)
    strength = np.float32(strongest * rng.uniform(0.4, 1) / 255)
    colour = PRINTS[rng.integers(len(PRINTS))]
    kind = rng.random()
    if page.cells:
        lines = cell_lines(page, rng.choice([0.0, 0.15]) * unit)
    elif kind < conditions.ruled:
        lines = rule_lines(page, page.line_height, page.top_line + rng.uniform(0, 0.2) * unit)[0]
    elif kind < conditions.ruled + conditions.squared:
        pitch = page.line_height / rng.integers(2, 4)
        across, down = rule_lines(page, pitch, page.top_line + rng.uniform(0, 0.2) * unit)
        lines = across + down
    else:
        lines = []
    if lines:
        found.append((colour, strength * drawn_lines(lines, width, view)))
    if not page.cells and rng.random() < conditions.margin_line:
        left = min((box.left for box in page.boxes), default=0) - rng.uniform(0.5, 1.2) * unit
        line = np.array([[left, -page.size[1]], [left, 2 * page.size[1]]])
        found.append((MARGIN_PRINT, strength * drawn_lines([line], width, view)))
    return found


def rule_lines(page: Page, pitch: float, first: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Lines across and down, farther than any picture reaches; one of those across is at `first`."""
    width, height = page.size
    start = first % pitch - 6 * pitch
    across = [np.array([[-width, y], [2 * width, y]]) for y in np.arange(start, height * 1.5, pitch)]
    down = [np.array([[x, -height], [x, 2 * height]]) for x in np.arange(start, width * 1.5, pitch)]
    return across, down


def cell_lines(page: Page, inset: float) -> list[np.ndarray]:
    """The printed boxes as closed lines; with an inset they stand apart."""
    inner = [(left + inset, top, right - inset, bottom) for left, top, right, bottom in page.cells]
    return [np.array([[a, b], [c, b], [c, d], [a, d], [a, b]]) for a, b, c, d in inner]


def drawn_lines(lines: list[np.ndarray], width: float, view: View) -> np.ndarray:
    """Lines of a page on the picture, (H, W) float32 from 0 to 255."""
    canvas = np.zeros(view.size[::-1], np.uint8)
    whole = max(1, round(width))
    paths = [np.rint(view(line) * 16).astype(np.int32) for line in lines]
    cv2.polylines(canvas, paths, False, round(255 * min(1.0, width / whole)), whole, cv2.LINE_AA, 4)
    return canvas.astype(np.float32)
