"""Schedules: how large a step is, over the course of a training.

Large steps find the right valley, small ones its floor. A schedule is a function from the number of the step to a
share of the full learning rate; the trainer multiplies.
"""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[int], float]  # from the number of the step to a share of the full learning rate


def constant() -> Schedule:
    """The same rate all the time."""
    return lambda step: 1.0


def cosine(total: int, warm_up: int = 0, final: float = 0.0) -> Schedule:
    """Up in a straight line for `warm_up` steps, then down half a cosine to `final` (Loshchilov and Hutter 2016).

    The warm-up lets Adam's averages settle before the steps are large (Goyal et al. 2017).
    """

    def share(step: int) -> float:
        if step < warm_up:
            return (step + 1) / (warm_up + 1)
        progress = min((step - warm_up) / max(total - warm_up, 1), 1.0)
        return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))

    return share


def linear(total: int, warm_up: int = 0, final: float = 0.0) -> Schedule:
    """Up in a straight line for `warm_up` steps, then down in one to `final`."""

    def share(step: int) -> float:
        if step < warm_up:
            return (step + 1) / (warm_up + 1)
        return max(1 - (1 - final) * (step - warm_up) / max(total - warm_up, 1), final)

    return share


def hold_then_linear(total: int, hold: float) -> Schedule:
    """The full rate for the first part (0 to 1) of the steps, then down in a straight line to nothing."""
    return lambda step: min(1.0, max(1 - step / max(total, 1), 0.0) / (1 - hold))


def one_cycle(total: int, rise: float = 0.3, start: float = 1 / 25, final: float = 1 / 250_000) -> Schedule:
    """Half a cosine up over the first part, half a cosine down to nearly nothing (Smith and Topin 2017).

    With these defaults it is PyTorch's OneCycleLR, step for step.
    """

    def share(step: int) -> float:
        top = rise * total - 1
        if step <= top and top > 0:
            low, high, progress = start, 1.0, step / top
        else:
            low, high, progress = 1.0, final, (step - top) / max(total - 1 - top, 1e-9)
        return high + (low - high) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))

    return share
