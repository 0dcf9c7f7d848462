"""Put parts in the order in which one reads: lines from top to bottom, and in each line from left to right.

Handwritten lines slope, bend and drift, so a line is followed from letter to letter: the next one stands
about where the last few and the page's slope say. Small parts come after: the dot goes to its i, a bar to its
letter, and what is left alone is a full stop or dirt.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hellodl.reading.parts import Box, Part, around


@dataclass
class Atom:
    """Parts that surely belong to one character (an i and its dot); a character is one or a few of these."""

    parts: list[Part]

    @property
    def box(self) -> Box:
        """The box around all of its parts."""
        return around(part.box for part in self.parts)


@dataclass
class Line:
    """Atoms from left to right, and the slope of the line (pixels down for each pixel to the right)."""

    atoms: list[Atom] = field(default_factory=list)
    slope: float = 0.0


def page_slope(parts: list[Part], height: float) -> float:
    """How much the page's lines slope down to the right, as dy/dx; 0 is level.

    Tried are the angles up to 15 degrees: in the right one, the middles of neighbours agree, or their lower
    edges.
    """
    large = [part.box for part in parts if part.box.side > 0.5 * height]
    if len(large) < 3:
        return 0.0
    large = large[:: max(1, len(large) // 600)]
    x = np.array([box.middle[0] for box in large])
    best, best_score = 0.0, -1.0
    edges = [np.array([box.middle[1] for box in large]), np.array([float(box.bottom) for box in large])]
    apart = x[None] - x[:, None]
    pairs = (apart > 0.3 * height) & (apart < 6 * height)  # neighbours: of far ones any angle finds some in line
    apart = apart[pairs]
    drops = [(y[None] - y[:, None])[pairs] for y in edges]
    for slope in np.tan(np.radians(np.arange(-15, 15.1, 0.5))):
        score = 0.0
        for drop in drops:
            score += float(np.exp(-(((drop - slope * apart) / (0.12 * height)) ** 2)).sum())
        score *= np.exp(-((slope / 0.35) ** 2))  # most people write level
        if score > best_score:
            best, best_score = float(slope), score
    return best


def find_lines(parts: list[Part], height: float) -> list[Line]:
    """The lines of a page; `height` is the usual letter's. Small parts that fit nowhere drop out."""
    slope = page_slope(parts, height)
    large = [part for part in parts if part.box.side > 0.42 * height]
    small = [part for part in parts if part.box.side <= 0.42 * height]
    rows = _merge_rows(_follow_rows(large, height, slope), height, slope)
    rows.sort(key=lambda row: np.median([_level(part.box, slope) for part in row]))
    lines = [Line([Atom([part]) for part in row], slope) for row in rows]
    for line in lines:
        line.atoms = _join_overlapping(line.atoms)
    for part in sorted(small, key=lambda part: -part.area):  # the stem of a small i comes before its dot
        _attach(part, lines, height) or _stand_alone(part, lines, height)
    return lines


def _level(box: Box, slope: float) -> float:
    """The y of a box's middle where the page is turned level."""
    return box.middle[1] - slope * box.middle[0]


def _follow_rows(parts: list[Part], height: float, slope: float) -> list[list[Part]]:
    """Go from left to right and give each part to the row whose last few stand at its height."""
    rows: list[list[Part]] = []
    levels: list[float] = []  # where each row's last few stand
    for part in sorted(parts, key=lambda part: part.box.left):
        own = _level(part.box, slope)
        best, best_off = -1, 0.6
        for place, row in enumerate(rows):
            off = abs(own - levels[place]) / height
            if 0.7 * off >= best_off:
                continue
            # A tall letter next to small ones has its middle higher, but they still stand side by side.
            side_by_side = max(other.box.overlap_y(part.box) for other in row[-2:])
            if side_by_side > 0.7 * min(part.box.height, row[-1].box.height):
                off *= 0.7
            if off < best_off:
                best, best_off = place, off
        if best < 0:
            rows.append([])
            levels.append(0.0)
        row = rows[best]
        row.append(part)
        weights = [0.25 + other.box.height / height for other in row[-4:]]
        weighed = [_level(other.box, slope) * weight for other, weight in zip(row[-4:], weights)]
        levels[best] = sum(weighed) / sum(weights)
    return rows


