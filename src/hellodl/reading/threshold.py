"""From a photo to ink: how dark is each point compared with the paper around it, and is that a pen's doing?

Paper in a photo is never white: lamps colour it, hands throw shadows on it. So the paper is estimated first
(what is left when everything as thin as a pen stroke is closed over) and each pixel is compared with it. Pens
have colours: the three channels are mixed so that ink stands out most from this paper's own noise (Fisher's
linear discriminant, 1936). What counts as ink is decided with two thresholds: a stroke must be clearly dark
somewhere, and is then followed for as long as it is at all darker than paper (hysteresis, Canny 1986).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from hellodl.reading.level import OUTSIDE

LEAST_NOISE = 0.004
FAINTEST_LIGHT = 6.0  # of 255
NOISE_BLOCKS = 24  # along the longer side
PAPER_SIDE = 400  # pixels: the paper's light is smooth, a small picture of it is enough


@dataclass(frozen=True)
class Levels:
    """Darknesses (0 is paper, 1 is black): the noise of the paper, and what a typical pen stroke here
    reaches."""

    noise: float
    ink: float

    def low(self, noise: np.ndarray | float) -> np.ndarray | float:
        """As far as this a stroke is followed, where the paper has such noise."""
        return np.maximum(0.3 * self.ink, np.minimum(3.5 * noise, 0.5 * self.ink))

    def high(self, noise: np.ndarray | float) -> np.ndarray | float:
        """As dark as this a stroke must be somewhere: fainter is dirt, or shines through from behind."""
        return np.maximum(0.45 * self.ink, np.minimum(5 * noise, 0.7 * self.ink))


def paper_of(picture: np.ndarray) -> np.ndarray:
    """The paper without the writing: (H, W, 3) uint8 -> the same shape, smooth."""
    height, width = picture.shape[:2]
    factor = min(1.0, PAPER_SIDE / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    reach = max(5, round(max(size) / 14)) | 1  # wider than any stroke, also of a marker
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    small = cv2.copyMakeBorder(small, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    small = cv2.morphologyEx(small, cv2.MORPH_CLOSE, brush)
    small = cv2.medianBlur(small, reach)  # unlike a mean it keeps the edge of a shadow where it is
    small = small[reach:-reach, reach:-reach]
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def is_light_on_dark(picture: np.ndarray) -> bool:
    """Chalk on a board: the outliers from the local middle are lighter, not darker."""
    factor = min(1.0, PAPER_SIDE / max(picture.shape[:2]))
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    grey = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    reach = max(5, round(max(grey.shape) / 8)) | 1
    off = grey.astype(np.float32) - cv2.medianBlur(grey, reach)
    lighter, darker = np.clip(off, 0, None), np.clip(-off, 0, None)
    return bool((lighter**3).sum() > 2 * (darker**3).sum())


def darkness(picture: np.ndarray) -> np.ndarray:
    """How much darker than paper each pixel is: (H, W, 3) uint8 -> (H, W) float32, paper 0, black 1."""
    if is_light_on_dark(picture):
        picture = 255 - picture
    paper = paper_of(picture)
    # A little light is added to both: in the deep shadow nothing stands out from nothing.
    lost = cv2.subtract(paper, picture, dtype=cv2.CV_32F)
    darker = cv2.divide(lost, paper.astype(np.float32) + FAINTEST_LIGHT)  # (H, W, 3)
    weights = ink_colour(darker[::3, ::3].reshape(-1, 3))
    return cv2.transform(darker, weights.reshape(1, 3))


def ink_colour(samples: np.ndarray) -> np.ndarray:
    """The mix of channels, (3,) weights that add up to 1, in which ink stands out most from the paper's
    noise.

    `samples` is (N, 3), the darkness of pixels in each channel.  Fisher: w = S⁻¹ m, where m is the mean
    darkness of ink and S how the paper's noise varies and goes together between channels.
    """
    plain = np.full(3, 1 / 3, np.float32)
    mean = samples.mean(axis=1)
    noise = noise_of(mean)
    strong = mean > max(6 * noise, 0.5 * float(np.quantile(mean, 0.999)))
    paper = np.abs(mean) < 3 * noise
    if strong.sum() < 20 or paper.sum() < 100:
        return plain
    spread = np.cov(samples[paper], rowvar=False) + np.eye(3) * 0.01**2
    weights = np.linalg.solve(spread, samples[strong].mean(axis=0)).clip(0, None)
    if weights.sum() <= 0:
        return plain
    # Half plain grey: a second pen of another colour must not vanish.
    return ((weights / weights.sum() + plain) / 2).astype(np.float32)


def noise_of(darkness_samples: np.ndarray) -> float:
    """The paper's noise: a robust standard deviation (1.48 × the median deviation), as most is paper.

    What lies beyond the edge of a picture that was turned has no say, nor what is exactly 0 where print was
    taken away. Where most is exactly 0, that is the paper of a clean scan.
    """
    sample = darkness_samples.ravel()
    sample = sample[:: max(1, len(sample) // 200_000)]
    sample = sample[sample != OUTSIDE]
    rubbed = sample == 0
    if rubbed.mean() < 0.5:
        sample = sample[~rubbed]
    if not len(sample):
        return LEAST_NOISE
    middle = float(np.median(sample))
    return max(1.4826 * float(np.median(np.abs(sample - middle))), LEAST_NOISE)


def find_levels(dark: np.ndarray) -> Levels | None:
    """How dark the noise and the ink of this page are; None for a page on which nothing is written.

    Ink is judged by whole strokes, each as dark as its darker parts are, and by the larger strokes: specks have no
    say.
    """
    noise = noise_of(dark)
    floor = np.maximum(5 * local_noise(dark, noise), 0.06)
    mask = (dark > floor).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return None
    peaks = peaks_of(dark, labels, count)[1:]
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.float64)
    sides = np.maximum(stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT])
    smallest = max(8, max(dark.shape) / 150)
    written = sides >= smallest
    if not written.any():
        return None
    # A component's say is its length, area over an unknown width: the square root keeps blobs from ruling.
    # What is twice as dark counts as two: many faint marks from behind the paper must not outvote a few
    # strokes of a pen.
    votes = np.sqrt(areas[written]) * peaks[written] ** 2
    order = np.argsort(peaks[written])
    shares = np.cumsum(votes[order]) / votes.sum()
    return Levels(noise, float(peaks[written][order][np.searchsorted(shares, 0.5)]))


def peaks_of(dark: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """How dark each component's darker part is, (count,): the mean of what is above its mean."""
    inside = labels > 0
    values, names = dark[inside], labels[inside]
    sizes = np.maximum(np.bincount(names, minlength=count), 1)
    means = np.bincount(names, weights=values, minlength=count) / sizes
    above = values >= means[names]
    return np.bincount(names[above], weights=values[above], minlength=count) / np.maximum(
        np.bincount(names[above], minlength=count), 1
    )


