"""Heights on the line speak for one class and against another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data.pages.hands import HEIGHTS
from hellodl.data.unipen import CLASSES_62
from hellodl.reading.heights import base_line, fits, page_slope
from hellodl.reading.parts import Box


def boxes_of(text, unit, slope=0.0, left=50, base=300):
    """Where the characters of a text would stand by typography; a small x is `unit` high."""
    boxes = []
    for place, letter in enumerate(text):
        x = left + round(1.4 * unit * place)
        line = base + slope * (x + 0.5 * unit)
        top, bottom = HEIGHTS[letter]
        boxes.append(Box(x, round(line - top * unit), x + round(unit), round(line - bottom * unit)))
    return boxes


def unsure(text):
    """Of each character all that is known is which letter it is, not its case."""
    rows = np.full((len(text), 62), 1e-3)
    for row, letter in zip(rows, text):
        row[[CLASSES_62.index(letter.lower()), CLASSES_62.index(letter.upper())]] = 0.5
    return rows / rows.sum(axis=1, keepdims=True)


def chosen(texts, boxes):
    beliefs = [unsure(text) for text in texts]
    return [
        "".join(CLASSES_62[i] for i in (belief * fit).argmax(axis=1))
        for belief, fit in zip(beliefs, fits(boxes, beliefs))
    ]


LETTERS = "abcdefghkmnpqrsuvwxyzABCDEFGHKMNPRSTUVWXYZ"  # l and i tell nothing by their heights


def test_case_is_found_by_heights_whatever_the_size_and_the_slope(rng):
    right = []
    for _ in range(60):
        ends = ["".join(rng.choice(list(LETTERS), rng.integers(3, 10))) for _ in range(rng.integers(1, 4))]
        texts = ["hAxp" + end for end in ends]  # something small, tall and hanging in every line
        unit, slope = int(rng.integers(16, 61)), rng.uniform(-0.05, 0.05)
        boxes = [boxes_of(text, unit, slope, base=300 + 5 * unit * i) for i, text in enumerate(texts)]
        for text, answer in zip(texts, chosen(texts, boxes)):
            # The others are as tall as their capitals.
            right += [a == b for a, b in zip(text, answer) if a.lower() not in "bdfhkt"]
    assert np.mean(right) > 0.98


def test_a_row_of_equal_heights_where_small_letters_would_differ_is_of_capitals():
    assert chosen(["DEEPLEARNING"], [boxes_of("DEEPLEARNING", 30)]) == ["DEEPLEARNING"]


def test_of_classes_that_look_alike_the_one_that_hangs_is_preferred_below_the_line():
    text = "haph"
    beliefs = [unsure(text)]
    (fit,) = fits([boxes_of(text, 40)], beliefs)
    p, capital, n = (CLASSES_62.index(c) for c in "pPn")
    assert fit[2, p] > 0.8
    assert fit[2, capital] < 0.2 and fit[2, n] < 0.5 * fit[2, p]
    standing = Box(*(getattr(boxes_of(text, 40)[2], side) for side in ("left", "top", "right")), 300)
    boxes = boxes_of(text, 40)
    (fit,) = fits([[*boxes[:2], standing, boxes[3]]], beliefs)
    assert fit[2, n] > fit[2, p]


def test_a_line_of_larger_letters_has_its_own_height_of_a_small_x():
    texts = ["hexagons", "hexagons"]
    assert chosen(texts, [boxes_of(texts[0], 40), boxes_of(texts[1], 30, base=500)]) == texts


def test_nothing_is_ruled_out():
    (fit,) = fits([[Box(0, 0, 10, 10), Box(20, 0, 30, 500)]], [np.full((2, 62), 1 / 62)])
    assert (fit > 0.01).all() and (fit <= 1).all()


def test_a_page_of_nothing_and_a_line_of_nothing():
    assert fits([], []) == []
    assert [fit.shape for fit in fits([[]], [np.ones((0, 62))])] == [(0, 62)]
    boxes, belief = boxes_of("hat", 30), unsure("hat")
    assert [len(fit) for fit in fits([[], boxes], [np.ones((0, 62)), belief])] == [0, 3]


@given(slope=st.floats(-0.2, 0.2))
def test_the_line_on_which_letters_stand_is_found_where_some_hang(slope):
    text = "happyegg"
    boxes, belief = boxes_of(text, 40, slope), np.eye(62)[[CLASSES_62.index(c) for c in text]]
    assert abs(page_slope([boxes], [belief], 40) - slope) < 0.01
    (found, _) = base_line(boxes, belief, np.array([40.0, 30.0]), slope)
    true = [300 + slope * box.middle[0] for box in boxes]
    np.testing.assert_allclose(found, true, atol=1.5)
