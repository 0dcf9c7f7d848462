"""Letters by counting: probabilities add up, agree with the formula done by hand, and know what they have seen."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data import ngrams
from hellodl.data.ngrams import ALPHABET, NGrams, as_read, discounts

TEXT = "the cat sat on the mat and the other cats sat then they ate at 7 or 8 that day"
WORDS = st.text(" abc1", max_size=40)


@given(WORDS, st.text(" abc1z", max_size=8), st.integers(1, 6))
def test_probabilities_add_up_to_one_and_nothing_is_impossible(text, context, order):
    model = NGrams(text, order)
    likely = model.probabilities(context)
    assert likely.min() > 0
    assert likely.sum() == pytest.approx(1, abs=1e-12)


def by_hand(text, context, order):
    """The formula, by looking through the whole text with strings alone."""
    text = f" {as_read(text)} "

    def strings(length):
        return [text[i : i + length] for i in range(len(text) - length + 1)]

    def counts(length):
        return Counter(strings(length) if length == order else (s[1:] for s in set(strings(length + 1))))

    return mixed_by_hand(counts, context, order)


def mixed_by_hand(counts_of, context, order):
    """The formula, where `counts_of` a length are the strings that long, each with its N."""
    below = dict.fromkeys(ALPHABET, 1 / len(ALPHABET))
    for length in range(min(len(context), order - 1) + 1):
        part, counts = context[len(context) - length :], counts_of(length + 1)
        less = discounts(np.array([*counts.values()], int))
        after = {c: counts[part + c] for c in ALPHABET if part + c in counts}
        if after:
            taken = {c: less[min(n, 3) - 1] for c, n in after.items()}
            below = {
                c: (after.get(c, 0) - taken.get(c, 0) + sum(taken.values()) * p) / sum(after.values())
                for c, p in below.items()
            }
    return np.array([*below.values()])


@given(st.text(" abc", min_size=2, max_size=40), st.text(" abcz", max_size=5), st.integers(1, 5))
def test_it_is_what_the_formula_gives_by_hand(text, context, order):
    np.testing.assert_allclose(NGrams(text, order).probabilities(context), by_hand(text, context, order), rtol=1e-9)


def by_hand_of_words(words, context, order):
    """The formula for words with their counts: what begins a word counts as often as it came."""

    def strings(length):
        found = Counter()
        for word, times in words.items():
            for i in range(len(word) + 2 - length + 1):
                found[f" {word} "[i : i + length]] += times
        return found

    def counts(length):
        if length == order:
            return strings(length)
        after = Counter(string[1:] for string in strings(length + 1))
        return {s: n if s[0] == " " and len(s) > 1 else after[s] or 1 for s, n in strings(length).items()}

    return mixed_by_hand(counts, context, order)


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=6), st.integers(1, 9), min_size=1, max_size=8),
    st.text("abcz", max_size=5),
    st.booleans(),
    st.integers(1, 5),
)
def test_words_with_counts_are_what_the_formula_gives_by_hand(words, context, begins, order):
    context = " " * begins + context
    likely = NGrams(words, order).probabilities(context)
    np.testing.assert_allclose(likely, by_hand_of_words(words, context, order), rtol=1e-9)
    assert likely.sum() == pytest.approx(1, abs=1e-12) and likely.min() > 0


def test_nothing_goes_on_from_one_counted_word_to_the_next():
    model = NGrams({"ab": 3, "ca": 2})
    state = model.start()
    for letter in "ab ":
        state = model.go_on(state, letter)
    assert state == model.start() == " "


def test_what_is_kept_of_contexts_does_not_grow_for_ever(monkeypatch):
    monkeypatch.setattr(ngrams, "MOST_KNOWN", 5)
    model, whole = NGrams(TEXT), NGrams(TEXT)
    for place in range(40):
        np.testing.assert_array_equal(model.probabilities(TEXT[:place]), whole.probabilities(TEXT[:place]))
        assert len(model._known) <= 5 + model.order


def test_discounts_are_those_of_chen_and_goodman():
    counts = np.repeat([1, 2, 3, 4, 9], [100, 30, 15, 10, 3])
    rare = 100 / (100 + 60)
    np.testing.assert_allclose(discounts(counts), [1 - 2 * rare * 0.3, 2 - 3 * rare * 0.5, 3 - 4 * rare * 10 / 15])


def test_it_knows_what_it_has_read():
    model = NGrams(TEXT)
    assert ALPHABET[model.probabilities("and th").argmax()] == "e"
    state = model.start()
    for letter in "and?th":
        state = model.go_on(state, letter)
    assert state == "and th"
    np.testing.assert_array_equal(model.scores([state, "c"])[0], np.log(model.probabilities("and th")))


def test_a_text_is_read_as_a_photo_would_be():
    assert as_read("Don’t, Señor:\n  it's 5 % of “GREAT”!") == "dont senor its 5 of great"


def test_an_order_that_does_not_fit_into_a_number_is_refused():
    for order in (0, 13):
        with pytest.raises(ValueError, match="from 1 to 12"):
            NGrams(TEXT, order)
    assert NGrams(TEXT * 3, 12).probabilities("they ate at").sum() == pytest.approx(1)
