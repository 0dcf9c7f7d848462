"""Every epoch visits every image once, and its order can be found again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data.batches import batch_count, batches, cut, epoch_order


@given(count=st.integers(0, 200), batch_size=st.integers(1, 70), shuffle=st.booleans(), seed=st.integers(0, 2**40))
def test_every_image_is_visited_once(count, batch_size, shuffle, seed):
    parts = list(batches(count, batch_size, np.random.default_rng(seed), shuffle))
    assert len(parts) == batch_count(count, batch_size)
    assert all(len(part) == batch_size for part in parts[:-1])
    assert sorted(np.concatenate([*parts, np.array([], int)])) == list(range(count))


@given(count=st.integers(0, 200), batch_size=st.integers(1, 70))
def test_the_small_last_batch_can_be_dropped(count, batch_size):
    parts = list(batches(count, batch_size, np.random.default_rng(0), drop_last=True))
    assert len(parts) == batch_count(count, batch_size, drop_last=True) == count // batch_size
    assert all(len(part) == batch_size for part in parts)


def test_without_shuffling_the_order_is_as_it_lies():
    assert [part.tolist() for part in batches(5, 2, shuffle=False)] == [[0, 1], [2, 3], [4]]


def test_the_generator_alone_decides_the_order():
    one, same, other = (np.concatenate(list(batches(100, 7, np.random.default_rng(seed)))) for seed in (1, 1, 2))
    assert (one == same).all() and (one != other).any()


def test_samples_are_shuffled_and_not_only_batches():
    first = next(batches(1000, 10, np.random.default_rng(0)))
    assert np.ptp(first) > 10


def test_shuffling_without_a_generator_says_what_to_pass():
    with pytest.raises(ValueError, match="rng=numpy"):
        next(batches(10, 2))


def test_a_batch_has_at_least_one_image():
    with pytest.raises(ValueError, match="batch_size is 0"):
        next(cut(np.arange(3), 0))


def test_an_epoch_finds_its_order_again_without_the_epochs_before():
    orders = [epoch_order(1000, seed=5, epoch=epoch) for epoch in range(4)]
    assert (epoch_order(1000, seed=5, epoch=3) == orders[3]).all()
    assert all(sorted(order) == list(range(1000)) for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert (epoch_order(1000, seed=6, epoch=0) != orders[0]).any()


def test_neighbouring_seeds_and_epochs_share_no_order():
    orders = {tuple(epoch_order(30, seed, epoch)) for seed in range(20) for epoch in range(20)}
    assert len(orders) == 400


def test_the_order_is_not_the_one_that_the_bare_seed_gives():
    assert (epoch_order(100, 7, 0) != np.random.default_rng(7).permutation(100)).any()


@given(st.lists(st.floats(0.01, 20), min_size=1, max_size=60), st.integers(0, 2**20))
def test_with_weights_each_image_comes_as_often_as_it_is_due_rounded_up_or_down(weights, seed):
    weights = np.array(weights)
    times = np.bincount(epoch_order(len(weights), seed, 0, weights), minlength=len(weights))
    due = weights * len(weights) / weights.sum()
    assert times.sum() == len(times) == len(weights)
    assert (np.floor(due - 1e-9) <= times).all() and (times <= np.ceil(due + 1e-9)).all()


def test_over_many_epochs_each_image_comes_as_often_as_its_weight_says():
    weights = np.array([0.3, 1.2, 0.5, 2.0])
    orders = [epoch_order(4, 1, epoch, weights) for epoch in range(3000)]
    assert np.allclose(np.bincount(np.concatenate(orders)) / 3000, weights, atol=0.05)
    assert len({tuple(order) for order in orders}) > 20  # shuffled, not in the order of the weights
