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
    """The mask (H, W) bool without ruled lines, printed boxes and the dark edges of the photo."""
    mask = mask.copy()
    _, parts = find_parts(mask)
    # Lines first: letters that stand on one make one part with it.
    free = [part for part in parts if part.box.side < 0.2 * max(mask.shape)]
    lines = ruled_lines(mask, letter_height(free) or 0.03 * max(mask.shape))
    if len(lines):
        ruled = line_pixels(mask, lines)
        mask &= ~ruled
        rub_out_bars(mask, ruled)
    labels, parts = find_parts(mask)
    for part in frames_among(labels, parts):
        rub_out_frame(mask, labels, part)
    height = letter_height([part for part in parts if part.area > 20])
    for part in dark_edges(parts, mask.shape, height):
        where = part.box.slices()
        mask[where] &= labels[where] != part.label
    return mask


def frames_among(labels: np.ndarray, parts: list[Part]) -> list[Part]:
    """The parts that are printed boxes: hollow, with others inside, or shaped like those that are."""
    boxes = np.array([[p.box.left, p.box.top, p.box.right, p.box.bottom] for p in parts]).reshape(-1, 4)
    areas = np.array([part.area for part in parts])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2  # (N, 2)
    sure: list[Part] = []
    for part in parts:
        box = part.box
        if min(box.width, box.height) < 24 or part.area > 0.35 * box.width * box.height:
            continue
        inside = (middles > (box.left, box.top)) & (middles < (box.right, box.bottom))
        inside = inside.all(axis=1) & (areas > 20) & (areas < part.area * 2)
        # Itself is one of those inside. A large O has letters inside too, at times, but it has no corners.
        if inside.sum() >= 2 and edge_share(labels, part, sides_inked=0.8) > 0.75:
            sure.append(part)
    if len(sure) < 3:
        return sure
    return sure + _like_frames(labels, parts, sure)


def _like_frames(labels: np.ndarray, parts: list[Part], sure: list[Part]) -> list[Part]:
    """Where a form has several boxes: its empty ones, those with a gap, and crumbs of all their lines."""
    width = float(np.median([part.box.width for part in sure]))
    height = float(np.median([part.box.height for part in sure]))
    numbers = {part.label for part in sure}
    alike = []
    for part in parts:
        wide, high = part.box.width / width, part.box.height / height
        if part.label in numbers or not (0.8 < max(wide, high) < 1.25):
            continue
        if edge_share(labels, part, sides_inked=0.0) > 0.85 and part.area < 0.2 * width * height:
            alike.append(part)
    numbers |= {part.label for part in alike}
    frames = [part.box for part in [*sure, *alike]]
    crumbs = [part for part in parts if part.label not in numbers and _on_an_edge(part.box, frames)]
    return alike + crumbs


