"""The slope of a page is found, and a page turned level is level and whole."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hellodl.reading.level import level_matrix, page_angle, turned_level


def words_at(degrees, size=(700, 1000), seed=0):
    """Rows of bars as wide as words, sloping downwards to the right by so many degrees: (H, W) uint8."""
    rng = np.random.default_rng(seed)
    out = np.zeros(size, np.uint8)
    for y in range(60, size[0] + 300, 60):
        x = 40
        while x < size[1] - 150:
            word = int(rng.integers(30, 110))
            cv2.rectangle(out, (x, y - 300), (x + word, y - 280), 255, -1)
            x += word + 30
    turn = cv2.getRotationMatrix2D((size[1] / 2, size[0] / 2), -degrees, 1.0)
    return cv2.warpAffine(out, turn, size[::-1])


@settings(max_examples=12)
@given(degrees=st.floats(-12, 12), seed=st.integers(0, 99))
def test_the_slope_of_a_page_is_found_to_half_a_degree(degrees, seed):
    assert abs(page_angle(words_at(degrees, seed=seed) > 127) - degrees) < 0.5


@pytest.mark.parametrize("degrees", [-9.0, 5.0])
def test_a_page_that_was_turned_level_is_level(degrees):
    page = words_at(degrees).astype(np.float32) / 255
    level = turned_level(page, *level_matrix(page.shape, page_angle(page > 0.5)))
    assert abs(page_angle(level > 0.5)) < 0.5
    assert level.sum() == pytest.approx(page.sum(), rel=0.01), "all of the ink is there"


@given(width=st.integers(1, 900), height=st.integers(1, 900), degrees=st.floats(-16, 16))
def test_the_level_page_holds_all_corners(width, height, degrees):
    matrix, size = level_matrix((height, width), degrees)
    corners = np.array([[x, y, 1] for x in (0, width - 1) for y in (0, height - 1)]) @ matrix.T
    assert corners.min() > -1e-6
    assert (corners <= np.array(size) - 1 + 1e-6).all()


def test_hardly_any_ink_has_no_slope():
    mask = np.zeros((100, 100), bool)
    mask[np.arange(40), np.arange(40)] = True
    assert page_angle(mask) == 0.0
