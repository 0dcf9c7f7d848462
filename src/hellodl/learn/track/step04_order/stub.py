"""Step 4: topological order. The story is in stories/step04_order.md; then: hellodl learn check 4."""

import numpy as np


def order(t):
    """A list of t and all that it was made from, each once, and after all of its parents."""
    raise NotImplementedError


def backward(t, g=None):
    """Add to the grad of t, and of all that it was made from, each visited once."""
    raise NotImplementedError
