r"""12.4 A fair copy

A tidy pen draws from a mixture that was made narrower: with tidiness $b$ each spread becomes $\sigma e^{-b}$ and each
share $\pi^{1 + b}$, made to add up to 1 again. Write `tidied(share, spread, b)`, which returns both for shares (M,) and
spreads (M,). What becomes of two hills with shares 0.6 and 0.4 as $b$ grows? Say first, then ask it.

Hint: `share ** (1 + b)`, divided by its sum; `spread * np.exp(-b)`. Of very small shares a high power may be 0, and
that is fine as long as one of them is not: divide all by the largest first.
"""

import numpy as np

from hellodl.learn.asking import Own


def tidied(share, spread, b):
    """The shares and the spreads of a mixture that is tidier."""
    power = (share / share.max()) ** (1 + b)
    return power / power.sum(), spread * np.exp(-b)


def check(own: Own) -> None:
    """No tidiness changes nothing; much of it leaves one hill."""
    rng = np.random.default_rng(0)
    for hills, b in ((2, 0.0), (3, 0.5), (4, 1.0), (5, 3.0), (400, 200.0)):
        share, spread = rng.dirichlet(np.ones(hills)), rng.uniform(0.1, 1, hills)
        logs = (1 + b) * np.log(share)
        power = np.exp(logs - logs.max())
        answer = own.ask("tidied", share, spread, b)
        answer.several("the shares, and the spreads", power / power.sum(), spread * np.exp(-b))
