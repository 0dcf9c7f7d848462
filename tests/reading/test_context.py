"""Digit, capital or small: by neighbours, by the page, and by heights on the line."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data.pages.hands import HEIGHTS
from hellodl.data.unipen import CLASSES_62
from hellodl.reading.context import BEGUN, WENT_ON, apart, forward_backward, in_context, kinds_of
from hellodl.reading.parts import Box


@given(st.data())
def test_forward_backward_is_what_adding_up_all_sequences_gives(data):
    count = data.draw(st.integers(1, 5))
    part = st.floats(0.05, 1.0)
    evidence = np.array([[data.draw(part) for _ in range(3)] for _ in range(count)])
    fresh = np.array([True, *[data.draw(st.booleans()) for _ in range(count - 1)]])
    start = np.array([data.draw(part) for _ in range(3)])
    step = np.array([[data.draw(part) for _ in range(3)] for _ in range(3)])
    start, step = start / start.sum(), step / step.sum(axis=1, keepdims=True)
    total, kinds, passed = 0.0, np.zeros((count, 3)), np.zeros((3, 3))
    for states in itertools.product(range(3), repeat=count):
        weight = 1.0
        for i, state in enumerate(states):
            weight *= evidence[i, state] * (start[state] if fresh[i] else step[states[i - 1], state])
        total += weight
        for i, state in enumerate(states):
            kinds[i, state] += weight
            if not fresh[i]:
                passed[states[i - 1], state] += weight
    found, went_on = forward_backward(evidence, fresh, start, step)
    np.testing.assert_allclose(found, kinds / total, rtol=1e-9)
    np.testing.assert_allclose(went_on, passed / total, rtol=1e-9, atol=1e-12)


def test_a_long_line_does_not_run_out_of_numbers():
    evidence = np.full((3000, 3), 1e-3)
    found, _ = forward_backward(evidence, np.zeros(3000, bool), BEGUN / BEGUN.sum(), WENT_ON / 14)
    assert np.isfinite(found).all()


def test_what_the_page_shows_changes_what_is_believed_of_the_next_character():
    doubtful, digit = np.full((1, 3), 1 / 3), np.array([[0.98, 0.01, 0.01]])
    new = np.array([True])
    alone = kinds_of([doubtful], [new])[0][0]
    among = kinds_of([digit] * 12 + [doubtful], [new] * 13)[-1][0]
    assert alone.argmax() == 2, "people mostly write small letters"
    assert among.argmax() == 0


def boxes_of(words, unit=33.0):
    """Where the characters of words would stand by typography; a small x is `unit` high."""
    boxes, x = [], 0
    for word in words:
        for letter in word:
            top, bottom = HEIGHTS[letter]
            boxes.append(Box(x, round(200 - top * unit), x + 30, round(200 - bottom * unit)))
            x += 45
        x += 45
    return boxes


def looks(**shares):
    """What a network makes of one character: a row (62,), `zero`, `one` and so on for digits."""
    row = np.full(62, 1e-4)
    for name, share in shares.items():
        row[CLASSES_62.index(name[-1])] = share
    return row / row.sum()


def sure(letter):
    return looks(**{f"_{letter}": 0.98})


def in_both_cases(letter):
    """One that no network can tell from a picture alone: half small, half capital."""
    return looks(**{f"_{letter.lower()}": 0.5, f"_{letter.upper()}": 0.5})


def read(lines, rows=None):
    """Lines of words, each character seen as a row says (else: without its case), in context."""
    rows = rows or {}
    seen = [np.array([rows.get(c, in_both_cases(c)) for word in line.split() for c in word]) for line in lines]
    fresh = [np.array([i == 0 for word in line.split() for i in range(len(word))]) for line in lines]
    found = in_context(seen, [boxes_of(line.split()) for line in lines], fresh)
    for belief in found:
        np.testing.assert_allclose(belief.sum(axis=1), 1, rtol=1e-9)
    return ["".join(CLASSES_62[i] for i in belief.argmax(axis=1)) for belief in found]


ring = looks(_o=0.33, _O=0.34, _0=0.33)


def test_a_ring_among_letters_is_an_o_and_among_digits_a_zero():
    rows = {"4": sure("4"), "7": sure("7"), "0": ring, "o": ring, "O": ring}
    assert read(["look 4007"], rows) == ["look4007"]
    assert read(["LOOK 4007"], rows) == ["LOOK4007"]


def test_a_page_full_of_digits_makes_doubtful_ones_digits():
    rows = {d: sure(d) for d in "2374968"} | {"5": looks(_5=0.4, _S=0.6)}
    assert read(["2 3 7 4 9 6 8 5"], rows) == ["23749685"]
    assert read(["5"], rows) == ["S"]


def test_a_clear_digit_inside_a_word_stays_what_it_is():
    assert read(["b4t"], {"4": looks(_4=0.999)}) == ["b4t"]


@pytest.mark.parametrize("text", ["handwriting", "DEEPLEARNING", "puppyjumps", "QUAKYPLUMP", "Samhadlunch"])
def test_heights_tell_capitals_from_small_letters(text):
    assert read([text]) == [text]


def test_a_headline_in_capitals_over_small_letters():
    lines = ["HELLO WORMS", "the quick brown fox", "jumps over the lazy dog"]
    assert read(lines) == [line.replace(" ", "") for line in lines]


def test_an_upright_stroke_is_an_i_among_capitals_and_an_l_among_small_letters():
    stroke = looks(_I=0.5, _l=0.5)
    assert read(["MIX MAIN"], {"I": stroke}) == ["MIXMAIN"]
    assert read(["mellow hill"], {"l": stroke}) == ["mellowhill"]


def test_an_empty_page_has_nothing_to_tell():
    assert in_context([], [], []) == []


def test_a_network_without_case_believes_half_in_each():
    classes = "0123456789abcdefghijklmnopqrstuvwxyz"
    row = np.zeros((1, 36))
    row[0, classes.index("h")], row[0, classes.index("4")] = 0.8, 0.2
    found = apart(row, classes)
    assert found[0, CLASSES_62.index("h")] == found[0, CLASSES_62.index("H")] == pytest.approx(0.4)
    assert found[0, CLASSES_62.index("4")] == pytest.approx(0.2)
    assert found.sum() == pytest.approx(1)


@given(st.permutations(CLASSES_62 + "?"))
def test_a_network_of_all_characters_keeps_what_it_says_in_whatever_order(names):
    row = np.arange(1, 64, dtype=float)[None]
    found = apart(row, "".join(names))
    assert [found[0, CLASSES_62.index(n)] for n in names if n != "?"] == [v for n, v in zip(names, row[0]) if n != "?"]
