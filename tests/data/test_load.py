"""What `load` asks of ink, whose pictures are drawn and not read: here a stand-in that draws nothing."""

import sys
import types

import numpy as np
import pytest

from hellodl import data
from hellodl.data import Dataset, load
from hellodl.errors import DataError


@pytest.fixture
def asked(monkeypatch):
    """What the stand-in for ink was asked for."""
    calls = []

    def dataset(count, seed, classes="letters", split="train"):
        calls.append((count, seed, classes, split))
        names = data.CLASS_SETS[classes]
        images = np.zeros((count, 28, 28), np.uint8)
        return Dataset("ink", images, np.random.default_rng(seed).permutation(count) % len(names), names)

    ink = types.SimpleNamespace(
        Ink=types.SimpleNamespace(load=lambda: types.SimpleNamespace(dataset=dataset))
    )
    monkeypatch.setitem(sys.modules, "hellodl.data.ink", ink)
    return calls


def test_all_but_training_is_written_in_styles_that_training_never_sees(asked):
    for split in ("train", "train+validation", "validation", "test"):
        load("ink", split, count=52)
    assert [call[3] for call in asked] == ["train", "train", "test", "test"]
    assert len({call[1] for call in asked[2:]}) == 2


def test_training_is_drawn_by_the_seed_itself(asked):
    load("ink", "train", seed=5)
    assert asked == [(120_000, 5, "letters", "train")]


def test_a_choice_of_classes_is_drawn_from_the_smallest_list_that_has_them(asked):
    some = load("ink", "test", count=101, classes="73")
    assert len(some) == 101 and some.classes == "73"
    assert set(some.labels.tolist()) == {0, 1}
    assert asked[0][0] == 510 and asked[0][2] == "digits"
    assert load("ink", "test", count=10, classes="xyz").classes == "xyz"
    assert load("ink", "test", count=10, classes="o0").classes == "o0"
    assert [call[2] for call in asked] == ["digits", "letters", "36"]


def test_lists_of_classes_by_name_are_inks_own(asked):
    for classes in ("digits", "letters", "36"):
        assert len(load("ink", "train", count=72, classes=classes)) == 72
    assert [call[2] for call in asked] == ["digits", "letters", "36"]


def test_a_class_that_nobody_can_write_is_named(asked):
    with pytest.raises(DataError, match="ink has no class '!'"):
        load("ink", "train", count=10, classes="a!")


def test_the_real_ink_follows():
    train, validation, test = (
        load("ink", split, count=60, classes="36") for split in data.SPLITS if "+" not in split
    )
    assert [len(part) for part in (train, validation, test)] == [60, 60, 60]
    assert (validation.images != test.images).any()
    threes = load("ink", "test", count=20, classes="37")
    assert len(threes) == 20 and np.bincount(threes.labels).tolist() == [10, 10]
    assert threes.images.shape == (20, 28, 28) and threes.images.dtype == np.uint8
