"""Reading what a network says along a line: by its likeliest symbols, and by the likeliest texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.errors import ShapeError
from hellodl.ops.ctc import alignments, collapsed, ctc_loss_by_counting
from hellodl.reading.decoding import best_path, prefix_beam_search, spread


def beliefs(rng, steps, classes, sharpness=1.0):
    x = sharpness * rng.standard_normal((steps, classes))
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def saying(*symbols, classes=4):
    return np.log(np.eye(classes)[list(symbols)] * 0.9 + 0.1 / classes)


def test_repetitions_are_one_and_blanks_are_nothing():
    said = best_path(saying(0, 1, 1, 0, 1, 2, 2, 0))
    assert [(one.symbol, one.begin, one.end) for one in said] == [(1, 1, 3), (1, 4, 5), (2, 5, 7)]
    assert all(one.probability == pytest.approx(0.925) for one in said)
    assert best_path(saying(0, 0)) == [] == best_path(np.empty((0, 4)))


@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 6), classes=st.integers(2, 4))
def test_the_best_path_says_what_its_symbols_come_down_to(seed, steps, classes):
    log_probs = beliefs(np.random.default_rng(seed), steps, classes)
    assert [one.symbol for one in best_path(log_probs)] == collapsed(log_probs.argmax(axis=1).tolist())


@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 5), classes=st.integers(2, 3))
def test_with_beams_enough_all_texts_have_their_own_probability(seed, steps, classes):
    log_probs = beliefs(np.random.default_rng(seed), steps, classes)
    found = prefix_beam_search(log_probs, beams=10_000, least=0.0 + 1e-300)
    assert sum(np.exp(score) for _, score in found) == pytest.approx(1)
    for text, score in found:
        if np.isfinite(score):
            assert score == pytest.approx(-ctc_loss_by_counting(log_probs, text))
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_the_likeliest_text_need_not_have_the_likeliest_alignment():
    log_probs = np.log(np.array([[0.6, 0.4], [0.6, 0.4]]))  # blank, blank 0.36; but a letter, one way or another, 0.64
    assert best_path(log_probs) == []
    assert prefix_beam_search(log_probs)[0][0] == [1]


@given(seed=st.integers(0, 2**32 - 1), blanks=st.lists(st.booleans(), min_size=1, max_size=6))
def test_steps_in_which_no_letter_is_tried_count_as_they_are(seed, blanks):
    log_probs = beliefs(np.random.default_rng(seed), len(blanks), 3)
    log_probs[blanks] = np.log([1 - 2e-6, 1e-6, 1e-6])
    found = {tuple(text): score for text, score in prefix_beam_search(log_probs, beams=10_000, least=1e-5)}
    for text, score in prefix_beam_search(log_probs, beams=10_000, least=1e-300):
        assert np.exp(found.get(tuple(text), -np.inf)) == pytest.approx(np.exp(score), abs=2e-5)


def test_a_letter_goes_on_in_a_step_in_which_none_is_tried():
    log_probs = np.log(np.array([[0.1, 0.9], [0.995, 0.005]]))
    (best, score), *_ = prefix_beam_search(log_probs, least=0.01)
    assert best == [1] and np.exp(score) == pytest.approx(0.9 * 0.995 + 0.9 * 0.005)


class Afraid:
    """A language in which 2 never follows 1 and nothing ends with 3; all else is equally likely."""

    def start(self):
        return None

    def chance(self, state, symbol):
        return -50.0 if (state, symbol) == (1, 2) else 0.0

    def go_on(self, state, symbol):
        return symbol

    def end(self, state):
        return -50.0 if state == 3 else 0.0


def test_a_language_is_asked_letter_by_letter():
    log_probs = np.log(np.array([[0.02, 0.9, 0.04, 0.04], [0.02, 0.03, 0.5, 0.45]]))
    assert prefix_beam_search(log_probs)[0][0] == [1, 2]
    unlike = np.log(np.array([[0.02, 0.9, 0.04, 0.04], [0.02, 0.03, 0.5, 0.45], [0.9, 0.05, 0.03, 0.02]]))
    found = prefix_beam_search(unlike, language=Afraid())
    assert found[0][0] == [1]  # for 1 2 does not go on so, and 1 3 does not end so
    assert [score for _, score in found] == sorted([score for _, score in found], reverse=True)
    assert prefix_beam_search(log_probs, language=Afraid(), weight=0.0)[0][0] == [1, 2]
    short = np.log(np.array([[0.55, 0.45]]))
    assert prefix_beam_search(short)[0][0] == [] and prefix_beam_search(short, bonus=1.0)[0][0] == [1]


def test_one_line_at_a_time():
    with pytest.raises(ShapeError, match=r"from \(steps, classes\), got \(2, 1, 4\)"):
        best_path(np.zeros((2, 1, 4)))


@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 6), text=st.lists(st.integers(1, 2), max_size=3))
def test_a_text_is_spread_over_its_likeliest_alignment(seed, steps, text):
    log_probs = beliefs(np.random.default_rng(seed), steps, 3)
    ways = list(alignments(text, steps, 3))
    said = spread(log_probs, text)
    assert bool(said) == bool(ways and text)
    if said:
        best = max(ways, key=lambda way: log_probs[np.arange(steps), list(way)].sum())
        assert [one.symbol for one in said] == text
        for one in said:
            assert set(best[one.begin : one.end]) == {one.symbol}
            assert one.probability == pytest.approx(np.exp(log_probs[one.begin : one.end, one.symbol].max()))
