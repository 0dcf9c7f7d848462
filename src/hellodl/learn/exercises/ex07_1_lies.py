r"""7.1 Lies

Train on letters of which a fifth have a wrong label, drawn by chance. Which is better then, with label smoothing or
without? And how many of the wrong labels does the network believe? Write `with_lies(labels, share, classes, rng)`,
which spoils labels, and `believed(guesses, labels, wrong)`, which counts; the training is the chapter's.

Hint: A wrong label must not be the right one by chance: add a random number from 1 to `classes - 1` to it, and take the
rest by `classes`. Believed is a guess that equals the label taught, counted over the wrong labels alone.
"""

import numpy as np

from hellodl.learn.asking import Answer, Own


def with_lies(labels, share, classes, rng):
    """Labels (N,) of which about `share` are wrong, each by chance, and which they are: true or false (N,)."""
    wrong = rng.random(len(labels)) < share
    return np.where(wrong, (labels + rng.integers(1, classes, len(labels))) % classes, labels), wrong


def believed(guesses, labels, wrong):
    """The share of the wrong labels that were guessed just as they were taught; all three are (N,)."""
    return float((guesses == labels)[wrong].mean())


def check(own: Own) -> None:
    """Many labels, so that shares can be counted."""
    labels = np.random.default_rng(7).integers(0, 5, 20_000)
    for share in (0.2, 0.5):
        answer = own.ask("with_lies", labels, share, 5, np.random.default_rng(1))
        there = isinstance(answer.value, tuple | list) and len(answer.value) == 2
        answer.is_true(there, "the labels, and which are wrong", type(answer.value).__name__)
        spoilt, wrong = map(np.asarray, answer.value)
        answer.is_true(
            spoilt.shape == wrong.shape == (20_000,), "two of shape (20000,)", f"{spoilt.shape}, {wrong.shape}"
        )
        answer.is_true(bool((wrong == (spoilt != labels)).all()), "that those are wrong which differ", "others")
        answer.is_true(abs(wrong.mean() - share) < 0.02, f"a share of {share} wrong", f"{wrong.mean():.3f}")
        inside = bool(((spoilt >= 0) & (spoilt < 5)).all())
        answer.is_true(inside, "labels from 0 to 4", f"from {spoilt.min()} to {spoilt.max()}")
        counts = np.bincount((spoilt - labels)[wrong] % 5, minlength=5)[1:] / wrong.sum()
        answer.is_true(np.ptp(counts) < 0.05, "every wrong label as often as any other", f"{np.round(counts, 2)}")
    four = np.array([1, 2, 3, 0]), np.array([1, 0, 3, 2]), np.array([True, True, False, False])
    own.ask("believed", *four).gives(0.5)
    Answer("believed", "believed(...)", own.ask("believed", four[0], four[0], four[2]).value).gives(1.0)
    own.ask("believed", np.array([0, 1, 2]), np.array([0, 5, 5]), np.array([False, True, True])).gives(0.0)
