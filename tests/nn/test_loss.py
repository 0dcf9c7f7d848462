"""Losses and accuracy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hellodl import nn
from hellodl.autograd.tensor import Tensor
from hellodl.errors import DataError, ShapeError
from hellodl.nn import functional as F
from hellodl.nn.loss import cross_entropy_reference


@given(st.integers(1, 6), st.integers(1, 5), st.floats(0, 1), st.integers(0, 1000))
@settings(max_examples=40)
def test_cross_entropy_is_its_reference_in_value_and_gradient(count, classes, smoothing, seed):
    rng = np.random.default_rng(seed)
    scores, targets = rng.standard_normal((count, classes)), rng.integers(0, classes, count)
    one, two = (Tensor(scores, requires_grad=True, dtype=np.float64) for _ in range(2))
    fast, slow = (
        nn.cross_entropy(one, targets, label_smoothing=smoothing),
        cross_entropy_reference(two, targets, smoothing),
    )
    fast.backward()
    slow.backward()
    np.testing.assert_allclose(fast.data, slow.data, atol=1e-12)
    np.testing.assert_allclose(one.grad, two.grad, atol=1e-12)


def test_a_network_that_knows_nothing_is_surprised_by_log_of_the_number_of_classes():
    loss = nn.cross_entropy(Tensor(np.zeros((5, 10))), np.arange(5))
    assert loss.item() == pytest.approx(np.log(10)) and loss.dtype == np.float32 and loss.shape == ()


def test_the_sum_is_the_mean_times_the_number_of_samples(rng):
    logits, targets = Tensor(rng.standard_normal((6, 4))), rng.integers(0, 4, 6)
    total = nn.cross_entropy(logits, targets, label_smoothing=0.1, reduction="sum").item()
    assert total == pytest.approx(6 * nn.cross_entropy(logits, targets, label_smoothing=0.1).item(), rel=1e-6)


def test_huge_scores_give_a_huge_loss_and_not_a_nan():
    logits = Tensor([[1e4, 0.0], [0.0, 1e4]], requires_grad=True)
    loss = nn.cross_entropy(logits, [1, 1])
    loss.backward()
    assert loss.item() == pytest.approx(5e3)
    assert logits.grad.tolist() == [[0.5, -0.5], [0, 0]]


def test_targets_may_be_a_list_a_tensor_or_bytes_and_a_batch_may_be_empty():
    logits = Tensor([[1.0, 2.0], [3.0, 1.0]], requires_grad=True)
    losses = {nn.cross_entropy(logits, t).item() for t in ([0, 1], Tensor([0, 1]), np.array([0, 1], np.uint8))}
    assert len(losses) == 1
    nothing = Tensor(np.zeros((0, 3)), requires_grad=True)
    loss = nn.cross_entropy(nothing, np.zeros(0, int))
    loss.backward()
    assert loss.item() == 0 and nothing.grad.shape == (0, 3)


@pytest.mark.parametrize(
    ("targets", "kind", "line"),
    [
        ([1, 2, 3], ShapeError, r"scores \(N, classes\) and targets \(N,\), got \(2, 3\) and \(3,\)"),
        ([[1], [2]], ShapeError, r"got \(2, 3\) and \(2, 1\)"),
        ([1, 3], DataError, "targets must be whole numbers from 0 to 2, one a sample; labels that begin with 1"),
        ([-1, 0], DataError, "targets must be whole numbers from 0 to 2"),
        ([0.0, 1.0], DataError, "targets must be whole numbers"),
    ],
)
def test_targets_that_make_no_sense_are_refused(targets, kind, line):
    with pytest.raises(kind, match=line):
        nn.cross_entropy(Tensor(np.zeros((2, 3))), targets)


def test_other_mistakes_are_told_in_one_line():
    with pytest.raises(ValueError, match="reduction is 'mean', 'sum' or 'none', not 'all'"):
        nn.cross_entropy(Tensor(np.zeros((1, 2))), [0], reduction="all")
    with pytest.raises(ShapeError, match=r"mse_loss: \(2, 1\) and \(2,\) differ"):
        nn.mse_loss(Tensor(np.ones((2, 1))), np.ones(2))


def test_accuracy_counts_right_answers_among_the_best():
    logits = np.float32([[3, 2, 1], [1, 3, 2], [2, 1, 3], [1, 2, 3]])
    targets = np.array([0, 2, 1, 2])
    assert nn.accuracy(logits, targets) == 0.5
    assert nn.accuracy(logits, targets, top=2) == 0.75
    assert nn.accuracy(logits, targets, top=3) == 1
    assert np.isnan(nn.accuracy(logits[:0], targets[:0]))


@given(st.integers(0, 1000))
@settings(max_examples=30)
def test_of_equal_guesses_the_first_counts_as_in_argmax(seed):
    rng = np.random.default_rng(seed)
    logits, targets = rng.integers(0, 3, (20, 4)).astype(np.float32), rng.integers(0, 4, 20)
    assert nn.accuracy(logits, targets) == (logits.argmax(axis=1) == targets).mean()
    best = np.argsort(-logits, axis=1, kind="stable")[:, :2]
    assert nn.accuracy(logits, targets, top=2) == (best == targets[:, None]).any(axis=1).mean()


def test_a_network_that_answers_nan_is_never_right():
    assert nn.accuracy(np.full((4, 3), np.nan, np.float32), np.array([0, 1, 2, 0])) == 0
    assert nn.accuracy(np.float32([[np.nan, 1, 0]]), np.array([1])) == 0


@given(st.lists(st.floats(-12, 12), min_size=1, max_size=6), st.integers(0, 1000), st.sampled_from(["mean", "sum"]))
def test_yes_or_no_is_cross_entropy_of_two_classes(numbers, seed, reduction):
    wanted = np.random.default_rng(seed).random(len(numbers))
    x = Tensor(np.array(numbers), requires_grad=True, dtype=np.float64)
    loss = nn.binary_cross_entropy_with_logits(x, wanted, reduction=reduction)
    loss.backward()
    belief = 1 / (1 + np.exp(-x.data))
    each = -wanted * np.log(belief) - (1 - wanted) * np.log1p(-belief)
    count = len(numbers) if reduction == "mean" else 1
    assert loss.item() == pytest.approx(each.sum() / count, rel=1e-6, abs=1e-9)
    np.testing.assert_allclose(x.grad, (belief - wanted) / count, atol=1e-12)


def test_yes_or_no_of_huge_logits_is_no_nan():
    x = Tensor([1e4, -1e4], requires_grad=True)
    loss = nn.binary_cross_entropy_with_logits(x, [0.0, 0.0])
    loss.backward()
    assert loss.item() == pytest.approx(5e3) and x.grad.tolist() == [0.5, 0.0]
    with pytest.raises(ShapeError, match="broadcasting"):
        nn.binary_cross_entropy_with_logits(x, [[1.0, 1.0]])
    with pytest.raises(ValueError, match="reduction"):
        nn.binary_cross_entropy_with_logits(x, [1.0, 1.0], reduction="median")


def test_where_every_target_is_ignored_there_is_no_loss():
    for loss in (nn.cross_entropy, F.nll_loss):
        with pytest.raises(DataError, match="no target counts"):
            loss(Tensor(np.zeros((2, 3))), [7, 7], ignore_index=7)


def test_losses_of_other_shapes_or_reductions_are_refused():
    x = Tensor(np.zeros((2, 3)))
    with pytest.raises(ShapeError, match="weight is one number for each of 3 classes"):
        nn.cross_entropy(x, [0, 1], 0.1)
    for loss in (F.l1_loss, F.huber_loss, F.kl_div, nn.mse_loss):
        with pytest.raises(ShapeError, match="differ; broadcasting here"):
            loss(x, np.zeros(3))
        with pytest.raises(ValueError, match="reduction is"):
            loss(x, np.zeros((2, 3)), reduction="median")
    with pytest.raises(TypeError, match="the target is taken as it is"):
        F.kl_div(x, Tensor(np.ones((2, 3)), requires_grad=True))


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_probabilities_may_be_targets_and_certain_ones_are_the_answers(smoothing, rng):
    logits, targets, weight = rng.normal(size=(4, 3)), np.array([2, 0, 1, 1]), np.float64([0.5, 2, 1])
    certain = np.eye(3)[targets]
    for reduction in ("sum", "none"):
        one, two = (Tensor(logits, requires_grad=True, dtype=np.float64) for _ in range(2))
        how = {"label_smoothing": smoothing, "reduction": reduction}
        losses = nn.cross_entropy(one, targets, weight, **how), nn.cross_entropy(two, certain, weight, **how)
        np.testing.assert_allclose(losses[0].data, losses[1].data)
        for loss in losses:
            loss.sum().backward()
        np.testing.assert_allclose(one.grad, two.grad, atol=1e-12)
    unsure = nn.cross_entropy(Tensor(logits, dtype=np.float64), np.full((4, 3), 1 / 3))
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert unsure.item() == pytest.approx(-logs.mean())
    with pytest.raises(ShapeError, match=r"\(4, 3\) and \(4, 2\) differ"):
        nn.cross_entropy(Tensor(logits), np.ones((4, 2)))
