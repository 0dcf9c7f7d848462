"""The average of the weights: it follows them, is put in and taken out, and goes on where it was saved."""

import numpy as np
import pytest

from hellodl import nn, optim


def test_the_average_follows_the_weights_and_the_running_statistics():
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Linear(1, 1, rng=None))
    average = optim.WeightAverage(model, decay=0.5)
    expected = 0.0
    for step in range(1, 20):
        model[1].weight.data[...] = step
        model[0].running_mean[...] = -step
        average.update()
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
        assert average.arrays["1.weight"].item() == pytest.approx(expected, rel=1e-5)
    with average.applied() as averaged:
        assert averaged is model
        assert model[1].weight.item() == pytest.approx(expected, rel=1e-5)
        assert model[0].running_mean[0] == pytest.approx(-expected, rel=1e-5)
    assert (model[1].weight.item(), model[0].running_mean[0]) == (19, -19)


def test_the_models_own_weights_return_also_after_an_error():
    model = nn.Linear(1, 1, rng=None)
    average = optim.WeightAverage(model)
    model.weight.data[...] = 3
    with pytest.raises(ZeroDivisionError), average.applied():
        assert model.weight.item() == 0
        raise ZeroDivisionError
    assert model.weight.item() == 3


def test_the_average_goes_on_where_it_was_saved(rng):
    layers = (nn.Conv2d(2, 3, 3, rng=rng), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 4, rng=rng))
    model = nn.Sequential(*layers)
    one = optim.WeightAverage(model)
    for parameter in model.parameters():
        parameter.data += 1
    one.update()
    two = optim.WeightAverage(model)
    state = one.state_dict()
    two.load_state_dict(state)
    for average in (one, two):
        average.update()
    assert one.steps == two.steps == 2
    assert all((one.arrays[name] == two.arrays[name]).all() for name in one.arrays)
    assert not np.shares_memory(state["0.weight"], one.arrays["0.weight"])
