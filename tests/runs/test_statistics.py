"""What is written down of an array: as NumPy says, and nothing where there is nothing to say."""

import numpy as np
import pytest


def test_statistics_of_layers_are_what_numpy_says(log):
    rng = np.random.default_rng(0)
    before = rng.standard_normal((20, 30)).astype(np.float32)
    after = before * 1.5
    after[0] = 0
    gradient = np.zeros_like(before)
    with log.run("letters", {}) as run:
        run.weights(1, [("fc.weight", before, None)])
        run.weights(2, [("fc.weight", after, gradient)], {"fc.weight": after * 1.25})
    first, gradients, second = log.layers(run.id)
    assert first["update_ratio"] is None
    assert second["mean"] == pytest.approx(after.mean(), abs=1e-6)
    assert second["spread"] == pytest.approx(after.std(), rel=1e-5)
    assert (second["low"], second["high"]) == (after.min(), after.max())
    assert second["zeros"] == pytest.approx(1 / 20)
    assert second["update_ratio"] == pytest.approx(np.linalg.norm(after - before) / np.linalg.norm(before), rel=1e-5)
    assert (first["step_ratio"], second["step_ratio"]) == (None, pytest.approx(0.2, rel=1e-5))
    counts = np.histogram(after, 32)[0]
    assert np.abs(counts - second["histogram"]).sum() <= 4, "rounding may move a few to the next bin"
    assert sum(second["histogram"]) == 600
    assert (gradients["kind"], gradients["zeros"], gradients["spread"]) == ("gradient", 1, 0)


def test_a_change_in_place_is_seen_as_an_update(log):
    weights = np.ones((3, 3), np.float32)
    with log.run("letters", {}) as run:
        run.weights(1, [("w", weights, None)])
        weights *= 2
        run.weights(2, [("w", weights, None)])
    assert log.layers(run.id)[1]["update_ratio"] == pytest.approx(1)


def test_arrays_without_proper_statistics_do_no_harm(log):
    with log.run("letters", {}) as run:
        run.activation(1, "empty", np.zeros((0, 3)))
        run.activation(1, "nan", np.array([np.nan, 1.0]))
        run.activation(1, "whole", np.arange(5))
    assert [row["mean"] for row in log.layers(run.id)] == [None, None, 2.0]
    assert [sum(row["histogram"]) for row in log.layers(run.id)] == [0, 0, 5]


def test_a_unit_is_dead_that_is_zero_for_every_input_at_every_place(log):
    made = np.zeros((4, 2, 2, 4), np.float32)  # four inputs, at 2x2 places four units
    made[3, 1, 0, 1] = 5
    made[..., 3] = -1
    with log.run("letters", {}) as run:
        run.activation(7, "2", made)
    (row,) = log.layers(run.id, "2", "activation")
    assert (row["dead"], row["zeros"], row["size"]) == (0.5, 1 - 17 / 64, 64)
