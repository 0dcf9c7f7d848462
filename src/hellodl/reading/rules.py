"""Ruled and squared paper: take the print away and leave the pen, also where it crosses or runs along a line.

Ink on print is darker than either: what two inks let through multiplies, so what they hold back, as a logarithm,
adds up (Bouguer 1729). A ruled line holds back the same amount all along; what a point of it holds back beyond that
is the pen's. So each line is found, followed, and its own share subtracted.

Lines are found with the Hough transform (Duda and Hart 1972), in which every pixel votes for the lines that it may
lie on. Only pixels vote that are thin looking across the line: of letters hardly anything is left then.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from hellodl.reading.level import OUTSIDE
from hellodl.reading.parts import stroke_width

SEARCHED_SIDE = 700  # pixels of the picture in which lines are looked for
SHORTEST = 0.16  # of the picture's side, or so many strokes' widths:
SHORTEST_STROKES = 40
SHORT = 0.4  # of the length that lines must have otherwise, where there are others
ASKEW = 0.03  # how much the slopes of neighbouring lines differ
STEEPEST = 0.3  # from level or upright, for a page that was straightened but may be seen at an angle
INKED = 0.85  # share of a line along which there is ink
SMOOTHED = 31  # pixels
FAINTEST = 0.12  # of the usual ink's darkness
BROKEN = 0.4  # of the way from paper to line: what is less is a place where there is none
GAPS, CLEAR_GAPS = 0.3, 0.1  # so much of a line may be missing, in noise and without
CLEAR = 10.0  # times the noise
FAINTEST_LINE = 0.03  # of what it holds back, beside what the paper around it does
STRONGEST = 1.4  # so much more than mostly it may hold back somewhere
LONG = 0.4  # of the picture's side: such a line is taken to go on to the edges
BLACKEST = 0.97  # darkness, beyond which nothing can be told
LINES_SHARE = 0.4  # of all places along a stretch of a line, so many show the bare line or less
STRETCHES = 0.08  # of the picture's side: light changes over longer ones


Line = tuple[float, float, float, float]  # x and y of the left end, x and y of the right one


@dataclass(frozen=True)
class Rule:
    """A ruled line: the columns that it goes through and where it is in each, both (n,), how far its ink may reach to
    either side, in pixels, what it holds back, and over which share of the picture's side it was found."""

    x: np.ndarray
    y: np.ndarray
    reach: int
    share: float = 0.0
    extent: float = 0.0

    @property
    def length(self) -> int:
        """In pixels."""
        return int(self.x[-1] - self.x[0]) + 1


def without_rules(
    dark: np.ndarray, mask: np.ndarray, known: tuple[list[Rule], list[Rule]] = ([], [])
) -> tuple[np.ndarray, list[Rule], list[Rule]]:
    """Darkness (H, W) float32 without ruled lines; the level lines, and the upright ones (with x and y swapped).

    `mask` (H, W) bool says where ink is. Where lines are `known` to be, shorter ones are looked for
    that run beside them.
    """
    found: list[list[Rule]] = []
    for turned, others in zip((False, True), known):
        rubbed, ink = (np.array(array.T if turned else array, order="C") for array in (dark, mask))
        reach = max(2, round(1.2 * stroke_width(ink)))
        rules = []
        for line in level_lines(rubbed, ink, SHORT if any(known) else 1.0):
            if not parallel(line, others):
                continue
            rule = Rule(*followed(rubbed, line, reach), reach)
            share = subtract(rubbed, rule, line)
            if share > 0:
                rules.append(replace(rule, share=share, extent=(line[2] - line[0]) / rubbed.shape[1]))
        if rules:
            dark = np.ascontiguousarray(rubbed.T) if turned else rubbed
        found.append(rules)
    return dark, found[0], found[1]


def parallel(line: Line, rules: Sequence[Rule]) -> bool:
    """Whether a line runs like the nearest few of some rules; like none, it does not contradict."""
    middle = (line[1] + line[3]) / 2
    near = sorted(rules, key=lambda rule: abs(float(rule.y.mean()) - middle))[:3]
    slopes = [float(rule.y[-1] - rule.y[0]) / rule.length for rule in near]
    own = (line[3] - line[1]) / max(line[2] - line[0], 1)
    return not slopes or abs(own - float(np.median(slopes))) < ASKEW


