"""idx files are read as written, and damaged ones are called so by name."""

import gzip
import struct
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hellodl.data import idx
from hellodl.errors import DataError

IMAGES = np.arange(5 * 28 * 28).astype(np.uint8).reshape(5, 28, 28)


@settings(max_examples=60, deadline=None)
@given(
    values=hnp.arrays(
        dtype=st.sampled_from(["u1", "i1", "<i2", ">i2", "<i4", "<f4", ">f4", "<f8"]),
        shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    ),
    gzipped=st.booleans(),
)
def test_what_is_written_is_read_again(tmp_path_factory, values, gzipped):
    path = tmp_path_factory.mktemp("idx") / ("values.gz" if gzipped else "values")
    idx.write(path, values)
    read = idx.read(path)
    assert read.dtype == values.dtype.newbyteorder("=")
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, values)


def test_the_bytes_are_those_of_the_format(tmp_path):
    path = tmp_path / "numbers"
    idx.write(path, np.array([[1, 2, 3], [-1, 256, 7]], np.int16))
    expected = bytes([0, 0, 0x0B, 2]) + struct.pack(">II", 2, 3) + struct.pack(">6h", 1, 2, 3, -1, 256, 7)
    assert path.read_bytes() == expected


def test_gzip_is_told_by_the_content_and_not_by_the_name(tmp_path):
    idx.write(tmp_path / "images.gz", IMAGES)
    (tmp_path / "images").write_bytes((tmp_path / "images.gz").read_bytes())
    (tmp_path / "plain.gz").write_bytes(gzip.decompress((tmp_path / "images.gz").read_bytes()))
    np.testing.assert_array_equal(idx.read(tmp_path / "images"), IMAGES)
    np.testing.assert_array_equal(idx.read(tmp_path / "plain.gz"), IMAGES)


def test_writing_later_gives_the_same_bytes(tmp_path, monkeypatch):
    for name, now in (("a.gz", 1e9), ("b.gz", 1.1e9)):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        idx.write(tmp_path / name, IMAGES)
    monkeypatch.undo()
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


@pytest.mark.parametrize("length", [0, 3, 5, 15, 16, 17, 16 + 5 * 784 - 1])
@pytest.mark.parametrize("gzipped", [False, True])
def test_a_file_cut_short_is_named(tmp_path, length, gzipped):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    idx.write(whole, IMAGES)
    content = whole.read_bytes()[:length]
    cut.write_bytes(gzip.compress(content) if gzipped else content)
    with pytest.raises(DataError, match=r"cut: .*fetch it again") as caught:
        idx.read(cut)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("length", [2, 10, 11, 60, -9, -4, -1])
def test_gzip_data_cut_short_is_named(tmp_path, length):
    whole, cut = tmp_path / "whole.gz", tmp_path / "cut.gz"
    idx.write(whole, IMAGES)
    cut.write_bytes(whole.read_bytes()[:length])
    with pytest.raises(DataError, match=r"cut\.gz: .*gzip.*fetch it again"):
        idx.read(cut)


def test_damaged_gzip_data_is_named(tmp_path):
    path = tmp_path / "images.gz"
    idx.write(path, np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"images\.gz"):
        idx.read(path)


@pytest.mark.parametrize("start", [b"\1\0\x08\1", b"\0\0\x07\1", b"<!DOCTYPE", b"\x89PNG", b"PK\3\4"])
def test_a_wrong_magic_number_is_no_idx_file(tmp_path, start):
    path = tmp_path / "something"
    path.write_bytes(start + bytes(100))
    with pytest.raises(DataError, match="something: not an idx file"):
        idx.read(path)


def test_bytes_after_the_end_are_an_error(tmp_path):
    path = tmp_path / "labels"
    idx.write(path, np.zeros(10, np.uint8))
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(DataError, match="labels: too long"):
        idx.read(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        idx.read(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"cannot be read"):
        idx.read(tmp_path)


def test_numbers_that_idx_cannot_hold_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot hold int64"):
        idx.write(tmp_path / "x", np.zeros(3, np.int64))
    assert not (tmp_path / "x").exists()


def labelled(tmp_path, images, labels):
    idx.write(tmp_path / "images", images)
    idx.write(tmp_path / "labels", labels)
    return idx.read_labelled_images(tmp_path / "images", tmp_path / "labels")


def test_images_come_with_their_labels(tmp_path):
    images, labels = labelled(tmp_path, IMAGES, np.arange(5, dtype=np.uint8))
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, np.arange(5))


def test_counts_that_disagree_are_an_error(tmp_path):
    with pytest.raises(DataError, match=r"labels: 4 labels for the 5 images of images"):
        labelled(tmp_path, IMAGES, np.zeros(4, np.uint8))


@pytest.mark.parametrize("images", [IMAGES[:, :27], IMAGES[0], IMAGES.astype(np.int16)])
def test_images_of_another_kind_are_an_error(tmp_path, images):
    with pytest.raises(DataError, match="images: holds"):
        labelled(tmp_path, images, np.zeros(5, np.uint8))


def test_labels_of_another_kind_are_an_error(tmp_path):
    with pytest.raises(DataError, match="labels: holds"):
        labelled(tmp_path, IMAGES, IMAGES)


def test_a_file_is_found_with_and_without_its_ending(tmp_path):
    assert idx.existing(tmp_path, "x.gz") is None
    (tmp_path / "x").touch()
    assert idx.existing(tmp_path, "x.gz") == tmp_path / "x"
    (tmp_path / "x.gz").touch()
    assert idx.existing(tmp_path, "x.gz") == tmp_path / "x.gz"
    assert idx.existing(tmp_path, "x") == tmp_path / "x"


@pytest.mark.parametrize(
    "shape", [(0, 2**32 - 1, 2**32 - 1, 2**32 - 1), (2**32 - 1,) * 3, (2**31, 0), (1,) * 65, (0,) * 255]
)
@pytest.mark.parametrize("gzipped", [False, True])
def test_a_header_that_promises_the_impossible_is_one_line(tmp_path, shape, gzipped):
    content = struct.pack(f">BBBB{len(shape)}I", 0, 0, 0x0E, len(shape), *shape)
    (tmp_path / "a").write_bytes(gzip.compress(content) if gzipped else content)
    try:
        assert idx.read(tmp_path / "a").size == 0
    except DataError as error:
        assert "\n" not in str(error)


def test_a_small_file_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(idx, "ALWAYS", 2**16)
    head = struct.pack(">BBBBI", 0, 0, 8, 1, 2**24)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(head + bytes(2**24)))
    with pytest.raises(DataError, match="more than the file can hold"):
        idx.read(tmp_path / "bomb.gz")
    (tmp_path / "long.gz").write_bytes(gzip.compress(struct.pack(">BBBBI", 0, 0, 8, 1, 4) + bytes(2**24)))
    with pytest.raises(DataError, match="too long"):
        idx.read(tmp_path / "long.gz")
