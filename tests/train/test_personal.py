"""Tuning a reader to one hand: it learns that hand, keeps what it knew, and leaves what it began with alone."""

import cv2
import numpy as np
import pytest

from hellodl.commands.eyes import LINES, lines_of
from hellodl.commands.teach import accuracy
from hellodl.data.pages.hands import Hand
from hellodl.data.pages.strings import strung
from hellodl.data.writing import drawn
from hellodl.errors import DataError
from hellodl.train.personal import Tuning, batches_without_end, personalised, rehearsal, tunable

SHORT = Tuning(steps=60)


@pytest.fixture(scope="module")
def base():
    return lines_of(LINES)


def strips_of(written, lean=0.0):
    """Pictures of strings, all leaning back as nobody's in training do."""
    rng = np.random.default_rng(0)
    plain = [drawn(written[item], rng, plain=True) for item in range(len(written))]
    matrix = np.array([[1, lean, 0], [0, 1, 0]], np.float32)
    return [cv2.warpAffine(one, matrix, (one.shape[1] + round(32 * abs(lean)), 32)) for one in plain]


@pytest.fixture(scope="module")
def leaning():
    """Strings by one hand that leans back much farther than anybody's: half to learn from, half to judge by."""
    written = strung(64, lambda rng: Hand.of(5, "test"), np.random.default_rng(1))
    return strips_of(written, 1.0), [*written.texts]


@pytest.fixture(scope="module")
def keep():
    return rehearsal(120)


def numbers(texts, symbols):
    return [[symbols.index(character) + 1 for character in text] for text in texts]


@pytest.fixture(scope="module")
def pupil(base, leaning, keep):
    strips, texts = leaning
    return personalised(base[0], strips[:32], numbers(texts[:32], base[1]), keep, tuning=SHORT)


def test_it_reads_the_hand_better(base, leaning, pupil):
    strips, texts = (part[32:] for part in leaning)
    before, after = (accuracy(model, base[1], strips, texts, 1) for model in (base[0], pupil))
    assert 1 - after < 0.85 * (1 - before)


def test_it_reads_others_nearly_as_well_as_before(base, pupil):
    written = rehearsal(60, seed=9, split="test")
    strips, texts = strips_of(written), [*written.texts]
    assert accuracy(pupil, base[1], strips, texts, 1) > accuracy(base[0], base[1], strips, texts, 1) - 0.05


def test_what_it_sees_stays_and_what_it_makes_of_it_changes(base, pupil):
    tuned = tunable(base[0])
    assert not any(name.startswith("look.") and p.ndim > 1 for name, p in tuned.items())
    after = pupil.state_dict()
    changed = {name for name, array in base[0].state_dict().items() if (array != after[name]).any()}
    assert changed <= set(tuned) and "head.weight" in changed
    assert all(parameter.requires_grad for parameter in pupil.parameters())


def test_the_model_it_began_with_stays_as_it_was_and_the_same_seed_gives_the_same_reader(base, leaning, keep):
    model, symbols = base
    before = model.state_dict()
    strips, texts = leaning[0][:5], numbers(leaning[1][:5], symbols)
    twins = [personalised(model, strips, texts, keep, tuning=Tuning(steps=2), seed=4) for _ in range(2)]
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    one, other = (twin.state_dict() for twin in twins)
    assert all((one[name] == other[name]).all() for name in one)


def test_a_watcher_is_told_of_every_step_and_may_end_it(base, leaning, keep):
    model, symbols = base
    strips, texts = leaning[0][:3], numbers(leaning[1][:3], symbols)
    steps = []

    def watch(step, count, loss):
        steps.append((step, count))
        if step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        personalised(model, strips, texts, keep, tuning=Tuning(steps=3), watch=watch)
    assert steps == [(1, 3), (2, 3)]


def test_nothing_to_learn_from_is_one_line(base):
    with pytest.raises(DataError, match="no line to learn from"):
        personalised(base[0], [], [])


@pytest.mark.parametrize(("count", "size"), [(1, 4), (5, 3), (7, 7), (10, 2)])
def test_batches_take_each_sample_as_often_as_any_other(count, size, rng):
    batches = batches_without_end(count, size, rng)
    drawn = np.concatenate([next(batches) for _ in range(count)])
    assert all(len(next(batches)) == size for _ in range(3))
    np.testing.assert_array_equal(np.bincount(drawn, minlength=count), size)
