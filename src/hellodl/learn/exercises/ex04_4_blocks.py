r"""4.4 A product in blocks

Write a product `in_blocks(a, b, size)` that is blocked in all three directions, from blocks multiplied by `@`. Does it
work for sizes that the block does not divide?

Hint: Three loops with `range(0, length, size)`, over rows of `a`, columns of `b`, and what is added up between them.
Slices that go beyond the end are cut off by NumPy, so nothing special is needed there.
"""

import numpy as np

from hellodl.learn.asking import Own


def in_blocks(a, b, size=64):
    """The matrix product of a (n, k) and b (k, m), which multiplies blocks of at most size × size."""
    c = np.zeros((len(a), b.shape[1]), np.float32)
    for i in range(0, len(a), size):
        for j in range(0, b.shape[1], size):
            for k in range(0, len(b), size):
                c[i : i + size, j : j + size] += a[i : i + size, k : k + size] @ b[k : k + size, j : j + size]
    return c


def check(own: Own) -> None:
    """Sizes that the block divides and that it does not, and no block larger than was asked for."""
    rng = np.random.default_rng(4)
    for (n, k, m), size in (((4, 4, 4), 2), ((5, 7, 3), 2), ((1, 9, 10), 4), ((70, 65, 80), 64), ((3, 3, 3), 8)):
        a, b = (rng.normal(size=sides).astype(np.float32) for sides in ((n, k), (k, m)))
        own.ask("in_blocks", a, b, size).gives(a @ b, 1e-4)
        Watched.longest = 0
        answer = own.ask("in_blocks", a.view(Watched), b.view(Watched), size)
        longest = Watched.longest
        answer.is_true(0 < longest <= size, f"products (@) of blocks up to {size}", f"a side of {longest or 'none'}")


class Watched(np.ndarray):
    """A matrix that remembers the longest side of all that was multiplied with it."""

    longest = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **named):
        """As always, and noted."""
        plain = [np.asarray(one) if isinstance(one, Watched) else one for one in inputs]
        if ufunc is np.matmul:
            Watched.longest = max(Watched.longest, *(side for one in plain for side in one.shape))
        if "out" in named:
            named["out"] = tuple(np.asarray(one) for one in named["out"])
        return getattr(ufunc, method)(*plain, **named)
