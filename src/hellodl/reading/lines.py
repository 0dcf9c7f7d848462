"""Where the lines of a page are: from what a network marked, pixel by pixel, to curves that letters stand along.

The network (see `programs/finder.py`) marks two things: the band of each line of writing, from what letters stand on
to the height of a small x, and the ink that a pen has drawn. A band is a connected piece of marks, or a few that follow
one another; its middle is a smooth curve, and its thickness says how large the writing is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

Mark = Callable[[np.ndarray], np.ndarray]  # darkness (H, W) float32 -> (H / 2, W / 2, 2), is line and is ink, 0 to 1

LOOKS = (200, 400, 800)  # pixels of the longer side when a page is looked at for the first time
NEARLY = 0.7  # of the most that is seen from any distance, and of the clearest marks around
READABLE, BEST = (13.0, 40.0), 16.0  # pixels of a small x as the network knows it well, and as it knows it best
AS_MUCH = 0.9  # of what was seen before, that a closer look must see
MOST, LARGER = 2000, 3.0  # pixels of the longer side, and times the page's size, however small the writing is
WIDEST_GAP = 8.0  # heights of a small x between words of one line
OFF = 0.7  # heights of a small x by which the next word may stand higher or lower
LAST = 3  # pieces of a line, of which the next one may follow any
SPECK = 2.0  # heights of a small x: another piece goes on with what is longer, where it can
SMALLEST = 0.45  # of the usual height of a small x: what is smaller is dust
FAINT, CLEAR = 0.25, 0.5  # marks of a line: where none around are clearer, and everywhere
AROUND = 25  # pixels of marks, a few heights of a small x
LEAST = 0.35  # of a square as high as a small x: smaller bands are specks


@dataclass(frozen=True)
class Marks:
    """What is line and what is ink, (h, w) float32 from 0 to 1 each, in a picture `scale` times the page's size."""

    line: np.ndarray
    ink: np.ndarray
    scale: float


@dataclass(frozen=True)
class Line:
    """A line of writing: the curve y(x) of its middle, from `left` to `right`, and the height of a small x.

    Everything is in pixels of the page; `bands` are the numbers of its pieces in `Lines.bands`.
    """

    left: float
    right: float
    curve: np.ndarray  # coefficients of a polynomial in (x - left) / (right - left)
    x_height: float
    bands: tuple[int, ...]

    def middle(self, x: np.ndarray) -> np.ndarray:
        """y at x; beyond its ends the line goes on level."""
        along = (np.clip(x, self.left, self.right) - self.left) / max(self.right - self.left, 1.0)
        return np.polynomial.polynomial.polyval(along, self.curve)


@dataclass(frozen=True)
class Lines:
    """The lines of a page from top to bottom, and the numbered bands (h, w) int32 of `marks` that they are made of."""

    lines: list[Line]
    bands: np.ndarray
    marks: Marks

    @property
    def length(self) -> float:
        """Of all lines together, in pixels of the page."""
        return sum(line.right - line.left for line in self.lines)

    def seen(self, dark: np.ndarray) -> float:
        """How much of a page's darkness (H, W) is marked as ink that crosses a line, or is near one."""
        height, width = self.bands.shape
        kept = [number for line in self.lines for number in line.bands]
        band = np.isin(self.bands, kept).astype(np.uint8)
        reach = max(1, round(2 * self.x_height * self.marks.scale))
        near = cv2.dilate(band, np.ones((2 * reach + 1, 1), np.uint8)) > 0
        small = cv2.resize(dark, (width, height), interpolation=cv2.INTER_AREA)
        inside = (small.clip(0) * self.marks.ink * near).sum()  # what is lighter than paper is no ink
        return float(inside / max(width * height, 1))

    @property
    def x_height(self) -> float:
        """The usual height of a small x, long lines first; 0 where there are no lines."""
        lines = sorted(self.lines, key=lambda line: line.x_height)
        reached = np.cumsum([line.right - line.left for line in lines])
        return lines[int(np.searchsorted(reached, self.length / 2))].x_height if lines else 0.0


def look(dark: np.ndarray, mark: Mark) -> Lines:
    """The lines that a network marks on a page's darkness (H, W) float32.

    It looks from several distances. Of those from which it takes nearly as much of what is dark for ink in lines as
    from any, it keeps to the one from which writing has the size that it knows well. Of writing that is too small or
    too large for it even so, it looks once more, closer or from farther away. If there is less to be seen from there,
    the lines were none (from far away, a drawing and blurred lines can pass for large letters): the next one, then.
    """
    longest = max(dark.shape)
    scales = sorted({min(side / longest, 1.0) for side in LOOKS})
    views = [find_lines(marked(dark, mark, scale)) for scale in scales]
    seen = [view.seen(dark) for view in views]
    enough = [(much, view) for much, view in zip(seen, views, strict=True) if much >= NEARLY * max(seen)]
    enough.sort(key=lambda pair: off_middle(pair[1]))
    for much, found in enough:
        scale = 2 * found.marks.scale
        size = found.x_height * scale
        if not size or READABLE[0] <= size <= READABLE[1]:
            return found
        closer = min(scale * BEST / size, MOST / longest, LARGER)
        again = find_lines(marked(dark, mark, closer))
        if again.seen(dark) >= AS_MUCH * much:
            return again
    return enough[0][1]


