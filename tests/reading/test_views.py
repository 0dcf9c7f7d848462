"""A closer look at each character: several views, one opinion."""

import numpy as np

from hellodl.reading.views import LEANS, from_all_sides, leaned


def bar():
    picture = np.zeros((1, 28, 28), np.uint8)
    picture[0, 4:24, 13:15] = 255
    return picture


def test_a_leaned_picture_leans_about_its_middle():
    right = leaned(bar(), 0.3)[0].astype(float)
    columns = (right * np.arange(28)).sum(axis=1)[4:24] / right.sum(axis=1)[4:24]
    slope = np.polyfit(np.arange(20), columns, 1)[0]
    assert abs(slope - 0.3) < 0.03
    assert abs(columns.mean() - 13.5) < 0.2
    assert (leaned(bar(), 0.0) == bar()).all()


def test_all_views_are_asked_in_one_go_and_their_geometric_mean_is_the_answer():
    seen = []

    def classify(images):
        seen.append(len(images))
        views = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]], np.float32)
        return np.repeat(views, len(images) // len(LEANS), axis=0)

    answers = from_all_sides(np.repeat(bar(), 4, axis=0), classify)
    assert seen == [12]
    expected = np.cbrt([0.9 * 0.5 * 0.2, 0.1 * 0.5 * 0.8])
    np.testing.assert_allclose(answers, np.tile(expected / expected.sum(), (4, 1)), rtol=2e-3)


def test_nothing_seen_is_nothing_said():
    assert from_all_sides(np.zeros((0, 28, 28), np.uint8), lambda x: np.zeros((len(x), 5))).shape == (0, 5)
