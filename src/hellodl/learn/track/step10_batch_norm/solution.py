"""Step 10: batch norm."""

import numpy as np
from step03_tensor import Tensor
from step05_broadcasting import add, mul


def normalize(x, axes=(0,), eps=1e-5):
    """x less its mean, over its standard deviation, both over these axes."""
    m = x.data.mean(axis=axes, keepdims=True)
    s = np.sqrt(x.data.var(axis=axes, keepdims=True) + eps)
    y = (x.data - m) / s

    def pull(g):
        along = (g * y).mean(axis=axes, keepdims=True)
        return (g - g.mean(axis=axes, keepdims=True) - y * along) / s

    return Tensor(y, ((x, pull),))


class BatchNorm:
    """Each of n channels normalised over the batch, then scaled and shifted."""

    def __init__(self, n, momentum=0.1):
        self.gamma, self.beta = Tensor(np.ones(n)), Tensor(np.zeros(n))
        self.mean, self.variance = np.zeros(n), np.ones(n)
        self.momentum = momentum

    def __call__(self, x, training=True):
        """x, a Tensor (..., n), by this batch's averages when training, else by the running ones."""
        if training:
            axes = tuple(range(x.data.ndim - 1))
            keep = 1 - self.momentum
            self.mean = keep * self.mean + self.momentum * x.data.mean(axis=axes)
            self.variance = keep * self.variance + self.momentum * x.data.var(axis=axes)
            y = normalize(x, axes)
        else:
            y = mul(add(x, -self.mean), 1 / np.sqrt(self.variance + 1e-5))
        return add(mul(y, self.gamma), self.beta)

    def parameters(self):
        """The list of gamma and beta."""
        return [self.gamma, self.beta]
