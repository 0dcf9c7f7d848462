r"""2.1 Turning to both sides

We measured a slope by turning up. Turn up and down instead, by the same amount, and divide the difference by twice the
turn. With a turn of 0.01, which of the two ways comes closer to the derivative? Write both, `one_side(loss_at, here,
turn)` and `both_sides(loss_at, here, turn)`.

Hint: One loss at `here + turn`, the other at `here - turn`. They are two turns apart, so divide by `2 * turn`.
"""

from hellodl.learn.asking import Own


def one_side(loss_at, here, turn=0.01):
    """The slope of a function of one number, by turning up."""
    return (loss_at(here + turn) - loss_at(here)) / turn


def both_sides(loss_at, here, turn=0.01):
    """The slope of a function of one number, by turning up and down."""
    return (loss_at(here + turn) - loss_at(here - turn)) / (2 * turn)


def check(own: Own) -> None:
    """Of x³, where one side is off by 3xt + t², and both sides by t² alone."""

    def cube(x: float) -> float:
        return x**3

    for here, turn in ((2.0, 0.01), (-1.0, 0.1)):
        own.ask("one_side", cube, here, turn).gives(3 * here**2 + 3 * here * turn + turn**2)
        own.ask("both_sides", cube, here, turn).gives(3 * here**2 + turn**2)
    own.ask("one_side", cube, 1.0).gives(3.0301)
    own.ask("both_sides", cube, 1.0).gives(3.0001)
