"""Step 8: SGD to Adam."""

import numpy as np


class SGD:
    """Downhill, with momentum."""

    def __init__(self, parameters, rate, momentum=0.0):
        self.parameters, self.rate, self.momentum = parameters, rate, momentum
        self.velocities = [np.zeros(p.data.shape) for p in parameters]

    def step(self):
        """Move each parameter's data."""
        for i, p in enumerate(self.parameters):
            self.velocities[i] = self.momentum * self.velocities[i] + p.grad
            p.data = p.data - self.rate * self.velocities[i]

    def zero(self):
        """Set each grad to zeros."""
        for p in self.parameters:
            p.grad = np.zeros(p.data.shape)


class Adam:
    """Downhill, each number at a pace of its own."""

    def __init__(self, parameters, rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.parameters, self.rate = parameters, rate
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.t = 0
        self.m = [np.zeros(p.data.shape) for p in parameters]
        self.v = [np.zeros(p.data.shape) for p in parameters]

    def step(self):
        """Move each parameter's data."""
        self.t += 1
        for i, p in enumerate(self.parameters):
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * p.grad
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * p.grad**2
            m = self.m[i] / (1 - self.beta1**self.t)
            v = self.v[i] / (1 - self.beta2**self.t)
            p.data = p.data - self.rate * m / (np.sqrt(v) + self.eps)

    def zero(self):
        """Set each grad to zeros."""
        for q in self.parameters:
            q.grad = np.zeros(q.data.shape)
