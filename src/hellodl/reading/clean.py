"""Take away what nobody wrote: frames around letters, the photo's dark edges, dust.

A printed box is a part that holds other parts inside and has nearly all of its own ink along its four edges. A row of
boxes is one part, whose lines enclose rectangles. Where a shadow or a letter breaks these up, `rules` and `bars` go on.
"""

from __future__ import annotations

import cv2
import numpy as np

from hellodl.reading.parts import Box, Part, find_parts, letter_height, stroke_width

LEAST_HOLE = 20  # pixels: a printed box is larger
RECTANGULAR = 0.8  # of its own box: as much a printed box fills, seen at an angle


def without_frames(mask: np.ndarray) -> np.ndarray:
    """The mask (H, W) bool without printed boxes."""
    mask = mask.copy()
    labels, parts = find_parts(mask)
    for part in frames_among(labels, parts):
        rub_out_frame(mask, labels, part)
    for part in rows_of_boxes(labels, parts):
        rub_out(mask, labels, part)
    return mask


def rows_of_boxes(labels: np.ndarray, parts: list[Part]) -> list[Part]:
    """The parts that are boxes side by side: what their lines enclose are rectangles, most with ink inside."""
    inner = [part for part in parts if part.area > 20]
    boxes = np.array([[p.box.left, p.box.top, p.box.right, p.box.bottom] for p in inner]).reshape(-1, 4)
    rows = []
    for part in parts:
        box = part.box
        if min(box.width, box.height) < LEAST_HOLE or part.area > 0.5 * box.width * box.height:
            continue
        holes = holes_of(labels[box.slices()] == part.label)
        rectangles = filled = 0
        for left, top, width, height, area in holes:
            x, y = box.left + left, box.top + top
            inside = (boxes[:, :2] >= (x, y)) & (boxes[:, 2:] <= (x + width, y + height))
            rectangles += area > RECTANGULAR * width * height
            filled += bool(inside.all(axis=1).any())
        if holes and rectangles >= 0.75 * len(holes) and filled >= 0.5 * len(holes):
            rows.append(part)
    return rows


def holes_of(ink: np.ndarray) -> list[list[int]]:
    """The larger areas that ink (h, w) bool encloses, islands included: left, top, width, height and pixels of each."""
    paper = np.pad(~ink, 1, constant_values=True).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    holes = [row for number, row in enumerate(stats.tolist()) if number not in (0, labels[0, 0])]
    return [[left - 1, top - 1, *rest] for left, top, *rest in holes if min(rest[:2]) >= LEAST_HOLE]


def without_remains(mask: np.ndarray) -> np.ndarray:
    """The mask (H, W) bool without what is left of print, and the dark edges of the photo."""
    mask = without_frames(mask)
    labels, parts = find_parts(mask)
    height = letter_height([part for part in parts if part.area > 20])
    for part in dark_edges(parts, mask.shape, height):
        rub_out(mask, labels, part)
    return mask


def rub_out(mask: np.ndarray, labels: np.ndarray, part: Part) -> None:
    """Take a part out of the mask."""
    where = part.box.slices()
    mask[where] &= labels[where] != part.label


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
        if sliver or ((at_side or at_end) and (box.side > 2.5 * height or (long and box.side > 1.3 * height))):
            bad.append(part)
    return bad


def without_dust(parts: list[Part], labels: np.ndarray) -> list[Part]:
    """The parts that are large enough to be a dot or a stroke of this pen."""
    height = letter_height(parts)
    written = np.isin(labels, [part.label for part in parts if part.box.side > 0.5 * height])
    pen = stroke_width(written)
    return [part for part in parts if part.area >= 0.35 * pen**2 and part.box.side >= max(0.6 * pen, 0.05 * height)]


def too_large(part: Part, height: float) -> bool:
    """Whether a part is no letter for its height: a drawing, a stain, a shadow."""
    return part.box.height > 3.5 * height
