"""Drawing characters from the path of a pen."""

import time

import numpy as np
import pytest

from hellodl.data import strokes


def ink_box(image, threshold=0):
    rows, columns = np.nonzero(image > threshold)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


CROSS = [np.array([[0.0, 5.0], [10.0, 5.0]]), np.array([[5.0, 0.0], [5.0, 30.0]])]


@pytest.mark.parametrize("width", [1.2, 2.7, 5.5])
def test_the_ink_is_twenty_pixels_long_and_in_the_middle_whatever_the_pen(width):
    left, top, right, bottom = ink_box(strokes.render(CROSS, width=width), threshold=60)
    assert abs((bottom - top) - 20) <= 1
    assert abs((left + right) / 2 - 14) <= 0.5
    assert abs((top + bottom) / 2 - 14) <= 0.5


@pytest.mark.parametrize("width", [1.2, 1.7, 2.2, 2.7, 3.4, 4.3, 5.5])
def test_the_pen_is_as_wide_as_asked(width):
    line = strokes.render([np.array([[0.0, 0.0], [0.0, 100.0]])], width=width)
    across = line[10:18].astype(float).mean(axis=0).sum() / 255
    assert across == pytest.approx(width, abs=0.17)


def test_neither_unit_nor_place_of_the_points_matters():
    moved = [points * 37.0 + np.array([-4000.0, 123.0]) for points in CROSS]
    np.testing.assert_array_equal(strokes.render(CROSS), strokes.render(moved))


def test_y_points_downwards_and_x_to_the_right():
    corner = [np.array([[0.0, 0.0], [0.0, 10.0], [10.0, 10.0]])]  # an L
    image = strokes.render(corner).astype(int)
    assert image[20:].sum() > 2 * image[:8].sum()
    assert image[:, :9].sum() > 2 * image[:, 20:].sum()


def test_the_pen_is_up_between_strokes():
    apart = [np.array([[0.0, 0.0], [0.0, 10.0]]), np.array([[10.0, 0.0], [10.0, 10.0]])]
    assert strokes.render(apart)[:, 12:16].sum() == 0
    assert strokes.render([np.concatenate(apart)])[:, 12:16].sum() > 0


def test_a_single_point_is_a_dot_in_the_middle():
    left, top, right, bottom = ink_box(strokes.render([np.array([[7.0, 7.0]])]))
    assert 12 <= left < right <= 16
    assert 12 <= top < bottom <= 16


def test_as_they_are_points_are_pixels():
    image = strokes.render([np.array([[5.0, 3.0], [5.0, 9.0]])], size=12, width=2.0, fit=False)
    left, top, right, bottom = ink_box(image, threshold=100)
    assert (left, right) == (4, 6)
    assert (top, bottom) == (2, 10)


def test_many_at_once_are_the_same_pictures_as_one_by_one():
    widths = np.array([1.5, 4.0])
    images = strokes.render_many([CROSS, CROSS[:1]], width=widths)
    assert images.shape == (2, 28, 28)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images[0], strokes.render(CROSS, width=1.5))
    np.testing.assert_array_equal(images[1], strokes.render(CROSS[:1], width=4.0))


def test_ten_thousand_pictures_take_seconds_not_minutes():
    turn = np.linspace(0, 2 * np.pi, 40)
    letter = [np.stack([np.cos(turn), np.sin(turn)], axis=1), CROSS[1] / 30]
    start = time.process_time()
    strokes.render_many([letter] * 1000)
    assert time.process_time() - start < 1.0  # 0.1 s where this was written
