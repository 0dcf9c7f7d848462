"""The checker of gradients is itself checked: it passes what is right, and names what is wrong."""

import numpy as np
import pytest

from hellodl import nn, ops
from hellodl.autograd.gradcheck import gradcheck, gradcheck_module
from hellodl.autograd.tensor import Tensor, record
from hellodl.errors import HelloError
from hellodl.ops import activations, pool


def test_it_reports_every_input(rng):
    checks = gradcheck(lambda a, b: (a * b).exp(), rng.random((2, 3)), rng.random(3), rng=rng)
    assert [(c.name, c.shape, c.checked) for c in checks] == [("input 0", (2, 3), 6), ("input 1", (3,), 3)]
    assert all(c.error < 1e-6 for c in checks)
    assert "input 1" in str(checks[1]) and "relative error" in str(checks[1])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: record(x.data**2, (x, lambda g: g * x.data)),  # half the slope
        lambda x: record(x.data.T @ x.data, (x, lambda g: 2 * x.data @ g)),  # right for symmetric gradients alone
        lambda x: record(x.data * 2, (x, lambda g: np.full_like(g, 2 * g.mean()))),  # right for equal gradients alone
        lambda x: record(x.data * 3),  # no gradient at all, though something else has one
        lambda x: record(x.data * 3, (x, lambda g: g * np.nan)),
    ],
)
def test_it_finds_wrong_gradients(wrong, rng):
    with pytest.raises(HelloError, match="gradcheck: the gradient is wrong at input 0"):
        gradcheck(lambda x, y: wrong(x) + y, rng.standard_normal((3, 3)), rng.standard_normal((3, 3)), rng=rng)


def test_a_slightly_wrong_gradient_is_still_wrong(rng):
    def nearly(x):
        return record(np.tanh(x.data), (x, lambda g: g * (1 - np.tanh(x.data) ** 2) * (1 + 1e-5)))

    with pytest.raises(HelloError, match="wrong"):
        gradcheck(nearly, rng.standard_normal(5), rng=rng)


def test_operations_that_return_views_of_their_input_can_be_checked(rng):
    x = rng.standard_normal((2, 3))
    for view in (lambda x: x.reshape(-1), lambda x: x.T, lambda x: x[1:], lambda x: x):
        gradcheck(view, x, rng=rng)


def test_leaving_float64_on_the_way_is_an_error(rng):
    with pytest.raises(HelloError, match="the result is float32"):
        gradcheck(lambda x: record(x.data.astype(np.float32), (x, lambda g: g)), rng.random(3), rng=rng)


def test_of_large_inputs_only_some_elements_are_tried(rng):
    assert gradcheck(activations.tanh, rng.standard_normal(1000), rng=rng, most=30)[0].checked == 30


def network(rng):
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1, rng=rng),
        nn.BatchNorm2d(3),
        nn.GELU(),
        nn.Residual(nn.Sequential(nn.Conv2d(3, 3, (3, 1), padding=(1, 0), bias=False, rng=rng), nn.Tanh())),
        nn.AvgPool2d(2),
        nn.Conv2d(3, 4, 2, stride=2, rng=rng),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(4, 5, rng=rng),
        nn.LayerNorm(5),
        nn.Sigmoid(),
        nn.Linear(5, 3, rng=rng),
    )


def test_a_whole_network_is_reported_layer_by_layer_and_left_as_it_was(rng):
    model = network(rng)
    generator = np.random.default_rng(1)
    model.use_generator(generator)
    before = model.state_dict()
    layouts = [p.data.strides for p in model.parameters()]
    targets = np.array([0, 2, 1])
    checks = gradcheck_module(
        model, rng.random((3, 5, 5, 1)), rng, loss=lambda y: nn.cross_entropy(y, targets, label_smoothing=0.1), most=30
    )
    assert [c.name for c in checks] == ["input", *dict(model.named_parameters())]
    assert max(c.error for c in checks) < 1e-6
    after = model.state_dict()
    assert all((before[name] == after[name]).all() and after[name].dtype == np.float32 for name in before)
    assert [p.data.strides for p in model.parameters()] == layouts
    assert all(p.grad is None for p in model.parameters())
    assert model[7].generator is generator


def test_a_wrong_layer_is_named(rng, monkeypatch):
    right = ops.linear

    def wrong(x, weight, bias):
        out = right(x, weight, bias)
        out._parents = tuple((p, (lambda g, back=back: 2 * back(g)) if p is bias else back) for p, back in out._parents)
        return out

    monkeypatch.setattr(ops, "linear", wrong)
    model = nn.Sequential(nn.Linear(3, 3, rng=rng), nn.Tanh(), nn.Linear(3, 2, rng=rng))
    with pytest.raises(HelloError, match=r"wrong at 0.bias .*; 2.bias"):
        gradcheck_module(model, rng.standard_normal((4, 3)), rng)
    assert model[0].weight.dtype == np.float32


def test_integer_input_is_not_wiggled(rng):
    class Table(nn.Module):
        def __init__(self, rng):
            self.rows = nn.Parameter(rng.standard_normal((5, 2)))

        def forward(self, x):
            return self.rows[x]

    checks = gradcheck_module(Table(rng), np.array([[0, 3], [3, 3]]), rng)
    assert [c.name for c in checks] == ["rows"]


def test_pooling_is_checked_away_from_ties(rng):
    x = rng.permutation(60).reshape(1, 5, 4, 3) * 0.1
    gradcheck(lambda x: pool.max_pool2d(x, 3, 2, ceil_mode=True), x, rng=rng)
    gradcheck(lambda x: pool.max_pool2d(x * Tensor(2.0, dtype=np.float64), 2), x, rng=rng)
