"""Quantisation: few values for many weights, close to all of them; files that hold them, and damaged ones."""

import json

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as some

from hellodl import nn
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.errors import CheckpointError, ShapeError
from hellodl.storage import safetensors as tensorfile
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
from hellodl.train.checkpoint import load, load_model, save, save_model

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
    slack = 1e-5 * np.abs(array).max(initial=0)
    assert (again >= array.min(initial=0) - slack).all() and (again <= array.max(initial=0) + slack).all()


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


def network() -> nn.Module:
    rng = np.random.default_rng(3)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, rng=rng),
        nn.GELU(),
        nn.Conv2d(8, 16, 3, rng=rng),
        nn.GELU(),
        nn.Flatten(),
        nn.Linear(16 * 16, 64, rng=rng),
        nn.GELU(),
        nn.Linear(64, 5, rng=rng),
    )


@pytest.mark.parametrize(("bits", "how"), WAYS)
def test_a_model_in_few_bits_is_small_and_answers_nearly_the_same(tmp_path, rng, bits, how):
    model, whole, path = network(), tmp_path / "whole", tmp_path / "small"
    save_model(whole, model, classes="abcde", card={"seed": 1})
    save_model(path, model, classes="abcde", card={"seed": 1}, bits=bits, how=how)
    small, metadata = load_model(path)
    assert (metadata["classes"], metadata["card"]) == ("abcde", {"seed": 1})
    assert path.stat().st_size < whole.stat().st_size * (0.35 if bits == 8 else 0.25)
    x = Tensor(rng.standard_normal((30, 8, 8, 1)).astype(np.float32))
    with no_grad():
        exact, near = model.eval()(x).data, small.eval()(x).data
    assert 0 < np.abs(near - exact).max() < (0.03 if bits == 8 else 0.4) * np.abs(exact).max()
    for name, array in small.state_dict().items():
        assert array.dtype == np.float32
        if array.ndim < 2:
            np.testing.assert_array_equal(array, model.state_dict()[name])


@pytest.mark.parametrize(("bits", "how"), WAYS)
def test_the_safetensors_package_opens_it(tmp_path, bits, how):
    path, model = tmp_path / "small", network()
    save_model(path, model, card={}, bits=bits, how=how)
    theirs = safetensors.numpy.load_file(path)
    q = quantized(model.state_dict()["5.weight"], bits, how)
    np.testing.assert_array_equal(theirs["5.weight"], q.codes)
    np.testing.assert_array_equal(theirs[f"5.weight.{TABLES[how]}"], q.table)
    np.testing.assert_array_equal(theirs["5.weight.scale"], q.scale)
    assert load(path)[1]["quantized"]["5.weight"] == {"bits": bits, "how": how, "shape": [64, 256]}


def test_a_tensor_whose_table_would_outweigh_its_codes_is_in_16_bits(tmp_path):
    save_model(tmp_path / "a", network(), card={}, bits=8, how="equal")
    tensors, metadata = load(tmp_path / "a")
    assert tensors["0.weight"].dtype == np.float16, "72 weights, and a codebook has 256 values"
    assert "0.weight" not in metadata["quantized"]


def test_a_hellodl_from_before_says_that_it_is_too_old_and_only_then(tmp_path, monkeypatch):
    for name, bits in [("whole", 32), ("half", 16), ("small", 8)]:
        save_model(tmp_path / name, network(), card={}, bits=bits)
    monkeypatch.setattr(tensorfile, "FORMAT", 1)
    load_model(tmp_path / "whole")
    load_model(tmp_path / "half")
    with pytest.raises(CheckpointError, match="newer hellodl"):
        load_model(tmp_path / "small")


def changed(name: str, **parts):
    """A damage: other values in a note of the metadata."""
    return lambda tensors, notes: notes[name].update(parts)


def other(name: str, change):
    """A damage: another array in the place of one."""
    return lambda tensors, notes: tensors.update({name: change(tensors[name])})


