"""Step 3: a tensor that knows its gradient."""

import numpy as np


class Tensor:
    """An array that remembers what it was made from."""

    def __init__(self, data, parents=()):
        self.data = np.asarray(data, dtype=np.float64)
        self.grad = np.zeros(self.data.shape)
        self.parents = parents

    def backward(self, g=None):
        """Add g (ones, if none is given) to grad, and send each parent its part."""
        if g is None:
            g = np.ones(self.data.shape)
        self.grad = self.grad + g
        for parent, pull in self.parents:
            parent.backward(pull(g))


def add(a, b):
    """a + b, of equal shape."""
    return Tensor(a.data + b.data, ((a, lambda g: g), (b, lambda g: g)))


def mul(a, b):
    """a · b, number by number, of equal shape."""
    return Tensor(a.data * b.data, ((a, lambda g: g * b.data), (b, lambda g: g * a.data)))


def matmul(a, b):
    """The matrix product of (n, m) and (m, k)."""
    return Tensor(a.data @ b.data, ((a, lambda g: g @ b.data.T), (b, lambda g: a.data.T @ g)))


def relu(a):
    """Each number where it is above 0, else 0."""
    return Tensor(np.maximum(a.data, 0), ((a, lambda g: g * (a.data > 0)),))


def total(a):
    """The sum of all numbers, of shape ()."""
    return Tensor(a.data.sum(), ((a, lambda g: np.full(a.data.shape, g)),))
