r"""11.2 Make it remember the future

Write a version of `one_head` without the mask, `one_head_that_sees_all(q, k, v)`, and find by an experiment that it is
one: which answers change if position 4 changes?

Hint: It is `one_head` without a line: the softmax of the fits, `(q @ k.T)` divided by the root of the width, times the
values. The width is `q.shape[-1]`; `hellodl.ops` has `softmax`.
"""

import numpy as np

from hellodl import Tensor, ops
from hellodl.learn.asking import Answer, Own


def one_head_that_sees_all(q, k, v):
    """Attention of one head in which each position sees all others: q, k and v are Tensors (T, d), as is the answer."""
    return ops.softmax((q @ k.T) * (1 / q.shape[-1] ** 0.5)) @ v


def check(own: Own) -> None:
    """Against a formula; and all answers change when one position does."""
    rng = np.random.default_rng(11)
    for length, size in ((6, 4), (5, 9), (1, 2)):
        q, k, v = (Tensor(rng.normal(size=(length, size)).astype(np.float32)) for _ in range(3))
        powers = np.exp(q.data @ k.data.T / np.sqrt(size))
        answer = own.ask("one_head_that_sees_all", q, k, v)
        answer.is_true(isinstance(answer.value, Tensor), "a Tensor", type(answer.value).__name__)
        right = powers @ v.data / powers.sum(axis=1, keepdims=True)
        Answer(answer.about, answer.question, answer.value.data).gives(right, 1e-4)
