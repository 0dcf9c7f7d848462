"""Probabilities that mean what they say: of answers given with 80%, four in five should be right.

Networks that learned until nothing was left to learn are surer than they ought to be, or, taught with softened
labels, not sure enough. One number mends most of it: the temperature by which all logits are divided, found on
writers whom the network did not learn from (Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural
networks", 2017). It changes no answer, only how sure the network is of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hellodl.errors import TrainingError
from hellodl.nn.linear import Linear
from hellodl.nn.module import Module

COLDEST, HOTTEST = 0.05, 20.0
LEAST = 1e-12


class Bin(NamedTuple):
    """Answers of which a model was `low` to `high` sure: how many, how sure, how often right."""

    low: float
    high: float
    images: int
    confidence: float
    accuracy: float


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> tuple[float, list[Bin]]:
    """Expected calibration error (0 to 1) of answers, and the bins that it is the mean of.

    `confidence` (N,) is how sure each was, 0 to 1, and `right` (N,) bool how it came out. Among answers of about the
    same confidence, the error is how far that is from the share of them that is right. Bins are weighed by their
    answers; empty ones are left out.
    """
    confidence = confidence.astype(np.float64)
    number = np.minimum((confidence * bins).astype(int), bins - 1)  # the bin of each answer, (N,)
    found = []
    for k in np.unique(number):
        inside = number == k
        mean, good = float(confidence[inside].mean()), float(right[inside].mean())
        found.append(Bin(k / bins, (k + 1) / bins, int(inside.sum()), mean, good))
    error = sum(b.images * abs(b.confidence - b.accuracy) for b in found) / max(len(confidence), 1)
    return float(error), found


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (N, K) with their logits divided by a temperature: above 1 less sure, below 1 surer."""
    logits = np.log(np.maximum(probabilities.astype(np.float64), LEAST)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def surprise_at(probabilities: np.ndarray, labels: np.ndarray, temperature: float) -> float:
    """The mean of -log p of the truth, in nats, at a temperature."""
    chances = tempered(probabilities, temperature)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chances, LEAST)).mean())


def best_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature at which probabilities (N, K) of answers to labels (N,) surprise least.

    The surprise has one valley over the temperature's logarithm: it is halved in the golden ratio (Kiefer 1953).
    """
    golden = (np.sqrt(5) - 1) / 2
    low, high = np.log(COLDEST), np.log(HOTTEST)
    while high - low > 1e-3:
        left, right = high - golden * (high - low), low + golden * (high - low)
        if surprise_at(probabilities, labels, np.exp(left)) < surprise_at(probabilities, labels, np.exp(right)):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def cool(model: Module, temperature: float) -> None:
    """Divide all logits of a network by a temperature, once and for all: in the weights of its last layer."""
    last = [module for module in model.modules() if isinstance(module, Linear)]
    if not last:
        raise TrainingError("a network without a linear layer at its end has no logits to divide")
    for parameter in last[-1].parameters():
        parameter.data[...] /= np.float32(temperature)
