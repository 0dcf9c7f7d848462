"""Step 10: batch norm. The story is in stories/step10_batch_norm.md; then: hellodl learn check 10."""

import numpy as np
from step03_tensor import Tensor
from step05_broadcasting import add, mul


def normalize(x, axes=(0,), eps=1e-5):
    """x less its mean, over its standard deviation, both over these axes."""
    raise NotImplementedError


class BatchNorm:
    """Each of n channels normalised over the batch, then scaled and shifted."""

    def __init__(self, n, momentum=0.1):
        raise NotImplementedError

    def __call__(self, x, training=True):
        """x, a Tensor (..., n), by this batch's averages when training, else by the running ones."""
        raise NotImplementedError

    def parameters(self):
        """The list of gamma and beta."""
        raise NotImplementedError
