"""MNIST by its own files, and the splits that `load` makes of it."""

import os
from pathlib import Path

import numpy as np
import pytest

from hellodl.data import idx, load, mnist
from hellodl.errors import DataError

SHARED = Path(os.environ.get("HELLODL_SHARED", Path(__file__).parents[2].parent / "shared"))


@pytest.fixture
def home(tmp_path):
    """A data home with an MNIST of 200 and 30 images; the first pixels of each tell its number."""
    (tmp_path / "mnist").mkdir()
    for stem, count in (("train", 200), ("t10k", 30)):
        images = np.zeros((count, 28, 28), np.uint8)
        images[:, 0, 0] = np.arange(count)
        idx.write(tmp_path / "mnist" / f"{stem}-images-idx3-ubyte.gz", images)
        idx.write(tmp_path / "mnist" / f"{stem}-labels-idx1-ubyte.gz", (np.arange(count) % 10).astype(np.uint8))
    return tmp_path


def numbers(dataset):
    return dataset.images[:, 0, 0].tolist()


def test_digits_keep_their_labels(home):
    test = load("mnist", "test", home)
    assert test.images.shape == (30, 28, 28) and test.images.dtype == np.uint8
    assert test.labels.dtype == np.int64
    np.testing.assert_array_equal(test.labels, np.arange(30) % 10)
    assert test.classes == "0123456789"


def test_the_last_training_images_are_for_validation(home):
    assert numbers(load("mnist", "train", home)) == list(range(180))
    assert numbers(load("mnist", "validation", home)) == list(range(180, 200))
    assert numbers(load("mnist", "train+validation", home)) == list(range(200))


def test_some_classes_alone_are_numbered_in_the_order_given(home):
    threes_and_sevens = load("mnist", "test", home, classes="73")
    assert threes_and_sevens.classes == "73"
    assert numbers(threes_and_sevens) == [3, 7, 13, 17, 23, 27]
    assert threes_and_sevens.labels.tolist() == [1, 0, 1, 0, 1, 0]


def test_a_list_of_classes_by_name_numbers_several_sets_alike(home):
    both = load("mnist", "test", home, classes="36")
    assert both.classes == "0123456789abcdefghijklmnopqrstuvwxyz" and len(both) == 30
    with pytest.raises(DataError, match="mnist has no class 'abc"):
        load("mnist", "test", home, classes="letters")


def test_a_class_that_is_not_there_is_named(home):
    with pytest.raises(DataError, match="mnist has no class 'x'; its classes are 0123456789"):
        load("mnist", "test", home, classes="3x")


def test_a_count_picks_by_the_seed(home):
    some = numbers(load("mnist", "train", home, count=50, seed=1))
    assert len(set(some)) == 50
    assert some == numbers(load("mnist", "train", home, count=50, seed=1))
    assert some != numbers(load("mnist", "train", home, count=50, seed=2))
    assert len(load("mnist", "train", home, count=1000)) == 180


def test_files_of_another_set_are_refused(home):
    labels = np.full(30, 11, np.uint8)
    idx.write(home / "mnist" / "t10k-labels-idx1-ubyte.gz", labels)
    with pytest.raises(DataError, match=r"t10k-labels.*has label 11"):
        load("mnist", "test", home)


def test_a_missing_file_is_named(home):
    (home / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"has no t10k-labels-idx1-ubyte\.gz; .*hellodl data get mnist"):
        mnist.load(home / "mnist", "test")
    with pytest.raises(DataError, match=r"mnist is not in .*hellodl data get mnist --data"):
        load("mnist", "test", home)


def test_an_unknown_set_or_split_lists_the_known_ones(home):
    with pytest.raises(DataError, match="there is no data set 'minst'; the known ones are ink, mnist"):
        load("minst", "test", home)
    with pytest.raises(DataError, match="'splice' is not a set of images; those are ink, mnist"):
        load("splice", "test", home)
    with pytest.raises(DataError, match="there is no split 'dev'; choose one of train, validation"):
        load("mnist", "dev", home)


@pytest.mark.shared
@pytest.mark.skipif(not (SHARED / "data" / "mnist").is_dir(), reason="MNIST is not here (HELLODL_SHARED)")
def test_the_real_mnist_is_what_it_always_was():
    test, train = load("mnist", "test", SHARED / "data"), load("mnist", "train", SHARED / "data")
    assert (len(train), len(test)) == (55_000, 10_000)
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    # A one is narrow and a zero is hollow: the images are where they belong, and upright.
    ones, zeros = (test.images[test.labels == digit].mean(axis=0) for digit in (1, 0))
    assert ones.max(axis=0).argmax() in (13, 14) and (ones.sum(axis=1) > 100).sum() > 15
    assert zeros[14, 14] < 0.2 * zeros.max()
