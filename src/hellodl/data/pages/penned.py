"""Pages in the hands of a pen that was learned (`hellodl pen`): joined, touching and printed writing.

The place of every letter in it is known, since the pen's window said at each movement which letter it was at.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np

from hellodl.data.pages.hands import smooth
from hellodl.data.pages.layout import Page, box_of, drawn_feet
from hellodl.data.pages.letter import Letter


def page_of(letter: Letter, x_height: float, pen: float, seed: int) -> Page:
    """A letter as a page: a small x is `x_height` pixels high, the pen `pen` of these wide.

    The ink of each character is apart: where a stroke goes on from one to the next, they share the point between.
    """
    pieces: dict[int, list[np.ndarray]] = {}
    lines: dict[int, int] = {}
    for stroke, which, line in zip(letter.strokes, letter.letters, letter.line_of, strict=True):
        for character, part in parted(stroke, which):
            pieces.setdefault(character, []).append(part * x_height)
            lines.setdefault(character, line)
    order = sorted(pieces)
    drawn = [pieces[character] for character in order]
    boxes = [
        box_of(letter.text[character], lines[character], ink, pen * x_height) for character, ink in zip(order, drawn)
    ]
    feet: list[list[np.ndarray]] = [[] for _ in letter.levels]
    for character, ink in zip(order, drawn):
        line = lines[character]
        feet[line].append(drawn_feet(ink, letter.levels[line] * x_height))
    written = [letter.text[low : high + 1] for low, high in ends(order, lines)]
    line_height = float(np.diff(letter.levels).mean()) if len(letter.levels) > 1 else 4.0
    return Page(
        "\n".join(" ".join(line.split()) for line in written),
        drawn,
        boxes,
        pen * x_height,
        (int(np.ceil(letter.width * x_height)), int(np.ceil(letter.height * x_height))),
        seed,
        x_height=x_height,
        line_height=line_height * x_height,
        top_line=letter.levels[0] * x_height,
        baselines=tuple(np.concatenate(line) for line in feet if line),
    )


def parted(stroke: np.ndarray, which: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """The curve of a stroke (n, 2) in pieces, each with the character that its points (n,) belong to."""
    curve = smooth(stroke) if len(stroke) > 2 else stroke
    if len(stroke) == 1:
        return [(int(which[0]), stroke.repeat(2, axis=0))]
    finer = (len(curve) - 1) // (len(stroke) - 1)
    found, at = [], 0
    for character, points in groupby(which.tolist()):
        end = at + len(list(points))
        start = max(at - 1, 0)  # with the line that leads here
        part = curve[start * finer : (end - 1) * finer + 1]
        found.append((int(character), part if len(part) > 1 else part.repeat(2, axis=0)))
        at = end
    return found


def ends(order: list[int], lines: dict[int, int]) -> list[tuple[int, int]]:
    """The first and the last character of each line that has any."""
    parts = [list(part) for _, part in groupby(order, key=lines.__getitem__)]
    return [(part[0], part[-1]) for part in parts]
