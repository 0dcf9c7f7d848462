"""From what is said along a strip to characters: letters, spaces, how sure, and where."""

import numpy as np
import pytest

from hellodl.data.ngrams import NGrams
from hellodl.reading.decoding import best_path
from hellodl.reading.language import Spelling
from hellodl.reading.lines import Line
from hellodl.reading.looks import Heard, likeliest
from hellodl.reading.spoken import characters_of
from hellodl.reading.strips import HEIGHT, Strip

ALPHABET = "abc "


def strip(columns=40):
    picture = np.zeros((HEIGHT, columns), np.uint8)
    picture[8:24, 4:-4] = 255
    x = 100 + np.arange(columns) / 2
    line = Line(100, 100 + columns / 2, np.array([50.0]), 8.0, (1,))
    return Strip(picture, x, 42 + np.repeat(np.arange(HEIGHT)[:, None] / 2, columns, axis=1), line)


def saying(said, sure=0.9, classes=5):
    out = np.full((len(said), classes), (1 - sure) / (classes - 1))
    out[np.arange(len(said)), said] = sure
    return np.log(out)


def heard(log_probs):
    return Heard(best_path(log_probs), log_probs)


def test_letters_and_spaces_with_their_places():
    characters = characters_of(strip(), heard(saying([0, 1, 1, 0, 4, 0, 2, 0, 3, 0])), ALPHABET)
    assert [c.letter for c in characters] == ["a", "b", "c"]
    assert [c.space_before for c in characters] == [False, True, False]
    assert all(c.probability == pytest.approx(0.9) for c in characters)
    lefts = [c.box[0] for c in characters]
    assert lefts == sorted(lefts) and lefts[0] >= 100 and characters[-1].box[0] + characters[-1].box[2] <= 121
    assert all(c.box[1] == 46 and c.box[3] == 8 for c in characters)


def test_the_runner_up_is_neither_blank_nor_the_same_letter():
    log_probs = np.log(np.array([[0.3, 0.5, 0.15, 0.04, 0.01]]))
    (one,) = characters_of(strip(), heard(log_probs), ALPHABET)
    assert (one.letter, one.runner_up) == ("a", "b")
    assert (one.probability, one.runner_up_probability) == (pytest.approx(0.5), pytest.approx(0.15))


def test_a_space_at_the_beginning_is_none():
    assert [c.space_before for c in characters_of(strip(), heard(saying([4, 0, 1])), ALPHABET)] == [False]
    assert characters_of(strip(), heard(saying([0, 0, 4])), ALPHABET) == []


def test_a_language_decides_where_the_strip_leaves_doubt():
    language = NGrams("cab cab cab abc cab " * 40)
    log_probs = np.log(
        np.array([[0.02, 0.02, 0.02, 0.93, 0.01], [0.1, 0.4, 0.42, 0.06, 0.02], [0.04, 0.02, 0.92, 0.01, 0.01]])
    )
    spelled = likeliest([log_probs], Spelling(language, ALPHABET))
    assert "".join(c.letter for c in characters_of(strip(), likeliest([log_probs]), ALPHABET)) == "cb"
    assert "".join(c.letter for c in characters_of(strip(), spelled, ALPHABET)) == "cab"
