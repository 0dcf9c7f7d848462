"""Checkpoints: a model comes back without the code that made it, in however few bits; damaged files are refused."""

import json
import time

import numpy as np
import pytest
import safetensors.numpy

from hellodl import nn
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.errors import CheckpointError
from hellodl.storage import safetensors as storage
from hellodl.storage.quantize import BITS, TABLES, quantized
from hellodl.train.checkpoint import load, load_model, save, save_model, tried

WAYS = [(bits, how) for bits in BITS for how in TABLES]


def small_network(width: int = 5) -> nn.Module:
    rng = np.random.default_rng(1)
    return nn.Sequential(nn.Conv2d(1, 4, 3, rng=rng), nn.GELU(), nn.Flatten(), nn.Linear(4 * 36, width, rng=rng))


@pytest.mark.parametrize("bits", [32, 16])
def test_a_model_comes_back_without_the_code_that_made_it(tmp_path, bits):
    path, model = tmp_path / "model.safetensors", small_network()
    save_model(path, model, classes="abcde", card={"seed": 1}, bits=bits)
    loaded, metadata = load_model(path)
    assert (metadata["classes"], metadata["card"]) == ("abcde", {"seed": 1})
    x = Tensor(np.random.default_rng(2).standard_normal((3, 8, 8, 1)).astype(np.float32))
    with no_grad():
        difference = np.abs(loaded.eval()(x).data - model.eval()(x).data).max()
    assert difference == 0 if bits == 32 else 0 < difference < 5e-3
    assert all(array.dtype == np.float32 for array in loaded.state_dict().values())


def test_16_bits_make_matrices_half_as_large_and_leaves_vectors(tmp_path):
    save_model(tmp_path / "a", small_network(), classes=None, card={}, bits=16)
    tensors, _ = load(tmp_path / "a")
    assert {n.rpartition(".")[2]: a.dtype.name for n, a in tensors.items()} == {"weight": "float16", "bias": "float32"}


def test_weights_too_large_for_16_bits_are_refused(tmp_path):
    model = small_network()
    next(model.parameters()).data[0] = 1e6
    with pytest.raises(CheckpointError, match="save it in 32 bits"):
        save_model(tmp_path / "a", model, classes=None, card={}, bits=16)


def test_a_file_for_another_model_is_refused(tmp_path):
    path = tmp_path / "a"
    model, other = small_network(5), small_network(6)
    for tensors, words in [
        (other.state_dict(), r"'3.weight' is \(5, 144\)"),
        ({}, "more weights than the file has"),
        ({n: a for n, a in model.state_dict().items() if n != "3.bias"}, "not among them"),
        (model.state_dict() | {"4.weight": np.zeros(1)}, "no '4.weight'"),
        ({"model.0.weight": np.zeros(10_000)} | model.state_dict(), "training run"),
    ]:
        save(path, tensors, {"model": nn.describe(model), "classes": None})
        with pytest.raises(CheckpointError, match=words) as caught:
            load_model(path)
        assert str(caught.value).startswith(str(path))


def test_a_file_that_describes_no_model_is_refused(tmp_path):
    path = tmp_path / "a"
    huge = nn.describe(small_network())
    huge["layers"][3]["out_features"] = 10**15
    for metadata, words in [
        ({}, "does not say which model"),
        ({"model": {"kind": "os.system"}}, "cannot be understood"),
        ({"model": {"kind": "Linear", "in_features": -3, "out_features": "x"}}, "cannot be understood"),
        ({"model": huge}, "more weights than the file has"),
        ({"model": nn.describe(small_network()), "classes": [1]}, "classes"),
    ]:
        save(path, small_network().state_dict(), metadata)
        with pytest.raises(CheckpointError, match=words):
            load_model(path)


# ---- in 8 and 4 bits ----


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
    monkeypatch.setattr(storage, "FORMAT", 1)
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


@pytest.mark.parametrize(
    "description",
    [
        {"kind": "GPT", "vocabulary": 20, "layers": 10_000_000},
        {"kind": "GRU", "input_size": 1, "hidden_size": 1, "num_layers": 10**8},
        {"kind": "BatchNorm2d", "features": 10**10},
        {"kind": "Embedding", "num_embeddings": 10**6, "embedding_dim": 10**6},
        {"kind": "Sequential", "layers": [{"kind": "ReLU"}] * 30_000},
    ],
    ids=lambda description: description["kind"],
)
def test_what_a_description_asks_for_is_held_against_the_file_before_it_is_built(tmp_path, description):
    save(tmp_path / "a", {str(n): np.zeros(0, np.float32) for n in range(3000)}, {"model": description})
    began = time.perf_counter()
    with pytest.raises(CheckpointError, match="more weights than the file has"):
        load_model(tmp_path / "a")
    assert time.perf_counter() - began < 5


def test_what_is_built_without_a_file_has_no_limit(tmp_path):
    with pytest.raises(CheckpointError, match="more weights"):
        nn.build({"kind": "Linear", "in_features": 4, "out_features": 4}, nn.init.Budget(weights=10, parts=10))
    assert nn.Linear(400, 400).weight.shape == (400, 400)


def test_a_model_that_fits_and_does_not_work_is_one_line(tmp_path):
    with pytest.raises(CheckpointError, match=r"^a: its model does not work \(TypeError: no\)"):
        tried("a", lambda: (_ for _ in ()).throw(TypeError("no")))


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(tmp_path, number):
    model = small_network()
    next(model.parameters()).data[0] = number
    save_model(tmp_path / "a", model, card={})
    with pytest.raises(CheckpointError, match="no finite numbers"):
        load_model(tmp_path / "a")
