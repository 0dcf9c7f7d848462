"""Numbers on the command line: the types that argparse checks them by, so that a wrong one ends in one line."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from contextlib import suppress

MOST = 2**63 - 1  # what fits into the run log


def at_least(least: int) -> Callable[[str], int]:
    """What reads whole numbers from `least` up."""

    def number(text: str) -> int:
        with suppress(ValueError):
            if least <= int(text) <= MOST:
                return int(text)
        raise ArgumentTypeError(f"{text[:40]!r} is no whole number of at least {least}")

    return number


def finite(which: str = "", fits: Callable[[float], bool] = lambda value: True) -> Callable[[str], float]:
    """What reads numbers, but no infinite ones and none that is none; `which` says in words what `fits`."""

    def number(text: str) -> float:
        with suppress(ValueError):
            if math.isfinite(value := float(text)) and fits(value):
                return value
        raise ArgumentTypeError(f"{text[:40]!r} is no {f'number {which}'.strip()}")

    return number


real = finite()
rate = finite("of at least 0", lambda value: value >= 0)
positive = finite("above 0", lambda value: value > 0)
share = finite("from 0 to 1", lambda value: 0 <= value <= 1)
part = finite("from 0 to under 1", lambda value: 0 <= value < 1)
