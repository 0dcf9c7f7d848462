"""A data set's parts keep together what belongs together, and who wrote much is not heard alone."""

import numpy as np
import pytest

from hellodl.data.dataset import Dataset, together


def dataset(classes, labels, writers=None):
    labels = np.array(labels)
    images = np.zeros((len(labels), 28, 28), np.uint8) + labels[:, None, None].astype(np.uint8)
    return Dataset("made", images, labels, classes, None if writers is None else np.array(writers))


def test_a_subset_keeps_image_label_and_writer_together():
    part = dataset("abc", [0, 1, 2, 1], [7, 8, 9, 8]).subset(np.array([3, 0]))
    assert part.labels.tolist() == part.images[:, 0, 0].tolist() == [1, 0]
    assert part.writers.tolist() == [8, 7]
    assert dataset("abc", [0, 1]).subset(np.array([True, False])).writers is None


def test_sets_come_together_under_the_classes_of_the_first():
    both = together("both", [dataset("012ab", [0, 4]), dataset("ba", [0, 1, 1])])
    assert "".join(both.classes[label] for label in both.labels) == "0bbaa"
    with pytest.raises(ValueError):
        together("none", [dataset("ab", [0]), dataset("abc", [2])])


@pytest.mark.parametrize("balance, share", [(0.5, 2 / 3), (1.0, 1 / 2)])
def test_balance_says_how_much_a_writer_of_four_letters_counts_beside_one_of_a_single(balance, share):
    weights = dataset("a", [0] * 5, [3, 3, 1, 3, 3]).weights(balance)
    assert np.isclose(weights[[0, 1, 3, 4]].sum() / weights.sum(), share)


def test_without_balance_or_writers_there_are_no_weights():
    assert dataset("a", [0, 0], [1, 2]).weights(0.0) is None
    assert dataset("a", [0, 0]).weights(0.5) is None
