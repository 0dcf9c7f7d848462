"""Step 3: a tensor that knows its gradient. The story is in stories/step03_tensor.md; then: hellodl learn check 3."""

import numpy as np


class Tensor:
    """An array that remembers what it was made from."""

    def __init__(self, data, parents=()):
        raise NotImplementedError

    def backward(self, g=None):
        """Add g (ones, if none is given) to grad, and send each parent its part."""
        raise NotImplementedError


def add(a, b):
    """a + b, of equal shape."""
    raise NotImplementedError


def mul(a, b):
    """a · b, number by number, of equal shape."""
    raise NotImplementedError


def matmul(a, b):
    """The matrix product of (n, m) and (m, k)."""
    raise NotImplementedError


def relu(a):
    """Each number where it is above 0, else 0."""
    raise NotImplementedError


def total(a):
    """The sum of all numbers, of shape ()."""
    raise NotImplementedError
