r"""12.3 The way back through a window

The engine found the slopes of our window. Find them yourself: write `slopes(high, narrow, ahead, wanted)`. The first
three are (steps, K), for K hills: $\alpha$, $\beta$ and how far each goes on; `wanted` (steps, letters) is the slope of
the loss by what is seen, $\varphi_t(u)$. Return three arrays (steps, K): the slopes of the loss by `high`, by `narrow`
and by `ahead`. And think first: on which of the things seen does the first step ahead have a say?

Hint: $\varphi_t(u) = \sum_k \alpha\, e^{-\beta(\kappa - u)^2}$ has the slopes $e^{\dots}$ by $\alpha$, $-\alpha
(\kappa - u)^2 e^{\dots}$ by $\beta$ and $-2\alpha\beta(\kappa - u)\,e^{\dots}$ by $\kappa$; times `wanted`, and summed
over the letters. Where a hill is, $\kappa_t$, is the sum of all that it has gone until then. So how far it goes at step
s is in $\kappa_s$ and in every later one: its slope is the sum of theirs, a `cumsum` from the end.
"""

import numpy as np

from hellodl.learn.asking import Own, slope


def slopes(high, narrow, ahead, wanted):
    """The slopes of the loss by all three, from those by what is seen of each letter."""
    away = np.cumsum(ahead, axis=0)[:, :, None] - np.arange(wanted.shape[1])  # (steps, K, letters)
    hill = np.exp(-narrow[:, :, None] * away**2) * wanted[:, None]
    by_place = -2 * high * narrow * (away * hill).sum(axis=2)
    by_ahead = by_place[::-1].cumsum(axis=0)[::-1]
    return hill.sum(axis=2), -high * (away**2 * hill).sum(axis=2), by_ahead


def check(own: Own) -> None:
    """One hill and one step, a hill that goes on, and several that do as they like; against a wiggle."""
    rng = np.random.default_rng(0)
    for steps, hills, letters in ((1, 1, 2), (3, 1, 4), (1, 2, 3), (5, 3, 4)):
        high, narrow, ahead = rng.uniform(0.2, 1, (3, steps, hills))
        wanted = rng.normal(size=(steps, letters))
        right = slope(_seen(letters), (high, narrow, ahead), wanted)
        answer = own.ask("slopes", high, narrow, ahead, wanted)
        answer.several("by high, and by narrow, and by ahead", *right, tolerance=1e-5)


def _seen(letters: int):
    """What a window shows of so many letters, step by step."""

    def seen(high: np.ndarray, narrow: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        found = np.zeros((len(high), letters))
        for k in range(high.shape[1]):
            place = 0.0
            for t in range(len(high)):
                place += ahead[t, k]
                found[t] += high[t, k] * np.exp(-narrow[t, k] * (place - np.arange(letters)) ** 2)
        return found

    return seen
