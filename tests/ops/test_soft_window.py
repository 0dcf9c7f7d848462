"""The LSTM with a window over a text: all steps at once are those one by one, forward and back."""

import numpy as np
import pytest

from hellodl.autograd.gradcheck import gradcheck
from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError
from hellodl.ops.recurrent import Weights
from hellodl.ops.soft_window import Walk, window_lstm, window_lstm_reference

LENGTHS = np.array([4, 2])


def some(rng, steps=5, features=3, letter=2, size=4, count=3):
    """x, text, and the arrays of Weights and Walk."""
    shapes = [(steps, 2, features), (2, 4, letter), (4 * size, features + letter), (4 * size, size)]
    shapes += [(4 * size,), (4 * size,), (3 * count, size), (3 * count,)]
    arrays = [0.5 * rng.standard_normal(shape) for shape in shapes]
    arrays[-1][2 * count :] -= 0.5
    return arrays


def called(operation):
    return lambda x, text, *rest: operation(x, text, LENGTHS, Weights(*rest[:4]), Walk(*rest[4:]))


def test_all_steps_at_once_are_those_one_by_one(rng):
    arrays = some(rng)
    results = []
    for operation in (window_lstm, window_lstm_reference):
        tensors = [Tensor(a, requires_grad=True, dtype=np.float64) for a in arrays]
        out = called(operation)(*tensors)
        out.backward(np.random.default_rng(1).standard_normal(out.shape))
        results.append((out.data, [tensor.grad for tensor in tensors]))
    (fast, slopes), (clear, wanted) = results
    np.testing.assert_allclose(fast, clear, rtol=1e-12)
    for slope, right in zip(slopes, wanted, strict=True):
        np.testing.assert_allclose(slope, right, rtol=1e-9, atol=1e-12)


def test_its_gradients_are_the_slopes(rng):
    gradcheck(called(window_lstm), *some(rng), rng=rng)


def test_float32_stays(rng):
    tensors = [Tensor(a.astype(np.float32), requires_grad=True) for a in some(rng)]
    out = called(window_lstm)(*tensors)
    out.backward(np.ones(out.shape, np.float32))
    assert {out.dtype, *(tensor.grad.dtype for tensor in tensors)} == {np.dtype(np.float32)}


def test_letters_beyond_a_texts_length_are_never_seen(rng):
    arrays = some(rng)
    other = [array.copy() for array in arrays]
    other[1][1, 2:] = 1e3
    one, two = (called(window_lstm)(*(Tensor(a, dtype=np.float64) for a in each)).data for each in (arrays, other))
    assert (one == two).all()


def test_what_does_not_belong_is_refused(rng):
    x, text, *rest = (Tensor(a, dtype=np.float64) for a in some(rng))
    with pytest.raises(ShapeError, match="weight_ih"):
        called(window_lstm)(x[:, :, :2], text, *rest)
    with pytest.raises(ShapeError, match="lengths"):
        called(window_lstm)(x, text[:1], *rest)
