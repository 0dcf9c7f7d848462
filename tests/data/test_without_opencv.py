"""Strokes drawn by NumPy alone, beside OpenCV's."""

import numpy as np
import pytest

from hellodl.data import strokes, without_opencv, writing
from hellodl.data.ink import Ink


@pytest.fixture
def missing(monkeypatch):
    """A machine without OpenCV."""
    monkeypatch.setattr(strokes, "polylines", None)


def written(count, rng):
    ink = Ink.load()
    return ink.write(rng.integers(len(ink), size=count), rng)


def both(request, draw):
    """What is drawn by OpenCV, and without."""
    usual = draw()
    request.getfixturevalue("missing")
    return usual, draw()


def alike(one, other):
    """How well the greys of two pictures go together, and by how much one has more ink."""
    one, other = one.astype(float), other.astype(float)
    return np.corrcoef(one.ravel(), other.ravel())[0, 1], other.sum() / one.sum() - 1


@pytest.mark.parametrize("width", [1.2, 2.3, 2.7, 3.1, 5.5])
def test_characters_look_as_opencv_draws_them(width, rng, request):
    characters = written(300, rng)
    similar, more = alike(*both(request, lambda: strokes.render_many(characters, width)))
    assert similar > 0.99
    assert abs(more) < 0.02


def test_widths_and_sizes_may_differ(rng, request):
    characters, widths, longest = written(50, rng), rng.uniform(1.5, 4, 50), rng.uniform(14, 24, 50)
    similar, more = alike(*both(request, lambda: strokes.render_many(characters, widths, longest=longest)))
    assert similar > 0.99
    assert abs(more) < 0.02


def test_lines_of_writing_too(rng, request):
    line = [stroke * 20 + [25 * place, 0] for place, one in enumerate(written(6, rng)) for stroke in one]
    similar, more = alike(*both(request, lambda: writing.drawn(line, rng, plain=True)))
    assert similar > 0.985
    assert abs(more) < 0.05


def test_one_is_drawn_as_many_are(rng, missing):
    characters = written(20, rng)
    alone = [strokes.render(character) for character in characters]
    np.testing.assert_array_equal(strokes.render_many(characters), alone)


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 4, 1.2])
def test_a_line_has_the_area_of_its_width_times_its_length(angle):
    way = 20 * np.array([np.cos(angle), np.sin(angle)])
    picture = without_opencv.drawn([[np.stack([[20, 20] - way / 2, [20, 20] + way / 2])]], 40, 40, [3.0])[0]
    assert picture.sum() / 255 == pytest.approx(3 * 20 + np.pi * 1.5**2, rel=0.02)  # with its round ends


def test_the_pen_is_up_between_strokes_and_a_point_is_a_dot():
    apart = [np.array([[5.0, 5.0], [5.0, 15.0]]), np.array([[15.0, 5.0], [15.0, 15.0]]), np.array([[25.5, 10.5]])]
    picture = without_opencv.drawn([apart], 20, 32, [4.0])[0]
    assert picture[:, 8:12].sum() == 0
    assert picture[10, 25] == 255
    assert picture[:, 22:30].sum() / 255 == pytest.approx(4 * np.pi, rel=0.05)


def test_what_leaves_the_picture_is_cut_off_and_nothing_is_nothing():
    picture = without_opencv.drawn([[np.array([[-50.0, 4.0], [50.0, 4.0]])], []], 8, 8, [2.0, 2.0])
    np.testing.assert_array_equal(picture[0].astype(bool).any(axis=1), [False] * 3 + [True] * 2 + [False] * 3)
    assert picture[1].sum() == 0
