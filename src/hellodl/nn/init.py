"""Starting weights: random, and of just the right size.

A layer adds up many inputs. If its weights are too large, every layer makes the numbers larger, and twenty
layers on they overflow; too small, and they fade away. The right spread depends on how many inputs a unit
adds up ("fan in"): 1/√fan_in keeps the size as it is (Glorot and Bengio 2010), and √2 more makes up for the
half that a rectifier throws away (He et al. 2015).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod, sqrt

import numpy as np

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


def he_normal(shape: tuple[int, ...], rng: Rng, gain: float = RELU_GAIN) -> np.ndarray:
    """Normal weights with standard deviation gain/√fan_in, float32.  Without a generator: zeros, to be loaded."""
    if rng is None:
        return np.zeros(shape, np.float32)
    return (rng.standard_normal(shape) * (gain / sqrt(fan_in(shape)))).astype(np.float32)


def glorot_uniform(shape: tuple[int, ...], rng: Rng, gain: float = 1.0) -> np.ndarray:
    """Uniform weights whose size suits both directions, forward and back: ±gain·√(6/(fan_in + fan_out)), float32."""
    if rng is None:
        return np.zeros(shape, np.float32)
    fan_out = shape[0] * prod(shape[2:])
    limit = gain * sqrt(6 / (fan_in(shape) + fan_out))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
