"""A list of words says which letters a word may go on with."""

import numpy as np
import pytest

from hellodl.data.ngrams import ALPHABET
from hellodl.data.wordlist import WordList, counted, is_list


def after(words, begun):
    state = words.start()
    for letter in begun:
        state = words.go_on(state, letter)
    return dict(zip(words.alphabet, np.exp(words.scores([state])[0])))


def test_a_word_goes_on_as_some_word_of_the_list_does():
    words = WordList(["and", "Ant", "any", "bee"])
    assert after(words, "")["a"] == pytest.approx(3 / 4)
    assert {letter for letter, chance in after(words, "an").items() if chance > 0} == set("dty")
    assert after(words, "and")[" "] == pytest.approx(1)
    assert after(words, "and ")["b"] == pytest.approx(1 / 4)


def test_what_is_on_no_list_may_go_on_anyhow():
    assert list(after(WordList(["and"]), "xy").values()) == pytest.approx([1 / len(ALPHABET)] * len(ALPHABET))


def test_words_that_are_listed_more_often_are_likelier_and_several_of_a_line_are_words_each():
    words = WordList(["tea", "tea", "tin can"])
    assert after(words, "t")["e"] == pytest.approx(2 / 3)
    assert after(words, "c")["a"] == pytest.approx(1)


def test_lists_are_told_from_texts():
    assert is_list("tea\nmilk\n\nbread\n")
    assert not is_list("we read on and on\nuntil the end\n")
    assert not is_list("tea")
    assert not is_list("")


def test_words_may_have_counts():
    assert counted("the 20\nTea 3\n\ntea 1\nnever 0\n") == {"the": 20, "tea": 4}
    assert counted("tea\nmilk\n") == {}
    assert counted("read page 7\n") == {}
    assert counted("") == {}
