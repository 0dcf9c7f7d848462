"""Augmentation: every image a little different each time it is seen, as if another hand had written it.

A network that sees the same 28×28 numbers every epoch learns them by heart. Turned, slanted, stretched,
shifted, thickened and bent a little they are still the same letters, and the network has to learn what stays:
the shape. The elastic bending is from Simard, Steinkraus and Platt, "Best practices for convolutional neural
networks" (2003): every pixel is moved by a random field that is smooth, so that strokes bend as a less steady
hand would have drawn them.

This runs inside training, on micro-batches, so it has to be cheap. Two thoughts make it so:
- All that moves pixels is one table of "where does this pixel come from", and that table is linear in the
  random numbers: the rows x, y and 1 give any affine map, and one row for each bump of the elastic field
  bends it. So the tables of all images are a single matrix product.
- The images are stacked in one tall strip, empty rows between them, so that OpenCV treats all in one call,
  and what becomes of an image depends on nothing in its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

SIDE = 28
PIXELS = SIDE * SIDE
CENTRE = (SIDE - 1) / 2
GAP = 1  # empty rows below each image of the strip, as many as a 3×3 filter and a look-up reach beyond it
ROWS = SIDE + GAP
CHUNK = 1024  # images in a strip at most: OpenCV looks up pixels in pictures of less than 32,768 rows
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


@dataclass(frozen=True)
class Augment:
    """How strongly images are varied; nought of everything leaves them as they are.

    Uniform from minus to plus its strength: `rotation` (degrees), `shear` (the slant: pixels sideways for
    each pixel of height), `shift` (pixels, across and down), `thickness` (of strokes: 1, the most, is a pixel
    more or less all round). Between 1/(1 + strength) and 1 + strength: `scale` (of the whole), `stretch`
    (width against height). `elastic` is the typical (root mean square) bending in pixels, over distances of
    `smoothness` pixels. Between nought and its strength: `blur` (1, the most: the blurred image alone),
    `noise` (standard deviation, where ink is 1). `cutout` blanks a square of so many pixels a side, anywhere.
    """

    rotation: float = 0.0
    shear: float = 0.0
    scale: float = 0.0
    stretch: float = 0.0
    shift: float = 0.0
    thickness: float = 0.0
    elastic: float = 0.0
    smoothness: float = 5.0
    blur: float = 0.0
    noise: float = 0.0
    cutout: int = 0

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Varied copies: (N, 28, 28) uint8 becomes (N, 28, 28, 1) float32 from 0 to 1, a new array."""
        if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or images.dtype != np.uint8:
            raise ValueError(f"Augment takes (N, 28, 28) uint8, got {images.shape} {images.dtype}")
        result = np.empty(images.shape, np.float32)
        for start in range(0, len(images), CHUNK):
            part = slice(start, start + CHUNK)
            result[part] = self._varied(images[part], rng)
        return result[..., np.newaxis]  # (N, 28, 28) -> (N, 28, 28, 1)

    def _varied(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        strip = np.zeros((len(images), ROWS, SIDE), np.float32)
        strip[:, :SIDE] = images
        strip *= np.float32(1 / 255)
        if self.thickness:
            self._change_pen(strip, rng)
        if self.blur:
            self._soften(strip, rng)
        if self._moves:
            varied = self._moved(strip, rng)
        else:
            varied = strip[:, :SIDE]
        if self.noise:
            self._add_noise(varied, rng)
        if self.cutout:
            self._cut_out(varied, rng)
        return np.clip(varied, 0, 1, out=varied)

    def _change_pen(self, strip: np.ndarray, rng: np.random.Generator) -> None:
        """Thicker and thinner strokes: each image mixed with itself, spread or eaten away by a pixel."""
        amount = _each(rng.uniform(-self.thickness, self.thickness, len(strip)))
        thick, thin = _on_tall(cv2.dilate, strip, CROSS), _on_tall(cv2.erode, strip, CROSS)
        _mix(strip, thick, np.maximum(amount, 0))
        _mix(strip, thin, np.maximum(-amount, 0))

    def _soften(self, strip: np.ndarray, rng: np.random.Generator) -> None:
        amount = _each(rng.uniform(0, self.blur, len(strip)))
        _mix(strip, _on_tall(cv2.GaussianBlur, strip, (3, 3), 1.0), amount)

    @property
    def _moves(self) -> bool:
        return any((self.rotation, self.shear, self.scale, self.stretch, self.shift, self.elastic))

    def _moved(self, strip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Every pixel fetched from where it comes from: (N, 29, 28) -> (N, 28, 28)."""
        count = len(strip)
        x, y = self._origins(count, rng).reshape(2, count, PIXELS)
        # A pixel from above or below its image is empty: it must not come from the neighbour in the strip.
        np.clip(y, -1, SIDE, out=y)
        y += ROWS * np.arange(count, dtype=np.float32)[:, np.newaxis]
        tall = count * SIDE, SIDE
        moved = cv2.remap(strip.reshape(-1, SIDE), x.reshape(tall), y.reshape(tall), cv2.INTER_LINEAR)
        return moved.reshape(count, SIDE, SIDE)

    def _origins(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Where each pixel of each image comes from, in pixels of that image: (x or y, N, 784) float32.

        All strengths are symmetrical, so the way from the new image back to the old one is drawn directly.
        """
        angle, slant, size, width, across, down = rng.uniform(-1, 1, (6, count))
        angle = np.radians(self.rotation) * angle
        slant = self.shear * slant
        size = np.log1p(self.scale) * size
        width = np.log1p(self.stretch) / 2 * width
        x_scale, y_scale = np.exp(size + width), np.exp(size - width)
        cos, sin = np.cos(angle), np.sin(angle)

        rows = _rows(self.smoothness if self.elastic else None)
        weights = np.empty((2, count, len(rows)), np.float32)
        # Turn times slant times resize, written out: the factors of x, of y, and of 1.
        weights[0, :, 0] = cos * x_scale
        weights[0, :, 1] = (cos * slant - sin) * y_scale
        weights[0, :, 2] = CENTRE + self.shift * across
        weights[1, :, 0] = sin * x_scale
        weights[1, :, 1] = (sin * slant + cos) * y_scale
        weights[1, :, 2] = CENTRE + self.shift * down
        if self.elastic:
            weights[:, :, 3:] = rng.standard_normal((2, count, len(rows) - 3), np.float32)
            weights[:, :, 3:] *= np.float32(self.elastic)
        return weights.reshape(2 * count, -1) @ rows  # (2N, rows) @ (rows, 784) -> (2N, 784)

    def _add_noise(self, images: np.ndarray, rng: np.random.Generator) -> None:
        # Uniform noise: a normal draw costs five times as much, and a network cannot tell the difference.
        amount = _each(rng.uniform(0, self.noise * np.sqrt(12), len(images)))
        images += (rng.random(images.shape, np.float32) - np.float32(0.5)) * amount

    def _cut_out(self, images: np.ndarray, rng: np.random.Generator) -> None:
        first = rng.integers(1 - self.cutout, SIDE, (2, len(images), 1))
        line = np.arange(SIDE)
        down, across = (first <= line) & (line < first + self.cutout)  # (N, 28) each
        images[down[:, :, np.newaxis] & across[:, np.newaxis, :]] = 0


NONE = Augment()
# Letters carry their meaning in small things (a tail, a gap): stronger warps cost more than they taught.
LETTERS = Augment(rotation=8, shear=0.15, scale=0.1, stretch=0.12, shift=1, thickness=0.3, elastic=0.7)
DIGITS = Augment(rotation=8, shear=0.12, scale=0.1, stretch=0.1, shift=1.2, thickness=0.2, elastic=0.7)


def poster(images: np.ndarray, columns: int = 16) -> np.ndarray:
    """Images side by side on one sheet, to look at: (H, W) uint8, grey lines between them.

    Takes (N, 28, 28) or (N, 28, 28, 1), uint8 or float from 0 to 1.
    """
    images = images.reshape(len(images), *images.shape[1:3])
    if images.dtype != np.uint8:
        images = np.rint(images * 255).astype(np.uint8)
    count, height, width = images.shape
    columns = max(1, min(columns, count))
    rows = -(-count // columns)
    cells = np.full((rows * columns, height + 1, width + 1), 96, np.uint8)
    cells[count:, :height, :width] = 0
    cells[:count, :height, :width] = images
    sheet = cells.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    return sheet.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


@lru_cache(maxsize=8)
def _rows(smoothness: float | None) -> np.ndarray:
    """The rows that every table of origins is a sum of: (3 + bumps, 784) float32; no bumps where it is None.

    x, y (from the centre) and 1; then Gaussian bumps on a coarse grid, scaled so that, with weights drawn
    from a standard normal distribution, every pixel's displacement has a standard deviation of 1 pixel.
    """
    line = np.arange(SIDE)
    y, x = (axis.ravel() - CENTRE for axis in np.meshgrid(line, line, indexing="ij"))
    affine = np.stack([x, y, np.ones(PIXELS)])
    if smoothness is None:
        return affine.astype(np.float32)
    # A bump every 1.5 widths makes a sum without ripples; the grid reaches a width beyond the image.
    steps = int(np.ceil((CENTRE / smoothness + 1) / 1.5))
    grid = 1.5 * smoothness * np.arange(-steps, steps + 1)
    across = np.exp(-((line - CENTRE - grid[:, np.newaxis]) ** 2) / (2 * smoothness**2))  # (grid, 28)
    across /= np.sqrt((across**2).sum(axis=0))
    bumps = np.einsum("ay,bx->abyx", across, across).reshape(len(grid) ** 2, PIXELS)
    return np.concatenate([affine, bumps]).astype(np.float32)


def _each(amounts: np.ndarray) -> np.ndarray:
    """One number an image, shaped to stand beside (N, rows, 28)."""
    return amounts.astype(np.float32)[:, np.newaxis, np.newaxis]


def _on_tall(operation, strip: np.ndarray, *arguments) -> np.ndarray:
    """An OpenCV filter of 3×3 over the whole strip, black beyond its edge: (N, 29, 28) -> (N, 29, 28)."""
    tall = operation(strip.reshape(-1, SIDE), *arguments, borderType=cv2.BORDER_CONSTANT)
    return tall.reshape(strip.shape)


def _mix(strip: np.ndarray, other: np.ndarray, amount: np.ndarray) -> None:
    """Move a strip's images towards another strip, by the amount (0 to 1) of each; its gaps stay empty."""
    images = strip[:, :SIDE]
    images += amount * (other[:, :SIDE] - images)
