"""A camera, and the lamp that it has to make do with: from a sheet of paper to a photo of it.

In the order in which it happens: the camera stands somewhere (slope, perspective), light falls on the paper
unevenly and with a colour, the lens blurs, the sensor adds noise, and JPEG leaves out what it thinks nobody sees.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from hellodl.data.pages.conditions import Conditions
from hellodl.data.pages.layout import Page
from hellodl.data.pages.paper import View

LEAST_SIZE = (600, 300)  # of a photo, in pixels
EDGE = (1.2, 3.0)  # paper seen around the writing, in x_heights
DIMMEST = 0.4  # light in the darkest place, 1 in a good light: a camera exposes longer before it is too dark
STEADY = 0.65  # blur is at most this share of the pen's width, or nobody could read what a thin pen wrote
NOISE_TILE, NOISE_STEP = 1024, 30  # pixels of the tile; its standard deviation in grey levels


def point_at(page: Page, conditions: Conditions, rng: np.random.Generator) -> View:
    """Where the camera stands: the writing, turned and seen a little from one side, with some paper around it.

    No line of the page slopes by more than conditions.slope (in degrees), perspective included.
    """
    width, height = page.size
    lean = conditions.perspective * rng.uniform(-1, 1, 2) / np.array([width, height])
    own = np.degrees(abs(lean[0]) * height / 2)  # perspective slopes what is far from the middle
    angle = np.radians(max(0.0, conditions.slope - own) * rng.uniform(-1, 1))
    cosine, sine = np.cos(angle), np.sin(angle)
    centre = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1.0]])
    aslant = np.array([[1, 0, 0], [0, 1, 0], [*lean, 1.0]])
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
    matrix = turn @ aslant @ centre

    ink = [np.array([[b.left, b.top], [b.right, b.top], [b.left, b.bottom], [b.right, b.bottom]]) for b in page.boxes]
    ink += [np.array([[a, b], [c, b], [a, d], [c, d]]) for a, b, c, d in page.cells]
    seen = cv2.perspectiveTransform(np.concatenate(ink or [np.zeros((1, 2))])[None].astype(np.float64), matrix)[0]
    low, high = seen.min(axis=0), seen.max(axis=0)
    before, after = rng.uniform(*EDGE, (2, 2)) * page.x_height
    lacking = np.maximum(0, np.array(LEAST_SIZE) - (high - low + before + after))
    before = before + lacking * rng.uniform(0.1, 0.9, 2)
    size = np.maximum(LEAST_SIZE, np.ceil(high - low + before + after)).astype(int)
    shift = np.eye(3)
    shift[:2, 2] = before - low
    return View(shift @ matrix, (int(size[0]), int(size[1])))


def take(planes: list[np.ndarray], page: Page, conditions: Conditions, rng: np.random.Generator) -> np.ndarray:
    """A photo (H, W, 3) uint8 of a page as three planes (H, W) float32, which are used up on the way."""
    height, width = planes[0].shape
    light = lamp(height, width, conditions, rng)
    light *= np.float32(max(rng.uniform(*conditions.exposure), DIMMEST / light.min()))
    warmth = conditions.cast * rng.uniform(-1, 1)
    picture = np.empty((height, width, 3), np.uint8)
    for channel, tint in enumerate((1 - warmth, 1.0, 1 + warmth)):
        planes[channel] *= light * np.float32(min(tint, 1.0))
        picture[..., channel] = np.clip(planes[channel], 0, 255, out=planes[channel])
    sigma = min(rng.uniform(*conditions.blur) * page.x_height, STEADY * page.pen)
    if sigma > 0.2:
        picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    picture = noisy(picture, conditions.noise * rng.uniform(0.2, 1), rng)
    quality = round(rng.uniform(*conditions.jpeg))
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def lamp(height: int, width: int, conditions: Conditions, rng: np.random.Generator) -> np.ndarray:
    """The light that falls on each pixel, at most 1: (H, W) float32."""
    x = np.linspace(-1, 1, width, dtype=np.float32)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    angle = rng.uniform(0, 2 * np.pi)
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    reach = abs(cosine) + abs(sine)
    away = (cosine * x + sine * y) / reach  # -1 to 1 across the picture
    round_lamp = np.float32(rng.uniform(0, 0.6))
    dark = (1 - round_lamp) * (away + 1) / 2 + round_lamp * (x * x + y * y) / 2
    light = 1 - np.float32(conditions.falloff * rng.uniform(0, 1)) * dark
    if rng.random() < conditions.shadow:
        light *= shadow(x, y, rng)
    return light


def shadow(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The light that a shadow with one straight edge, soft or sharp, leaves: (H, W) float32."""
    angle, place = rng.uniform(0, 2 * np.pi), rng.uniform(-0.6, 0.6)
    softness, depth = np.exp(rng.uniform(np.log(0.01), np.log(0.4))), rng.uniform(0.2, 0.5)
    inside = (np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y - np.float32(place)) / np.float32(softness)
    inside = np.clip(inside, 0, 1, out=inside)
    return 1 - np.float32(depth) * inside


def noisy(picture: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """A picture with a sensor's noise, `strength` its standard deviation in grey levels."""
    height, width = picture.shape[:2]
    down, across = rng.integers(0, NOISE_TILE, 2).tolist()
    tile = np.roll(noise_tile(), (down, across), axis=(0, 1))[:height, :width]
    more = max(0, height - NOISE_TILE), max(0, width - NOISE_TILE)
    tile = cv2.copyMakeBorder(tile, 0, more[0], 0, more[1], cv2.BORDER_WRAP)
    share = strength / NOISE_STEP
    return cv2.addWeighted(picture, 1.0, tile, share, -128 * share)


@cache
def noise_tile() -> np.ndarray:
    """Noise about 128 to be used again and again: fine in brightness, coarser and weaker in colour.

    (NOISE_TILE, NOISE_TILE, 3) uint8: to draw it anew for each picture would take longer than all the rest.
    """
    rng = np.random.default_rng(3)
    side = NOISE_TILE
    grey = rng.standard_normal((side, side, 1), np.float32)
    colour = rng.standard_normal((side // 2, side // 2, 3), np.float32)
    both = grey + 0.7 * cv2.resize(colour, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.clip(128 + NOISE_STEP * both, 0, 255).astype(np.uint8)
