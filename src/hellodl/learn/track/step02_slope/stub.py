"""Step 2: its slope. The story is in stories/step02_slope.md; then: hellodl learn check 2."""

import numpy as np
from step01_neuron import neuron


def loss(x, w, b, target):
    """The square of how far the neuron's guess is from the target."""
    raise NotImplementedError


def slopes_by_trying(f, w, eps=1e-5):
    """The slope of f by each number of w, (n,): (f(w + eps there) - f(w - eps there)) / (2 eps)."""
    raise NotImplementedError


def slopes(x, w, b, target):
    """The slopes of the loss by w, (n,), and by b, a number."""
    raise NotImplementedError


def step_downhill(x, w, b, target, rate):
    """The new w and the new b, moved against their slopes."""
    raise NotImplementedError
