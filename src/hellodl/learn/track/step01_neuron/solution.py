"""Step 1: a neuron."""

import numpy as np


def weighted_sum(x, w, b):
    """x · w + b: a number for x of shape (n,), an array (N,) for x of shape (N, n)."""
    return x @ w + b


def sigmoid(z):
    """1 / (1 + e^-z) of each number in z."""
    return 1 / (1 + np.exp(-z))


def neuron(x, w, b):
    """The sigmoid of the weighted sum."""
    return sigmoid(weighted_sum(x, w, b))


def round_off(y):
    """1.0 where y is at least 0.5, and 0.0 elsewhere."""
    return np.where(np.asarray(y) >= 0.5, 1.0, 0.0)
