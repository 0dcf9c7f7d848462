"""What `load` asks of ink, whose pictures are drawn and not read."""

import numpy as np
import pytest

from hellodl import data
from hellodl.data import load
from hellodl.data.ink import Ink
from hellodl.errors import DataError


@pytest.fixture
def asked(monkeypatch):
    """What ink was asked for, with far fewer pictures drawn."""
    calls = []
    draw = Ink.dataset

    def dataset(self, count, seed, classes="letters", split="train"):
        calls.append((count, seed, classes, split))
        return draw(self, min(count, 60), seed, classes, split)

    monkeypatch.setattr(Ink, "dataset", dataset)
    return calls


def test_all_but_training_is_written_in_styles_that_training_never_sees(asked):
    for split in ("train", "train+validation", "validation", "test"):
        load("ink", split, count=52)
    assert [call[3] for call in asked] == ["train", "train", "test", "test"]
    assert len({call[1] for call in asked[2:]}) == 2, "validation and test are other pictures"


def test_training_is_drawn_by_the_seed_itself(asked):
    load("ink", "train", seed=5)
    assert asked == [(120_000, 5, "letters", "train")]


def test_a_choice_of_classes_is_numbered_in_the_order_given(asked):
    some = load("ink", "test", count=50, classes="73")
    assert len(some) == 50 and some.classes == "73"
    assert set(some.labels.tolist()) == {0, 1}


def test_a_class_that_nobody_can_write_is_named():
    with pytest.raises(DataError, match="ink has no class '!'"):
        load("ink", "train", count=10, classes="a!")


def test_the_splits_of_ink_are_different_pictures():
    splits = [split for split in data.SPLITS if "+" not in split]
    train, validation, test = (load("ink", split, count=60, classes="36") for split in splits)
    assert [len(part) for part in (train, validation, test)] == [60, 60, 60]
    assert (validation.images != test.images).any()
    assert test.images.shape == (60, 28, 28) and test.images.dtype == np.uint8