def _on_an_edge(box: Box, frames: list[Box]) -> bool:
    """Whether a box lies wholly along one edge of one of these frames, a little outside allowed."""
    for frame in frames:
        band = max(3, min(frame.width, frame.height) // 16)
        left, right = frame.left - band, frame.right + band
        top, bottom = frame.top - band, frame.bottom + band
        if box.left < left or box.right > right or box.top < top or box.bottom > bottom:
            continue
        band *= 2
        if box.right <= left + band or box.left >= right - band or box.bottom <= top + band:
            return True
        if box.top >= bottom - band:
            return True
    return False


def edge_share(labels: np.ndarray, part: Part, sides_inked: float) -> float:
    """Which share of a part's ink lies along its box's four edges, in a band of a tenth, corners included.

    0 where one of the four is inked along less than `sides_inked` of its length: a U has nothing along its
    top.
    """
    ink = labels[part.box.slices()] == part.label
    height, width = ink.shape
    rows, columns = max(3, height // 10), max(3, width // 10)
    sides = [ink[:rows].any(0), ink[-rows:].any(0), ink[:, :columns].any(1), ink[:, -columns:].any(1)]
    if min(side.mean() for side in sides) < sides_inked:
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
    if min(height, width) > 2 * max(rows, columns):
        inner[rows:-rows, columns:-columns] = ink[rows:-rows, columns:-columns]
    mask[where] &= ~(ink & ~inner)


def dark_edges(parts: list[Part], shape: tuple[int, ...], height: float) -> list[Part]:
    """Parts along the edge of the photo that are no letters: slivers, or much larger than a letter."""
    bad = []
    thin = max(3, 0.004 * max(shape))
    for part in parts:
        box = part.box
        at_side = box.left <= 1 or box.right >= shape[1] - 1
        at_end = box.top <= 1 or box.bottom >= shape[0] - 1
        sliver = (at_side and box.width <= thin) or (at_end and box.height <= thin)
        long = (at_side and box.width < 0.2 * box.height) or (at_end and box.height < 0.2 * box.width)
        if sliver or (
            (at_side or at_end) and (box.side > 2.5 * height or (long and box.side > 1.3 * height))
        ):
            bad.append(part)
    return bad


def ruled_lines(mask: np.ndarray, height: float) -> np.ndarray:
    """Printed straight lines, (N, 4) int: x and y of both ends, within 20 degrees of level or upright.

    `height` is the usual letter's. A line counts from six letters or a quarter of the page on, an upright one
    from eight or 0.4: the stems of letters in a column stand in line too. It must be inked nearly all along.
    """
    none = np.zeros((0, 4), np.int32)
    if height < 4:
        return none
    least_level, least_upright = max(6 * height, mask.shape[1] / 4), max(8 * height, 0.4 * mask.shape[0])
    # One pixel of this smaller picture is a sixteenth of a letter: exact enough to find lines, and fast.
    factor = min(1.0, 16 / height)
    small: np.ndarray = mask.astype(np.uint8) * 255
    if factor < 1:
        small = cv2.resize(small, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        small = (small > 40).astype(np.uint8) * 255
    least = int(min(least_level, least_upright) * factor)
    if (small > 0).mean() > 0.4 or least > max(small.shape):
        return none
    found = cv2.HoughLinesP(small, 1, np.pi / 360, least // 2, minLineLength=least, maxLineGap=3)
    if found is None:
        return none
    found = found.reshape(-1, 4)
    across, down = np.abs(found[:, 2:] - found[:, :2]).T.astype(np.float64)
    level = (down < 0.36 * across) & (across >= least_level * factor)
    upright = (across < 0.36 * down) & (down >= least_upright * factor)
    found = found[level | upright]
    inked = [_inked_share(small, line) > 0.93 for line in found]
    return np.round(found[inked] / factor).astype(np.int32)


def _inked_share(ink: np.ndarray, line: np.ndarray) -> float:
    """Along which share of a line there is ink, within a pixel to either side."""
    x0, y0, x1, y1 = (int(value) for value in line)
    count = max(abs(x1 - x0), abs(y1 - y0)) + 1
    x = np.round(np.linspace(x0, x1, count)).astype(int)
    y = np.round(np.linspace(y0, y1, count)).astype(int)
    off = np.array([[-1], [0], [1]])
    if abs(x1 - x0) >= abs(y1 - y0):
        near = ink[np.clip(y + off, 0, ink.shape[0] - 1), x]
    else:
        near = ink[y, np.clip(x + off, 0, ink.shape[1] - 1)]
    return float((near > 0).any(axis=0).mean())


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


def rub_out_bars(mask: np.ndarray, ruled: np.ndarray) -> None:
    """Take upright bars from one ruled line to the next out of the mask: they part a row into boxes."""
    near = cv2.dilate(ruled.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    labels, parts = find_parts(mask)
    for part in parts:
        where = part.box.slices()
        ink = labels[where] == part.label
        if part.box.width < 0.25 * part.box.height:
            ends = near[where] & ink
            if ends[:3].any() and ends[-3:].any():
                mask[where] &= ~ink


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
    pen = stroke_width(written)
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
