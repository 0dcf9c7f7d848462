"""Choosing the next token: what each knob does to the probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data.vocabulary import BytePairs, Bytes, Characters
from hellodl.errors import DataError
from hellodl.nn.sampling import Knobs, choose, continued
from hellodl.nn.sampling import probabilities as by_knobs


def probabilities(logits, *knobs, **named):
    return by_knobs(logits, Knobs(*knobs, **named))


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
    assert probabilities(np.zeros(2), top_p=0.5).tolist() == [1, 0], "exactly p is enough"
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
    draws = [choose(LOGITS, rng, Knobs()) for rng in [np.random.default_rng(7)] for _ in range(4000)]
    assert np.bincount(draws) / 4000 == pytest.approx([0.1, 0.4, 0.3, 0.2], abs=0.03)
    rng = np.random.default_rng(7)
    assert [choose(LOGITS, rng, Knobs()) for _ in range(50)] == draws[:50]


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"temperature": float("nan")}, {"top_k": 0}, {"top_p": 0}, {"top_p": 1.5}]
)
def test_knobs_that_make_no_sense_say_what_would(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)).replace("_", "-")):
        Knobs(**wrong)


class Alphabet:
    """A writer that wants to go on from each token with the next higher one, and counts what it is asked."""

    def __init__(self, size: int):
        self.size, self.asked = size, []

    def read(self, tokens):
        self.asked.append(list(tokens))
        return np.eye(self.size, dtype=np.float32)[(tokens[-1] + 1) % self.size] * 50

    def step(self, token):
        return self.read(np.array([token]))


def test_what_was_chosen_is_read_and_each_character_costs_one_step():
    letters, rng = Characters("abcde"), np.random.default_rng(0)
    writer = Alphabet(letters.size)
    assert list(continued(writer, letters, "ab", 3, rng, Knobs())) == ["c", "d", "e"]
    assert writer.asked == [[1, 2], [3], [4]]


def test_a_token_of_several_characters_is_cut_where_the_text_ends():
    pairs = BytePairs([(ord("a"), ord("b")), (256, 256)])  # 257 is abab

    class Babbler:
        def read(self, tokens):
            return np.eye(258)[257] * 50

        step = read

    assert list(continued(Babbler(), pairs, "", 6, np.random.default_rng(0), Knobs())) == ["abab", "ab"]
    assert not list(continued(Babbler(), pairs, "", 0, np.random.default_rng(0), Knobs()))


def test_without_a_prompt_a_line_begins():
    letters = Characters("ab\nc")
    assert "".join(continued(Alphabet(5), letters, "", 1, np.random.default_rng(0), Knobs())) == "c"


def test_the_unknown_symbol_is_read_but_never_written():
    letters = Characters("abc")  # after c, the alphabet begins again with the unknown symbol
    assert "".join(continued(Alphabet(4), letters, "é", 1, np.random.default_rng(0), Knobs())) == "a"
    text = "".join(continued(Alphabet(4), letters, "c", 200, np.random.default_rng(0), Knobs()))
    assert len(text) == 200 and "\ufffd" not in text


def test_a_character_of_several_bytes_comes_whole_and_counts_as_one():
    class Euros(Alphabet):
        def read(self, tokens):
            follows = {0xE2: 0x82, 0x82: 0xAC, 0xAC: 0xE2}
            return np.eye(256)[follows.get(int(tokens[-1]), 0xE2)] * 50

    pieces = list(continued(Euros(256), Bytes(), "", 3, np.random.default_rng(0), Knobs()))
    assert pieces == ["€", "€", "€"]


@pytest.mark.parametrize("logits", [[np.nan, 1.0], [-np.inf, -np.inf], [np.inf, 0.0]])
def test_a_model_that_expects_no_number_is_one_line(logits):
    with pytest.raises(DataError, match="nothing that is a number"):
        by_knobs(np.array(logits), Knobs())