def ink_mask(dark: np.ndarray, levels: Levels) -> np.ndarray:
    """The pixels of strokes, (H, W) bool: above the low level, and joined to what is above the high one."""
    noise = local_noise(dark, levels.noise)
    weak = (dark > levels.low(noise)).astype(np.uint8)
    count, labels = cv2.connectedComponents(weak, connectivity=8)
    strong = np.bincount(labels[dark > levels.high(noise)], minlength=count) >= 3
    strong[0] = False
    return strong[labels]


def local_noise(dark: np.ndarray, least: float) -> np.ndarray:
    """The paper's noise around each pixel, (H, W) float32, at least `least`: a shadow is noisier than what is lit."""
    height, width = dark.shape
    side = max(24, max(dark.shape) // NOISE_BLOCKS)
    rows, columns = max(1, height // side), max(1, width // side)
    tall, wide = height // rows, width // columns
    blocks = dark[: rows * tall, : columns * wide].reshape(rows, tall, columns, wide)[:, ::2, :, ::2]
    pixels = blocks.swapaxes(1, 2).reshape(rows, columns, -1)
    off = np.abs(pixels - np.median(pixels, axis=2, keepdims=True))
    noise = np.maximum(1.4826 * np.median(off, axis=2), least).astype(np.float32)
    noise = cv2.medianBlur(noise, 3) if min(noise.shape) >= 3 else noise  # a block full of ink is no noise
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
