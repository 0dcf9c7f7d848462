"""How much was read right: the cheapest way from the truth to what was read."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.reading.accuracy import aligned, character_accuracy, edit_distance, plain, strict

short = st.text("abc", max_size=6)


@cache
def distance(truth, read):
    """By the book: every way to mend the last character."""
    if not truth or not read:
        return len(truth) + len(read)
    return min(
        distance(truth[:-1], read) + 1,
        distance(truth, read[:-1]) + 1,
        distance(truth[:-1], read[:-1]) + (truth[-1] != read[-1]),
    )


@given(truth=short, read=short)
def test_the_edit_distance_is_that_of_the_book(truth, read):
    assert edit_distance(truth, read) == distance(truth, read)


@given(truth=st.text("ab1 ", max_size=12), read=st.text("ab1 ", max_size=12))
def test_an_alignment_takes_every_place_once_in_order_and_is_a_cheapest_one(truth, read):
    pairs = aligned(truth, read)
    assert [i for i, _ in pairs if i is not None] == list(range(len(truth)))
    assert [j for _, j in pairs if j is not None] == list(range(len(read)))
    cost = sum(i is None or j is None or truth[i] != read[j] for i, j in pairs)
    assert cost == edit_distance(truth, read)
    assert (None, None) not in pairs


def test_words_are_aligned_as_well():
    assert aligned(["one", "two", "three"], ["one", "three"]) == [(0, 0), (1, None), (2, 1)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("  Two  words,\n and one! ", "Two words and one"), ("a - b ? c", "a b c"), ("é1", "1"), ("...", "")],
)
def test_strictly_case_and_single_spaces_count_and_other_signs_do_not(text, wanted):
    assert strict(text) == wanted


def test_plainly_only_letters_and_digits_count_and_twins_are_one():
    assert plain("Oil 0,1!") == plain("011 o l") == "01101"
    assert character_accuracy("Hello", "he11O") == 1.0
    assert character_accuracy("abcd", "abxd") == 0.75
    assert character_accuracy("ab", "completely wrong") == 0.0
