"""What a language says of a text while it is read: letter by letter, until the word is none of its words."""

import numpy as np
import pytest

from hellodl.data.ngrams import NGrams
from hellodl.data.wordlist import WordList
from hellodl.reading.decoding import best_path
from hellodl.reading.language import BONUS, FOREIGN, WEIGHT, Spelling

ALPHABET = "aA.bc t"
TEXT = "a cab a cat a bat " * 30


def symbols(text):
    return [ALPHABET.index(letter) + 1 for letter in text]


def placed(spelling, text):
    place = spelling.start()
    for symbol in symbols(text):
        place = spelling.go_on(place, symbol)
    return place


class Known:
    """A language of one word, "ab": after a letter of it the next is certain, and all may follow what is no word."""

    alphabet = " abc"

    def start(self):
        return ""

    def go_on(self, state, character):
        return "" if character == " " else state + character

    def scores(self, states):
        after = {"": "a", "a": "b", "ab": " "}
        rows = [[float(after.get(state, letter) == letter) for letter in self.alphabet] for state in states]
        rows = np.array(rows)
        with np.errstate(divide="ignore"):
            return np.log(rows / rows.sum(axis=1, keepdims=True))


def test_signs_have_no_say_and_both_cases_are_one_letter():
    spelling = Spelling(NGrams(TEXT), ALPHABET)
    start = spelling.start()
    assert spelling.chance(start, 3) == 0 and spelling.go_on(start, 3) is start
    assert spelling.chance(start, 1) == spelling.chance(start, 2) < 0
    assert spelling.go_on(start, 1).state == spelling.go_on(start, 2).state != start.state
    assert spelling.end(placed(spelling, "cat")) > spelling.end(placed(spelling, "ca"))


def test_a_word_is_of_the_language_or_it_is_not():
    spelling = Spelling(Known(), "abc ")
    a, b, c, space = 1, 2, 3, 4
    place = spelling.go_on(start := spelling.start(), a)
    assert spelling.chance(start, a) == pytest.approx(np.log((1 - FOREIGN) + FOREIGN / 4))
    foreign = FOREIGN / 4 / ((1 - FOREIGN) + FOREIGN / 4)  # Bayes: "a" would come in one of four other words
    assert place.foreign == pytest.approx(foreign)
    assert spelling.chance(place, b) == pytest.approx(np.log((1 - foreign) + foreign / 4))
    assert spelling.chance(place, c) == pytest.approx(np.log(foreign / 4))
    place = spelling.go_on(place, c)
    assert place.foreign == pytest.approx(1)
    assert spelling.chance(place, a) == pytest.approx(np.log(1 / 4)), "and then anything may follow"
    assert spelling.go_on(place, space).foreign == FOREIGN, "but the next word is a word again"


def test_after_the_longest_word_any_letter_may_still_follow():
    word = "ab" * 150
    spelling = Spelling(WordList([word]), "abc")
    place = spelling.start()
    for letter in word:
        place = spelling.go_on(place, "abc".index(letter) + 1)
    assert np.isfinite(spelling.chance(place, 3)) and spelling.chance(place, 3) < -20


def test_what_a_whole_text_adds_is_what_its_letters_add():
    spelling = Spelling(NGrams(TEXT), ALPHABET)
    place, total = spelling.start(), 0.0
    for symbol in symbols("a cat."):
        total += spelling.chance(place, symbol)
        place = spelling.go_on(place, symbol)
    assert spelling.says(symbols("a cat.")) == pytest.approx(WEIGHT * (total + spelling.end(place)) + BONUS * 6)
    assert spelling.says(symbols("cat")) > spelling.says(symbols("ctt"))


def test_a_letter_is_as_probable_as_language_and_strip_make_it():
    spelling = Spelling(NGrams(TEXT), ALPHABET)
    chances = np.full((5, len(ALPHABET) + 1), 0.01)
    chances[[1, 3], 0] = 1 - 0.01 * len(ALPHABET)
    for step, (letter, other) in zip((0, 2, 4), ("ct", "ac", "tc")):
        chances[step, symbols(letter + other)] = 0.5, 0.36
        chances[step, 0] = 0.09
    look = np.log(chances)
    said = best_path(look)
    told, weighed = spelling.weighed(said, look)
    assert [one.symbol for one in told] == [one.symbol for one in said] == symbols("cat")
    np.testing.assert_allclose(np.exp(weighed).sum(axis=1), np.exp(look).sum(axis=1))
    np.testing.assert_array_equal(weighed[:, 0], look[:, 0])  # blanks are what they were
    np.testing.assert_array_equal(weighed[[1, 3]], look[[1, 3]])
    assert all(after.probability > before.probability for before, after in zip(said[1:], told[1:]))
    for one in told:
        assert one.probability == pytest.approx(float(np.exp(weighed[one.begin, one.symbol])))
    expects = [spelling.chance(placed(spelling, "ca"), symbol) for symbol in range(1, len(ALPHABET) + 1)]
    shares = chances[4, 1:] * np.exp(WEIGHT * np.array(expects))
    np.testing.assert_allclose(np.exp(weighed[4, 1:]), shares / shares.sum() * chances[4, 1:].sum())
