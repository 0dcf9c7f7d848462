r"""1.1 Fours and nines

Make the same classifier for 4 and 9. Do you expect it to be better or worse? Look at the difference of the averages
before you look at the figure. Write `weigh(pictures, labels)`, which makes the weights and the threshold for any two
classes.

Hint: `pictures[labels == 0].mean(axis=0)` is the average of one class; the weights are the average of class 1 minus
that of class 0. The threshold is half the difference of what each average has by itself, `c @ c` and `a @ a`.
"""

import numpy as np

from hellodl import data
from hellodl.learn.asking import Own


def weigh(pictures, labels):
    """Weights (n,) and threshold that speak for class 1, from pictures (N, n) with labels 0 and 1."""
    a, c = (pictures[labels == label].mean(axis=0) for label in (0, 1))
    return c - a, (c @ c - a @ a) / 2


def check(own: Own) -> None:
    """By hand on three pictures, and on fours and nines."""
    rows = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 5.0]])
    own.ask("weigh", rows, np.array([0, 0, 1])).several("the weights, and the threshold", [3, 4], 19.5)
    learn, kept = (data.load("ink", split, count=1000, classes="49") for split in ("train", "validation"))
    answer = own.ask("weigh", learn.images.reshape(len(learn), -1) / 255, learn.labels)
    weights, threshold = answer.value
    right = float(((kept.images.reshape(len(kept), -1) / 255 @ weights > threshold) == kept.labels).mean())
    answer.is_true(0.65 < right < 0.95, "about 8 of 10 fours and nines right", f"{right:.0%} right")
