"""Starting weights: random, and of just the right size.

A layer adds up many inputs. If its weights are too large, every layer makes the numbers larger, and twenty
layers on they overflow; too small, and they fade away. The right spread depends on how many inputs a unit
adds up ("fan in"): 1/√fan_in keeps the size as it is (Glorot and Bengio 2010), and √2 more makes up for the
half that a rectifier throws away (He et al. 2015).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import prod, sqrt
from typing import TYPE_CHECKING

import numpy as np

from hellodl.autograd.elsewhere import none_in
from hellodl.errors import CheckpointError

RELU_GAIN = sqrt(2)
Rng = np.random.Generator | None  # who draws the weights; None leaves zeros, to be loaded

# Chance for whoever hands in no generator of their own: layers begin with it, and dropout drops by it.
DEFAULT = np.random.default_rng()


def manual_seed(seed: int) -> np.random.Generator:
    """Let what is drawn without a generator be the same in every run from here on: one line at a script's beginning."""
    DEFAULT.bit_generator.state = np.random.default_rng(seed).bit_generator.state
    return DEFAULT


@contextmanager
def nothing_drawn() -> Iterator[None]:
    """Whatever is drawn inside without a generator, it will have been as if it had not."""
    before = DEFAULT.bit_generator.state
    try:
        yield
    finally:
        DEFAULT.bit_generator.state = before


def fan_in(shape: tuple[int, ...]) -> int:
    """How many inputs one unit adds up: a weight is (out, in) or (out, in, kh, kw)."""
    return max(prod(shape[1:]), 1)


def all_alike(value: float, shape: int | tuple[int, ...]) -> np.ndarray:
    """An array of one value, float32. Weights that are not drawn are all made here, within the `Budget`."""
    sizes = shape if isinstance(shape, tuple) else (shape,)
    spend(weights=prod(max(size, 1) for size in sizes))
    return np.zeros(sizes, np.float32) if value == 0 else np.full(sizes, value, np.float32)


@dataclass
class Budget:
    """How many weights and how many parts a network may still have."""

    weights: int
    parts: int


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def within(budget: Budget | None) -> Iterator[None]:
    """Inside, a network can be no larger: a description that comes from anywhere is held to what is there."""
    token = _budget.set(budget)
    try:
        yield
    finally:
        _budget.reset(token)


def spend(weights: int = 0, parts: int = 0) -> None:
    """Weights and parts are about to be made. Raises CheckpointError where they are more than there may be."""
    if (budget := _budget.get()) is None:
        return
    budget.weights -= weights
    budget.parts -= parts
    if min(budget.weights, budget.parts) < 0:
        raise CheckpointError("the model's description asks for more weights than the file has; take another file")


def he_normal(shape: tuple[int, ...], rng: Rng, gain: float = RELU_GAIN) -> np.ndarray:
    """Normal weights with standard deviation gain/√fan_in, float32.  Without a generator: zeros, to be loaded."""
    if rng is None:
        return all_alike(0, shape)
    return (rng.standard_normal(shape) * (gain / sqrt(fan_in(shape)))).astype(np.float32)


def glorot_uniform(shape: tuple[int, ...], rng: Rng, gain: float = 1.0) -> np.ndarray:
    """Uniform weights whose size suits both directions, forward and back: ±gain·√(6/(fan_in + fan_out)), float32."""
    if rng is None:
        return all_alike(0, shape)
    fan_out = shape[0] * prod(shape[2:])
    limit = gain * sqrt(6 / (fan_in(shape) + fan_out))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


if not TYPE_CHECKING:
    __getattr__ = none_in(__name__)