def off_middle(view: Lines) -> float:
    """How far, in powers of e, the size of a small x was from the middle of those that a network knows well."""
    size = 2 * view.x_height * view.marks.scale
    return abs(np.log(size / np.sqrt(READABLE[0] * READABLE[1]))) if size else np.inf


def marked(dark: np.ndarray, mark: Mark, scale: float) -> Marks:
    """What a network marks on darkness (H, W) at this scale."""
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = dark if scale == 1 else cv2.resize(dark, None, fx=scale, fy=scale, interpolation=how)
    found = mark(small)
    return Marks(found[..., 0], found[..., 1], scale / 2)


def find_lines(marks: Marks) -> Lines:
    """The lines that are marked, from top to bottom."""
    count, bands, stats, _ = cv2.connectedComponentsWithStats(_in_lines(marks.line), connectivity=8)
    pieces = [
        piece
        for number in range(1, count)
        if (piece := _fitted(bands, stats[number], (number,), marks.scale)) is not None
    ]
    found = Lines(_joined(pieces, bands, marks.scale), bands, marks)
    lines = [line for line in found.lines if line.x_height > SMALLEST * found.x_height]
    lines.sort(key=lambda line: float(line.middle(np.array([line.left, (line.left + line.right) / 2])).mean()))
    return Lines(lines, bands, marks)


def _in_lines(line: np.ndarray) -> np.ndarray:
    """Which marks (h, w) belong to lines, (h, w) uint8: clear ones, and fainter ones where none around are clearer.

    Along letters that stand far apart a network is not sure of a line, but it marks where one would be.
    """
    clearest = cv2.dilate(line, np.ones((AROUND, AROUND), np.uint8))
    return (line > np.clip(NEARLY * clearest, FAINT, CLEAR)).astype(np.uint8)


def _fitted(bands: np.ndarray, stats: np.ndarray, numbers: tuple[int, ...], scale: float) -> Line | None:
    """The line that some bands make; None for a speck. `stats` has the left, top, width and height of all of them."""
    left, top, width, height = (int(value) for value in stats[:4])
    part = np.isin(bands[top : top + height, left : left + width], numbers)
    columns = part.sum(axis=0)
    x = np.flatnonzero(columns)
    thick = float(np.median(columns[x]))
    if part.sum() < LEAST * thick**2 or thick < 2:
        return None
    y = (part * np.arange(height)[:, None]).sum(axis=0)[x] / columns[x]
    along = (x + 0.5) / width
    degree = int(np.clip(len(x) / thick / 4, 0, 3))
    curve = (
        np.polynomial.polynomial.polyfit(along, y, degree, w=np.sqrt(columns[x])) if degree else np.array([y.mean()])
    )
    slope = float(np.abs(np.diff(np.polynomial.polynomial.polyval(np.array([0.0, 1.0]), curve))[0])) / width
    curve = (curve + np.eye(len(curve))[0] * (top + 0.5)) / scale
    return Line(left / scale, (left + width) / scale, curve, thick / np.hypot(1, slope) / scale, numbers)


def _joined(pieces: list[Line], bands: np.ndarray, scale: float) -> list[Line]:
    """Pieces that follow one another at the same height, as one line each.

    Specks between two pieces do not keep them apart, be they a next to the first or not.
    """
    rows: list[list[Line]] = []
    for piece in sorted(pieces, key=lambda piece: piece.left):
        fits = [
            (row[-1].right - row[0].left < SPECK * piece.x_height, off, number)
            for number, row in enumerate(rows)
            if (off := min(_off(last, piece) for last in row[-LAST:])) < OFF
        ]
        if fits:
            rows[min(fits)[2]].append(piece)
        else:
            rows.append([piece])
    lines = []
    for row in rows:
        if len(row) == 1:
            lines += row
            continue
        numbers = tuple(number for piece in row for number in piece.bands)
        left, top, width, height = cv2.boundingRect(np.isin(bands, numbers).astype(np.uint8))
        whole = _fitted(bands, np.array([left, top, width, height]), numbers, scale)
        lines += [whole] if whole else []
    return lines


def _off(before: Line, after: Line) -> float:
    """How far, in heights of a small x, a piece is from where the one before it leads; infinite if it is no next."""
    size = max(before.x_height, after.x_height)
    gap = (after.left - before.right) / size
    if not -0.5 < gap < WIDEST_GAP or size > 2.5 * min(before.x_height, after.x_height):
        return np.inf
    reach = min(4 * size, before.right - before.left)
    ends = before.middle(np.array([before.right - reach, before.right]))
    slope = float(ends[1] - ends[0]) / max(reach, 1.0) * 0.5  # half of it: short pieces exaggerate
    expected = float(ends[1]) + slope * (after.left - before.right)
    return abs(float(after.middle(np.array([after.left]))[0]) - expected) / size
