"""Files of arrays: what was saved comes back, and no file, however damaged, does more than be refused."""

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as some

from hellodl.errors import CheckpointError
from hellodl.storage import safetensors as module
from hellodl.storage.safetensors import load, save

TYPES = [np.dtype(t) for t in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "bool", ">f4", ">i8")]
ARRAYS = some.arrays(st.sampled_from(TYPES), some.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(lambda n: n != "__metadata__")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
METADATA = st.dictionaries(NAMES.filter(lambda n: n != "hellodl"), JSON, max_size=4)

WEIGHTS = {
    "fc.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "steps": np.array(7, np.int64),
    "on": np.array([True, False, True]),
}


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(
        a[n].shape == b[n].shape
        and a[n].dtype == b[n].dtype.newbyteorder("=")
        and np.array_equal(a[n], b[n], equal_nan=a[n].dtype.kind == "f")
        for n in a
    )


@given(st.dictionaries(NAMES, ARRAYS, max_size=4), METADATA)
@settings(suppress_health_check=[HealthCheck.too_slow])  # the first text drawn on a machine takes seconds
def test_what_is_saved_comes_back(tmp_path_factory, tensors, metadata):
    path = tmp_path_factory.mktemp("round") / "some.safetensors"
    save(path, tensors, metadata)
    loaded, loaded_metadata = load(path)
    assert same(loaded, tensors)
    assert loaded_metadata == metadata


@given(st.dictionaries(NAMES, ARRAYS, max_size=4))
@settings(max_examples=50)
def test_the_safetensors_package_reads_what_we_write_and_we_what_it_writes(tmp_path_factory, tensors):
    folder = tmp_path_factory.mktemp("both")
    native = {name: array.astype(array.dtype.newbyteorder("=")) for name, array in tensors.items()}
    save(folder / "ours", tensors, {"card": "a", "list": [1]})
    assert same(safetensors.numpy.load_file(folder / "ours"), native)
    safetensors.numpy.save_file(native, folder / "theirs", metadata={"card": "a", "list": "[1]"})
    loaded, metadata = load(folder / "theirs")
    assert same(loaded, native)
    assert metadata == {"card": "a", "list": "[1]"}, "metadata of others stays text"


def test_numbers_lie_at_multiples_of_their_size(tmp_path):
    save(tmp_path / "a", {"byte": np.ones(3, np.uint8), "wide": np.ones(2), "float": np.ones(3, np.float32)}, {})
    raw = (tmp_path / "a").read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    assert length % 8 == 0
    assert header["wide"]["data_offsets"] == [0, 16]
    assert header["float"]["data_offsets"] == [16, 28]


def test_the_same_content_is_the_same_bytes(tmp_path):
    for name in "ab":
        save(tmp_path / name, WEIGHTS, {"seed": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_bfloat16_is_widened(tmp_path):
    write(tmp_path / "b", entries(x=("BF16", [2], 0, 4)), np.array([0x3F80, 0xC040], "<u2").tobytes())
    loaded, _ = load(tmp_path / "b")
    assert loaded["x"].dtype == np.float32
    assert loaded["x"].tolist() == [1.0, -3.0]


def test_any_byte_but_zero_is_true(tmp_path):
    loaded, _ = load(write(tmp_path / "b", entries(x=("BOOL", [3], 0, 3)), b"\0\1\2"))
    assert loaded["x"].view(np.uint8).tolist() == [0, 1, 1]


def test_loaded_arrays_can_be_written_to(tmp_path):
    save(tmp_path / "a", WEIGHTS, {})
    for array in load(tmp_path / "a")[0].values():
        array[...] = 0


def test_numpy_numbers_and_the_state_of_a_generator_are_fit_for_metadata(tmp_path):
    state = np.random.default_rng(3).bit_generator.state
    save(tmp_path / "a", {}, {"state": state, "loss": np.float32(0.5), "counts": np.arange(3), "at": Path("x")})
    _, metadata = load(tmp_path / "a")
    assert metadata == {"state": state, "loss": 0.5, "counts": [0, 1, 2], "at": "x"}


# ---- files that lie ----


def write(path: Path, header: object, data: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def entries(**tensors: tuple) -> dict:
    """name=(dtype, shape, begin, end)"""
    return {n: {"dtype": t, "shape": s, "data_offsets": [b, e]} for n, (t, s, b, e) in tensors.items()}


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


LIES = {
    "an array, no object": ([], b"", "no JSON object"),
    "bad JSON": (b'{"a"', b"", "no clean JSON"),
    "no UTF-8": (b"\xff\xfe{}", b"", "no clean JSON"),
    "nested too deep": (nested(100_000), b"", "no clean JSON"),
    "not a number": (b'{"x":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', b"1234", "no clean JSON"),
    "a name twice": (
        b'{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        b"12",
        "twice",
    ),
    "a tensor that is text": ({"x": "F32"}, b"", "does not say what 'x' is"),
    "a tensor without a shape": ({"x": {"dtype": "F32", "data_offsets": [0, 0]}}, b"", "does not say"),
    "unknown type": (entries(x=("F8", [1], 0, 1)), b"1", "type 'F8'"),
    "a type that is a list": (entries(x=(["F32"], [1], 0, 4)), b"1234", "of type"),
    "negative shape": (entries(x=("F32", [-1, -1], 0, 4)), b"1234", "impossible shape"),
    "a shape that is no list": (entries(x=("F32", 1, 0, 4)), b"1234", "impossible shape"),
    "a shape of true": (entries(x=("F32", [True], 0, 4)), b"1234", "impossible shape"),
    "a shape of 1.0": (entries(x=("F32", [1.0], 0, 4)), b"1234", "impossible shape"),
    "a huge shape": (entries(x=("F32", [2**62, 2**62], 0, 4)), b"1234", "impossible shape"),
    "a huge shape behind a zero": (entries(x=("F32", [2**70, 0], 0, 0)), b"", "impossible shape"),
    "a hundred dimensions": (entries(x=("F32", [1] * 100, 0, 4)), b"1234", "impossible shape"),
    "offsets backwards": (entries(x=("F32", [1], 4, 0)), b"1234", "impossible offsets"),
    "negative offsets": (entries(x=("F32", [1], -4, 0)), b"1234", "impossible offsets"),
    "three offsets": ({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}}, b"1234", "impossible offsets"),
    "offsets beyond the file": (entries(x=("F32", [2], 0, 8)), b"1234", "8 bytes of data are named, 4 are there"),
    "more than any memory": (entries(x=("U8", [2**48], 0, 2**48)), b"1234", "4 are there"),
    "size unlike the shape": (entries(x=("F32", [2], 0, 4)), b"1234", "its shape needs 8"),
    "overlap": (entries(x=("F32", [1], 0, 4), y=("F32", [1], 2, 6)), b"123456", "overlaps at 'y'"),
    "the same place twice": (entries(x=("F32", [1], 0, 4), y=("F32", [1], 0, 4)), b"1234", "overlaps"),
    "a gap": (entries(x=("U8", [1], 0, 1), y=("U8", [1], 2, 3)), b"123", "leaves a gap at 'y'"),
    "a gap at the start": (entries(x=("U8", [1], 1, 2)), b"12", "leaves a gap"),
    "bytes that belong to nobody": (entries(x=("U8", [1], 0, 1)), b"123", "belong to no tensor"),
    "metadata that is a list": ({"__metadata__": []}, b"", "metadata"),
    "metadata with a number": ({"__metadata__": {"a": 1}}, b"", "metadata"),
    "our metadata, but no JSON": ({"__metadata__": {"hellodl": "{"}}, b"", "metadata"),
    "our metadata, but a list": ({"__metadata__": {"hellodl": "[]"}}, b"", "metadata"),
    "our metadata, but deep": ({"__metadata__": {"hellodl": "[" * 100_000}}, b"", "metadata"),
    "our metadata about nothing": ({"__metadata__": {"hellodl": '{"format": 1, "json": ["a"]}'}}, b"", "metadata"),
    "of the future": ({"__metadata__": {"hellodl": '{"format": 99, "json": []}'}}, b"", "newer hellodl"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_file_that_lies_is_refused_in_one_line_that_names_it(tmp_path, lie):
    header, data, words = LIES[lie]
    path = write(tmp_path / "liar.safetensors", header, data)
    with pytest.raises(CheckpointError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "\n" not in message
    assert ";" in message, "it says what to do"


def test_names_out_of_a_file_cannot_speak_to_the_terminal(tmp_path):
    path = write(tmp_path / "a", entries(**{"\x1b[2J\n" + "x" * 9999: ("F99", [1], 0, 1)}), b"1")
    with pytest.raises(CheckpointError) as caught:
        load(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("size", [0, 3, 8])
def test_files_of_no_size_are_refused(tmp_path, size):
    path = tmp_path / "short"
    path.write_bytes(b"\1" * size)
    with pytest.raises(CheckpointError, match="short"):
        load(path)


def test_a_header_larger_than_the_file_or_than_any_header_is_refused(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(struct.pack("<Q", 1000) + b"{}")
    with pytest.raises(CheckpointError, match="its header is 1,000 bytes, the whole file 10"):
        load(path)
    path.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    with pytest.raises(CheckpointError, match="is no safetensors file"):
        load(path)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="no such file"):
        load(tmp_path / "nothing")
    with pytest.raises(CheckpointError, match="is not a file"):
        load(tmp_path)
    with pytest.raises(CheckpointError, match="cannot be opened"):
        load("a\0b")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="is not a file"):
        load(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="is not a file"):
        save(tmp_path / "pipe", {}, {})


def test_every_truncation_is_refused(tmp_path):
    whole = tmp_path / "whole"
    save(whole, WEIGHTS, {"seed": 3})
    raw = whole.read_bytes()
    for length in range(len(raw)):
        whole.write_bytes(raw[:length])
        with pytest.raises(CheckpointError):
            load(whole)


@given(data=st.data())
@settings(max_examples=400)
def test_a_flipped_byte_in_the_header_is_refused_or_read_consistently(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("flip") / "a"
    save(path, WEIGHTS, {"seed": 3})
    raw = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", raw[:8])
    raw[data.draw(st.integers(0, 8 + length - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    try:
        tensors, _ = load(path)
    except CheckpointError:
        return
    assert sum(array.nbytes for array in tensors.values()) == sum(a.nbytes for a in WEIGHTS.values())


def test_a_file_of_too_many_tensors_is_refused_before_any_is_looked_at(tmp_path, monkeypatch):
    path, nothing = tmp_path / "a", np.zeros(0, np.float32)
    tensors = {str(number): nothing for number in range(4)}
    save(path, tensors, {})
    monkeypatch.setattr(module, "MOST_TENSORS", 4)
    assert len(load(path)[0]) == 4
    with pytest.raises(CheckpointError, match="5 tensors are more than the 4 of a file"):
        save(path, tensors | {"one more": nothing}, {})
    monkeypatch.setattr(module, "MOST_TENSORS", 3)
    monkeypatch.setattr(module, "_Place", None)
    with pytest.raises(CheckpointError, match="names 4 tensors, and files of up to 3 are read"):
        load(path)


# ---- saving that goes wrong ----


def test_what_safetensors_cannot_hold_is_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "a"
    for tensors, metadata, words in [
        ({"x": np.ones(2, complex)}, {}, "complex128"),
        ({"x": np.array(["text"])}, {}, "<U4"),
        ({"x": np.array([object()])}, {}, "object"),
        ({"__metadata__": np.ones(1)}, {}, "name it otherwise"),
        ({}, {"hellodl": 1}, "call yours otherwise"),
        ({}, {"f": print}, "JSON"),
        ({}, {"long": "x" * (module.LONGEST_HEADER + 1)}, "save less metadata"),
    ]:
        with pytest.raises(CheckpointError, match=words):
            save(path, tensors, metadata)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("when", ["write", "fsync"])
def test_a_save_that_breaks_off_leaves_the_previous_file_whole(tmp_path, monkeypatch, trouble, when):
    path = tmp_path / "model.safetensors"
    save(path, WEIGHTS, {"step": 1})
    before = path.read_bytes()

    def breaks(*_):
        raise trouble

    if when == "write":
        monkeypatch.setattr(module, "_write", lambda file, *_: (file.write(b"half"), breaks()))
    else:
        monkeypatch.setattr(os, "fsync", breaks)
    expected = CheckpointError if isinstance(trouble, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        save(path, WEIGHTS, {"step": 2})
    if expected is CheckpointError:
        assert "the disk is full" in str(caught.value)
        assert str(path) in str(caught.value)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path], "no half-written file is left"


def test_a_real_limit_on_file_size_leaves_the_previous_file_whole(tmp_path):
    resource = pytest.importorskip("resource", reason="limits are set through POSIX")
    path = tmp_path / "model.safetensors"
    save(path, WEIGHTS, {"step": 1})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(CheckpointError, match="not saved"):
            save(path, {"big": np.ones(100_000)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert load(path)[1] == {"step": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_folders_on_the_way_are_made_and_bad_places_named(tmp_path):
    save(tmp_path / "new" / "folder" / "a", WEIGHTS, {})
    assert same(load(tmp_path / "new" / "folder" / "a")[0], WEIGHTS)
    with pytest.raises(CheckpointError, match="is not a file"):
        save(tmp_path / "new", WEIGHTS, {})
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match="not saved"):
        save(tmp_path / "file" / "a", WEIGHTS, {})


def test_saving_through_a_link_replaces_what_it_points_to(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "a"
    target.touch()
    (tmp_path / "link").symlink_to(target)
    save(tmp_path / "link", WEIGHTS, {})
    assert (tmp_path / "link").is_symlink()
    assert same(load(target)[0], WEIGHTS)


def test_a_header_whose_length_begins_as_a_pickle_does_is_a_header(tmp_path):
    path = tmp_path / "a.safetensors"
    length = 0x0280  # 80 02, little-endian
    text = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).ljust(length).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + struct.pack("<f", 2.5))
    assert load(path)[0]["a"].tolist() == [2.5]
