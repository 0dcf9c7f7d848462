"""Pages in joined hands: UNIPEN's words as their writers wrote them, set side by side.

Of a word we know what it says, and so how far it reaches above and below its line: that tells where it stands and how
high a small x is in it (see `hands.HEIGHTS`).
"""

from __future__ import annotations

import numpy as np

from hellodl.data.pages.hands import HEIGHTS
from hellodl.data.pages.layout import SPACE, Box, Page, box_of, drawn_feet
from hellodl.data.writing import Writing

TALLEST = (1.9, 0.0)  # what is no letter


def reach(text: str) -> tuple[float, float]:
    """How far a text reaches above its line and below it (negative), in heights of a small x."""
    heights = [HEIGHTS.get(character, TALLEST) for character in text if character not in ".,'\" -"] or [(1.0, 0.0)]
    return max(high for high, _ in heights), min(low for _, low in heights)


def on_line(words: Writing, item: int) -> list[np.ndarray]:
    """The strokes of a piece of writing: y up to its line is negative, x from 0, a small x is 1 high."""
    strokes = words[item]
    points = np.concatenate(strokes).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    top, bottom = reach(words.texts[item])
    scale = (top - bottom) / max(float(high[1] - low[1]), 1e-6)
    placed = (points - low) * scale - [0, top]
    return np.split(placed, np.cumsum([len(stroke) for stroke in strokes])[:-1])


def joined_page(
    words: Writing,
    own: np.ndarray,
    lines: int,
    seed: int,
    width: int,
    x_height: float,
    pen: float,
    line_height: float = 4.0,
) -> Page:
    """A page of so many lines of one writer's words, those numbered `own`; lengths but the width in x_heights."""
    rng = np.random.default_rng((seed, 29))
    strokes: list[list[np.ndarray]] = []
    boxes: list[Box] = []
    texts, baselines = [], []
    margin, unit = 2.5, x_height
    room = width - 2 * margin * unit
    shear = rng.normal(0, 0.1)
    for number in range(lines):
        base = (margin + 1.9 + number * line_height) * unit
        at = float(rng.choice([0, 0, rng.uniform(0, 0.3)])) * room
        line: list[str] = []
        feet: list[np.ndarray] = []
        rise, wanted = rng.normal(0, 0.006), room * rng.uniform(0.3, 1)
        while at < wanted or not line:
            item = int(rng.choice(own))
            level = base + rise * at + 0.08 * unit * rng.standard_normal()
            drawn = [part @ np.array([[1, 0], [-shear, 1]]) * unit for part in on_line(words, item)]
            long = float(np.concatenate(drawn)[:, 0].max())
            if line and at + long > room:
                break
            origin = np.array([margin * unit + at, level])
            drawn = [(part if len(part) > 1 else part.repeat(2, axis=0)) + origin for part in drawn]
            strokes.append(drawn)
            feet.append(drawn_feet(drawn, level))
            boxes.append(box_of(words.texts[item], number, drawn, pen * unit))
            line.append(words.texts[item])
            at += long + SPACE * unit * rng.uniform(0.6, 1.8)
        texts.append(" ".join(line))
        baselines.append(np.concatenate(feet))
    height = round((2 * margin + 1.9 + 0.8 + (lines - 1) * line_height) * unit)
    size = (max(width, max(box.right for box in boxes) + round(margin * unit)), height)
    return Page(
        "\n".join(texts),
        strokes,
        boxes,
        pen * unit,
        size,
        seed,
        x_height=unit,
        line_height=line_height * unit,
        top_line=(margin + 1.9) * unit,
        baselines=tuple(baselines),
    )
