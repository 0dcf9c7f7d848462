"""A character alone in its picture, cut out tight, white on black, as MNIST has them."""

import os
from pathlib import Path

import numpy as np
import pytest

from hellodl.commands.eyes import eyes
from hellodl.data import idx
from hellodl.reading.page import Character, Page
from hellodl.reading.room import LARGER, SMALL, is_cut_out, with_room

SHARED = Path(os.environ.get("HELLODL_SHARED", Path(__file__).parents[2].parent / "shared"))
MNIST = SHARED / "data" / "mnist"
EACH = 3


def test_the_paper_around_it_has_the_shade_of_its_edge():
    picture = np.zeros((20, 12, 3), np.uint8)
    picture[3:17, 4:8] = 255
    roomy, back = with_room(picture)
    assert roomy.shape == (3 * 20 * LARGER, 12 * LARGER + 2 * 20 * LARGER, 3)
    assert roomy[0, 0].tolist() == [0, 0, 0] and roomy[roomy.shape[0] // 2, roomy.shape[1] // 2].min() > 200
    assert np.allclose(back @ [20 * LARGER, 20 * LARGER, 1], 0), "its corner"


def test_only_what_is_small_is_cut_out():
    assert is_cut_out(np.zeros((SMALL, 9, 3))) and not is_cut_out(np.zeros((SMALL + 1, 9, 3)))


@pytest.mark.shared
@pytest.mark.skipif(not MNIST.exists(), reason="MNIST is not there")
def test_most_digits_that_are_cut_tight_are_one_character():
    images, labels = idx.read_labelled_images(
        MNIST / "train-images-idx3-ubyte.gz", MNIST / "train-labels-idx1-ubyte.gz"
    )
    look = eyes()
    found: list[Page] = []
    for digit in range(10):
        for image in images[labels == digit][:EACH]:
            rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
            tight = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            found.append(look(np.repeat(tight[..., None], 3, axis=2)))
            assert found[-1].size == tight.shape[::-1]
    assert sum(len(page.text) == 1 for page in found) >= 0.7 * len(found)
    boxes = [(page, one) for page in found for one in page.characters]
    assert all(_inside(page, one) for page, one in boxes)


def _inside(page: Page, one: Character) -> bool:
    left, top, width, height = one.box
    return min(left, top) >= 0 and left + width <= page.size[0] and top + height <= page.size[1]
