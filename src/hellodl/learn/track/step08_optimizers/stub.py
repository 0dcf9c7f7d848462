"""Step 8: SGD to Adam. The story is in stories/step08_optimizers.md; then: hellodl learn check 8."""

import numpy as np


class SGD:
    """Downhill, with momentum."""

    def __init__(self, parameters, rate, momentum=0.0):
        raise NotImplementedError

    def step(self):
        """Move each parameter's data."""
        raise NotImplementedError

    def zero(self):
        """Set each grad to zeros."""
        raise NotImplementedError


class Adam:
    """Downhill, each number at a pace of its own."""

    def __init__(self, parameters, rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        raise NotImplementedError

    def step(self):
        """Move each parameter's data."""
        raise NotImplementedError

    def zero(self):
        """Set each grad to zeros."""
        raise NotImplementedError
