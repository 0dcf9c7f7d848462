"""Step 5: broadcasting."""

import numpy as np
from step03_tensor import Tensor


def as_tensor(x):
    """x itself if it is a Tensor, else a Tensor of it."""
    return x if isinstance(x, Tensor) else Tensor(x)


def unbroadcast(g, shape):
    """g summed up to the shape that was broadcast to g's."""
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


def add(a, b):
    """a + b, of shapes that broadcast."""
    a, b = as_tensor(a), as_tensor(b)
    to_a = lambda g: unbroadcast(g, a.data.shape)
    to_b = lambda g: unbroadcast(g, b.data.shape)
    return Tensor(a.data + b.data, ((a, to_a), (b, to_b)))


def mul(a, b):
    """a · b, of shapes that broadcast."""
    a, b = as_tensor(a), as_tensor(b)
    to_a = lambda g: unbroadcast(g * b.data, a.data.shape)
    to_b = lambda g: unbroadcast(g * a.data, b.data.shape)
    return Tensor(a.data * b.data, ((a, to_a), (b, to_b)))


def matmul(a, b):
    """The matrix product of the last two axes, the others broadcast."""
    a, b = as_tensor(a), as_tensor(b)
    to_a = lambda g: unbroadcast(g @ np.swapaxes(b.data, -1, -2), a.data.shape)
    to_b = lambda g: unbroadcast(np.swapaxes(a.data, -1, -2) @ g, b.data.shape)
    return Tensor(a.data @ b.data, ((a, to_a), (b, to_b)))


def reshape(a, shape):
    """The same numbers in another shape."""
    return Tensor(a.data.reshape(shape), ((a, lambda g: g.reshape(a.data.shape)),))
