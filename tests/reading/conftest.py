"""Pages to read whose truth is known, and a judge of letters that needs no network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pytest

from hellodl.reading import glyph

CLASSES = "0123456789abcdefghijklmnopqrstuvwxyz"
FONT = cv2.FONT_HERSHEY_DUPLEX


def letter_picture(letter: str, scale: float = 3.0, thickness: int = 5) -> np.ndarray:
    """One letter of OpenCV's own font, (h, w) uint8, ink 255 on 0."""
    canvas = np.zeros((200, 200), np.uint8)
    cv2.putText(canvas, letter, (40, 140), FONT, scale, 255, thickness, cv2.LINE_AA)
    x, y, width, height = cv2.boundingRect(canvas)
    return canvas[y : y + height, x : x + width]


@cache
def templates() -> tuple[np.ndarray, np.ndarray]:
    """The font's letters as characters to compare with: (M, 784) unit vectors, (M,) their classes."""
    rows, names = [], []
    for number, name in enumerate(CLASSES):
        for form in {name, name.upper()}:
            picture = glyph.normalise(letter_picture(form).astype(np.float32) / 255, 0.5)
            rows.append(cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.float32).ravel())
            names.append(number)
    vectors = np.array(rows)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.array(names)


def classify(images: np.ndarray) -> np.ndarray:
    """Whichever template is most alike: (N, 28, 28) uint8 -> (N, 36) float32; unsure of what is like none."""
    vectors, names = templates()
    out = np.full((len(images), len(CLASSES)), 1e-4, np.float32)
    for row, image in zip(out, images):
        seen = cv2.GaussianBlur(image, (0, 0), 1.0).astype(np.float32).ravel()
        likeness = vectors @ (seen / max(float(np.linalg.norm(seen)), 1e-6))
        for name, value in zip(names, np.exp(40 * (likeness - 1))):
            row[name] = max(row[name], value)
    return out / (out.sum(axis=1, keepdims=True) + np.exp(40 * -0.2))


@dataclass
class Desk:
    """What a test needs to write pages and have them read."""

    classes: str = CLASSES

    def classify(self, images: np.ndarray) -> np.ndarray:
        """The judge."""
        return classify(images)

    def ink(self, lines: list[str], size: tuple[int, int] = (420, 1000), height: int = 60) -> np.ndarray:
        """Lines of letters on nothing: (H, W) float32, 1 where there is ink. Capitals are `height` high."""
        out = np.zeros(size, np.float32)
        scale = height / 22
        for row, line in enumerate(lines):
            x, base = 50, int(60 + height + row * 1.9 * height)
            for letter in line:
                if letter == " ":
                    x += int(1.1 * height)
                    continue
                canvas = np.zeros(size, np.uint8)
                cv2.putText(canvas, letter, (x, base), FONT, scale, 255, max(2, round(1.7 * scale)), cv2.LINE_AA)
                left, _, width, _ = cv2.boundingRect(canvas)
                out = np.maximum(out, canvas.astype(np.float32) / 255)
                x = left + width + int(0.3 * height)
        return out

    def photo(self, ink: np.ndarray, paper: float = 225, pen: float = 60, noise: float = 2.0) -> np.ndarray:
        """Ink on paper as a picture (H, W, 3) uint8."""
        rng = np.random.default_rng(5)
        grey = paper + (pen - paper) * ink + rng.normal(0, noise, ink.shape)
        return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.fixture
def desk() -> Desk:
    """A desk with paper, a pen and somebody who can read."""
    return Desk()
