r"""6.2 The limit of a rate

How far can you raise SGD's rate in the valley? What is the limit, in numbers? Write `limit(curvatures)` for any valley:
the curvatures are how fast the gradient grows along each direction (in the chapter's, 1 and 100).

Hint: Where the gradient is $c\,y$, a step takes $y$ to $(1 - c \cdot \text{rate})\, y$. That shrinks as long as the
factor lies between -1 and 1. The steepest direction bursts first.
"""

import numpy as np

from hellodl.learn.asking import Own


def limit(curvatures):
    """The rate from which on SGD no longer comes down, in a valley with these curvatures (n,)."""
    return 2 / np.max(curvatures)


def check(own: Own) -> None:
    """In several valleys; and walked, just below it and just above it."""
    for curvatures in ([1.0, 100.0], [4.0], [8.0, 0.5, 2.0]):
        answer = own.ask("limit", np.array(curvatures))
        rate = answer.number()
        for share, below in ((0.99, True), (1.01, False)):
            end = np.abs((1 - share * rate * np.array(curvatures)) ** 500).max()
            came = f"{share * rate:.4g} {'does not come' if below else 'comes'} down, after 500 steps"
            answer.is_true((end < 1) == below, "rates below it come down, and those above do not", came)
