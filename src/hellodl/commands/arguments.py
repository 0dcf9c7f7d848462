"""Numbers on the command line: the types that argparse checks them by, so that a wrong one ends in one line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from contextlib import suppress


def at_least(least: int) -> Callable[[str], int]:
    """What reads whole numbers from `least` up."""

    def number(text: str) -> int:
        with suppress(ValueError):
            if int(text) >= least:
                return int(text)
        raise ArgumentTypeError(f"{text!r} is no whole number of at least {least}")

    return number


def share(text: str) -> float:
    """A number from 0 to 1."""
    with suppress(ValueError):
        if 0 <= float(text) <= 1:
            return float(text)
    raise ArgumentTypeError(f"{text!r} is no number from 0 to 1")
