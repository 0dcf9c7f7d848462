"""Step 7: softmax of small and of huge numbers, and the cross-entropy with its gradient."""

import numpy as np

from hellodl.learn.asking import Own
from hellodl.learn.checks.gradients import Engine, operation


def check(own: Own, tensor: Own, order: Own) -> None:
    """By hand, at random, and where a careless formula overflows."""
    engine, rng = Engine(tensor, order), np.random.default_rng(7)
    own.ask("softmax", np.array([2.0, 1.0, 0.0])).gives(np.array([np.e**2, np.e, 1]) / (np.e**2 + np.e + 1))
    own.ask("softmax", np.array([[0.0, 0.0], [np.log(3), 0.0]])).gives([[0.5, 0.5], [0.75, 0.25]])
    for shape in ((4, 3), (3, 3), (2, 3, 5)):
        z = rng.normal(size=shape)
        own.ask("softmax", z).gives(np.e**z / (np.e**z).sum(axis=-1, keepdims=True))
    own.ask("softmax", np.array([[1000.0, 1000.0, -1000.0], [-1000.0, -1000.0, -1000.0]])).gives(
        [[0.5, 0.5, 0], [1 / 3] * 3]
    )

    def value(z: np.ndarray, labels: np.ndarray) -> float:
        p = np.e**z / (np.e**z).sum(axis=1, keepdims=True)
        return float(np.mean([-np.log(row[label]) for row, label in zip(p, labels)]))

    operation(own, engine, "cross_entropy", value, [np.array([[2.0, 1.0, 0.0]])], np.array([0]))
    for n, c in ((1, 3), (2, 2), (4, 3), (3, 3)):
        operation(own, engine, "cross_entropy", value, [rng.normal(size=(n, c))], rng.integers(c, size=n))
    operation(own, engine, "cross_entropy", value, [rng.normal(size=(3, 4))], np.array([2, 2, 2]))
    huge = np.array([[1000.0, 0.0], [-1000.0, 0.0]])
    words = "cross_entropy(Tensor([[1000, 0], [-1000, 0]]), [1, 1]).data"
    own.run("cross_entropy", words, lambda: own.has("cross_entropy")(engine.tensor(huge), np.array([1, 1])).data).gives(
        500
    )
