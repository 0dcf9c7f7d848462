"""Step 2: the loss of a neuron, its slopes by trying and by thinking, and a step downhill."""

import numpy as np

from hellodl.learn.asking import Answer, Own


def check(own: Own, neuron: Own) -> None:
    """Against formulas of our own; that the slopes by trying are of any function, and not of this one, too."""
    rng = np.random.default_rng(2)
    x, w, b = np.array([1.0, 2.0]), np.array([0.5, -1.0]), 0.25
    y = 1 / (1 + np.e**1.25)
    own.ask("loss", x, w, b, 1.0).gives((y - 1) ** 2)
    own.ask("loss", x, w, b, 0.0).gives(y**2)

    def bowl(v: np.ndarray) -> float:
        return float(v[0] ** 3 + 2 * v[0] * v[1])

    own.ask("slopes_by_trying", bowl, np.array([1.0, 5.0])).gives([13, 2], 1e-4)
    own.ask("slopes_by_trying", bowl, np.array([0.5, 5.0])).gives([10.75, 1], 1e-4)  # 0.5 + ε - ε is not 0.5
    own.ask("slopes_by_trying", bowl, np.array([-2.0, 0.5]), eps=0.1).gives([13.01, -4], 1e-6)
    inputs = rng.normal(size=3)
    own.ask("slopes_by_trying", lambda_of("sum of squares", lambda v: float(v @ v)), inputs).gives(2 * inputs, 1e-4)

    for target, size in ((1.0, 2), (0.0, 3), (0.3, 4)):
        x, w, b = (x, w, b) if size == 2 else (rng.normal(size=size), rng.normal(size=size), 0.4)
        y = 1 / (1 + np.e ** -(x @ w + b))
        dz = 2 * (y - target) * y * (1 - y)
        both = pair(own.ask("slopes", x, w, b, target), "the slopes by w, and the slope by b")
        both[0].gives(dz * x)
        both[1].gives(dz)
        for rate in (1.0, 0.1):
            both = pair(own.ask("step_downhill", x, w, b, target, rate), "the new w, and the new b")
            both[0].gives(w - rate * dz * x)
            both[1].gives(b - rate * dz)


def lambda_of(name: str, function):
    """A function that says what it is."""
    function.__name__ = name
    return function


def pair(answer: Answer, what: str) -> list[Answer]:
    """The two things that came back."""
    came = type(answer.value).__name__
    answer.is_true(isinstance(answer.value, tuple | list) and len(answer.value) == 2, f"two things: {what}", came)
    names = what.split(", and ")
    return [Answer(answer.about, f"{answer.question}: {name}", value) for name, value in zip(names, answer.value)]
