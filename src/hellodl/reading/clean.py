"""Take away what nobody wrote: frames around letters, ruled lines, the photo's dark edges, dust.

A printed box is a part that holds other parts inside and has nearly all of its own ink along its four edges.
Ruled lines are straight, and far longer than a letter; they are found with the Hough transform (Duda and Hart
1972), in which every ink pixel votes for the lines that it may lie on, so that gaps and crossing letters do
little harm.
"""

from __future__ import annotations

import cv2
import numpy as np

from hellodl.reading.parts import Box, Part, find_parts, letter_height, stroke_width


def without_frames(mask: np.ndarray) -> np.ndarray:
    """The mask (H, W) bool without printed boxes, ruled lines and the dark edges of the photo."""
    mask = mask.copy()
    labels, parts = find_parts(mask)
    for part in frames_among(labels, parts):
        rub_out_frame(mask, labels, part)
    for part in dark_edges(parts, mask.shape, _height_inside(parts)):
        where = part.box.slices()
        mask[where] &= labels[where] != part.label
    _, parts = find_parts(mask)
    lines = ruled_lines(mask, letter_height(parts))
    if len(lines):
        mask &= ~line_pixels(mask, lines)
    return mask


def _height_inside(parts: list[Part]) -> float:
    return letter_height([part for part in parts if part.area > 20])


def frames_among(labels: np.ndarray, parts: list[Part]) -> list[Part]:
    """The parts that are printed boxes: hollow, with others inside, or shaped like those that are."""
    boxes = np.array([[p.box.left, p.box.top, p.box.right, p.box.bottom] for p in parts]).reshape(-1, 4)
    areas = np.array([part.area for part in parts])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2  # (N, 2)
    hollow, sure = [], []
    for part in parts:
        box = part.box
        if min(box.width, box.height) < 24 or part.area > 0.35 * box.width * box.height:
            continue
        if edge_share(labels, part) < 0.75:
            continue
        hollow.append(part)
        inside = (middles > (box.left, box.top)) & (middles < (box.right, box.bottom))
        inside = inside.all(axis=1) & (areas > 20) & (areas < part.area * 2)
        if inside.sum() >= 2:  # itself is one of them
            sure.append(part)
    if not sure:
        return []
    width = np.median([part.box.width for part in sure])
    height = np.median([part.box.height for part in sure])

    def alike(part: Part) -> bool:
        return 0.8 < part.box.width / width < 1.25 and 0.8 < part.box.height / height < 1.25

    # A few empty boxes of a form look like the full ones; a large O does not, it has no corners.
    return sure + [part for part in hollow if part not in sure and alike(part) and len(sure) >= 3]


