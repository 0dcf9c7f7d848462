"""Step 2: its slope."""

import numpy as np
from step01_neuron import neuron


def loss(x, w, b, target):
    """The square of how far the neuron's guess is from the target."""
    return (neuron(x, w, b) - target) ** 2


def slopes_by_trying(f, w, eps=1e-5):
    """The slope of f by each number of w, (n,): (f(w + eps there) - f(w - eps there)) / (2 eps)."""
    found = np.zeros(len(w))
    for i in range(len(w)):
        move = np.zeros(len(w))
        move[i] = eps
        found[i] = (f(w + move) - f(w - move)) / (2 * eps)
    return found


def slopes(x, w, b, target):
    """The slopes of the loss by w, (n,), and by b, a number."""
    y = neuron(x, w, b)
    dz = 2 * (y - target) * y * (1 - y)
    return dz * x, dz


def step_downhill(x, w, b, target, rate):
    """The new w and the new b, moved against their slopes."""
    dw, db = slopes(x, w, b, target)
    return w - rate * dw, b - rate * db
