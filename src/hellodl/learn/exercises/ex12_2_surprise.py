r"""12.2 However far

Write `surprise(move, share, middle, spread)`: $-\ln p$ of a movement (2,), where $p$ is a mixture of M round hills with
shares (M,), middles (M, 2) and spreads (M,). It must be right where the movement is so far from all hills that $p$
itself is too small for a computer.

Hint: Work with logarithms. The logarithm of a hill with its share is
$\ln \pi_m - |x - \mu_m|^2 / 2\sigma_m^2 - \ln 2\pi\sigma_m^2$. To add up what these are logarithms of, take the largest
out first: $\ln \sum e^{a_m} = a + \ln \sum e^{a_m - a}$ with $a$ the largest of the $a_m$.
"""

import numpy as np

from hellodl.learn.asking import Own


def surprise(move, share, middle, spread):
    """How surprising a movement is, in nats, to a mixture of round hills."""
    squares = ((move - middle) ** 2).sum(axis=1)
    heights = np.log(share) - squares / (2 * spread**2) - np.log(2 * np.pi * spread**2)
    top = heights.max()
    return -(top + np.log(np.exp(heights - top).sum()))


def check(own: Own) -> None:
    """One hill, several, and far away, where the nearest hill is all that counts."""
    rng = np.random.default_rng(0)
    one = np.ones(1), np.zeros((1, 2)), np.full(1, 0.5)
    answer = own.ask("surprise", np.zeros(2), *one)
    answer.gives(np.log(2 * np.pi * 0.25))
    for hills in (1, 2, 5):
        share, middle, spread = rng.dirichlet(np.ones(hills)), rng.normal(size=(hills, 2)), rng.uniform(0.3, 1, hills)
        move = rng.normal(size=2)
        squares = ((move - middle) ** 2).sum(axis=1)
        likely = (share * np.exp(-squares / (2 * spread**2)) / (2 * np.pi * spread**2)).sum()
        own.ask("surprise", move, share, middle, spread).gives(-np.log(likely))
    share, middle, spread = np.array([0.25, 0.75]), np.array([[0.0, 0.0], [300.0, 0.0]]), np.array([1.0, 2.0])
    away = np.array([100.0, 0.0])
    wanted = -np.log(0.25) + 5000 + np.log(2 * np.pi)  # the other is 100 spreads away too, and its hill is lower
    wanted -= np.log(1 + 3 / 4)
    own.ask("surprise", away, share, middle, spread).gives(wanted)
