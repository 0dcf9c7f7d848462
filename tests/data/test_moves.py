"""Words as movements: a small x is found from how high words are, the line from where strokes turn."""

import numpy as np
import pytest

from hellodl.data import moves
from hellodl.data.moves import Moves, line_under, movements, numbered, proportions, reach_of, sizes, strokes_of
from hellodl.data.writing import ALPHABET, gathered

SIZE, UP, DOWN = 100.0, 0.9, 0.8  # of a word on its line: a small x is 100, and the line at y = 500


def word(text, rng, size=SIZE, line=500.0):
    """Zigzags that stand on the line, as high and low as the text wants it."""
    above, below = reach_of(text)
    x = np.linspace(0, 60 * len(text), 12 * len(text))
    y = np.where(np.arange(len(x)) % 2, line, line - size).astype(np.float32)
    y[2], y[5] = line - size * (1 + UP * above), line + size * DOWN * below
    y += rng.normal(0, 1, len(y))
    points = np.stack([x, y], axis=1).astype(np.float32)
    return [points[: 3 * len(text)], points[3 * len(text) :]]


def test_letters_reach_up_and_down_as_far_as_they_do():
    assert reach_of("nose") == (0.0, 0.0)
    assert reach_of("bold") == (1.0, 0.0)
    assert reach_of("gape") == (0.0, 1.0)
    assert reach_of("?") == (pytest.approx(8 / 9), 0.0)


def test_a_writers_proportions_are_found_from_the_heights_of_words(rng):
    reach = np.array([reach_of(text) for text in ["nose", "bold", "gape", "gold"] * 50])
    heights = 3.2 * (1 + UP * reach[:, 0] + 0.6 * reach[:, 1]) * np.exp(rng.normal(0, 0.1, len(reach)))
    x, up, down = proportions(heights, reach)
    assert x == pytest.approx(3.2, rel=0.05)
    assert (up, down) == (pytest.approx(UP, abs=0.1), pytest.approx(0.6, abs=0.1))


def test_who_wrote_hardly_anything_is_taken_to_write_as_usual():
    assert proportions(np.zeros(0), np.zeros((0, 2))) == (1.0, *moves.USUAL[1:])
    x, up, _ = proportions(np.array([1.9]), np.array([[1.0, 0.0]]))
    assert (x, up) == (pytest.approx(1.9 / 1.8, rel=0.02), pytest.approx(0.8, abs=0.02))


@pytest.mark.parametrize("text", ["nose", "bold", "gape", "gold", "Jay"])
def test_the_line_is_where_most_strokes_turn(text, rng):
    strokes = word(text, rng)
    points = np.concatenate(strokes)
    # even where the box misleads: this writer's tails are thought to be longer than they are
    assert line_under(points, strokes, text, SIZE, UP, 1.1) == pytest.approx(500, abs=8)


def test_movements_lead_from_the_line_through_all_that_was_written(rng):
    strokes = word("gold", rng)
    made = movements(strokes, "gold", SIZE, UP, DOWN)
    assert made[:, 2].sum() == len(strokes) and made[-1].tolist()[2:] == [1, 1] and made[:, 3].sum() == 1
    back = strokes_of(made)
    assert len(back) == len(strokes)
    left = np.concatenate(strokes)[:, 0].min()
    for stroke, truth in zip(back, strokes, strict=True):
        there = (truth - [left, 500]) / SIZE
        assert np.abs(stroke[[0, -1]] - there[[0, -1]]).max() < 0.06
        nearest = np.linalg.norm(stroke[:, None] - there, axis=2).min(axis=1)
        assert nearest.max() < 0.06  # of the points that are left


def test_a_word_of_quite_another_size_than_its_writers_others_is_left_out(rng):
    words = gathered([(word("bold", rng), "bold") for _ in range(20)])
    millimetres = np.full(20, 5.0)
    millimetres[7] = 15.0
    found = sizes(words, np.arange(20), np.zeros(20, int), millimetres)
    assert [item for item, size in enumerate(found) if size is None] == [7]
    height = np.ptp(np.concatenate(words[0])[:, 1].astype(float))
    assert found[0][0] == pytest.approx(height / (1 + found[0][1]), rel=0.05)


def test_a_subset_has_its_words_only(rng):
    made = [movements(word(text, rng), text, SIZE, UP, DOWN) for text in ("nose", "bold", "gape")]
    starts = np.cumsum([0, *map(len, made)])
    some = Moves(np.concatenate(made), starts, ["nose", "bold", "gape"], np.array([1, 2, 3])).subset(np.array([2, 0]))
    assert (some.texts, some.hands.tolist(), len(some)) == (["gape", "nose"], [3, 1], 2)
    assert (some[0] == made[2]).all() and (some[1] == made[0]).all()
    assert some.lengths.tolist() == [len(made[2]), len(made[0])]


def test_texts_as_numbers_end_with_a_zero_that_counts():
    numbers, lengths = numbered(["ab", "c"])
    a, b, c = (ALPHABET.index(letter) + 1 for letter in "abc")
    assert (numbers.tolist(), lengths.tolist()) == ([[a, b, 0], [c, 0, 0]], [3, 2])
