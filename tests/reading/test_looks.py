"""Several looks at a line: what they agree on, and how likely each text is by all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl import ops
from hellodl.data.ngrams import NGrams
from hellodl.reading.decoding import log_chances
from hellodl.reading.language import Spelling
from hellodl.reading.looks import FIRST, SECOND, changed, likeliest, listened


def some(rng, steps, classes=5):
    logits = 2 * rng.standard_normal((steps, classes))
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def spiked(text, steps=20, classes=4, sure=0.9):
    """Log probabilities that say a text at every other step, so surely."""
    out = np.full((steps, classes), (1 - sure) / (classes - 1))
    symbols = [0] * steps
    symbols[1 : 2 * len(text) : 2] = text
    out[np.arange(steps), symbols] = sure
    return np.log(out)


def symbols_of(heard):
    return [one.symbol for one in heard.said]


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 4), min_size=1, max_size=4), st.integers(1, 3))
def test_chances_of_texts_are_those_that_ctc_adds_up(seed, lengths, looks):
    rng = np.random.default_rng(seed)
    seen = [some(rng, int(rng.integers(9, 14))) for _ in range(looks)]
    texts = [rng.integers(1, 5, length).tolist() for length in lengths]
    found = log_chances(seen, texts)
    for said, row in zip(seen, found, strict=True):
        for text, value in zip(texts, row, strict=True):
            wanted = -ops.ctc_loss(said[:, None], np.array([text], int).reshape(1, -1), reduction="sum").item()
            assert value == pytest.approx(wanted, rel=1e-4, abs=1e-4)


def test_what_does_not_fit_has_no_chance():
    assert log_chances([some(np.random.default_rng(0), 3)], [[1, 1], [1, 2, 3], [1, 1, 2]])[0].tolist()[2] == -np.inf


def test_long_lines_do_not_vanish():
    text = [1, 2, 3] * 40
    chances = log_chances([spiked(text, 600), some(np.random.default_rng(0), 500, 4)], [text, text[:-1]])
    assert np.isfinite(chances).all() and chances[0, 0] > chances[0, 1]


def test_two_looks_that_are_fairly_sure_outvote_one_that_is_surer():
    two = [spiked([1, 2], sure=0.87), spiked([1, 2], sure=0.86)]
    assert symbols_of(likeliest([spiked([1, 3], sure=0.88), *two])) == [1, 2]


def test_a_look_that_rules_a_letter_out_does_not_outvote_the_rest():
    blind = spiked([1], sure=0.87)
    blind[:, 2] = np.log(1e-30)
    looks = [blind, spiked([1, 2], sure=0.87), spiked([1, 2], sure=0.87)]
    assert symbols_of(likeliest(looks)) == [1, 2]
    assert log_chances(looks, [[1], [1, 2]]).mean(axis=0).argmax() == 0  # as the mean of logarithms would have it


def test_a_language_finds_a_text_that_no_look_says_at_its_likeliest():
    alphabet = "acb"
    spelling = Spelling(NGrams("cab cab cab cab " * 40), alphabet)
    looks = [spiked([2, 3, 3], sure=0.99), spiked([2, 2, 3], sure=0.99)]  # cbb and ccb
    sure = spiked([2, 3, 3], sure=0.9999)
    for look, letter in zip(looks, (3, 2)):
        look[3] = np.log(0.02)
        look[3, [letter, 1]] = np.log([0.55, 0.41])  # or is it an a?
    assert symbols_of(likeliest(looks)) in ([2, 3, 3], [2, 2, 3])
    heard = likeliest(looks, spelling)
    assert symbols_of(heard) == [2, 1, 3]
    assert [one.begin for one in heard.said] == [1, 3, 5]
    assert heard.said[1].probability > 0.5, "with the language it is likelier an a than not"
    assert symbols_of(likeliest([sure, sure], spelling)) == [2, 3, 3], "what stands there for sure is read as it stands"


def test_it_looks_again_only_where_looks_do_not_agree():
    seen = []

    def read(pictures):
        seen.extend(pictures)
        return [spiked([1 + (picture.shape[1] < 60 and picture[0, 0] > 0)]) for picture in pictures]

    clear, doubtful = np.zeros((32, 64), np.uint8), np.full((32, 64), 9, np.uint8)
    said = listened([clear, doubtful], read)
    assert len(said) == 2 and len(seen) == 2 * len(FIRST) + len(SECOND)


def test_a_strip_leans_to_the_right_at_its_top():
    strip = np.zeros((32, 40), np.uint8)
    strip[:, 20] = 255
    leaned = changed(strip, 1.0, 0.25)
    top, bottom = (int(leaned[rows].sum(axis=0).argmax()) for rows in (slice(0, 4), slice(-4, None)))
    assert 6 <= top - bottom <= 8
    assert changed(strip, 1.3, 0.0).shape == (32, 52)
