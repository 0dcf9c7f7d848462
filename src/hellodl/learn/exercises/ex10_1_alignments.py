r"""10.1 How many alignments are there?

For "in" in three steps there were five. How many has a text of 13 letters, no two equal ones in a row, in 82 steps? You
need not count them one by one. Write `how_many(letters, steps)`.

Hint: The table adds up the probabilities of all alignments. Let each symbol have the "probability" 1 at each step: then
every alignment counts 1, and the sum is their number. `ctc_loss_reference(log_probs, text)` returns the loss first,
which is minus the logarithm of that sum.
"""

from math import comb

import numpy as np

from hellodl.learn.asking import Own
from hellodl.ops.ctc import ctc_loss_reference


def how_many(letters, steps):
    """The number of alignments of so many different letters in so many steps, as a float."""
    ones = np.zeros((steps, 1 + letters))  # logarithms of 1
    return np.exp(-ctc_loss_reference(ones, range(1, 1 + letters))[0])


def check(own: Own) -> None:
    """An alignment is fixed by where each letter begins and where it ends."""
    for letters, steps in ((2, 3), (1, 1), (1, 4), (2, 7), (3, 8), (13, 82)):
        answer = own.ask("how_many", letters, steps)
        share = answer.number() / comb(steps + letters, 2 * letters)
        wanted = comb(steps + letters, 2 * letters)
        answer.is_true(abs(share - 1) < 1e-5, f"{wanted:.6g}", f"{share * wanted:.6g}")
