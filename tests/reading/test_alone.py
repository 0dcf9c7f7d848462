"""A character alone in its picture, cut out tight, white on black, as MNIST has them, or as a camera does."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from hellodl.commands.eyes import eyes
from hellodl.data import idx
from hellodl.reading.alone import LARGEST, alone
from hellodl.reading.strips import HEIGHT

SHARED = Path(os.environ.get("HELLODL_SHARED", Path(__file__).parents[2].parent / "shared"))
MNIST = SHARED / "data" / "mnist"
EACH = 5


def grey(picture):
    return np.repeat(picture[..., None], 3, axis=2)


def seven(side=28):
    """A 7 that touches all four edges, white on black."""
    picture = np.zeros((28, 20), np.uint8)
    cv2.polylines(picture, [np.array([[1, 1], [18, 1], [6, 26]])], False, 255, 3)
    return cv2.resize(picture, (side * 20 // 28, side), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("side", [28, 60, LARGEST])
@pytest.mark.parametrize("shades", [(0, 255), (255, 0), (200, 120), (40, 90)])
def test_its_strip_is_full_of_it_whatever_its_size_and_shade(side, shades):
    paper, pen = shades
    picture = grey((paper + (pen - paper) * (seven(side) / 255)).astype(np.uint8))
    strip = alone(picture)
    assert len(strip.picture) == HEIGHT and np.quantile(strip.picture, 0.95) > 200
    assert np.median(strip.picture) == 0, "most of it is paper"
    left, top, width, height = strip.box(0, strip.picture.shape[1])
    assert abs(left) <= 1 and abs(top) <= side // 14 and abs(width - picture.shape[1]) <= side // 14 + 1
    assert abs(height - side) <= side // 7


def test_what_is_no_character_alone_is_left_to_who_marks_lines():
    one = seven()
    bare, noise = np.full((28, 28), 200, np.uint8), np.random.default_rng(0).normal(200, 4, (28, 28)).astype(np.uint8)
    low = np.zeros((28, 28), np.uint8)
    low[20:23, 4:24] = 255
    word, lines = np.hstack([np.pad(one, 2)] * 3), np.vstack([np.pad(one, 2)] * 2)
    for picture in (bare, noise, low, word, lines, seven(LARGEST + 1)):
        assert alone(grey(picture)) is None


@pytest.mark.shared
@pytest.mark.skipif(not MNIST.exists(), reason="MNIST is not there")
def test_digits_that_are_cut_tight_are_one_character_each():
    images, labels = idx.read_labelled_images(
        MNIST / "train-images-idx3-ubyte.gz", MNIST / "train-labels-idx1-ubyte.gz"
    )
    look, one, right = eyes(threads=1), 0, 0
    for digit in range(10):
        for image in images[labels == digit][:EACH]:
            rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
            tight = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            page = look(grey(tight))
            one, right = one + (len(page.text) == 1), right + (page.text == str(digit))
            assert page.size == tight.shape[::-1]
            for left, top, width, height in (character.box for character in page.characters):
                assert min(left, top) >= 0 and left + width <= page.size[0] and top + height <= page.size[1]
    assert one >= 0.95 * 10 * EACH and right >= 0.9 * 10 * EACH
