"""Dropout: train a network with holes in it, and it cannot lean on any single unit (Hinton et al. 2012)."""

from __future__ import annotations

import numpy as np

from hellodl import ops
from hellodl.autograd.tensor import Tensor
from hellodl.nn import init
from hellodl.nn.module import Module


class Dropout(Module):
    """Zeroes each element with this probability while training, and scales the rest up so that the mean stays.

    It draws from `generator`, which the training lanes (or `model.use_generator`) hand in, and without one from what
    `hellodl.manual_seed` sets.
    """

    def __init__(self, p: float = 0.5):
        if not 0 <= p < 1:
            raise ValueError(f"Dropout's probability is at least 0 and under 1, not {p}")
        self.p = p
        self.generator: np.random.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """x with holes while training; x itself otherwise."""
        if not self.training or self.p == 0:
            return x
        return ops.dropout(x, self.p, self.generator or init.DEFAULT)
