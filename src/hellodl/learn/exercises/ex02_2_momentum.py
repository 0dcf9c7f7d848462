r"""2.2 Momentum

A ball that rolls downhill keeps some of its speed. Keep a velocity beside the weights: at each step it becomes 0.9
times itself plus the slopes, and the weights move against the velocity, by the rate. Write `roll(slopes, weights,
momentum, steps, rate)`. How far do 50 steps with a rate of 0.1 get, with and without?

Hint: Two lines in a loop: `velocity = momentum * velocity + slopes(weights)`, and then the weights move by `rate *
velocity`, downhill. The velocity starts at zero.
"""

import numpy as np

from hellodl.learn.asking import Own


def roll(slopes, weights, momentum=0.9, steps=50, rate=0.1):
    """Where the weights (n,) are after so many steps; `slopes(weights)` says which way is up."""
    velocity = np.zeros_like(weights)
    for _ in range(steps):
        velocity = momentum * velocity + slopes(weights)
        weights = weights - rate * velocity
    return weights


def check(own: Own) -> None:
    """In a bowl that is steeper one way, step by step."""
    start, steep = np.array([1.0, -2.0]), np.array([1.0, 3.0])

    def bowl(weights: np.ndarray) -> np.ndarray:
        return steep * weights

    for momentum in (0.0, 0.5, 0.9):
        place, velocity = start, 0 * start
        for steps in (1, 2, 3):
            velocity = momentum * velocity + bowl(place)
            place = place - 0.1 * velocity
            own.ask("roll", bowl, start, momentum, steps, 0.1).gives(place)
    own.ask("roll", bowl, start, 0.9, 0, 0.1).gives(start)
    own.ask("roll", bowl, start, 0.0, 1, 0.2).gives(start - 0.2 * steep * start)
    own.ask("roll", bowl, start, steps=200).gives([0, 0], 1e-3)
