"""Language models: reading letter by letter says what reading all at once says, at a constant cost."""

import numpy as np
import pytest

from hellodl import nn
from hellodl.autograd.gradcheck import gradcheck_module
from hellodl.autograd.tensor import Tensor
from hellodl.errors import DataError, ShapeError

NEW = {
    "norm": "rms",
    "activation": "relu2",
    "rotary": True,
    "normalise": True,
    "tied": False,
    "bias": False,
    "shift": 2,
}
MODELS = {
    "gpt": lambda rng: nn.GPT(7, 8, 2, 2, 8, rng=rng),
    "gpt, new": lambda rng: nn.GPT(7, 8, 2, 2, 8, rng=rng, **NEW),
    "gpt, gated": lambda rng: nn.GPT(7, 8, 1, 2, 8, activation="swiglu", rng=rng),
    **{kind: lambda rng, kind=kind: nn.RecurrentText(kind, 7, 5, 2, rng=rng) for kind in ("rnn", "gru", "lstm")},
}
models = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)


def moved(make, rng):
    model = make(rng)
    for parameter in model.parameters():
        parameter.data += 0.3 * rng.standard_normal(parameter.shape).astype(np.float32)
    return model


@models
def test_gradients_are_the_slopes(make, rng):
    gradcheck_module(moved(make, rng), rng.integers(7, size=(2, 8)), rng, most=30)


@models
@pytest.mark.parametrize("first", [1, 3, 8])
def test_letter_by_letter_is_as_all_at_once(make, first, rng):
    model, text = moved(make, rng), rng.integers(7, size=8)
    whole = model.eval()(Tensor(text[None])).data[0]
    writer = model.writer()
    found = [writer.read(text[:first]), *(writer.step(symbol) for symbol in text[first:])]
    np.testing.assert_allclose(found, whole[first - 1 :], rtol=1e-4, atol=1e-5)


def test_a_full_context_is_read_again_from_its_last_half(rng):
    model, text = moved(MODELS["gpt"], rng), rng.integers(7, size=30)
    writer = model.writer()
    for count, symbol in enumerate(text, 1):
        found = writer.step(symbol)
        seen = text[:count] if count <= 8 else text[count - (4 + (count - 9) % 5) : count]
        np.testing.assert_allclose(found, model(Tensor(seen[None])).data[0, -1], rtol=1e-4, atol=1e-5)


def test_a_text_longer_than_the_context_is_read_from_its_end(rng):
    model, text = moved(MODELS["gpt"], rng), rng.integers(7, size=30)
    found = model.writer().read(text)
    np.testing.assert_allclose(found, model(Tensor(text[None, -4:])).data[0, -1], rtol=1e-4, atol=1e-5)
    with pytest.raises(ShapeError, match="looks at 8 symbols at a time, got 30"):
        model(Tensor(text[None]))


def test_a_recurrent_model_says_which_symbols_it_knows(rng):
    with pytest.raises(DataError, match="from 0 to 6, got 7"):
        nn.RecurrentText("gru", 7, 5, rng=rng).writer().step(7)


@models
def test_there_must_be_something_to_go_on_from(make, rng):
    with pytest.raises(DataError, match="give at least one symbol"):
        make(rng).writer().read(np.array([], int))


def test_a_tied_table_is_one_weight_that_learns_from_both_ends(rng):
    model = nn.GPT(7, 8, 1, 2, 8, rng=rng)
    assert model.head.weight is model.symbols.weight
    assert "head.weight" not in dict(model.named_parameters()) and "head.weight" in model.state_dict()


def test_blocks_that_begin_with_zero_change_nothing_at_first(rng):
    block = nn.GPT(7, 8, 1, 2, 8, zero=True, rng=rng).blocks()[0]
    x = rng.standard_normal((1, 8, 8)).astype(np.float32)
    assert (block(Tensor(x)).data == x).all()


def test_what_cannot_be_built_is_said(rng):
    with pytest.raises(ValueError, match="rnn, gru, lstm cells, not 'cnn'"):
        nn.RecurrentText("cnn", 7, rng=rng)
    with pytest.raises(ValueError, match="9 features do not make 2 equal heads"):
        nn.GPT(7, 8, 1, 2, 9, rng=rng)
    with pytest.raises(ValueError, match="gelu, relu2, swiglu, not 'relu'"):
        nn.GPT(7, 8, 1, 2, 8, activation="relu", rng=rng)
