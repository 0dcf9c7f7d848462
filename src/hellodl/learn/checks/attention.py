"""Step 13: attention, masked and not, in batches, and rows of a table."""

import numpy as np

from hellodl.learn.asking import Own
from hellodl.learn.checks.gradients import Engine, operation


def attended(q: np.ndarray, k: np.ndarray, v: np.ndarray, causal: bool = True) -> np.ndarray:
    """Place by place."""
    out = np.zeros((*q.shape[:-1], v.shape[-1]))
    for at in np.ndindex(q.shape[:-1]):
        front, i = at[:-1], at[-1]
        last = i + 1 if causal else k.shape[-2]
        s = np.array([q[at] @ k[(*front, j)] for j in range(last)]) / np.sqrt(q.shape[-1])
        p = np.exp(s - s.max())
        out[at] = (p / p.sum()) @ v[front][:last]
    return out


def check(own: Own, tensor: Own, order: Own, loss: Own) -> None:
    """By hand, at random in several shapes, and with large numbers."""
    engine, rng = Engine(tensor, order), np.random.default_rng(13)
    small = [np.array([[1.0], [2.0]]), np.array([[1.0], [0.0]]), np.array([[10.0], [20.0]])]
    operation(own, engine, "attention", attended, small)
    operation(own, engine, "attention", attended, small, causal=False)
    for front, t, d, e in (((), 3, 4, 2), ((2,), 4, 3, 3), ((2, 2), 2, 2, 3), ((), 3, 3, 3), ((), 1, 2, 2)):
        q, k, v = (rng.normal(size=(*front, t, size)) for size in (d, d, e))
        operation(own, engine, "attention", attended, [q, k, v])
        operation(own, engine, "attention", attended, [q, k, v], causal=False)
    large = [40 * rng.normal(size=(3, 2)) for _ in range(2)] + [rng.normal(size=(3, 2))]
    operation(own, engine, "attention", attended, large)

    table = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    for numbers in (np.array([2, 0]), np.array([1, 1, 1, 0]), np.array([[0, 2], [2, 2]]), np.array([[1]])):
        operation(own, engine, "rows", lambda a, numbers: a[numbers], [table], numbers)
    many = rng.integers(5, size=(3, 4))
    operation(own, engine, "rows", lambda a, numbers: a[numbers], [rng.normal(size=(5, 3))], many)
