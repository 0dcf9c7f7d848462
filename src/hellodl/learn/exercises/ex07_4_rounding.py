r"""7.4 How far does a weight move?

How far does a weight move at most when it is rounded to `bits` bits? Check it for every weight of the shipped network's
last layer. Write `most_moved(matrix, bits)`, a bound for each row, which is an output channel with a scale of its own.

Hint: With so many bits there are $2^{\text{bits}}$ levels, from the row's lowest weight to its highest, so there are
$2^{\text{bits}} - 1$ steps between them. Rounding moves by half a step at most.
"""

import numpy as np

from hellodl.learn.asking import Own


def most_moved(matrix, bits):
    """The farthest that a weight of each row of a matrix (rows, n) may move: (rows,)."""
    return np.ptp(matrix, axis=1) / (2**bits - 1) / 2


def check(own: Own) -> None:
    """A row that is easy to follow, rows of other reaches, and rows that are not about zero."""
    own.ask("most_moved", np.array([[0.0, 3.0, 1.0]]), 2).gives([0.5])
    matrix = np.random.default_rng(7).normal(size=(4, 30)) * [[1], [2], [3], [4]] + [[0], [5], [-9], [0.1]]
    for bits in (1, 4, 8):
        reach = matrix.max(axis=1) - matrix.min(axis=1)
        own.ask("most_moved", matrix, bits).gives(reach / (2 * (2**bits - 1)))
