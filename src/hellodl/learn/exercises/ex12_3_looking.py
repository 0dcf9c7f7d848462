r"""12.3 A window of your own

Write `looking(high, narrow, ahead, letters)`: what a window shows at each step. All three are (steps, K), for K hills:
$\alpha$, $\beta$ and how far to go on. The answer is (steps, letters), $\varphi_t(u)$ for the letters 0, 1, 2, ...; at
the first step each hill has already gone on once, from 0.

Hint: Where a hill is, $\kappa$, is the sum of all it has gone so far, `np.cumsum(ahead, axis=0)`. The rest is one line
with an axis for steps, one for hills and one for letters: `kappa[:, :, None] - np.arange(letters)` has all three. Sum
over the hills.
"""

import numpy as np

from hellodl.learn.asking import Own


def looking(high, narrow, ahead, letters):
    """How much of each letter is seen at each step."""
    away = np.cumsum(ahead, axis=0)[:, :, None] - np.arange(letters)  # (steps, K, letters)
    return (high[:, :, None] * np.exp(-narrow[:, :, None] * away**2)).sum(axis=1)


def check(own: Own) -> None:
    """One hill that walks a letter a step, and several that do as they like."""
    ones = np.ones((3, 1))
    own.ask("looking", ones, 100 * ones, np.array([[0.0], [1.0], [1.0]]), 3).gives(np.eye(3))
    rng = np.random.default_rng(0)
    for steps, hills, letters in ((1, 2, 3), (5, 1, 4), (4, 3, 6)):
        high, narrow, ahead = rng.uniform(0.2, 1, (3, steps, hills))
        wanted = np.zeros((steps, letters))
        for k in range(hills):
            place = 0.0
            for t in range(steps):
                place += ahead[t, k]
                for u in range(letters):
                    wanted[t, u] += high[t, k] * np.exp(-narrow[t, k] * (place - u) ** 2)
        own.ask("looking", high, narrow, ahead, letters).gives(wanted)
