"""Step 13: attention."""

import numpy as np
from step03_tensor import Tensor
from step07_loss import softmax


def swapped(a):
    """The last two axes swapped."""
    return np.swapaxes(a, -1, -2)


def attention(q, k, v, causal=True):
    """Values mixed by how well queries go with keys: (..., T, e), from (..., T, d) twice and (..., T, e)."""
    scale = 1 / np.sqrt(q.data.shape[-1])
    s = q.data @ swapped(k.data) * scale
    if causal:
        t = s.shape[-1]
        s = np.where(np.triu(np.ones((t, t)), 1) == 1, -1e9, s)
    p = softmax(s)

    def to_s(g):
        g_p = g @ swapped(v.data)
        return p * (g_p - (g_p * p).sum(axis=-1, keepdims=True))

    def to_q(g):
        return to_s(g) @ k.data * scale

    def to_k(g):
        return swapped(to_s(g)) @ q.data * scale

    def to_v(g):
        return swapped(p) @ g

    return Tensor(p @ v.data, ((q, to_q), (k, to_k), (v, to_v)))


def rows(table, numbers):
    """The rows of a table (V, C) by their numbers."""

    def pull(g):
        back = np.zeros(table.data.shape)
        np.add.at(back, numbers, g)
        return back

    return Tensor(table.data[numbers], ((table, pull),))
