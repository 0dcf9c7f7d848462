"""All steps of a recurrent layer at once are its steps one by one, forward and back; PyTorch's are in tests/golden."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hellodl import ops
from hellodl.autograd.gradcheck import gradcheck
from hellodl.autograd.tensor import Tensor
from hellodl.errors import DataError, ShapeError
from hellodl.ops import recurrent
from hellodl.ops.recurrent import Weights

KINDS = {"rnn": 1, "gru": 3, "lstm": 4}
kinds = pytest.mark.parametrize("kind", KINDS)


def leaf(array):
    return Tensor(array, requires_grad=True, dtype=np.float64)


def some_weights(rng, kind, features, size):
    rows = KINDS[kind] * size
    return [rng.standard_normal(shape) for shape in ((rows, features), (rows, size), (rows,), (rows,))]


def fused(kind, x, states, weights):
    """Every h, and the last c of an LSTM."""
    return getattr(recurrent, kind)(x, *states, Weights(*weights))


def step_by_step(kind, x, states, weights):
    """The same by single steps."""
    seen, weights, states = [], Weights(*weights), list(states)
    for t in range(len(x)):
        states = recurrent.__dict__[f"{kind}_step"](x[t], *states, weights)
        states = list(states) if isinstance(states, tuple) else [states]
        seen.append(states[0])
    return ops.stack(seen + states[1:])


@kinds
@given(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_all_steps_at_once_are_the_steps_one_by_one(kind, steps, batch, features, size, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((steps, batch, features))
    states = rng.standard_normal((2 if kind == "lstm" else 1, batch, size))
    arrays = [x, *states, *some_weights(rng, kind, features, size)]
    results = []
    for run in (fused, step_by_step):
        x, *others = leaves = [leaf(array) for array in arrays]
        out = run(kind, x, others[:-4], others[-4:])
        out.backward(np.random.default_rng(seed).standard_normal(out.shape))
        results.append([out.data, *(each.grad for each in leaves)])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


@kinds
def test_gradients_are_the_slopes(kind, rng):
    states = rng.standard_normal((2 if kind == "lstm" else 1, 2, 3))
    arrays = [rng.standard_normal((4, 2, 2)), *states, *some_weights(rng, kind, 2, 3)]
    gradcheck(lambda x, *others: fused(kind, x, others[:-4], others[-4:]), *arrays, rng=rng, most=40)


@kinds
def test_whole_numbers_are_vectors_with_a_single_one(kind, rng):
    symbols = rng.integers(0, 5, (6, 3))
    states = rng.standard_normal((2 if kind == "lstm" else 1, 3, 4))
    arrays = [*states, *some_weights(rng, kind, 5, 4)]
    results = []
    for x in (Tensor(symbols), Tensor(np.eye(5)[symbols], dtype=np.float64)):
        leaves = [leaf(array) for array in arrays]
        out = fused(kind, x, leaves[:-4], leaves[-4:])
        out.backward(np.cos(np.arange(out.numel())).reshape(out.shape))
        results.append([out.data, *(each.grad for each in leaves)])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_an_lstm_that_is_told_to_keep_everything_keeps_it(rng):
    c0 = rng.standard_normal((1, 2))
    bias = np.repeat([-50.0, 50.0, 0.0, 50.0], 2)  # write nothing, keep all, show all
    nothing = np.zeros((8, 2))
    weights = [Tensor(array, dtype=np.float64) for array in (nothing, nothing, bias, np.zeros(8))]
    x = Tensor(rng.standard_normal((100, 1, 2)), dtype=np.float64)
    out = fused("lstm", x, [Tensor(np.zeros((1, 2)), dtype=np.float64), Tensor(c0, dtype=np.float64)], weights)
    np.testing.assert_allclose(out.data[-1], c0)
    np.testing.assert_allclose(out.data[-2], np.tanh(c0))


def test_what_does_not_fit_is_said(rng):
    weights = [Tensor(array) for array in some_weights(rng, "gru", 5, 4)]
    h0 = Tensor(np.zeros((2, 4)))
    with pytest.raises(ShapeError, match=r"takes \(steps, batch, 5\)"):
        fused("gru", Tensor(np.zeros((3, 2, 6))), [h0], weights)
    with pytest.raises(ShapeError, match=r"a state is \(2, 4\); for this input it is \(3, 4\)"):
        fused("gru", Tensor(np.zeros((3, 3, 5))), [h0], weights)
    with pytest.raises(DataError, match="from 0 to 4, got 0 to 7"):
        fused("gru", Tensor(np.array([[0, 7]])), [h0], weights)
    with pytest.raises(ShapeError, match="it has 4 gates of 4, so give it 16 rows"):
        fused("lstm", Tensor(np.zeros((3, 2, 5))), [h0, h0], weights)
