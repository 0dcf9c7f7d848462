r"""3.2 Division for `Number`

Add `a / b` to the engine of single numbers, and test it against a wiggle. Write `divided(a, b)` for plain numbers: the
value, the slope of it by `a`, and the slope by `b`. That is all that a `Number` has to be told.

Hint: The slope of $a / b$ by $a$ is $1 / b$. By $b$: when the divisor grows, the result shrinks, so it is negative; and
$1 / b$ has the slope $-1 / b^2$.
"""

from hellodl.learn.asking import Own


def divided(a, b):
    """The value of a / b, its slope by a, and its slope by b."""
    return a / b, 1 / b, -a / b**2


def check(own: Own) -> None:
    """Against wiggles of our own."""
    for a, b in ((3.0, 4.0), (-1.0, 0.5), (2.0, -3.0), (0.0, 7.0)):
        by_a = ((a + 1e-5) / b - (a - 1e-5) / b) / 2e-5
        by_b = (a / (b + 1e-5) - a / (b - 1e-5)) / 2e-5
        words = "the value, and the slope by a, and the slope by b"
        own.ask("divided", a, b).several(words, a / b, by_a, by_b)
