"""Step 5: broadcasting. The story is in stories/step05_broadcasting.md; then: hellodl learn check 5."""

import numpy as np
from step03_tensor import Tensor


def as_tensor(x):
    """x itself if it is a Tensor, else a Tensor of it."""
    raise NotImplementedError


def unbroadcast(g, shape):
    """g summed up to the shape that was broadcast to g's."""
    raise NotImplementedError


def add(a, b):
    """a + b, of shapes that broadcast."""
    raise NotImplementedError


def mul(a, b):
    """a · b, of shapes that broadcast."""
    raise NotImplementedError


def matmul(a, b):
    """The matrix product of the last two axes, the others broadcast."""
    raise NotImplementedError


def reshape(a, shape):
    """The same numbers in another shape."""
    raise NotImplementedError