UNIFORM, EQUAL = "5.weight", "7.weight"
DAMAGES = {
    "bits that there are not": (changed(UNIFORM, bits=5), "not known"),
    "bits that are no number": (changed(UNIFORM, bits="8"), "not known"),
    "a way that there is not": (changed(UNIFORM, how="magic"), "does not say how"),
    "a way that is a list": (changed(UNIFORM, how=[]), "does not say how"),
    "no bits": (lambda tensors, notes: notes[UNIFORM].pop("bits"), "does not say how"),
    "a note that is a number": (lambda tensors, notes: notes.update({UNIFORM: 3}), "does not say how"),
    "a tensor that is not there": (lambda tensors, notes: tensors.pop(UNIFORM), "does not say how"),
    "a note about nothing": (lambda tensors, notes: notes.update(no=notes[UNIFORM]), "does not say how"),
    "a table that is not there": (lambda tensors, notes: tensors.pop(f"{UNIFORM}.lowest"), "does not say how"),
    "a shape that is a number": (changed(UNIFORM, shape=3), "does not say how"),
    "a shape of text": (changed(UNIFORM, shape="ab"), "impossible shape"),
    "a shape below zero": (changed(UNIFORM, shape=[-64, -256]), "impossible shape"),
    "a shape of one number": (changed(UNIFORM, shape=[64 * 256]), "impossible shape"),
    "a shape of more weights": (changed(UNIFORM, shape=[64, 257]), "not what its shape needs"),
    "a shape of other channels": (changed(UNIFORM, shape=[256, 64]), "no scale for each channel"),
    "a shape for another model": (changed(UNIFORM, shape=[64, 16, 16]), "for another model"),
    "as many codes as for 4 bits": (changed(UNIFORM, bits=4), "not what its shape needs"),
    "codes that are no bytes": (other(UNIFORM, lambda codes: codes.astype(np.int16)), "not what its shape needs"),
    "a scale too few": (other(f"{UNIFORM}.scale", lambda scale: scale[1:]), "no scale for each channel"),
    "a scale of float64": (other(f"{UNIFORM}.scale", np.float64), "no scale for each channel"),
    "a lowest too few": (other(f"{UNIFORM}.lowest", lambda lowest: lowest[1:]), "lowest of an impossible shape"),
    "a scale of nan": (other(f"{UNIFORM}.scale", lambda scale: scale * np.nan), "no finite numbers"),
    "a scale beyond float32": (other(f"{UNIFORM}.scale", lambda scale: scale * 0 + 3e38), "no finite numbers"),
    "a code beyond the codebook": (other(f"{EQUAL}.codebook", lambda book: book[:-1]), "beyond its codebook of 15"),
    "a codebook that is a matrix": (other(f"{EQUAL}.codebook", lambda book: book[None]), "impossible shape"),
}


@pytest.fixture
def mixed(tmp_path):
    """A file with one tensor of each kind, and what is in it: path, tensors, metadata."""
    save_model(tmp_path / "uniform", network(), card={}, bits=8, how="uniform")
    save_model(tmp_path / "equal", network(), card={}, bits=4, how="equal")
    tensors, metadata = load(tmp_path / "uniform")
    others, other_metadata = load(tmp_path / "equal")
    for name in [name for name in tensors if name.startswith(EQUAL)]:
        del tensors[name]
    tensors |= {name: array for name, array in others.items() if name.startswith(EQUAL)}
    metadata["quantized"][EQUAL] = other_metadata["quantized"][EQUAL]
    save(tmp_path / "mixed", tensors, metadata)
    load_model(tmp_path / "mixed")
    return tmp_path / "mixed", tensors, metadata


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_in_one_line_that_names_it(mixed, damage):
    path, tensors, metadata = mixed
    change, words = DAMAGES[damage]
    change(tensors, metadata["quantized"])
    save(path, tensors, metadata)
    with pytest.raises(CheckpointError) as caught:
        load_model(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "\n" not in message
    assert ";" in message, "it says what to do"


@pytest.mark.parametrize("notes", ["text", [1], 3, json.dumps({"a": 1})])
def test_notes_that_are_no_notes_are_refused(mixed, notes):
    path, tensors, metadata = mixed
    save(path, tensors, metadata | {"quantized": notes})
    with pytest.raises(CheckpointError, match="does not say which of its tensors"):
        load_model(path)


def test_a_shape_without_weights_that_numpy_could_not_hold_is_refused(mixed):
    path, tensors, metadata = mixed
    nothing = np.zeros(0, np.float32)
    tensors |= {"x": np.zeros(0, np.uint8), "x.scale": nothing, "x.lowest": nothing}
    metadata["quantized"]["x"] = {"bits": 8, "how": "uniform", "shape": [0, 2**62, 2**62]}
    save(path, tensors, metadata)
    with pytest.raises(CheckpointError, match="'x' has an impossible shape"):
        load_model(path)
