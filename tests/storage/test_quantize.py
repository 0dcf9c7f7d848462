"""Quantisation: few values for many weights, close to all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as some

from hellodl import nn
from hellodl.errors import CheckpointError, ShapeError
from hellodl.storage.quantize import (
    BITS,
    TABLES,
    equal_reference,
    packed,
    quantized,
    restored,
    uniform_reference,
    unpacked,
)
from hellodl.train.checkpoint import save_model

WAYS = [(bits, how) for bits in BITS for how in TABLES]
SIZES = st.floats(-1e3, 1e3, width=32).filter(lambda x: x == 0 or abs(x) > 1e-3)
ARRAYS = some.arrays(np.float32, some.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=5), elements=SIZES)


def codes_of(q):
    return (q.codes if q.bits == 8 else unpacked(q.codes, int(np.prod(q.shape)))).reshape(q.shape)


@given(ARRAYS, st.sampled_from(BITS))
def test_uniform_is_off_by_half_a_step_at_most(array, bits):
    q = quantized(array, bits, "uniform")
    error = np.abs(restored(q) - array).reshape(len(array), int(np.prod(array.shape[1:])))
    assert (error <= 0.501 * q.scale[:, None] + 1e-6 * np.abs(array).max(initial=0)).all()


@given(ARRAYS, st.sampled_from(WAYS))
def test_shape_and_type_come_back_and_all_weights_stay_within_their_range(array, way):
    again = restored(quantized(array, *way))
    assert (again.shape, again.dtype) == (array.shape, np.float32)
    rows, back = (part.reshape(len(array), int(np.prod(array.shape[1:]))) for part in (array, again))
    largest = np.abs(rows).max(axis=1, initial=0)  # of each channel: the codebook of all is from -1 to 1
    assert (np.abs(back).max(axis=1, initial=0) <= 1.00001 * largest).all()
    if way[1] == "uniform" and array.size:
        slack = 1e-5 * largest[:, None]
        assert (back >= rows.min(axis=1, keepdims=True) - slack).all()
        assert (back <= rows.max(axis=1, keepdims=True) + slack).all()


@pytest.mark.parametrize("bits", BITS)
def test_uniform_is_what_the_loop_over_one_channel_says(rng, bits):
    array = rng.standard_normal((5, 4, 3)).astype(np.float32)
    array[2] = 0.25
    q = quantized(array, bits, "uniform")
    for channel, codes, lowest, step in zip(array.astype(np.float64), codes_of(q), q.table, q.scale):
        expected = uniform_reference(channel.reshape(-1), bits)
        assert codes.reshape(-1).tolist() == expected[0]
        assert (lowest, step) == expected[1:]


@pytest.mark.parametrize("bits", BITS)
def test_equal_is_what_the_loop_over_sorted_weights_says(rng, bits):
    array = rng.standard_normal((6, 101)).astype(np.float32)
    q = quantized(array, bits, "equal")
    codes, codebook = equal_reference((array.astype(np.float64) / q.scale[:, None]).reshape(-1), bits)
    assert codes_of(q).reshape(-1).tolist() == codes
    np.testing.assert_allclose(q.table, codebook, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("size", [2, 7, 300, 1001])
def test_each_code_stands_for_as_many_weights(rng, bits, size):
    codes = codes_of(quantized(rng.standard_normal((1, size)).astype(np.float32), bits, "equal"))
    counts = np.bincount(codes.reshape(-1))
    assert len(counts) == min(2**bits, size)
    assert counts.max() - counts.min() <= 1


def test_a_channel_of_small_weights_is_as_exact_as_one_of_large_ones(rng):
    rows = rng.standard_normal((2, 500)).astype(np.float32)
    for way in WAYS:
        errors = np.abs(restored(quantized(rows * [[1000], [0.001]], *way)) / [[1000], [0.001]] - rows)
        assert errors.mean(axis=1).max() < {8: 0.02, 4: 0.2}[way[0]]


def test_all_codes_of_a_uniform_channel_are_reached(rng):
    q = quantized(np.linspace(-3, 5, 999, dtype=np.float32).reshape(1, -1), 8, "uniform")
    assert set(codes_of(q).reshape(-1)) == set(range(256))


@pytest.mark.parametrize("way", WAYS)
def test_constant_channels_and_arrays_without_weights_come_back(way):
    constant = np.repeat(np.float32([[0], [-2.5], [3]]), 7, axis=1)
    np.testing.assert_array_equal(restored(quantized(constant[:1], *way)), constant[:1])
    np.testing.assert_allclose(restored(quantized(constant[1:2], *way)), constant[1:2])
    for shape in [(0, 3), (3, 0), (0, 0, 2)]:
        assert restored(quantized(np.zeros(shape, np.float32), *way)).shape == shape


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_two_codes_share_a_byte_the_first_below(rng, count):
    codes = rng.integers(0, 16, count).astype(np.uint8)
    pairs = packed(codes)
    assert len(pairs) == (count + 1) // 2
    np.testing.assert_array_equal(unpacked(pairs, count), codes)
    assert packed(np.uint8([1, 2, 15])).tolist() == [0x21, 0x0F]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -1e300])
def test_weights_that_are_no_finite_numbers_are_refused(way, bad, tmp_path):
    with pytest.raises(CheckpointError, match="no finite numbers"):
        quantized(np.array([[1.0, bad]]), *way)
    model = nn.Linear(20, 30, rng=np.random.default_rng(0))
    model.weight.data[3, 4] = np.nan
    with pytest.raises(CheckpointError, match=r"a: 'weight' has weights that are no finite numbers"):
        save_model(tmp_path / "a", model, card={}, bits=way[0], how=way[1])


def test_what_cannot_be_quantised_is_refused():
    with pytest.raises(ShapeError, match=r"\(3,\) has no channels"):
        quantized(np.zeros(3, np.float32), 8, "equal")
    for bits, how in [(5, "equal"), (8, "odd")]:
        with pytest.raises(ValueError, match="there are"):
            quantized(np.zeros((3, 3), np.float32), bits, how)
