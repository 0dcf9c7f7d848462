"""Calibration: honest probabilities are found honest, and the temperature that makes them so is found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl import nn
from hellodl.autograd.tensor import Tensor
from hellodl.errors import TrainingError
from hellodl.nn.calibration import best_temperature, cool, reliability, surprise_at, tempered


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def drawn_from(shares, rng):
    """Labels that are each class as often as the shares (N, K) say."""
    return (shares.cumsum(axis=1) < rng.random((len(shares), 1))).sum(axis=1)


def test_an_honest_model_has_no_calibration_error(rng):
    shares = softmax(rng.standard_normal((50_000, 4)))
    labels = drawn_from(shares, rng)
    boastful = shares**5 / (shares**5).sum(axis=1, keepdims=True)
    honest, bins = reliability(shares.max(axis=1), shares.argmax(axis=1) == labels)
    assert honest < 0.01
    assert reliability(boastful.max(axis=1), boastful.argmax(axis=1) == labels)[0] > 0.2
    assert sum(b.images for b in bins) == 50_000
    assert all(b.low <= b.confidence <= b.high for b in bins)


def test_the_error_is_the_mean_of_the_bins_by_their_answers():
    confidence, right = np.array([0.9, 0.92, 0.94, 0.5, 1.0]), np.array([True, True, False, False, True])
    error, bins = reliability(confidence, right)
    assert [(b.images, round(b.accuracy, 3)) for b in bins] == [(1, 0.0), (4, 0.75)]
    assert error == pytest.approx((1 * 0.5 + 4 * (0.94 - 0.75)) / 5)
    assert reliability(np.zeros(0), np.zeros(0, bool)) == (0.0, [])


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_by_which_logits_were_multiplied_is_found(temperature, rng):
    logits = 2 * rng.standard_normal((4_000, 6))
    labels = drawn_from(softmax(logits), rng)
    seen = softmax(temperature * logits)
    assert best_temperature(seen, labels) == pytest.approx(temperature, rel=0.08)
    best = surprise_at(seen, labels, best_temperature(seen, labels))
    assert best < surprise_at(seen, labels, 1.2 * temperature)
    assert best < surprise_at(seen, labels, temperature / 1.2)


@given(seed=st.integers(0, 1000), count=st.integers(1, 9), classes=st.integers(2, 9), hot=st.floats(0.3, 3))
def test_a_temperature_changes_how_sure_but_no_answer(seed, count, classes, hot):
    shares = softmax(np.random.default_rng(seed).standard_normal((count, classes)))
    found = tempered(shares, hot)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == shares.argmax(axis=1)).all()
    np.testing.assert_allclose(tempered(found, 1 / hot), shares, rtol=1e-6)
    surer = found.max(axis=1) - shares.max(axis=1)
    assert (surer > -1e-9).all() if hot <= 1 else (surer < 1e-9).all()


@pytest.mark.parametrize("temperature", [0.5, 1.7])
def test_a_cooled_network_gives_its_logits_divided_and_its_answers_unchanged(temperature, rng):
    model = nn.Sequential(nn.Flatten(), nn.Linear(9, 5, rng=rng), nn.ReLU(), nn.Linear(5, 4, rng=rng))
    model[-1].bias.data[...] = rng.standard_normal(4)
    images = Tensor(rng.standard_normal((7, 3, 3)).astype(np.float32))
    before = model(images).data.copy()
    cool(model, temperature)
    np.testing.assert_allclose(model(images).data, before / temperature, rtol=1e-4, atol=1e-6)


def test_what_has_no_logits_cannot_be_cooled():
    with pytest.raises(TrainingError, match="no logits"):
        cool(nn.Sequential(nn.Flatten()), 2.0)