def level_lines(dark: np.ndarray, mask: np.ndarray, shorter: float = 1.0) -> list[Line]:
    """What may be long nearly level lines: x and y of both ends, one for each line."""
    width = mask.shape[1]
    pen = stroke_width(mask)
    thin = ridges(dark, mask, pen)
    factor = min(1.0, SEARCHED_SIDE / max(mask.shape))
    small = cv2.resize(thin, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    small = (small > 60).astype(np.uint8) * 255
    least = round(max(SHORTEST * width, SHORTEST_STROKES * pen) * factor * shorter)
    if least < 20 or least > small.shape[1] or not 0 < (small > 0).mean() < 0.4:
        return []
    gap = max(round(6 * pen * factor), least // 3)  # a word may stand on the line
    found = cv2.HoughLinesP(small, 1, np.pi / 360, round(0.4 * least), minLineLength=least, maxLineGap=gap)
    there = cv2.max(small, cv2.resize(mask.astype(np.uint8) * 255, small.shape[::-1], interpolation=cv2.INTER_AREA))
    lines = []
    for x0, y0, x1, y1 in [] if found is None else found.reshape(-1, 4).tolist():
        ends = (x0, y0, x1, y1) if x0 < x1 else (x1, y1, x0, y0)
        if abs(y1 - y0) <= STEEPEST * abs(x1 - x0) and inked_share(there, *ends) > INKED:
            lines.append(tuple((value + 0.5) / factor - 0.5 for value in ends))
    return joined(lines, max(3.0, 1.5 * pen, 2 / factor))


def ridges(dark: np.ndarray, mask: np.ndarray, pen: float) -> np.ndarray:
    """Where something thin runs level, (H, W) uint8, 255 or 0: ink, or what is too faint for ink but goes on."""
    tall = np.ones((max(3, round(1.8 * pen)) | 1, 1), np.uint8)
    ink = mask.astype(np.uint8)
    thin = ink & (1 - cv2.morphologyEx(ink, cv2.MORPH_OPEN, tall))
    # Over many pixels noise is small: along a line, even a faint one stands out from what is above and below it.
    along = cv2.blur(dark, (SMOOTHED, 1))
    stands_out = along - cv2.morphologyEx(along, cv2.MORPH_OPEN, tall)
    usual = float(np.median(dark[mask])) if mask.any() else 1.0
    thin |= (stands_out > max(FAINTEST * usual, 0.02)).astype(np.uint8)
    return thin * np.uint8(255)


def inked_share(ink: np.ndarray, x0: int, y0: int, x1: int, y1: int) -> float:
    """Along which share of a level line there is ink, within a pixel above or below."""
    x = np.arange(x0, x1 + 1)
    y = np.round(y0 + (y1 - y0) * (x - x0) / max(x1 - x0, 1)).astype(int)
    rows = np.clip(y + np.array([[-1], [0], [1]]), 0, len(ink) - 1)
    return float((ink[rows, x] > 0).any(axis=0).mean())


def joined(lines: list[Line], near: float) -> list[Line]:
    """Lines that are pieces of the same line as one; a line's two edges are the same line."""
    lines = sorted(lines, key=lambda line: line[0] - line[2])  # the longest first
    out: list[Line] = []
    for line in lines:
        for place, (x0, y0, x1, y1) in enumerate(out):
            slope = (y1 - y0) / max(x1 - x0, 1)
            off = [abs(y0 + slope * (x - x0) - y) for x, y in (line[:2], line[2:])]
            # A continuation may be a little off, as a line is never quite straight.
            apart = max(line[0] - x1, x0 - line[2], 0.0)
            if max(off) < near + 0.01 * apart:
                ends = sorted([(x0, y0), (x1, y1), line[:2], line[2:]])
                out[place] = (*ends[0], *ends[-1])
                break
        else:
            out.append(line)
    return out


def followed(dark: np.ndarray, line: Line, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """The columns of a line and where it runs in each, (n,) float: straight lines in photos are a little bent."""
    height, width = dark.shape
    x0, y0, x1, y1 = line
    slope = (y1 - y0) / max(x1 - x0, 1)
    # Farther at both ends, for what the search missed: where the line is not, there is nothing to subtract.
    more = width if x1 - x0 > LONG * width else 3 * reach
    x = np.arange(max(0, round(x0) - more), min(width, round(x1) + more + 1))
    y = y0 + slope * (x - x0)
    stretch = max(16, round(0.02 * width))
    offsets = np.arange(-reach, reach + 1)
    around = dark[np.clip(np.round(y + offsets[:, None]).astype(int), 0, height - 1), x]  # (offsets, n)
    shifts = []
    starts = list(range(0, len(x), stretch))
    for start in starts:
        bare = np.quantile(around[:, start : start + stretch], 0.5, axis=1)  # (offsets,)
        weight = np.maximum(bare - bare.min(), 0) ** 2
        shifts.append(float((weight * offsets).sum() / weight.sum()) if weight.sum() > 0 else 0.0)
    smooth = [float(np.median(shifts[max(0, i - 2) : i + 3])) for i in range(len(shifts))]
    return x, y + np.interp(np.arange(len(x)), np.array(starts) + stretch / 2, smooth)


def shares(held: np.ndarray, inside: np.ndarray, parts: list[tuple[int, int]]) -> np.ndarray:
    """What a line holds back in each of its stretches, (rows, stretches); where a stretch reaches beyond the edge of
    a picture that was turned (is not `inside`), as in the nearest one that does not."""
    there = inside.mean(axis=0) > 0.5
    known = [i for i, (a, b) in enumerate(parts) if there[a:b].mean() > 0.8] or list(range(len(parts)))
    own = [np.quantile(held[:, a:b], LINES_SHARE, axis=1) for a, b in (parts[i] for i in known)]
    return np.stack([own[int(np.argmin([abs(i - k) for k in known]))] for i in range(len(parts))], axis=1)


def subtract(dark: np.ndarray, rule: Rule, line: Line) -> float:
    """Take a line's own share out of the darkness, in place: what most of it holds back, stretch by stretch.

    What it mostly is comes back. What is no line is left alone, and is 0: a line is seen nearly all along, unlike the
    feet of letters in a row.
    """
    height, width = dark.shape
    x, reach = rule.x, rule.reach + 1
    rows = np.round(rule.y).astype(int) + np.arange(-reach, reach + 1)[:, None]  # (2·reach + 1, n)
    inside = (rows >= 0) & (rows < height)
    rows = np.clip(rows, 0, height - 1)
    held = -np.log1p(-np.clip(dark[rows, x], -0.5, BLACKEST))
    stretch = max(24, round(STRETCHES * width))
    edges = np.unique(np.append(np.arange(0, len(x), stretch), len(x)))
    parts = list(itertools.pairwise(edges))
    own = shares(held, dark[rows, x] != OUTSIDE, parts)
    found = (x >= line[0]) & (x <= line[2])  # between the ends that were found
    if not found.any():
        return 0.0
    core = held[reach - 1 : reach + 2].mean(axis=0)[found]  # on the line
    beside = (held[:2].mean(axis=0) + held[-2:].mean(axis=0))[found] / 2
    paper, usual = float(np.median(beside)), float(np.quantile(core, LINES_SHARE))
    least = paper + BROKEN * (usual - paper)
    absent = cv2.blur(core[None], (9, 1), borderType=cv2.BORDER_REPLICATE)[0] < least
    noise = 1.4826 * float(np.median(np.abs(held[0][found] - np.median(held[0][found]))))
    clear = usual - paper > CLEAR * noise  # then a gap is a gap, and not lost in the noise
    if usual - paper < FAINTEST_LINE or absent.mean() > (CLEAR_GAPS if clear else GAPS):
        return 0.0
    peak = np.concatenate([np.full(b - a, top) for (a, b), top in zip(parts, own.max(axis=0))])
    own = np.minimum(own, STRONGEST * np.median(peak[found]))
    middles = (edges[:-1] + edges[1:]) / 2
    share = np.stack([np.interp(np.arange(len(x)), middles, row) for row in own])
    left = 1 - np.exp(-np.maximum(held - np.maximum(share, 0), np.minimum(held, 0)))
    dark[rows[inside], np.broadcast_to(x, rows.shape)[inside]] = left[inside]
    return usual - paper
