"""Choosing the next token: what each knob does to the probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.sampling import choose, probabilities

LOGITS = np.log(np.array([0.1, 0.4, 0.3, 0.2], np.float32))


def test_alone_the_logits_decide_as_softmax_has_it():
    assert probabilities(LOGITS) == pytest.approx([0.1, 0.4, 0.3, 0.2])
    assert probabilities(LOGITS + 1000) == pytest.approx([0.1, 0.4, 0.3, 0.2], rel=1e-4), "nothing overflows"


def test_temperature_sharpens_flattens_and_at_zero_leaves_only_the_likeliest():
    assert probabilities(LOGITS, 0.5) == pytest.approx(np.array([1, 16, 9, 4]) / 30)
    assert np.ptp(probabilities(LOGITS, 100)) < 0.01
    assert probabilities(LOGITS, 0).tolist() == [0, 1, 0, 0]
    assert probabilities(np.zeros(3, np.float32), 0).tolist() == [1, 0, 0], "of equals the first"
    assert probabilities(LOGITS, 1e-4).tolist() == [0, 1, 0, 0], "nothing overflows"


def test_top_k_leaves_the_k_likeliest():
    assert probabilities(LOGITS, top_k=2) == pytest.approx([0, 4 / 7, 3 / 7, 0])
    assert probabilities(np.zeros(5, np.float32), top_k=2).tolist() == [0.5, 0.5, 0, 0, 0]
    assert probabilities(LOGITS, top_k=9) == pytest.approx(probabilities(LOGITS))


def test_top_p_leaves_the_fewest_that_together_have_p():
    assert probabilities(LOGITS, top_p=0.6) == pytest.approx([0, 4 / 7, 3 / 7, 0])
    assert probabilities(LOGITS, top_p=0.39).tolist() == [0, 1, 0, 0]
    assert probabilities(LOGITS, top_p=1) == pytest.approx(probabilities(LOGITS))
    assert probabilities(LOGITS, top_k=2, top_p=0.5).tolist() == [0, 1, 0, 0], "of what top-k has left"


def test_an_impossible_token_is_never_chosen():
    barred = LOGITS.copy()
    barred[1] = -np.inf
    assert probabilities(barred) == pytest.approx(np.array([1, 0, 3, 2]) / 6)
    assert probabilities(barred, 0).tolist() == [0, 0, 1, 0]


@given(
    st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=30),
    st.floats(0, 5),
    st.none() | st.integers(1, 40),
    st.none() | st.floats(0.01, 1),
)
def test_whatever_the_knobs_say_there_is_something_to_choose(logits, temperature, top_k, top_p):
    found = probabilities(np.array(logits, np.float32), temperature, top_k, top_p)
    assert found.sum() == pytest.approx(1) and (found >= 0).all()
    assert found[np.argmax(logits)] == found.max()


def test_tokens_are_drawn_as_often_as_they_are_likely_and_the_seed_decides():
    draws = [choose(LOGITS, rng) for rng in [np.random.default_rng(7)] for _ in range(4000)]
    assert np.bincount(draws) / 4000 == pytest.approx([0.1, 0.4, 0.3, 0.2], abs=0.03)
    rng = np.random.default_rng(7)
    assert [choose(LOGITS, rng) for _ in range(50)] == draws[:50]
