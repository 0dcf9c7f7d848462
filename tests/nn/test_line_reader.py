"""The reader of lines: right gradients, the same answer alone and in company, and long lines as they come."""

import json

import numpy as np
import pytest

from hellodl import nn, ops
from hellodl.autograd.gradcheck import gradcheck_module
from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError


def small(rng, **more):
    return nn.LineReader(5, (2, 2, 3, 4), 3, rng=rng, **more)


def test_a_line_gives_a_step_for_every_four_pixels(rng):
    model = small(rng).eval()
    assert model(Tensor(rng.random((2, 32, 24, 1)))).shape == (6, 2, 5)
    assert model(Tensor(rng.random((1, 16, 40, 1)))).shape == (10, 1, 5)


def test_gradients_are_the_slopes(rng):
    model = small(rng, dropout=0.0)
    checks = gradcheck_module(model, rng.standard_normal((2, 16, 8, 1)), rng, most=40)
    assert all(check.checked for check in checks)


def test_the_glance_learns_what_the_convolutions_see(rng):
    model = small(rng)
    model.use_generator(rng)
    columns = model.columns(Tensor(rng.random((2, 32, 16, 1))))
    ops.log_softmax(model.glance(columns)).sum().backward()
    assert model.glance.weight.grad is not None and model.look[0].weight.grad is not None
    assert model.head.weight.grad is None


def test_a_coloured_picture_is_refused(rng):
    model = small(rng).eval()
    with pytest.raises(ShapeError):
        model(Tensor(rng.random((2, 32, 24, 3))))


def test_a_description_in_json_makes_the_same_reader_again(rng):
    model = small(rng).eval()
    twin = nn.build(json.loads(json.dumps(nn.describe(model)))).eval()
    twin.load_state_dict(model.state_dict())
    x = Tensor(rng.random((2, 32, 24, 1)))
    assert (twin(x).data == model(x).data).all()
    np.testing.assert_allclose(model(Tensor(x.data[1:])).data[:, 0], model(x).data[:, 1], rtol=1e-4, atol=1e-5)