def edge_share(labels: np.ndarray, part: Part) -> float:
    """Which share of a part's ink lies along its box's four edges, in a band of a tenth, corners included.

    Less where an edge or a corner is missing: a letter O has no ink in its corners, a U none along its top.
    """
    ink = labels[part.box.slices()] == part.label
    height, width = ink.shape
    rows, columns = max(3, height // 10), max(3, width // 10)
    sides = [ink[:rows].any(0), ink[-rows:].any(0), ink[:, :columns].any(1), ink[:, -columns:].any(1)]
    if min(side.mean() for side in sides) < 0.8:
        return 0.0
    inner = ink[rows:-rows, columns:-columns].sum()
    return 1 - float(inner) / part.area


def rub_out_frame(mask: np.ndarray, labels: np.ndarray, part: Part) -> None:
    """Take a frame out of the mask; of a letter that touches it, what reaches inside stays."""
    where = part.box.slices()
    ink = labels[where] == part.label
    height, width = ink.shape
    rows, columns = max(3, height // 10), max(3, width // 10)
    inner = np.zeros_like(ink)
    inner[rows:-rows, columns:-columns] = ink[rows:-rows, columns:-columns]
    mask[where] &= ~(ink & ~inner)


def dark_edges(parts: list[Part], shape: tuple[int, ...], height: float) -> list[Part]:
    """Parts along the edge of the photo that are no letters: slivers, or much larger than a letter."""
    bad = []
    for part in parts:
        box = part.box
        touches_side = box.left <= 1 or box.right >= shape[1] - 1
        touches_end = box.top <= 1 or box.bottom >= shape[0] - 1
        sliver = (touches_side and box.width < 0.2 * box.height) or (
            touches_end and box.height < 0.2 * box.width
        )
        large = box.side > 2.5 * height
        if (touches_side or touches_end) and (large or (sliver and box.side > 1.3 * height)):
            bad.append(part)
    return bad


def ruled_lines(mask: np.ndarray, height: float) -> np.ndarray:
    """Straight lines, (N, 4) int: x and y of both ends; within 20 degrees of level or upright, at least 5
    letters long.

    `height` is the usual letter's. Only lines that are inked nearly all along count.
    """
    none = np.zeros((0, 4), np.int32)
    longest = int(5 * height)
    if height < 4 or longest > max(mask.shape):
        return none
    # One pixel of this smaller picture is at most a tenth of a letter: exact enough to find lines, and fast.
    factor = min(1.0, 16 / height)
    small: np.ndarray = mask.astype(np.uint8) * 255
    if factor < 1:
        small = cv2.resize(small, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        small = (small > 40).astype(np.uint8) * 255
    least = max(20, int(longest * factor))
    if (small > 0).mean() > 0.4:
        return none
    found = cv2.HoughLinesP(small, 1, np.pi / 360, least // 2, minLineLength=least, maxLineGap=3)
    if found is None:
        return none
    found = found.reshape(-1, 4)
    steps = np.abs(found[:, 2:] - found[:, :2])
    tilt = steps.min(axis=1) / np.maximum(steps.max(axis=1), 1)
    found = found[tilt < 0.36]
    return np.round(found / factor).astype(np.int32)


def line_pixels(mask: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """The ink (H, W) bool of these lines alone: where a stroke crosses a line, its pixels are kept out."""
    out = np.zeros_like(mask)
    for level in (True, False):
        chosen = [line for line in lines if (abs(line[2] - line[0]) >= abs(line[3] - line[1])) == level]
        if not chosen:
            continue
        near = np.zeros(mask.shape, np.uint8)
        width = _line_width(mask, chosen, level)
        for x0, y0, x1, y1 in chosen:
            cv2.line(near, (int(x0), int(y0)), (int(x1), int(y1)), 1, 2 * width + 3)
        # A crossing stroke is longer than the line is wide, looking across the line.
        reach = 2 * width + 3
        across = np.ones((reach, 1) if level else (1, reach), np.uint8)
        crossing = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, across)
        out |= mask & (near > 0) & (crossing == 0)
    return out


def _line_width(mask: np.ndarray, lines: list[np.ndarray], level: bool) -> int:
    """The usual width of these lines in pixels, measured across them at many places."""
    widths = []
    for x0, y0, x1, y1 in lines:
        for share in np.linspace(0.05, 0.95, 25):
            x, y = round(x0 + share * (x1 - x0)), round(y0 + share * (y1 - y0))
            cut = mask[max(0, y - 12) : y + 13, x] if level else mask[y, max(0, x - 12) : x + 13]
            middle = min(12, y if level else x)
            if not (middle < len(cut) and cut[middle]):
                continue
            after, before = np.argmin(cut[middle:]), np.argmin(cut[middle::-1])
            widths.append((after or len(cut) - middle) + (before or middle + 1) - 1)
    return max(1, round(float(np.median(widths)))) if widths else 2


def without_dust(parts: list[Part], labels: np.ndarray) -> list[Part]:
    """The parts that are large enough to be a dot or a stroke of this pen."""
    height = letter_height(parts)
    written = np.isin(labels, [part.label for part in parts if part.box.side > 0.5 * height])
    pen = stroke_width(written[::1, ::1])
    return [
        part
        for part in parts
        if part.area >= 0.35 * pen**2 and part.box.side >= max(0.6 * pen, 0.05 * height)
    ]


def too_large(part: Part, height: float) -> bool:
    """Whether a part is no letter for its height: a drawing, a stain, a shadow."""
    return part.box.height > 3.5 * height


def box_of_mask(mask: np.ndarray) -> Box:
    """The box around all ink of a mask that has some."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
