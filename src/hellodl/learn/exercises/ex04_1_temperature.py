r"""4.1 Temperature

What happens to softmax if all scores are divided by 0.1? By 10? Which answer wins? What they are divided by is called a
*temperature*. Write `shares_at(scores, temperature)`.

Hint: Divide first, then take the exponentials, and divide them by their sum. Take the largest score off all of them
before, so that no exponential overflows; it changes no share.
"""

import numpy as np

from hellodl.learn.asking import Own


def shares_at(scores, temperature):
    """The softmax of scores (n,) at a temperature."""
    powers = np.exp((scores - scores.max()) / temperature)
    return powers / powers.sum()


def check(own: Own) -> None:
    """By a formula, cold, hot, and with scores that would overflow."""
    scores = np.array([2.0, 1.0, 0.0])
    for temperature in (1.0, 0.1, 10.0, 2.0):
        powers = np.e ** (scores / temperature)
        own.ask("shares_at", scores, temperature).gives(powers / powers.sum())
    own.ask("shares_at", scores + 1000, 1.0).gives(np.e**scores / (np.e**scores).sum())
    own.ask("shares_at", np.array([0.0, 1.0]), 0.001).gives([0, 1])
