r"""2.4 The dead corner

Show that the weight of the pixel in the upper left corner has not moved by a single bit since the first frame of the
animation. Then make it go away without harm: before learning, multiply all weights by 0. Does the accuracy suffer?
Write `dead(x)`, which finds all pixels whose weights no training on `x` can move.

Hint: The slope of a weight is a mean of d times its pixel. It is exactly zero, whatever d is, where the pixel is zero
in every picture: `(x == 0)` is a table of true and false, and `.all(axis=0)` goes down its columns.
"""

import numpy as np

from hellodl.learn.asking import Own


def dead(x):
    """Which of the n pixels of pictures (N, n) can never move their weight: true or false for each, (n,)."""
    return (x == 0).all(axis=0)


def check(own: Own) -> None:
    """Pixels that add up to zero, that are the same in all pictures, and that are really never inked."""
    x = np.array([[0, 1.0, -1, 0.5, 0], [0, 0, 1, 0.5, 0], [0, 0, 0, 0.5, 1e-9]])
    answer = own.ask("dead", x)
    answer.gives([1, 0, 0, 0, 0])
    answer.is_true(np.asarray(answer.value).dtype == bool, "true or false", f"{np.asarray(answer.value).dtype}")
    own.ask("dead", np.zeros((2, 3))).gives([1, 1, 1])
