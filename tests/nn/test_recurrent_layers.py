"""Layers with a memory: what they give, what they start from, and that a text may be cut anywhere."""

import json

import numpy as np
import pytest

from hellodl import nn
from hellodl.autograd.gradcheck import gradcheck_module
from hellodl.autograd.tensor import Tensor
from hellodl.errors import HelloError, ShapeError

KINDS = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@kinds
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_gradients_are_the_slopes(kind, batch_first, bidirectional, rng):
    layer = kind(3, 4, 2, dropout=0.3, batch_first=batch_first, bidirectional=bidirectional, rng=rng)
    layer.use_generator(rng)
    gradcheck_module(layer, rng.standard_normal((3, 2, 3)), rng, most=30, loss=lambda result: result[0])


@kinds
def test_a_text_read_in_two_parts_is_as_read_in_one(kind, rng):
    layer = kind(5, 4, 2, rng=rng)
    text = rng.integers(5, size=(9, 3))
    whole, end = layer(Tensor(text))
    first, state = layer(Tensor(text[:4]))
    second, last = layer(Tensor(text[4:]), state)
    np.testing.assert_allclose(np.concatenate([first.data, second.data]), whole.data, rtol=1e-5, atol=1e-6)
    for one, other in zip(*(s if isinstance(s, tuple) else (s,) for s in (end, last))):
        np.testing.assert_allclose(one.data, other.data, rtol=1e-5, atol=1e-6)


@kinds
def test_batch_first_only_swaps_axes(kind, rng):
    one, other = kind(3, 4, rng=rng), kind(3, 4, batch_first=True)
    other.load_state_dict(one.state_dict())
    x = rng.standard_normal((6, 2, 3)).astype(np.float32)
    assert (one(Tensor(x))[0].data == other(Tensor(x.transpose(1, 0, 2)))[0].data.transpose(1, 0, 2)).all()


def test_the_second_direction_reads_from_the_end(rng):
    layer = nn.GRU(3, 4, bidirectional=True, rng=rng)
    x = rng.standard_normal((6, 2, 3)).astype(np.float32)
    before = layer(Tensor(x))[0].data.copy()
    x[-1] += 1
    after = layer(Tensor(x))[0].data
    assert (before[:-1, :, :4] == after[:-1, :, :4]).all() and (before[:, :, 4:] != after[:, :, 4:]).all()


@kinds
def test_a_description_in_json_makes_the_same_layer_again(kind, rng):
    layer = kind(3, 4, 2, bidirectional=True, rng=rng)
    twin = nn.build(json.loads(json.dumps(nn.describe(layer))))
    twin.load_state_dict(layer.state_dict())
    x = Tensor(rng.standard_normal((6, 2, 3)))
    assert (twin(x)[0].data == layer(x)[0].data).all() and repr(twin) == repr(layer)


def test_dropout_between_layers_drops_only_while_training(rng):
    layer = nn.GRU(3, 4, 2, dropout=0.5, rng=rng)
    x = Tensor(rng.standard_normal((6, 2, 3)))
    assert (layer(x)[0].data != layer(x)[0].data).any()  # by chance, where no generator was handed in
    calm = layer.eval()(x)[0].data
    layer.train().use_generator(np.random.default_rng(1))
    assert (layer(x)[0].data != calm).any() and (layer.eval()(x)[0].data == calm).all()


def test_what_does_not_fit_is_said(rng):
    layer = nn.GRU(3, 4, rng=rng)
    with pytest.raises(ShapeError, match="vectors \\(3 axes\\) or whole numbers \\(2 axes\\)"):
        layer(Tensor(np.zeros((3, 3))))
    with pytest.raises(ShapeError, match=r"starts from a state of shape \(1, 2, 4\), got \(1, 3, 4\)"):
        layer(Tensor(np.zeros((5, 2, 3))), Tensor(np.zeros((1, 3, 4))))
    with pytest.raises(ValueError, match="at least 1"):
        nn.LSTM(3, 0)


def test_an_embedding_gives_each_number_its_row_and_says_which_numbers_it_knows(rng):
    table = nn.Embedding(5, 3, rng=rng)
    assert (table(Tensor([[4, 0]])).data == table.weight.data[[[4, 0]]]).all()
    gradcheck_module(table, np.array([[1, 2], [2, 0]]), rng)
    with pytest.raises(HelloError, match="from 0 to 4, got int64 from -1 to 5"):
        table(Tensor([5, -1]))
