r"""3.3 Forward mode in ten lines

Write a class `Dual` of numbers that carry their slope by *one* chosen input along, with `+`, `*` and `tanh`. Work out
the slope of $\tanh(w x + b)$ by $w$ at $w = 0.5$, $x = 2$, $b = -0.3$, and compare with `backward`.

Hint: No graph and no walk: each operation makes a new `Dual` with the value and the slope side by side. A product's
slope is slope × other's value + value × other's slope; that of tanh is (1 - tanh²) times the slope that came in.
"""

import math

from hellodl.learn.asking import Answer, Own


class Dual:
    """A number and its slope by the input in question, which starts with slope 1, and all others with 0."""

    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def tanh(self):
        """The hyperbolic tangent."""
        squashed = math.tanh(self.value)
        return Dual(squashed, (1 - squashed**2) * self.slope)


def check(own: Own) -> None:
    """Each operation by itself, and all together."""
    dual = own.has("Dual")

    def of(question: str, make, value: float, slope: float) -> None:
        answer = own.run("Dual", question, make)
        answer.is_true(hasattr(answer.value, "slope"), "a Dual, with value and slope", type(answer.value).__name__)
        Answer("Dual", f"({question}).value", answer.value.value).gives(value)
        Answer("Dual", f"({question}).slope", answer.value.slope).gives(slope)

    of("Dual(2, 3) + Dual(4, 5)", lambda: dual(2.0, 3.0) + dual(4.0, 5.0), 6, 8)
    of("Dual(2, 3) * Dual(4, 5)", lambda: dual(2.0, 3.0) * dual(4.0, 5.0), 8, 22)
    of("Dual(0.5, 3).tanh()", lambda: dual(0.5, 3.0).tanh(), math.tanh(0.5), 3 * (1 - math.tanh(0.5) ** 2))
    value = math.tanh(0.7)
    words = "(Dual(0.5, 1) * Dual(2) + Dual(-0.3)).tanh()"
    of(words, lambda: (dual(0.5, 1.0) * dual(2.0) + dual(-0.3)).tanh(), value, 2 * (1 - value**2))
