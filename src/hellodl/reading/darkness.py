"""From a photo to darkness: how dark is each point compared with the paper around it?

Paper in a photo is never white: lamps colour it, hands throw shadows on it. So the paper is estimated first
(what is left when everything as thin as a pen stroke is closed over) and each pixel is compared with it. Pens
have colours: the three channels are mixed so that ink stands out most from this paper's own noise (Fisher's
linear discriminant, 1936). What of the darkness is a pen's doing, a network will say (see `lines`).
"""

from __future__ import annotations

import cv2
import numpy as np

LEAST_NOISE = 0.004
FAINTEST_LIGHT = 6.0  # of 255
PAPER_SIDE = 400  # pixels: the paper's light is smooth, a small picture of it is enough


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

    Where most is exactly 0, that is the paper of a clean scan, else what is has no say.
    """
    sample = darkness_samples.ravel()
    sample = sample[:: max(1, len(sample) // 200_000)]
    rubbed = sample == 0
    if rubbed.mean() < 0.5:
        sample = sample[~rubbed]
    if not len(sample):
        return LEAST_NOISE
    middle = float(np.median(sample))
    return max(1.4826 * float(np.median(np.abs(sample - middle))), LEAST_NOISE)
