"""Tuning a reader to one hand: it learns that hand, keeps what it knew, and leaves what it began with alone."""

import numpy as np
import pytest

from hellodl import nn
from hellodl.data.ink import Ink
from hellodl.errors import DataError
from hellodl.models import find_model
from hellodl.reading.views import seen
from hellodl.train.checkpoint import load_model
from hellodl.train.lanes import probabilities
from hellodl.train.personal import Tuning, batches_without_end, halves, known_to_ink, personalised, rehearsal, tunable

SHORT = Tuning(steps=30)


@pytest.fixture(scope="module")
def base():
    model, metadata = load_model(find_model("letters"))
    return model.eval(), metadata["classes"]


@pytest.fixture(scope="module")
def leaning():
    """Letters that lean back much farther than anybody's in training: half to learn from, half to judge by."""
    ink = Ink.load().dataset(400, 5, split="test", even=True)
    return seen(ink.images, -0.75, 0.0), ink.labels


@pytest.fixture(scope="module")
def keep(base):
    return rehearsal(*base, count=960)


@pytest.fixture(scope="module")
def pupil(base, leaning, keep):
    images, labels = leaning
    return personalised(*base, images[:200], labels[:200], keep, tuning=SHORT)


def right(model, images, labels):
    return float((probabilities(model, images, 1).argmax(axis=1) == labels).mean())


def test_it_reads_the_hand_better(base, leaning, pupil):
    images, labels = (part[200:] for part in leaning)
    before, after = right(base[0], images, labels), right(pupil, images, labels)
    assert 1 - after < 0.75 * (1 - before)


def test_it_reads_others_as_well_as_before(base, pupil):
    ink = Ink.load().dataset(1500, 8, split="test")
    assert right(pupil, ink.images, ink.labels) > right(base[0], ink.images, ink.labels) - 0.01


def test_a_lesson_of_one_letter_alone_would_make_it_forget_the_others_but_for_rehearsal(base, keep):
    q = Ink.load().dataset(12, 3, classes="q")
    labels = np.full(12, base[1].index("q"))
    ink = Ink.load().dataset(600, 8, split="test")
    tuning = {"with": Tuning(steps=30), "without": Tuning(steps=30, share=1.0)}
    after = {
        name: right(personalised(*base, q.images, labels, keep, tuning=how), ink.images, ink.labels)
        for name, how in tuning.items()
    }
    assert after["with"] > right(base[0], ink.images, ink.labels) - 0.01
    assert after["without"] < after["with"] - 0.02


def test_only_scales_biases_and_the_last_layer_change(base, pupil):
    model, _ = base
    tuned = tunable(model)
    assert 0 < sum(p.size for p in tuned.values()) < 0.15 * model.weight_count()
    after = pupil.state_dict()
    changed = {name for name, array in model.state_dict().items() if (array != after[name]).any()}
    assert changed == set(tuned)
    assert all(parameter.requires_grad for parameter in pupil.parameters())


def test_the_model_it_began_with_stays_as_it_was_and_the_same_seed_gives_the_same_reader(base, leaning, keep):
    model, classes = base
    before = model.state_dict()
    twins = [
        personalised(model, classes, leaning[0][:9], leaning[1][:9], keep, tuning=Tuning(steps=3), seed=4)
        for _ in range(2)
    ]
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    one, other = (twin.state_dict() for twin in twins)
    assert all((one[name] == other[name]).all() for name in one)


def test_any_network_and_classes_that_ink_cannot_write_will_do(rng):
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 8, rng=rng), nn.ReLU(), nn.Linear(8, 4, rng=rng))
    assert set(tunable(model)) == {"1.bias", "3.weight", "3.bias"}
    images = rng.integers(0, 255, (3, 28, 28), dtype=np.uint8)
    tuned = personalised(model, "aA7?", images, np.array([3, 0, 1]), tuning=Tuning(steps=2))
    assert probabilities(tuned, images, 1).shape == (3, 4)
    assert known_to_ink("aA7?") == "aA7"


def test_nothing_to_learn_from_is_one_line(base):
    with pytest.raises(DataError, match="no character to learn from"):
        personalised(*base, np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64))


def test_rehearsal_asks_for_the_truth_and_for_what_was_said_before(base, keep):
    model, _ = base
    before = probabilities(model, keep.images, 1)
    np.testing.assert_allclose(keep.answers.sum(axis=1), 1, rtol=1e-4)
    broken = np.abs(keep.answers - before).max(axis=1) < 1e-5
    assert 0.05 < broken.mean() < 0.4
    np.testing.assert_array_less(0.5 - 1e-5, keep.answers[~broken].max(axis=1))


def test_halves_are_of_the_pictures_given(rng):
    images = np.arange(1, 41, dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8)
    mixed = halves(images, rng)
    np.testing.assert_array_equal(mixed[:, :, 0], images[:, :, 0])
    assert (mixed[:, :, -1] != images[:, :, -1]).any()
    assert sorted(mixed[:, 0, -1]) == sorted(images[:, 0, -1])


@pytest.mark.parametrize(("count", "size"), [(1, 4), (5, 3), (7, 7), (10, 2)])
def test_batches_take_each_sample_as_often_as_any_other(count, size, rng):
    batches = batches_without_end(count, size, rng)
    drawn = np.concatenate([next(batches) for _ in range(count)])
    assert all(len(next(batches)) == size for _ in range(3))
    np.testing.assert_array_equal(np.bincount(drawn, minlength=count), size)
