"""Step 1: a neuron. The story is in stories/step01_neuron.md; then: hellodl learn check 1."""

import numpy as np


def weighted_sum(x, w, b):
    """x · w + b: a number for x of shape (n,), an array (N,) for x of shape (N, n)."""
    raise NotImplementedError


def sigmoid(z):
    """1 / (1 + e^-z) of each number in z."""
    raise NotImplementedError


def neuron(x, w, b):
    """The sigmoid of the weighted sum."""
    raise NotImplementedError


def round_off(y):
    """1.0 where y is at least 0.5, and 0.0 elsewhere."""
    raise NotImplementedError
