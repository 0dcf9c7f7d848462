"""Step 5: gradients summed to the shape that was broadcast, and the operations that need it."""

import numpy as np

from hellodl.learn.asking import Own
from hellodl.learn.checks.gradients import Engine, operation

Shapes = tuple[int, ...]
PAIRS: list[tuple[Shapes, Shapes]] = [((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((), (2, 2))]
PAIRS += [((2, 3), (1,)), ((4, 2, 3), (2, 1))]
PRODUCTS: list[tuple[Shapes, Shapes]] = [((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4))]
PRODUCTS += [((5, 2, 3), (5, 3, 2)), ((2, 1, 3, 2), (5, 2, 3))]
RESHAPED: list[tuple[Shapes, Shapes]] = [((2, 3), (6,)), ((4,), (2, 2)), ((2, 3, 2), (2, -1))]


def check(own: Own, tensor: Own, order: Own) -> None:
    """Shapes with axes in front, with ones, with both, and with none."""
    engine, rng = Engine(tensor, order), np.random.default_rng(5)
    g = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    sums = {(3,): [5, 7, 9], (1, 3): [[5, 7, 9]], (2, 1): [[6], [15]], (): 21, (1,): [21], (1, 1): [[21]], (2, 3): g}
    for shape, wanted in sums.items():
        own.ask("unbroadcast", g, shape).gives(wanted)
    deep = rng.normal(size=(4, 2, 3))
    own.ask("unbroadcast", deep, (2, 1)).gives(deep.sum(axis=(0, 2))[:, None])
    own.ask("unbroadcast", deep, (4, 1, 1)).gives(deep.sum(axis=(1, 2), keepdims=True))

    one = tensor.has("Tensor")([1.0])
    same = own.ask("as_tensor", one)
    same.is_true(same.value is one, "the same tensor", "another one")
    made = own.ask("as_tensor", [2, 3])
    made.is_true(isinstance(made.value, tensor.has("Tensor")), "a Tensor", type(made.value).__name__)

    for first, second in PAIRS:
        pair = np.round(rng.normal(size=first), 1), np.round(rng.normal(size=second), 1)
        operation(own, engine, "add", lambda a, b: a + b, pair)
        operation(own, engine, "mul", lambda a, b: a * b, pair)
    for number in (2, -1.5, np.array([1.0, 2.0])):
        operation(own, engine, "mul", lambda a, b: a * b, [np.array([[3.0, 4.0]])], number)
        operation(own, engine, "add", lambda a, b: a + b, [np.array([[3.0, 4.0]])], number)
    left = own.run("add", "add(1, Tensor([2, 3]))", lambda: own.has("add")(1, tensor.has("Tensor")([2.0, 3.0])).data)
    left.gives([3, 4])
    for first, second in PRODUCTS:
        operation(own, engine, "matmul", lambda a, b: a @ b, (rng.normal(size=first), rng.normal(size=second)))
    for shape, other in RESHAPED:
        operation(own, engine, "reshape", lambda a, shape: a.reshape(shape), [rng.normal(size=shape)], other)
