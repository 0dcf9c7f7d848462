r"""9.4 A leak

Take the stretches of DNA, add copies of 500 of them as if a gene had been entered twice, and let a reader who learns by
heart (the nearest neighbour: the class of the most similar stretch) be tested on a random tenth, and on a tenth that
keeps copies together. How much does the leak add? Write the reader: `by_heart(codes, labels, tested)`.

Hint: Two stretches have as many letters in common as `(a == b).sum()` says; for all at once, compare `codes[tested][:,
None]` with the stretches learned, and sum over the last axis. A stretch that is tested is never among those learned.
"""

import numpy as np

from hellodl.learn.asking import Own


def by_heart(codes, labels, tested):
    """The share right of the stretches where `tested` (N,) is true, each by the most similar of the others.

    Codes are (N, length), one number for each letter; labels are (N,).
    """
    learned = ~tested
    same = (codes[tested][:, None] == codes[learned]).sum(axis=2)
    return float((labels[learned][same.argmax(axis=1)] == labels[tested]).mean())


def check(own: Own) -> None:
    """Four stretches by hand; and many, with copies on both sides and with none."""
    codes = np.array([[0, 0, 0, 0], [3, 3, 3, 3], [0, 0, 0, 3], [3, 3, 3, 0], [1, 0, 0, 0]])
    tested = np.array([False, False, True, True, True])
    for classes, right in (([5, 7, 5, 7, 5], 1), ([5, 7, 5, 5, 7], 1 / 3), ([5, 7, 7, 7, 5], 2 / 3)):
        own.ask("by_heart", codes, np.array(classes), tested).gives(right)
    rng = np.random.default_rng(9)
    codes, labels = rng.integers(0, 4, (200, 30)), rng.integers(0, 3, 200)
    both, sides = np.concatenate([codes, codes]), np.arange(400) < 200
    own.ask("by_heart", both, np.concatenate([labels, labels]), sides).gives(1)
    own.ask("by_heart", both, np.concatenate([labels, (labels + 1) % 3]), sides).gives(0)
