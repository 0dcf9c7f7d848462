r"""6.4 The mean of the last weights

A falling rate lets the weights settle. Could one keep the rate constant, and use the mean of the last few hundred
weights instead? (`Settings` has `average`.) Write such an average, `running_average(history, decay)`: after each step
it keeps the share `decay` of itself and takes the rest from the new weights.

Hint: It begins as the first weights. After that `average = decay * average + (1 - decay) * weights`, in a loop over the
rest.
"""

import numpy as np

from hellodl.learn.asking import Own


def running_average(history, decay=0.99):
    """The average (n,) after all the weights of a history (steps, n)."""
    average = history[0]
    for weights in history[1:]:
        average = decay * average + (1 - decay) * weights
    return average


def check(own: Own) -> None:
    """Against the sum written out; and of weights that sway about 3."""
    rng = np.random.default_rng(6)
    history = rng.normal(size=(4, 3))
    for decay in (0.5, 0.9, 0.0):
        shares = [decay**3] + [(1 - decay) * decay**back for back in (2, 1, 0)]
        own.ask("running_average", history, decay).gives(np.array(shares) @ history)
    own.ask("running_average", history[:1], 0.5).gives(history[0])
    own.ask("running_average", np.tile([[4.0], [2.0]], (500, 1))).gives([3.0], 0.02)
