r"""2.3 Another pair

Sevens and threes are easy. Which pair of digits is the hardest for a single neuron? Try at least 4 and 9, and 0 and 1.
Write `tell_apart(learn, judge)`: it trains a neuron on the one set of examples, and returns which share of the other is
right. Both have pictures (N, 784) from 0 to 1 and labels 0 or 1.

Hint: Start from zeros and walk down the gradient that the chapter worked out: for a few pictures at a time, with d = 2
(y - label) y (1 - y) and y the sigmoid of the sum, the slopes are the mean of d times the pictures, and the bias's is
the mean of d. A rate of 1 and ten looks at each picture will do.
"""

import numpy as np

from hellodl import data
from hellodl.learn.asking import Own


def tell_apart(learn, judge):
    """The share right of `judge` by a neuron trained on `learn`; each is a pair, pictures (N, 784) and labels (N,)."""
    pictures, labels = learn
    weights, bias, rng = np.zeros(784), 0.0, np.random.default_rng(6)
    for _ in range(10):
        for some in np.array_split(rng.permutation(len(labels)), len(labels) // 20):
            y = 1 / (1 + np.exp(-(pictures[some] @ weights + bias)))
            d = 2 * (y - labels[some]) * y * (1 - y)
            weights, bias = weights - d @ pictures[some] / len(some), bias - d.mean()
    return float(((judge[0] @ weights + bias > 0) == judge[1]).mean())


def check(own: Own) -> None:
    """Two pairs, each in its band; and with the labels to judge by turned round, what was right is wrong."""
    for pair, low in (("37", 0.93), ("49", 0.84)):
        learn, judge = (
            (found.images.reshape(len(found), 784) / 255, found.labels)
            for found in (data.load("ink", split, count=400, classes=pair) for split in ("train", "validation"))
        )
        answer = own.ask("tell_apart", learn, judge)
        right = answer.number()
        answer.is_true(low < right <= 1, f"of {pair[0]} or {pair[1]}, a share above {low}", f"{right:.4g}")
        turned = own.ask("tell_apart", learn, (judge[0], 1 - judge[1]))
        turned.is_true(float(turned.value) < 0.2, "nearly none right, with labels turned round", f"{turned.value:.4g}")
