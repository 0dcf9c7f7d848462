"""Step 6: a layer. The story is in stories/step06_layer.md; then: hellodl learn check 6."""

import numpy as np
from step03_tensor import Tensor, relu
from step05_broadcasting import add, as_tensor, matmul


class Linear:
    """x · w + b."""

    def __init__(self, n_in, n_out, rng):
        raise NotImplementedError

    def __call__(self, x):
        """x, a Tensor or an array (..., n_in), to a Tensor (..., n_out)."""
        raise NotImplementedError

    def parameters(self):
        """The list of w and b."""
        raise NotImplementedError


class MLP:
    """Layers one after the other, with relu between."""

    def __init__(self, sizes, rng):
        raise NotImplementedError

    def __call__(self, x):
        """x through all layers, relu after each but the last."""
        raise NotImplementedError

    def parameters(self):
        """Those of all layers, in one list."""
        raise NotImplementedError
