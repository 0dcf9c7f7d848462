"""Letter or digit by neighbours and page; capital or small by heights."""

import itertools

import numpy as np
import pytest
from hellodl.reading.case import with_case
from hypothesis import given
from hypothesis import strategies as st

from hellodl.reading.context import CHANGE, digit_posteriors, in_context
from hellodl.reading.context import _forward_backward as forward_backward
from hellodl.reading.parts import Box

CLASSES = "0123456789abcdefghijklmnopqrstuvwxyz"


@given(st.data())
def test_forward_backward_is_what_adding_up_all_sequences_gives(data):
    count = data.draw(st.integers(1, 6))
    part = st.floats(0.05, 1.0)
    evidence = np.array([[data.draw(part), data.draw(part)] for _ in range(count)])
    fresh = np.array([True, *[data.draw(st.booleans()) for _ in range(count - 1)]])
    share = data.draw(st.floats(0.05, 0.9))
    start = [1 - share, share]
    total, digit = 0.0, np.zeros(count)
    for states in itertools.product([0, 1], repeat=count):
        weight = 1.0
        for i, state in enumerate(states):
            if i == 0:
                step = start[state]
            else:
                change = 1.0 if fresh[i] else CHANGE
                step = (1 - change) * (state == states[i - 1]) + change * start[state]
            weight *= step * evidence[i, state]
        total += weight
        digit += weight * np.array(states)
    np.testing.assert_allclose(forward_backward(evidence, fresh, share), digit / total, rtol=1e-9)


def unsure(letter, other, share=0.5):
    row = np.full(36, 0.001)
    row[CLASSES.index(letter)], row[CLASSES.index(other)] = share, 1 - share
    return row / row.sum()


def sure(letter):
    return unsure(letter, "x" if letter != "x" else "q", 0.98)


def read(words):
    """Words as lists of rows, on one line, each read in the context of all."""
    rows = np.array([row for word in words for row in word], np.float32)
    fresh = np.array([i == 0 for word in words for i in range(len(word))])
    (out,) = in_context([rows], [fresh], CLASSES)
    np.testing.assert_allclose(out.sum(axis=1), 1, rtol=1e-4)
    return "".join(CLASSES[i] for i in out.argmax(axis=1))


def test_a_ring_among_letters_is_an_o_and_among_digits_a_zero():
    ring = unsure("o", "0")
    look = [sure("l"), ring, ring, sure("k")]
    hundred = [sure("4"), ring, ring, sure("7")]
    assert read([look, hundred]) == "look4007"


def test_without_any_hint_people_write_letters():
    assert read([[unsure("o", "0"), unsure("s", "5"), unsure("o", "0")]]) == "oso"


def test_a_page_full_of_digits_makes_doubtful_ones_digits():
    page = [[sure(d)] for d in "2374968"] + [[unsure("s", "5")]]
    assert read(page)[-1] == "5"


def test_a_clear_digit_inside_a_word_stays_what_it_is():
    assert read([[sure("b"), unsure("4", "x", 0.999), sure("t")]]) == "b4t"


def test_a_reader_of_letters_alone_is_left_as_it_is():
    rows = np.full((3, 26), 1 / 26, np.float32)
    (out,) = in_context([rows], [np.array([True, False, False])], "abcdefghijklmnopqrstuvwxyz")
    assert (out == rows).all()


def test_an_empty_page_has_nothing_to_tell():
    assert digit_posteriors([], []) == []


TALL, SHORT, HANGING = "bdfhklt", "acemnorsuvwxz", "gpqy"


def boxes_of(text):
    """Where the letters of a text would stand; capitals are 60 high, a small x 38."""
    boxes, x = [], 0
    for letter in text:
        top, bottom = 0, 60
        if letter in SHORT:
            top = 22
        elif letter in HANGING:
            top, bottom = 22, 80
        boxes.append(Box(x, top, x + (4 if letter in "lI" else 30), bottom))
        x += 45
    return boxes


@pytest.mark.parametrize("text", ["handwriting", "DEEPLEARNING", "puppyjumps", "QUAKYPLUMP"])
def test_heights_tell_capitals_from_small_letters(text):
    assert with_case([text.lower()], [boxes_of(text)]) == [text]


def test_a_tall_letter_that_would_be_low_if_small_is_a_capital():
    assert with_case(["samhadlunch"], [boxes_of("Samhadlunch")]) == ["Samhadlunch"]


def test_an_l_with_a_foot_is_a_capital_among_small_letters():
    boxes = boxes_of("landhand")
    footed = [Box(boxes[0].left, 0, boxes[0].left + 35, 60), *boxes[1:]]
    assert with_case(["landhand"], [boxes]) == ["landhand"]
    assert with_case(["landhand"], [footed]) == ["Landhand"]
    words = np.array([True] + [False] * 7)
    assert with_case(["landhand"], [footed], [~words]) == ["landhand"], "within a word it is a loop"


def test_a_headline_in_capitals_over_small_letters():
    lines = ["HELLOWORLD", "thequickbrownfox", "jumpsoverthelazydog"]
    assert with_case([line.lower() for line in lines], [boxes_of(line) for line in lines]) == lines


def test_an_upright_stroke_among_capitals_is_an_i_and_no_l():
    assert with_case(["hlt"], [boxes_of("HIT")]) == ["HIT"]
    wide = boxes_of("HAT")
    assert with_case(["hlt"], [wide]) == ["HLT"]


def test_digits_have_no_case():
    assert with_case(["1234"], [boxes_of("1234")]) == ["1234"]
