"""CTC: counted one by one, by the table, and for a batch, the loss is the same; and what cannot be is said."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl import Tensor, nn, ops
from hellodl.autograd.gradcheck import gradcheck
from hellodl.errors import DataError, ShapeError
from hellodl.ops import ctc
from hellodl.ops.ctc import NEVER, alignments, collapsed, ctc_loss, ctc_loss_by_counting, ctc_loss_reference


def beliefs(rng, *shape):
    x = rng.standard_normal(shape)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def steps_needed(text):
    return len(text) + sum(a == b for a, b in pairwise(text))


@st.composite
def batches(draw, most_steps=5):
    """log_probs (T, N, C), texts that fit, how many steps of each sample count, and which symbol is the blank."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    steps, count, classes = draw(st.integers(1, most_steps)), draw(st.integers(1, 3)), draw(st.integers(2, 4))
    blank = draw(st.integers(0, classes - 1))
    letter = st.integers(0, classes - 1).filter(lambda symbol: symbol != blank)
    ends = draw(st.lists(st.integers(1, steps), min_size=count, max_size=count))
    texts = [draw(st.lists(letter, max_size=end).filter(lambda t, end=end: steps_needed(t) <= end)) for end in ends]
    return beliefs(rng, steps, count, classes), texts, ends, blank


def rows(texts, blank):
    out = np.full((len(texts), max(map(len, texts))), blank)
    for row, text in zip(out, texts):
        row[: len(text)] = text
    return out, np.array([len(text) for text in texts])


def test_what_alignments_come_down_to():
    assert collapsed([0, 1, 1, 0, 1, 2, 2]) == [1, 1, 2]
    assert sorted(alignments([1], steps=2, classes=2)) == [(0, 1), (1, 0), (1, 1)]
    assert list(alignments([1, 1], steps=3, classes=2)) == [(1, 0, 1)]


@given(batches())
def test_counting_table_and_batch_are_equal(batch):
    log_probs, texts, ends, blank = batch
    targets, lengths = rows(texts, blank)
    x = Tensor(log_probs, requires_grad=True, dtype=np.float64)
    losses = ctc_loss(x, targets, ends, lengths, blank=blank, reduction="none")
    losses.backward(np.ones(len(texts)))
    for k, (text, end) in enumerate(zip(texts, ends)):
        counted = ctc_loss_by_counting(log_probs[:end, k], text, blank)
        by_table, gradient = ctc_loss_reference(log_probs[:end, k], text, blank)
        assert losses.data[k] == pytest.approx(counted) == pytest.approx(by_table)
        np.testing.assert_allclose(x.grad[:end, k], gradient, atol=1e-12)
        assert not x.grad[end:, k].any()


@given(batches(most_steps=8), st.sampled_from(["mean", "sum", "none"]))
def test_its_gradient_is_the_slope(batch, reduction):
    log_probs, texts, ends, blank = batch
    targets, lengths = rows(texts, blank)
    gradcheck(
        lambda x: ctc_loss(x, targets, ends, lengths, blank, reduction),
        log_probs,
        rng=np.random.default_rng(1),
        most=40,
    )


def test_reductions_and_defaults():
    log_probs = beliefs(np.random.default_rng(0), 9, 2, 5)
    targets = np.array([[1, 2, 2], [4, 3, 0]])
    each = ctc_loss(Tensor(log_probs), targets, [9, 9], [3, 2], reduction="none").data
    assert ctc_loss(Tensor(log_probs), targets, target_lengths=[3, 2]).item() == pytest.approx((each / [3, 2]).mean())
    in_a_row = ctc_loss(Tensor(log_probs), [1, 2, 2, 4, 3], target_lengths=[3, 2], reduction="sum")
    assert in_a_row.item() == pytest.approx(each.sum())
    assert nn.CTCLoss(reduction="sum")(Tensor(log_probs), targets, [9, 9], [3, 2]).item() == pytest.approx(each.sum())
    assert in_a_row.dtype == np.float32 == ops.ctc_loss(Tensor(log_probs), targets[:, :2]).dtype


def test_a_hundred_steps_and_beliefs_near_nothing_stay_numbers():
    x = Tensor(np.full((100, 1, 3), -200.0), requires_grad=True)
    loss = ctc_loss(x, [[1, 2] * 10])
    loss.backward()
    assert loss.item() == pytest.approx(1000, rel=0.01) and np.isfinite(x.grad).all()


def test_what_cannot_be_said_in_so_many_steps_is_told_of():
    log_probs = Tensor(beliefs(np.random.default_rng(0), 3, 2, 4), requires_grad=True)
    with pytest.raises(DataError, match="sample 1 needs 4 steps for its 3 letters and has 3"):
        ctc_loss(log_probs, [[1, 2, 3], [1, 1, 2]])
    passed = ctc_loss(log_probs, [[1, 2, 3], [1, 1, 2]], reduction="none", zero_infinity=True)
    passed.backward(np.ones(2))
    assert passed.data[1] == 0 and passed.data[0] > 0 and not log_probs.grad[:, 1].any() and log_probs.grad[:, 0].any()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"targets": [[0, 1]]}, "none is the blank"),
        ({"targets": [[1, 4]]}, "from 0 to 3"),
        ({"targets": [[1.5, 1]]}, "whole numbers"),
        ({"targets": [[1], [1]]}, "for a batch of 1"),
        ({"targets": [1, 2]}, "want target_lengths"),
        ({"targets": [1, 2], "target_lengths": [3]}, "for a batch of 1"),
        ({"targets": [[1]], "input_lengths": [6]}, "from 1 to 5"),
        ({"targets": [[1]], "input_lengths": [0]}, "from 1 to 5"),
        ({"targets": [[1]], "reduction": "max"}, "'mean', 'sum' or 'none'"),
    ],
)
def test_wrong_arguments(arguments, says):
    with pytest.raises((DataError, ShapeError, ValueError), match=says):
        ctc_loss(Tensor(np.zeros((5, 1, 4))), **arguments)


def test_it_takes_a_batch_of_lines():
    with pytest.raises(ShapeError, match=r"\(steps, batch, classes\), got \(5, 4\)"):
        ctc_loss(Tensor(np.zeros((5, 4))), [[1]])


@given(batches())
def test_walking_in_probabilities_and_in_logarithms_is_the_same(batch):
    log_probs, texts, ends, blank = batch
    states = np.full((len(texts), 2 * max(map(len, texts)) + 1), blank)
    for row, text in zip(states, texts):
        row[1 : 2 * len(text) : 2] = text
    last = 2 * np.array([len(text) for text in texts])
    said = log_probs[:, np.arange(len(texts))[:, None], states]
    said[:, np.arange(states.shape[1]) > last[:, None]] = NEVER
    bars = np.where((states != blank) & (states != np.roll(states, 2, axis=1)), 0.0, NEVER)
    bars[:, :2] = NEVER
    quick, sure = (way(said, bars, last, np.array(ends)) for way in (ctc._shares, ctc._shares_in_logarithms))
    for one, other in zip(quick, sure):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(quick[1].sum(axis=2), np.arange(len(log_probs))[:, None] < ends, atol=1e-9)


def test_what_is_improbable_beyond_all_measure_has_its_loss_all_the_same():
    log_probs = np.full((4, 1, 3), -900.0)
    log_probs[:, :, 2] = 0
    x = Tensor(log_probs, requires_grad=True, dtype=np.float64)
    loss = ctc_loss(x, [[1, 1]], reduction="sum")
    loss.backward()
    assert loss.item() == pytest.approx(3600, abs=5) and np.isfinite(x.grad).all()
