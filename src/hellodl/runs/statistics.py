"""What an array of weights, gradients or activations comes down to: the few numbers that the run log keeps.

An array with a NaN or an infinity, or with nothing in it, has no statistics: they are None.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

HISTOGRAM_BINS = 32
HISTOGRAM_SAMPLE = 2**16  # of a larger array, an even choice of its elements is counted

Statistics = dict[str, Any]


def describe(array: np.ndarray) -> Statistics:
    """Mean, spread (standard deviation), low, high, share of zeros, and a histogram (JSON) between low and high."""
    flat = np.asarray(array, np.float32).reshape(-1)
    if flat.size == 0 or not np.isfinite(flat).all():
        names = ("mean", "spread", "low", "high", "zeros")
        return {"size": flat.size, **dict.fromkeys(names), "histogram": "[]"}
    low, high, zeros = float(flat.min()), float(flat.max()), 1 - np.count_nonzero(flat) / flat.size
    moments = {"mean": float(flat.mean(dtype=np.float64)), "spread": float(flat.std()), "low": low, "high": high}
    return {"size": flat.size, **moments, "zeros": zeros, "histogram": json.dumps(histogram(flat, low, high))}


def histogram(flat: np.ndarray, low: float, high: float) -> list[int]:
    """Counts in equal bins from low to high, of an even choice of a large array's elements."""
    sample = flat[:: -(-flat.size // HISTOGRAM_SAMPLE)]
    bins = np.zeros(sample.size, np.intp)
    if high > low:
        bins = ((sample - low) * (HISTOGRAM_BINS / (high - low))).astype(np.intp)
    counts: list[int] = np.bincount(np.minimum(bins, HISTOGRAM_BINS - 1), minlength=HISTOGRAM_BINS).tolist()
    return counts


def moved(array: np.ndarray, before: np.ndarray | None) -> float | None:
    """How far weights are from where they were before, as a share of the length that they had."""
    if before is None:
        return None
    length, way = float(np.linalg.norm(before)), float(np.linalg.norm(array - before))
    return way / length if length and np.isfinite(way) else None


def dead(activations: np.ndarray) -> float | None:
    """The share of units (the last axis) that are 0 for all inputs, at all places: (..., units)."""
    units = activations.reshape(-1, activations.shape[-1])
    return float(np.mean(~units.any(axis=0))) if units.size else None
