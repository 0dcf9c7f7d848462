"""Step 1: a weighted sum, the sigmoid, both together, and the decision."""

import numpy as np

from hellodl.learn.asking import Own


def check(own: Own) -> None:
    """Small numbers by hand first, then many at random."""
    rng = np.random.default_rng(1)
    x, w = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    own.ask("weighted_sum", x, w, 0.25).gives(-1.25)
    own.ask("weighted_sum", np.array([[1.0, 2.0], [3.0, -4.0], [0.0, 0.0]]), w, 0.25).gives([-1.25, 5.75, 0.25])
    for shape in ((5,), (4, 5), (1, 5)):
        many, weights = rng.normal(size=shape), rng.normal(size=5)
        own.ask("weighted_sum", many, weights, -0.7).gives((many * weights).sum(axis=-1) - 0.7)

    own.ask("sigmoid", 0.0).gives(0.5)
    own.ask("sigmoid", -1.25).gives(1 / (1 + np.e**1.25))
    for z in (np.array([-8.0, -1.0, 0.0, 2.0, 8.0]), rng.normal(size=(2, 3))):
        own.ask("sigmoid", z).gives(np.e**z / (1 + np.e**z))

    own.ask("neuron", x, w, 0.25).gives(1 / (1 + np.e**1.25))
    many, weights = rng.normal(size=(3, 4)), rng.normal(size=4)
    own.ask("neuron", many, weights, 2.0).gives(1 / (1 + np.e ** -((many * weights).sum(axis=1) + 2)))

    own.ask("round_off", np.array([0.2, 0.49999, 0.5, 0.9, 1.0, 0.0])).gives([0, 0, 1, 1, 1, 0])
    own.ask("round_off", np.array([[0.7], [0.3]])).gives([[1], [0]])
    kind = own.ask("round_off", np.array([0.2, 0.8]))
    dtype = np.asarray(kind.value).dtype
    kind.is_true(dtype.kind == "f", "floating-point numbers, [0. 1.]", f"{dtype}, {kind.value}")
