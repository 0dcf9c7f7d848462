"""What else is in a photo of a page: the desk it lies on, the edges of the sheet, fingers, a keyboard, shadows.

None of it is writing, and all of it has edges and dark spots that look like ink to who only looks for dark spots.
"""

from __future__ import annotations

import cv2
import numpy as np

WOODS = ((60, 90, 140), (40, 60, 95), (120, 160, 200), (90, 100, 110), (50, 50, 55), (200, 205, 210))
SKINS = ((120, 150, 210), (90, 120, 180), (60, 80, 120))


def on_a_desk(picture: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, int]]:
    """A photo (H, W, 3) uint8 of a sheet with some of the desk around it, and where (x, y) the old picture begins."""
    height, width = picture.shape[:2]
    left, right = (rng.uniform(0, 0.25, 2) * width * (rng.random(2) < 0.6)).astype(int).tolist()
    top, bottom = (rng.uniform(0, 0.25, 2) * height * (rng.random(2) < 0.6)).astype(int).tolist()
    size = height + top + bottom, width + left + right
    out = desk(*size, rng)
    slack = 0.02 * max(size)
    corners = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], float)
    corners += rng.uniform(-slack, slack, (4, 2))
    for side, border in enumerate((left, top, right, bottom)):  # where there is no desk the sheet goes on
        if not border:
            which = ([0, 3], [0, 1], [1, 2], [2, 3])
            corners[which[side], [0, 1, 0, 1][side]] = [-slack, -slack, size[1] + slack, size[0] + slack][side]
    mask = np.zeros(size, np.uint8)
    if rng.random() < 0.25:
        corners = torn(corners, rng)
    cv2.fillPoly(mask, [np.rint(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    sheet = cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_REPLICATE)
    if rng.random() < 0.6:  # the sheet's own shadow on the desk
        reach = rng.uniform(0.005, 0.03) * max(size)
        dark = cv2.GaussianBlur(np.roll(mask, rng.integers(-8, 9, 2).tolist(), (0, 1)), (0, 0), reach)
        out = (out * (1 - 0.6 * dark[..., None] / 255.0)).astype(np.uint8)
    share = mask[..., None].astype(np.float32) / 255
    out = (sheet * share + out * (1 - share)).astype(np.uint8)
    if rng.random() < 0.3:
        out = finger(out, rng)
    return out, (left, top)


def torn(corners: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The outline (n, 2) of a scrap of paper that has these corners (4, 2)."""
    share = np.linspace(0, 1, 40, endpoint=False)[:, None]
    sides = [a + share * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0))]
    rough = np.cumsum(rng.normal(0, 0.002 * np.ptp(corners), (160, 2)), axis=0)
    return np.concatenate(sides) + rough - np.linspace(0, 1, 160)[:, None] * rough[-1]


def desk(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """A desk: wood with its grain, cloth, or the keys of a keyboard. (H, W, 3) uint8."""
    base = np.array(WOODS[int(rng.integers(len(WOODS)))], np.float32) * rng.uniform(0.5, 1.2)
    grain = np.ones((height, width), np.float32)
    for strength, down, across in ((0.25, 4, 40), (0.15, 2, 120), (0.1, 1, 8)):
        if rng.random() < 0.7:
            shape = (height // down + 2, width // across + 2)
            rough = rng.standard_normal(shape, np.float32)
            grain += strength * rng.random() * cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        grain = np.ascontiguousarray(cv2.resize(np.ascontiguousarray(grain.T), (width, height)))
    out = np.clip(base * grain[..., None], 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 6))):  # joints, cables, edges of other things
        start, end = (rng.uniform(-0.2, 1.2, (2, 2)) * [width, height]).astype(int).tolist()
        cv2.line(out, start, end, (base * rng.uniform(0.2, 1.5)).tolist(), int(rng.integers(1, 12)), cv2.LINE_AA)
    if rng.random() < 0.2:
        keys(out, rng)
    return cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.5, 2.5)))


def keys(out: np.ndarray, rng: np.random.Generator) -> None:
    """Draw a keyboard all over a picture."""
    side = int(rng.integers(20, 70))
    dark = rng.random() < 0.7
    for y in range(0, len(out), side):
        for x in range(-int(rng.integers(side)), out.shape[1], side):
            cv2.rectangle(
                out, (x + 2, y + 2), (x + side - 3, y + side - 3), (30, 30, 32) if dark else (225, 225, 225), -1
            )
            sign = chr(int(rng.integers(65, 91)))
            ink = (230, 230, 230) if dark else (60, 60, 60)
            cv2.putText(
                out, sign, (x + side // 4, y + side // 2), cv2.FONT_HERSHEY_SIMPLEX, side / 80, ink, 1, cv2.LINE_AA
            )


def finger(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A finger or two that hold the sheet, reaching in from an edge."""
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    side = max(height, width)
    edge = int(rng.integers(4))
    along = rng.uniform(0.1, 0.9)
    for number in range(int(rng.integers(1, 4))):
        place = along + number * 0.08
        tip = [(place * width, 0), (width, place * height), (place * width, height), (0, place * height)][edge]
        size = (int(rng.uniform(0.03, 0.06) * side), int(rng.uniform(0.06, 0.14) * side))
        if edge % 2:
            size = size[::-1]
        cv2.ellipse(mask, (int(tip[0]), int(tip[1])), size, float(rng.uniform(-20, 20)), 0, 360, 255, -1, cv2.LINE_AA)
    share = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.8, 3)))[..., None].astype(np.float32) / 255
    colour = np.array(SKINS[int(rng.integers(len(SKINS)))], np.float32) * rng.uniform(0.6, 1.2)
    shaded = colour * (0.75 + 0.25 * np.linspace(1, 0, width, dtype=np.float32)[None, :, None])
    return (picture * (1 - share) + shaded * share).clip(0, 255).astype(np.uint8)
