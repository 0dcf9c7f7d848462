"""Step 6: a layer."""

import numpy as np
from step03_tensor import Tensor, relu
from step05_broadcasting import add, matmul


class Linear:
    """x · w + b."""

    def __init__(self, n_in, n_out, rng):
        self.w = Tensor(rng.normal(size=(n_in, n_out)) * np.sqrt(2 / n_in))
        self.b = Tensor(np.zeros(n_out))

    def __call__(self, x):
        """x, a Tensor or an array (..., n_in), to a Tensor (..., n_out)."""
        return add(matmul(x, self.w), self.b)

    def parameters(self):
        """The list of w and b."""
        return [self.w, self.b]


class MLP:
    """Layers one after the other, with relu between."""

    def __init__(self, sizes, rng):
        self.layers = [Linear(n_in, n_out, rng) for n_in, n_out in zip(sizes[:-1], sizes[1:])]

    def __call__(self, x):
        """x through all layers, relu after each but the last."""
        for layer in self.layers[:-1]:
            x = relu(layer(x))
        return self.layers[-1](x)

    def parameters(self):
        """Those of all layers, in one list."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]
