"""A closer look at each character: several views, one opinion."""

import numpy as np

from hellodl.reading.views import VIEWS, from_all_sides, seen


def bar():
    picture = np.zeros((1, 28, 28), np.uint8)
    picture[0, 4:24, 13:15] = 255
    return picture


def test_a_leaned_picture_leans_about_its_middle():
    right = seen(bar(), 0.3, 0.0)[0].astype(float)
    columns = (right * np.arange(28)).sum(axis=1)[4:24] / right.sum(axis=1)[4:24]
    slope = np.polyfit(np.arange(20), columns, 1)[0]
    assert abs(slope - 0.3) < 0.03
    assert abs(columns.mean() - 13.5) < 0.2
    assert (seen(bar(), 0.0, 0.0) == bar()).all()


def test_a_turned_picture_turns_to_the_left_about_its_middle_after_it_leans():
    def rightward(picture):  # how far each row's ink is to the right of the row above
        rows = picture.astype(float)[6:22]
        return np.polyfit(np.arange(16), (rows * np.arange(28)).sum(axis=1) / rows.sum(axis=1), 1)[0]

    assert abs(rightward(seen(bar(), 0.0, 6.0)[0]) - np.tan(np.radians(6))) < 0.02
    assert abs(rightward(seen(bar(), -np.tan(np.radians(6)), 6.0)[0])) < 0.02


def test_all_views_are_asked_in_one_go_and_their_geometric_mean_is_the_answer():
    asked = []
    opinions = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]], np.float32)

    def classify(images):
        asked.append(len(images))
        return np.repeat(opinions, len(images) // len(VIEWS), axis=0)

    answers = from_all_sides(np.repeat(bar(), 4, axis=0), classify)
    assert asked == [20]
    expected = opinions.prod(axis=0) ** (1 / 5)
    np.testing.assert_allclose(answers, np.tile(expected / expected.sum(), (4, 1)), rtol=2e-3)


def test_nothing_seen_is_nothing_said():
    assert from_all_sides(np.zeros((0, 28, 28), np.uint8), lambda x: np.zeros((len(x), 5))).shape == (0, 5)
