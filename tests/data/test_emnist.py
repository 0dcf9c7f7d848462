"""EMNIST letters stand upright and count from nought once they are loaded."""

import os
from pathlib import Path

import numpy as np
import pytest

from hellodl.data import emnist, idx, load
from hellodl.errors import DataError

SHARED = Path(os.environ.get("HELLODL_SHARED", Path(__file__).parents[2].parent / "shared"))
SAMPLES = SHARED / "data" / "emnist" / "samples"


def write(folder, split, images, labels):
    folder.mkdir(exist_ok=True, parents=True)
    idx.write(folder / f"emnist-letters-{split}-images-idx3-ubyte.gz", images)
    idx.write(folder / f"emnist-letters-{split}-labels-idx1-ubyte.gz", labels.astype(np.uint8))


@pytest.fixture
def home(tmp_path):
    """A data home with an EMNIST of 260 and 26 images: an L as it is stored, its foot at the right."""
    for split, count in (("train", 260), ("test", 26)):
        images = np.zeros((count, 28, 28), np.uint8)
        images[:, 4, 4:24] = 255  # after the transposition the stem: a column
        images[:, 4:12, 23] = 255  # and this is the foot, at the bottom
        images[:, 0, 1] = np.arange(count) % 256
        write(tmp_path / "emnist", split, images, np.arange(count) % 26 + 1)
    return tmp_path


def test_letters_are_turned_upright(home):
    test = load("emnist", "test", home)
    assert (test.images[:, 4:24, 4] == 255).all()
    assert (test.images[:, 23, 4:12] == 255).all()
    assert (test.images[:, 4, 10] == 0).all()
    assert test.images.flags.c_contiguous


def test_labels_count_from_nought(home):
    test = load("emnist", "test", home)
    assert test.labels.tolist() == list(range(26)) and test.labels.dtype == np.int64
    assert test.classes == "abcdefghijklmnopqrstuvwxyz"


def test_validation_is_a_tenth_and_shares_nothing_with_training(home):
    parts = {split: load("emnist", split, home, seed=3).images[:, 1, 0] for split in ("train", "validation")}
    assert [len(part) for part in parts.values()] == [234, 26]
    everything = load("emnist", "train+validation", home).images[:, 1, 0]
    assert sorted(np.concatenate(list(parts.values()))) == sorted(everything)
    again, other = (load("emnist", "validation", home, seed=seed).images[:, 1, 0] for seed in (3, 4))
    assert (again == parts["validation"]).all() and (other != parts["validation"]).any()


def test_what_unpacking_the_zip_by_hand_leaves_is_found(home):
    (home / "emnist").rename(home / "gzip")
    (home / "emnist").mkdir()
    (home / "gzip").rename(home / "emnist" / "gzip")
    assert len(load("emnist", "test", home)) == 26


@pytest.mark.parametrize("labels", [np.arange(26), np.arange(26) + 2])
def test_another_part_of_emnist_is_refused(home, labels):
    write(home / "emnist", "test", np.zeros((26, 28, 28), np.uint8), labels)
    with pytest.raises(DataError, match="EMNIST's letters are 1 to 26; take the emnist-letters files"):
        load("emnist", "test", home)


def test_what_is_missing_says_how_to_get_it(tmp_path):
    with pytest.raises(DataError, match=r"emnist is not in .*hellodl data get emnist --data .*nist\.gov"):
        load("emnist", "train", tmp_path)
    with pytest.raises(DataError, match="has no emnist-letters-train-images"):
        emnist.load(tmp_path, "train")


@pytest.mark.shared
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the EMNIST samples are not here (HELLODL_SHARED)")
@pytest.mark.skipif(not (SHARED / "data" / "unipen").is_dir(), reason="UNIPEN is not here (HELLODL_SHARED)")
def test_real_letters_stand_as_pen_letters_do():
    images, labels = (SAMPLES / f"emnist-letters-test-26-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1"))
    letters = emnist.load_files(images, labels)
    assert letters.labels.tolist() == list(range(26))
    pen = load("unipen", "test", SHARED / "data")
    means = np.stack([pen.images[pen.labels == label].mean(axis=0) for label in range(26)])

    def likeness(images):
        a, b = (x - x.mean(axis=(1, 2), keepdims=True) for x in (images, means))
        return (a * b).sum((1, 2)) / np.sqrt((a**2).sum((1, 2)) * (b**2).sum((1, 2)))

    upright, transposed = likeness(letters.images), likeness(letters.images.transpose(0, 2, 1))
    assert upright.mean() > transposed.mean() + 0.1
    assert (upright > transposed).sum() >= 18
