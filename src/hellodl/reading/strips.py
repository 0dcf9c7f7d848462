"""Cut the lines of a page out: each straight, level, alone, and as high as the reader is used to.

Every connected piece of ink belongs to the line whose band it crosses, or to the nearest one if it crosses none (a dot,
a comma). What crosses two, since the tail of a g has met an l below, is parted half-way between them. Then the picture
is bent straight along the line's curve, and the line's own ink fills the strip.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from hellodl.reading.lines import LARGER, WIDEST_GAP, Line, Lines

HEIGHT, FILLED = 32, 0.92  # pixels of a strip, and the share of it that is as high as the line's ink
WORKING = 24.0  # pixels of a small x when strips are cut: more than the reader sees
WIDER = 1.3  # strips are stretched a little: narrow letters need more steps
MARGIN = 6  # pixels left and right
FARTHEST, ALONG = 2.0, 4  # heights of a small x that ink may be above its line's band, and times that beside it
SHARED = -1  # the owner of what crosses several lines: each gets what is near it
ABOVE, BELOW = -1.7, 1.5  # heights of a small x from the middle of a line's band
LEAST_INK = 10  # pixels
OUTLIERS = 0.004  # share of a line's ink, above and below, that may be cut off
USUAL = 0.6  # of a line's ink, as dark as this or less: what is darker is white in its strip
LETTER = 2.5  # heights of a small x: a larger piece is no letter
INK = 0.1  # how much a letter is marked, all in all; of what is less no pixel is ink
NONE = 0.02  # darkness of bare paper, at most
FAINT = 0.3  # of a line's usual darkness: fainter is no ink


@dataclass(frozen=True)
class Strip:
    """A line (HEIGHT, W) uint8, white on black, and where on the page its pixels are: x (W,) and y (HEIGHT, W)."""

    picture: np.ndarray
    x: np.ndarray
    y: np.ndarray
    line: Line

    def box(self, left: int, right: int) -> tuple[int, int, int, int]:
        """Around the ink between two columns: left, top, width and height in whole pixels of the page."""
        left, right = max(left, 0), max(min(right, len(self.x)), left + 1)
        ink = self.picture[:, left:right] > 100
        columns, rows = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
        if len(columns):
            right, left = left + int(columns[-1]) + 1, left + int(columns[0])
        top, bottom = (int(rows[0]), int(rows[-1])) if len(rows) else (0, len(self.y) - 1)
        step = float(self.x[1] - self.x[0]) if len(self.x) > 1 else 1.0
        above, below = self.y[top, left:right].min(), self.y[bottom, left:right].max()
        x = float(self.x[left]) - step / 2
        wide, high = float(self.x[right - 1]) + step / 2 - x, float(below - above)
        return round(x), round(float(above)), max(round(wide), 1), max(round(high), 1)


def cut_strips(dark: np.ndarray, found: Lines, height: int = HEIGHT, wider: float = WIDER) -> list[Strip]:
    """The strips of a page's lines, from top to bottom; lines without ink are left out. `dark` is (H, W) float32."""
    if not found.lines:
        return []
    scale = min(WORKING * height / HEIGHT / found.x_height, LARGER)
    dark = cv2.resize(dark, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    marked = cv2.resize(found.marks.ink, dark.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ink = written(dark, marked, found.x_height * scale)
    inks = own_ink(owners(ink, found, scale), found.lines, scale)
    strips = [strip_of(ink, own, line, scale, height, wider) for own, line in zip(inks, found.lines, strict=True)]
    return [strip for strip in strips if strip is not None]


def written(dark: np.ndarray, marked: np.ndarray, x_height: float) -> np.ndarray:
    """Darkness (H, W) of what a pen has drawn; `marked` (H, W) is where a network says so, 0 to 1.

    A connected piece no larger than a letter is ink as a whole or not at all: a network overlooks the middle of a fat
    stroke, is in doubt about a letter far from others, and sees letters in the corners of a box. Of larger pieces (a
    letter on a ruled line, two lines that touch) what is marked stays.
    """
    sure = marked > 0.5
    if not (dark[sure] > NONE).any():
        return np.zeros_like(dark)
    inked = (dark > FAINT * usual_darkness(dark, sure)).astype(np.uint8)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
    mean = np.bincount(pieces.ravel(), weights=marked.ravel(), minlength=count) / stats[:, cv2.CC_STAT_AREA]
    small = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) <= LETTER * x_height
    small[0] = False  # the paper
    letter = cv2.dilate((small & (mean > INK))[pieces].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    speck = (small & (mean <= INK))[pieces]
    return dark * np.where(letter, 1, np.where(speck, 0, np.clip(2 * marked, 0, 1))).astype(np.float32)


def owners(ink: np.ndarray, found: Lines, scale: float) -> np.ndarray:
    """Which line, counted from 1, each pixel of ink (H, W) belongs to: (H, W) int32, 0 for none, SHARED for several."""
    line_of = np.zeros(int(found.bands.max()) + 1, np.int32)
    for number, line in enumerate(found.lines, start=1):
        line_of[list(line.bands)] = number
    zones = cv2.resize(
        line_of[found.bands].astype(np.float32), ink.shape[::-1], interpolation=cv2.INTER_NEAREST
    ).astype(np.int32)

    inked = (ink > FAINT * usual_darkness(ink, zones > 0)).astype(np.uint8)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
    free = np.setdiff1d(np.arange(1, count), crossings(pieces, zones)[0])
    corners = stats[free, :2], stats[free, :2] + stats[free, 2:4]
    go_on(zones, np.concatenate(corners, axis=1), found.lines, scale)
    piece, crossing = crossings(pieces, zones)
    nearest = nearest_line(zones, np.array([0.0, *(line.x_height * scale for line in found.lines)]))
    often = np.bincount(piece, minlength=count)
    only = np.zeros(count, np.int32)
    only[piece] = crossing
    own = np.select([often == 1, often > 1], [only, SHARED], 0)[pieces]
    return np.where(inked > 0, np.where(own != 0, own, nearest), 0)


def crossings(pieces: np.ndarray, zones: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which piece of ink crosses the band of which line, each pair once; `pieces` and `zones` (H, W) from 1 on."""
    both = (pieces > 0) & (zones > 0)
    lines = int(zones.max()) + 1
    return np.divmod(np.unique(pieces[both].astype(np.int64) * lines + zones[both]), lines)


def go_on(zones: np.ndarray, boxes: np.ndarray, lines: list[Line], scale: float) -> None:
    """Draw bands on to letters that stand beyond their ends, from one to the next, in place.

    `zones` (H, W) has the number of the line at each pixel; `boxes` (n, 4), left, top, right and bottom, are of ink
    in none. Where letters are far apart a network marks the ink of each, but loses the line.
    """
    left, top, right, bottom = boxes.T
    for number, line in enumerate(lines, start=1):
        size = line.x_height * scale
        begin, end = line.left * scale, line.right * scale
        y, high = line.middle((left + right) / 2 / scale) * scale, bottom - top
        on_it = np.flatnonzero((top < y) & (y < bottom) & (high > size / 2) & (high < LETTER * size))
        nearest_first = np.argsort(np.maximum(left[on_it] - end, begin - right[on_it]))
        for box in on_it[nearest_first]:
            if max(left[box] - end, begin - right[box]) > WIDEST_GAP * size:
                continue
            beyond = (end, right[box]) if left[box] > begin else (left[box], begin)
            band = zones[max(round(y[box] - size / 2), 0) : round(y[box] + size / 2), slice(*map(round, beyond))]
            if np.isin(band, (0, number)).all():  # no other line stands between
                band[:] = number
                begin, end = min(begin, left[box]), max(end, right[box])


def nearest_line(zones: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The line whose band is nearest to each pixel (H, W), 0 where none is near; `sizes` are of a small x in each line.

    Lines are long: beside one that ends, the next letter may be ALONG times as far away as above it.
    """
    height, width = zones.shape
    small = cv2.resize(zones.astype(np.float32), (-(-width // ALONG), height), interpolation=cv2.INTER_NEAREST).astype(
        int
    )
    empty = (small == 0).astype(np.uint8)
    distance, label = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    names = np.zeros(int(label.max()) + 1, np.int32)
    names[label[small > 0]] = small[small > 0]
    nearest = names[label]
    nearest[distance > FARTHEST * sizes[nearest]] = 0
    return cv2.resize(nearest.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST).astype(np.int32)


def usual_darkness(dark: np.ndarray, where: np.ndarray) -> float:
    """How dark ink is in a part (H, W) bool of a page: the mean of what is darker than the mean there."""
    inside = dark[where]
    inside = inside[inside > NONE]
    return float(inside[inside >= min(inside.mean(), inside.max())].mean()) if len(inside) else 1.0  # means are rounded


def own_ink(owner: np.ndarray, lines: list[Line], scale: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Where the ink of each line is, y and x of its pixels: its own, and what it shares, as far as that is near it."""
    places = np.flatnonzero(owner)
    whose = owner.ravel()[places]
    order = np.argsort(whose, kind="stable")
    y, x = np.divmod(places[order], owner.shape[1])
    begins = np.searchsorted(whose[order], np.arange(1, len(lines) + 2)).tolist()  # what is shared comes before
    shared_y, shared_x = y[: begins[0]], x[: begins[0]]
    inks = []
    for line, begin, end in zip(lines, begins, begins[1:]):
        size, x_of_page = line.x_height * scale, shared_x / scale
        off = shared_y - line.middle(x_of_page) * scale
        beside = (x_of_page > line.left - line.x_height) & (x_of_page < line.right + line.x_height)
        near = (off > ABOVE * size) & (off < BELOW * size) & beside
        inks.append((np.append(y[begin:end], shared_y[near]), np.append(x[begin:end], shared_x[near])))
    return inks


def strip_of(
    ink: np.ndarray, own: tuple[np.ndarray, np.ndarray], line: Line, scale: float, height: int, wider: float
) -> Strip | None:
    """One line's strip; None where it has no ink. `own`, y and x, is where, `scale` that of the ink (H, W)."""
    y, x = own
    if len(x) < LEAST_INK:
        return None
    off = y - line.middle(x / scale) * scale
    top, bottom = np.quantile(off, [OUTLIERS, 1 - OUTLIERS])
    zoom = height * FILLED / max(float(bottom - top) + 1, 0.8 * line.x_height * scale)
    width = int(np.ceil((x.max() + 1 - x.min()) * zoom * wider)) + 2 * MARGIN
    xs = x.min() + (np.arange(width) - MARGIN + 0.5) / (zoom * wider) - 0.5
    ys = (np.arange(height) + 0.5 - height / 2) / zoom + (top + bottom) / 2
    ys = line.middle(xs / scale)[None] * scale + ys[:, None]  # (height, width)

    y0, x0 = max(int(y.min()) - 2, 0), max(int(x.min()) - 2, 0)
    around = slice(y0, int(y.max()) + 3), slice(x0, int(x.max()) + 3)
    mask = np.zeros_like(ink[around], np.uint8)
    mask[y - y0, x - x0] = 1
    soft_edge = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    piece = ink[around] * soft_edge / max(float(np.quantile(ink[own], USUAL)), 1e-3)
    if zoom < 1:
        piece = cv2.GaussianBlur(piece, (0, 0), 0.4 / zoom)
    from_x = np.repeat(xs[None] - x0, height, axis=0).astype(np.float32)
    straight = cv2.remap(piece, from_x, (ys - y0).astype(np.float32), cv2.INTER_LINEAR, borderValue=0)
    return Strip((np.clip(straight, 0, 1) * 255).astype(np.uint8), xs / scale, ys / scale, line)


def stacked(strips: list[Strip]) -> np.ndarray:
    """Strips one above the other, black on white: (H, W) uint8."""
    if not strips:
        return np.full((HEIGHT, HEIGHT), 255, np.uint8)
    widest = max(strip.picture.shape[1] for strip in strips)
    rows = [np.pad(strip.picture, ((1, 1), (0, widest - strip.picture.shape[1]))) for strip in strips]
    return 255 - np.concatenate(rows)
