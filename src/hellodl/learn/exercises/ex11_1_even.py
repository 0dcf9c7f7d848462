r"""11.1 Attention to all alike

What if the shares were all equal? Show that `one_head` with a query of zeros is the average of the past that the
chapter began with. Write the query: `even_query(k)`, such that `one_head(even_query(k), k, v)` gives these averages for
any keys and values.

Hint: Each fit is a query times a key. Softmax gives equal shares to equal fits, and there is one vector that fits all
keys alike, whatever they are.
"""

import numpy as np

from hellodl import Tensor
from hellodl.learn.asking import Answer, Own
from hellodl.ops.attention import one_head


def even_query(k):
    """Queries (T, d), a Tensor, which look at all keys k (T, d) alike."""
    return Tensor(np.zeros(k.shape, np.float32))


def check(own: Own) -> None:
    """Means of the past, for several lengths and widths."""
    rng = np.random.default_rng(11)
    for length, size in ((6, 4), (3, 8)):
        k, v = (Tensor(rng.normal(size=(length, size)).astype(np.float32)) for _ in range(2))
        answer = own.ask("even_query", k)
        answer.is_true(isinstance(answer.value, Tensor), "a Tensor", type(answer.value).__name__)
        shape = answer.value.shape
        answer.is_true(shape == (length, size), f"shape {(length, size)}", f"shape {shape}")
        means = [v.data[: t + 1].mean(axis=0) for t in range(length)]
        Answer("even_query", "one_head(even_query(k), k, v)", one_head(answer.value, k, v).data).gives(means, 1e-5)
