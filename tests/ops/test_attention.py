"""Attention of all heads at once is attention head by head, and nobody sees what comes after him."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hellodl.autograd.gradcheck import gradcheck
from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError
from hellodl.ops import attention

WAYS = {"plain": (False, False), "turned": (True, False), "normalised": (False, True), "both": (True, True)}
ways = pytest.mark.parametrize(("rotary", "normalise"), WAYS.values(), ids=WAYS)


def settings_of(rotary, normalise, steps, size):
    return {"angle": attention.angles(steps, size) if rotary else None, "normalise": normalise}


@ways
@given(st.integers(1, 2), st.sampled_from([1, 2, 7, 64, 65, 130]), st.integers(1, 2), st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_all_heads_at_once_are_the_heads_one_by_one(rotary, normalise, texts, steps, heads, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((texts, steps, 3 * heads * 4))
    results = []
    for run in (attention.self_attention, attention.self_attention_reference):
        qkv = Tensor(x, requires_grad=True, dtype=np.float64)
        out = run(qkv, heads, **settings_of(rotary, normalise, steps, 4))
        out.backward(np.random.default_rng(seed).standard_normal(out.shape))
        results.append([out.data, qkv.grad])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


@ways
def test_gradients_are_the_slopes(rotary, normalise, rng):
    options = settings_of(rotary, normalise, 66, 2)
    gradcheck(lambda x: attention.self_attention(x, 2, **options), rng.standard_normal((1, 66, 12)), rng=rng)


@ways
def test_what_comes_after_changes_nothing(rotary, normalise, rng):
    options = settings_of(rotary, normalise, 70, 4)
    x = rng.standard_normal((1, 70, 24))
    before = attention.self_attention(Tensor(x), 2, **options).data
    x[0, 40:] += 1
    after = attention.self_attention(Tensor(x), 2, **options).data
    assert (before[0, :40] == after[0, :40]).all() and (before[0, 40:] != after[0, 40:]).any()


def test_turned_products_depend_only_on_the_distance(rng):
    angle = attention.angles(20, 8)
    q, k = rng.standard_normal((2, 8))
    turned_q = attention.turned(Tensor(np.tile(q, (20, 1))), angle).data
    turned_k = attention.turned(Tensor(np.tile(k, (20, 1))), angle).data
    products = turned_q @ turned_k.T
    for distance in (0, 3, 11):
        along = np.diagonal(products, distance)
        np.testing.assert_allclose(along, along[0], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(products[0, 0], q @ k, rtol=1e-4)


def test_a_query_that_fits_one_key_alone_gets_its_value():
    keys = np.eye(3) * 100
    qkv = np.concatenate([keys[[0, 0, 1]], keys, np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])], axis=1)
    out = attention.self_attention(Tensor(qkv[None]), 1).data[0]
    np.testing.assert_allclose(out, [[1, 2, 3], [1, 2, 3], [4, 5, 6]])


def test_the_last_positions_ask_with_what_was_kept_of_the_others(rng):
    x = rng.standard_normal((1, 9, 24)).astype(np.float32)
    whole = attention.self_attention(Tensor(x), 2).data
    q, k, v = x.reshape(1, 9, 3, 2, 4).transpose(2, 0, 3, 1, 4)
    last = attention.attend(q[:, :, 6:], k, v).transpose(0, 2, 1, 3).reshape(1, 3, 8)
    np.testing.assert_allclose(last, whole[:, 6:], rtol=1e-5, atol=1e-6)


@given(st.integers(1, 3), st.integers(1, 6), st.integers(1, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_a_shift_mixes_each_position_with_those_before_it(texts, steps, taps, seed):
    rng = np.random.default_rng(seed)
    x, weight = rng.standard_normal((texts, steps, 3)), rng.standard_normal((taps, 3))
    results = []
    for run in (attention.token_shift, attention.token_shift_reference):
        leaves = [Tensor(array, requires_grad=True, dtype=np.float64) for array in (x, weight)]
        out = run(*leaves)
        out.backward(np.random.default_rng(seed).standard_normal(out.shape))
        results.append([out.data, *(leaf.grad for leaf in leaves)])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_what_does_not_fit_is_said():
    with pytest.raises(ShapeError, match="10 columns are not 3 parts of 2 equal heads"):
        attention.self_attention(Tensor(np.zeros((1, 4, 10))), 2)
    with pytest.raises(ShapeError, match=r"4 positions of heads of 2 want \(4, 1\)"):
        attention.self_attention(Tensor(np.zeros((1, 4, 12))), 2, attention.angles(5, 2))


def test_a_query_in_float16_that_may_look_nowhere_gets_zeros_too():
    ones = Tensor(np.ones((1, 2, 4)), dtype=np.float16)
    mask = np.array([[False, False], [True, False]])
    answers, shares = attention.attention_between(ones, ones, ones * 3, mask)
    assert answers.tolist() == [[[0.0] * 4, [3.0] * 4]] and shares.tolist() == [[[0.0, 0.0], [1.0, 0.0]]]


def test_a_mask_of_numbers_keeps_its_digits():
    q = Tensor(np.array([[1.0]]), dtype=np.float64)
    kv = Tensor(np.array([[0.0], [1.0]]), dtype=np.float64)
    answers, _ = attention.attention_between(q, kv, kv, np.array([[0.1, 0.0]]))
    assert abs(answers.item() - 0.7109495026250039) < 1e-15  # σ(1 - 0.1)
