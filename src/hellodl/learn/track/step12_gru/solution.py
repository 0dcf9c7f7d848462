"""Step 12: a GRU step."""

import numpy as np
from step03_tensor import Tensor
from step05_broadcasting import add, matmul, mul


def sigmoid(a):
    """1 / (1 + e^-a) of each number of a Tensor."""
    y = 1 / (1 + np.exp(-a.data))
    return Tensor(y, ((a, lambda g: g * y * (1 - y)),))


def tanh(a):
    """The hyperbolic tangent of each number of a Tensor."""
    y = np.tanh(a.data)
    return Tensor(y, ((a, lambda g: g * (1 - y**2)),))


class GRU:
    """A memory of n_hidden numbers."""

    def __init__(self, n_in, n_hidden, rng):
        def part():
            w = Tensor(rng.normal(size=(n_in, n_hidden)) * np.sqrt(1 / n_in))
            u = Tensor(rng.normal(size=(n_hidden, n_hidden)) * np.sqrt(1 / n_hidden))
            return w, u, Tensor(np.zeros(n_hidden))

        self.wz, self.uz, self.bz = part()
        self.wr, self.ur, self.br = part()
        self.wn, self.un, self.bn = part()

    def step(self, x, h):
        """The state after x, (N, n_hidden), from the state before."""
        z = sigmoid(add(add(matmul(x, self.wz), matmul(h, self.uz)), self.bz))
        r = sigmoid(add(add(matmul(x, self.wr), matmul(h, self.ur)), self.br))
        n = tanh(add(add(matmul(x, self.wn), matmul(mul(r, h), self.un)), self.bn))
        return add(mul(z, h), mul(add(1, mul(z, -1)), n))

    def parameters(self):
        """The list of wz, uz, bz, wr, ur, br, wn, un, bn."""
        return [self.wz, self.uz, self.bz, self.wr, self.ur, self.br, self.wn, self.un, self.bn]
