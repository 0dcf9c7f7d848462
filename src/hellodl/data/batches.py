"""Batches: which images are looked at together, and in what order.

Every epoch visits every image once, in a new order; with weights, some images more often and some less. An
order is a function of the seed and the number of the epoch alone, not of what was drawn before: so a training
that was killed in its fifth epoch finds the fifth epoch's order again without living through the first four,
and goes on to the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# Mixed into the seed, so that the order of images shares no random numbers with starting weights of that
# seed.
ORDER_STREAM = 0x0DE2


def epoch_order(count: int, seed: int, epoch: int, weights: np.ndarray | None = None) -> np.ndarray:
    """The order, (count,) int64, in which an epoch visits `count` images.

    `weights` (count,), in any unit, says how often each is visited beside the others. An epoch stays as long
    as it was, and an image that is due 1.3 times comes once or twice: it is where the whole numbers, from a
    random start, fall on a line that gives each image a piece of its due length (systematic sampling).
    """
    rng = np.random.default_rng([ORDER_STREAM, seed, epoch])
    if weights is None:
        return rng.permutation(count)
    ends = np.cumsum(weights, dtype=np.float64)
    ends *= count / ends[-1]
    return rng.permutation(np.searchsorted(ends[:-1], np.arange(count) + rng.random(), side="right"))


def cut(order: np.ndarray, batch_size: int, drop_last: bool = False) -> Iterator[np.ndarray]:
    """Cut an order into batches of indices; the last may be smaller, unless it is dropped."""
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; it must be at least 1")
    for start in range(0, batch_count(len(order), batch_size, drop_last) * batch_size, batch_size):
        yield order[start : start + batch_size]


def alike(sizes: np.ndarray, batch_size: int, together: int, rng: np.random.Generator) -> Iterator[list[np.ndarray]]:
    """Whole batches of samples about equally large, so that little has to be filled up: a list at a time.

    Each list comes from as many samples as `together` batches have, drawn by chance and sorted by their `sizes` (N,).
    What is left of them, too few for a batch, waits for another epoch.
    """
    for part in cut(rng.permutation(len(sizes)), batch_size * together):
        yield [*cut(part[np.argsort(sizes[part], kind="stable")], batch_size, drop_last=True)]


def batches(
    count: int, batch_size: int, rng: np.random.Generator | None = None, shuffle: bool = True, drop_last: bool = False
) -> Iterator[np.ndarray]:
    """One epoch over `count` images: arrays of indices, each of at most `batch_size`, in an order drawn from
    `rng`.

    Without shuffling (as for testing) the order is 0, 1, 2, ... and no generator is needed.
    """
    if not shuffle:
        order = np.arange(count)
    elif rng is None:
        raise ValueError("batches: shuffling needs a generator; pass rng=numpy.random.default_rng(seed)")
    else:
        order = rng.permutation(count)
    yield from cut(order, batch_size, drop_last)


def batch_count(count: int, batch_size: int, drop_last: bool = False) -> int:
    """How many batches an epoch has."""
    return count // batch_size if drop_last else -(-count // batch_size)
