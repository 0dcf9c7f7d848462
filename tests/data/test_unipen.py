"""UNIPEN's letters as pictures and as strokes."""

import os
from pathlib import Path

import numpy as np
import pytest

from hellodl.data import idx, strokes, unipen
from hellodl.errors import DataError

SHARED = Path(os.environ.get("HELLODL_SHARED", Path(__file__).parents[2].parent / "shared"))
FOLDER = SHARED / "data" / "unipen"
needs_unipen = pytest.mark.skipif(not FOLDER.is_dir(), reason="the UNIPEN files are not here (HELLODL_SHARED)")


def write_tiny_strokes(folder):
    """Three drawings by three people: a 7 in one stroke, an i with its dot, an A in test."""
    np.savez(
        folder / unipen.STROKES_FILE,
        xy=np.array([[0, 9], [5, 9], [2, 0], [1, 5], [1, 0], [1, 8], [0, 0], [3, 9], [6, 0], [1, 4], [5, 4]], np.int32),
        stroke_ptr=np.array([0, 3, 5, 6, 9, 11]),
        item_ptr=np.array([0, 1, 3, 5]),
        label=np.array([ord("7"), ord("i"), ord("A")], np.uint8),
        writer_group=np.array([4, 5, 6], np.int16),
        is_test=np.array([False, False, True]),
        is_duplicate=np.array([False, False, False]),
        quality_ok=np.array([True, False, True]),
    )


def test_a_drawing_is_its_strokes_with_y_pointing_down(tmp_path):
    write_tiny_strokes(tmp_path)
    drawings = unipen.load_strokes(tmp_path)
    assert len(drawings) == 3
    assert drawings.labels.tolist() == ["7", "i", "A"]
    stem, dot = drawings[1]
    np.testing.assert_array_equal(stem, [[1, -5], [1, 0]])
    np.testing.assert_array_equal(dot, [[1, -8]])
    assert dot[0, 1] < stem[:, 1].min(), "the dot of an i is above its stem"
    assert drawings.good.tolist() == [True, False, True]


def test_characters_are_drawn_from_strokes_in_the_classes_asked_for(tmp_path):
    write_tiny_strokes(tmp_path)
    train = unipen.load_characters(tmp_path, "train", classes=36)
    assert [train.classes[label] for label in train.labels] == ["7", "i"]
    assert train.writers.tolist() == [4, 5]
    test = unipen.load_characters(tmp_path, "test", classes=36)
    assert [test.classes[label] for label in test.labels] == ["a"]
    both_cases = unipen.load_characters(tmp_path, "test", classes=62)
    assert [both_cases.classes[label] for label in both_cases.labels] == ["A"]
    assert test.images.shape == (1, 28, 28)


def test_a_range_of_pens_gives_thin_and_thick_pictures_and_the_same_ones_by_seed(tmp_path):
    write_tiny_strokes(tmp_path)
    ink = [
        unipen.load_characters(tmp_path, "train", width=(1.2, 5.5), rng=np.random.default_rng(seed)).images
        for seed in (1, 1, 2, 3, 4)
    ]
    np.testing.assert_array_equal(ink[0], ink[1])
    amounts = [images[0].sum() for images in ink]
    assert max(amounts) > 1.3 * min(amounts)


def test_letters_without_their_strokes_have_no_writers(tmp_path):
    idx.write(tmp_path / "unipen-letters-train-images-idx3-ubyte.gz", np.zeros((2, 28, 28), np.uint8))
    idx.write(tmp_path / "unipen-letters-train-labels-idx1-ubyte.gz", np.array([1, 26], np.uint8))
    letters = unipen.load_letters(tmp_path, "train")
    assert [letters.classes[label] for label in letters.labels] == ["a", "z"]
    assert letters.writers is None


def test_letters_whose_counts_disagree_are_refused_by_name(tmp_path):
    idx.write(tmp_path / "unipen-letters-train-images-idx3-ubyte.gz", np.zeros((3, 28, 28), np.uint8))
    idx.write(tmp_path / "unipen-letters-train-labels-idx1-ubyte.gz", np.array([1, 26], np.uint8))
    with pytest.raises(DataError, match="2 labels"):
        unipen.load_letters(tmp_path, "train")


def test_what_is_not_there_or_damaged_is_named(tmp_path):
    with pytest.raises(DataError, match="hellodl data get unipen"):
        unipen.load_strokes(tmp_path)
    with pytest.raises(DataError, match="no split 'validation'"):
        unipen.load_letters(tmp_path, "validation")
    (tmp_path / unipen.STROKES_FILE).write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(DataError, match="damaged"):
        unipen.load_strokes(tmp_path)


@pytest.mark.shared
@needs_unipen
def test_nobody_writes_in_both_splits():
    drawings = unipen.load_strokes(FOLDER)
    train, test = drawings.select("train"), drawings.select("test")
    assert len(train) > 80_000
    assert len(test) > 10_000
    assert not set(drawings.writers[train]) & set(drawings.writers[test])
    assert set(drawings.labels[test]) == set(unipen.CLASSES_62)


@pytest.mark.shared
@needs_unipen
def test_our_drawings_agree_with_the_pictures_that_came_with_the_strokes():
    letters = unipen.load_letters(FOLDER, "test")
    items = idx.read(FOLDER / "unipen-letters-test-item-idx1-int32.gz")
    drawings = unipen.load_strokes(FOLDER)
    some = np.arange(0, len(letters), 16)
    assert (unipen.labels_of(drawings.labels[items], letters.classes) == letters.labels).all()
    assert (drawings.writers[items] == letters.writers).all()

    ours = strokes.render_many(drawings[item] for item in items[some]).astype(int)
    theirs = letters.images[some].astype(int)
    difference = np.abs(ours - theirs).mean(axis=(1, 2))
    assert difference.mean() < 2.0, "of a mean grey of 38"
    assert np.quantile(difference, 0.99) < 5.0
    assert abs(ours.mean() / theirs.mean() - 1) < 0.04, "the pen is as wide"