def _merge_rows(rows: list[list[Part]], height: float, slope: float) -> list[list[Part]]:
    """Join rows that lie at the same height: a drifting line may have been begun twice."""
    merged = True
    while merged:
        merged = False
        rows.sort(key=len, reverse=True)
        for i, row in enumerate(rows):
            for j in range(len(rows) - 1, i, -1):
                if _same_row(row, rows[j], height, slope):
                    row.extend(rows.pop(j))
                    row.sort(key=lambda part: part.box.left)
                    merged = True
    return rows


def _same_row(row: list[Part], other: list[Part], height: float, slope: float) -> bool:
    """Whether the parts of `other` stand at the height of their neighbours in `row`."""
    off = []
    for part in other:
        near = sorted(row, key=lambda near: abs(near.box.middle[0] - part.box.middle[0]))[:3]
        level = float(np.median([_level(nearby.box, slope) for nearby in near]))
        off.append(abs(_level(part.box, slope) - level) / height)
    return float(np.median(off)) < (0.42 if len(other) > 1 else 0.5)


def _join_overlapping(atoms: list[Atom]) -> list[Atom]:
    """One atom of those that stand above each other: the bars of an E, the halves of a broken letter."""
    out: list[Atom] = []
    for atom in sorted(atoms, key=lambda atom: atom.box.left):
        if out:
            last = out[-1].box
            narrower = min(last.width, atom.box.width)
            if last.overlap_x(atom.box) > 0.6 * narrower:
                out[-1].parts.extend(atom.parts)
                continue
        out.append(atom)
    return out


def _attach(part: Part, lines: list[Line], height: float) -> bool:
    """Give a small part to the atom that it belongs to, if any: beside it, or a dot over its letter."""
    best, best_cost = None, 0.5
    x, y = part.box.middle
    for line in lines:
        for atom in line.atoms:
            box = atom.box
            off_x = max(box.left - x, x - box.right, 0.0) / height
            if off_x > 0.4:
                continue
            gap_y = max(box.top - part.box.bottom, part.box.top - box.bottom, 0) / height
            gap_x = max(-box.overlap_x(part.box), 0) / height
            above = part.box.bottom <= box.top + 0.15 * height
            if above:
                # Over its letter a dot may float high, and blow off to the side a little; narrow letters have
                # dots.
                cost = 0.55 * gap_y + off_x + 0.2 * min(1.0, box.width / height)
            else:
                cost = gap_y + 2.5 * gap_x + (0.2 if y > box.bottom else 0.0)
            if cost < best_cost:
                best, best_cost = atom, cost
    if best is not None:
        best.parts.append(part)
    return best is not None


def _stand_alone(part: Part, lines: list[Line], height: float) -> bool:
    """A small part by itself is a letter where it stands in a line and is no dot, dash or comma."""
    box = part.box
    if box.height < 0.27 * height or box.width > 1.2 * box.height:
        return False
    lowest = 0.85 if box.height > 1.8 * box.width else 0.75
    for line in lines:
        near = sorted(line.atoms, key=lambda atom: abs(atom.box.middle[0] - box.middle[0]))[:3]
        slope = line.slope
        top = np.median([atom.box.top - slope * (atom.box.middle[0] - box.middle[0]) for atom in near])
        bottom = np.median([atom.box.bottom - slope * (atom.box.middle[0] - box.middle[0]) for atom in near])
        # The middle of a comma is at the foot of its neighbours, that of an apostrophe at their head.
        if 0.25 < (box.middle[1] - top) / max(bottom - top, 1) < lowest:
            line.atoms.append(Atom([part]))
            line.atoms.sort(key=lambda atom: atom.box.left)
            return True
    return False
