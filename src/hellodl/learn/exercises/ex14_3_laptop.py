r"""14.3 GPT-3 on your laptop

It has 175 billion weights and saw 300 billion tokens (Brown et al. 2020). By the rule of six, how many operations are
that, and how long would your computer take? Measure its speed by a product of two large matrices. Write
`operations(weights, tokens)`, `speed(size)` in operations a second, and `years(operations, speed)`.

Hint: Six operations for each weight and token. A product of two matrices of n × n takes n additions and n
multiplications for each of its n² numbers, 2n³ in all. Take the time of several, after a first one that warms up.
"""

import time

import numpy as np

from hellodl.learn.asking import Own


def operations(weights, tokens):
    """How many operations a training takes."""
    return 6 * weights * tokens


def speed(size=1000):
    """How many operations a second this computer does, by products of matrices (size, size)."""
    a = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    a @ a
    began = time.perf_counter()
    for _ in range(10):
        a @ a
    return 10 * 2 * size**3 / (time.perf_counter() - began)


def years(operations, speed):
    """How long so many operations take, at so many a second."""
    return operations / speed / (365.25 * 24 * 3600)


def check(own: Own) -> None:
    """The rule, the year, and a speed that is about this computer's."""
    own.ask("operations", 1, 1).gives(6)
    own.ask("operations", 175e9, 300e9).gives(3.15e23)
    for work, pace, time_ in ((3.15576e17, 1e10, 1), (3.15e23, 1e11, 99_817)):
        own.ask("years", work, pace).gives(time_, 1e-3)
    a = np.random.default_rng(1).normal(size=(100, 100)).astype(np.float32)
    a @ a
    ratios = []
    for _ in range(15):  # in turn, since the computer may be busy with other things now and then
        began = time.perf_counter()
        for _ in range(10):
            a @ a
        ours = 10 * 2 * 100**3 / (time.perf_counter() - began)
        answer = own.ask("speed", 100)
        ratios.append(answer.number() / ours)
    ratio = float(np.median(ratios))
    answer.is_true(1 / 8 < ratio < 8, f"about {ours:.1g}, as measured here", f"{ratio:.2g} times that")
