"""Language decides where pictures leave doubt, and nowhere else."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data.ngrams import ALPHABET, NGrams
from hellodl.reading import language
from hellodl.reading.language import in_language, language_scores, posteriors

CLASSES = "0123456789abcdefghijklmnopqrstuvwxyz"
BOTH_CASES = CLASSES + "ABCDEFGHIJKLMNOPQRSTUVWXYZ?"
ENGLISH = NGrams(
    "the hand that wrote this and the hand that reads it have never met and yet when the one writes and "
    "the other reads both have the same thing in mind which is a thing to wonder at and then to get used to"
)


def row(classes=CLASSES, **shares):
    """What a picture says: so much for each letter, and the rest shared by all."""
    out = np.full(len(classes), (1 - sum(shares.values())) / len(classes))
    for letter, share in shares.items():
        out[classes.index(letter)] += share
    return out


def line(text, doubts, classes=CLASSES):
    """Rows for a text whose letters are sure but for those in `doubts`, by place; and where words begin."""
    rows, fresh, before = [], [], " "
    for i, c in enumerate(text):
        if c != " ":
            rows.append(doubts.get(i, row(classes, **{c: 0.995})))
            fresh.append(before == " ")
        before = c
    return np.array(rows, np.float32), np.array(fresh)


def read(text, doubts, classes=CLASSES):
    rows, fresh = line(text, doubts, classes)
    (out,) = in_language([rows], [fresh], classes, ENGLISH)
    assert out.dtype == rows.dtype
    np.testing.assert_allclose(out.sum(axis=1), 1, atol=1e-5)
    return "".join(classes[k] for k in out.argmax(axis=1)), out


def test_language_mends_what_the_picture_alone_gets_wrong():
    doubts = {6: row(b=0.55, h=0.4), 9: row(n=0.6, h=0.38)}
    rows, _ = line("then the hand", doubts)
    assert "".join(CLASSES[k] for k in rows.argmax(axis=1)) == "thentbenand"
    assert read("then the hand", doubts)[0] == "thenthehand"


def test_what_comes_later_decides_as_well():
    assert read("hand", {0: row(k=0.6, h=0.39)})[0] == "hand"
    assert read("wonder", {2: row(h=0.7, n=0.29)})[0] == "wonder"


def test_a_clear_picture_wins_over_the_language_and_keeps_its_row():
    sure = row(q=0.993)
    found, out = read("then the hand", {9: sure})
    assert found == "thentheqand"
    np.testing.assert_array_equal(out[7], sure.astype(np.float32))


def test_numbers_and_codes_are_left_as_they_are():
    rows, fresh = line("4x the b2h8", {1: row(x=0.5, h=0.45), 10: row(**{"8": 0.6, "a": 0.39})})
    (out,) = in_language([rows], [fresh], CLASSES, ENGLISH)
    code = [0, 1, 5, 6, 7, 8]
    np.testing.assert_array_equal(out[code], rows[code])


def test_both_cases_of_a_letter_are_one_to_the_language_and_the_page_says_which():
    doubt = row(BOTH_CASES, n=0.3, N=0.25, h=0.1, H=0.3)
    found, out = read("then the hand", {9: doubt}, BOTH_CASES)
    assert found == "thentheHand"
    share = out[7, BOTH_CASES.index("H")] / out[7, BOTH_CASES.index("h")]
    assert share == pytest.approx(3, rel=0.02)


def test_what_is_no_character_stays_so_and_is_passed_over():
    mark = row(BOTH_CASES, **{"?": 0.9})
    rows, fresh = line("then the hand", {10: row(BOTH_CASES, a=0.45, o=0.5)}, BOTH_CASES)
    rows, fresh = np.insert(rows, 8, mark, axis=0), np.insert(fresh, 8, False)
    (out,) = in_language([rows], [fresh], BOTH_CASES, ENGLISH)
    np.testing.assert_array_equal(out[8], rows[8])
    assert "".join(BOTH_CASES[k] for k in out.argmax(axis=1)) == "thentheh?and"


def test_a_word_that_begins_with_no_character_is_still_a_word():
    mark = row(BOTH_CASES, **{"?": 0.9})
    rows = np.array([row(BOTH_CASES, s=0.999), mark, row(BOTH_CASES, a=0.999)])
    numbers, places = language.places_of(rows[:, :36], np.array([True, True, False]), BOTH_CASES[:36])
    assert numbers == [0, 2, 2]
    assert [list(place) for place in places] == [["s"], [" "], ["a"]]


def test_lines_keep_their_lengths_and_words_go_on_from_line_to_line():
    first, second = line("then", {}), line("the hand", {5: row(o=0.5, a=0.48)})
    lines = in_language([first[0], second[0]], [first[1], second[1]], CLASSES, ENGLISH)
    assert [len(part) for part in lines] == [4, 7]
    assert CLASSES[lines[1][4].argmax()] == "a"
    assert in_language([], [], CLASSES, ENGLISH) == []


def all_ways(places):
    """Posteriors by adding up every single way through the page."""
    totals = [np.zeros(len(place)) for place in places]
    for letters in itertools.product(*places):
        state, score = ENGLISH.start(), 0.0
        for place, letter in zip(places, letters):
            reading = language.Reading("", state, 0.0)
            score += place[letter] + language.WEIGHT * language_scores([reading], [letter], ENGLISH)[0, 0]
            state = ENGLISH.go_on(state, letter)
        for total, place, letter in zip(totals, places, letters):
            total[list(place).index(letter)] += np.exp(score)
    return [total / total.sum() for total in totals]


@given(st.lists(st.dictionaries(st.sampled_from("thean "), st.floats(-3, 0), min_size=1, max_size=3), max_size=6))
def test_posteriors_are_what_adding_up_all_ways_gives_where_none_is_dropped(places):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "WIDTH", 10_000)
        patch.setattr(language, "HOPELESS", np.inf)
        found = posteriors(places, ENGLISH)
    for one, other in zip(found, all_ways(places), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_a_language_that_does_not_know_a_letter_rules_nothing_out():
    class OnlyA:
        alphabet = "a "

        def start(self):
            return None

        def scores(self, states):
            return np.log(np.full((len(states), 2), [0.999, 0.001]))

        def go_on(self, state, character):
            return None

    (share,) = posteriors([{"b": np.log(0.99), "a": np.log(0.01)}], OnlyA())
    assert 0.5 < share[0] < 0.99


def test_the_alphabet_holds_all_that_is_read():
    assert set(CLASSES) | {" "} == set(ALPHABET)
