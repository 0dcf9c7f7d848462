"""Step 12: a GRU step. The story is in stories/step12_gru.md; then: hellodl learn check 12."""

import numpy as np
from step03_tensor import Tensor
from step05_broadcasting import add, matmul, mul


def sigmoid(a):
    """1 / (1 + e^-a) of each number of a Tensor."""
    raise NotImplementedError


def tanh(a):
    """The hyperbolic tangent of each number of a Tensor."""
    raise NotImplementedError


class GRU:
    """A memory of n_hidden numbers."""

    def __init__(self, n_in, n_hidden, rng):
        raise NotImplementedError

    def step(self, x, h):
        """The state after x, (N, n_hidden), from the state before."""
        raise NotImplementedError

    def parameters(self):
        """The list of wz, uz, bz, wr, ur, br, wn, un, bn."""
        raise NotImplementedError
