"""Step 10: normalising with its gradient, and a layer that remembers averages."""

import numpy as np

from hellodl.learn.asking import Answer, Own
from hellodl.learn.checks.gradients import Engine, gradients, operation
from hellodl.learn.checks.layer import listed


def normal(x: np.ndarray, axes: tuple[int, ...] = (0,), eps: float = 1e-5) -> np.ndarray:
    """The formula."""
    away = x - x.mean(axis=axes, keepdims=True)
    return away / np.sqrt((away**2).mean(axis=axes, keepdims=True) + eps)


def check(own: Own, tensor: Own, order: Own, broadcasting: Own) -> None:
    """Several axes, a large ε so that it is seen; batches of pictures, and one example alone."""
    engine, rng = Engine(tensor, order), np.random.default_rng(10)
    operation(own, engine, "normalize", normal, [np.array([1.0, 3.0, 8.0])])
    for shape, axes in (((5, 3), (0,)), ((4, 3), (-1,)), ((3, 2, 2, 2), (0, 1, 2)), ((2, 3, 4), (1,))):
        operation(own, engine, "normalize", normal, [2 + 3 * rng.normal(size=shape)], axes)
    operation(own, engine, "normalize", normal, [rng.normal(size=(4, 2))], (0,), eps=0.5)
    layer(own, engine, rng)


def layer(own: Own, engine: Engine, rng: np.random.Generator) -> None:
    """A layer through two batches, then in use."""
    norm = own.run("BatchNorm", "norm = BatchNorm(3)", lambda: own.has("BatchNorm")(3)).value
    for name, wanted in (("gamma", np.ones(3)), ("beta", np.zeros(3)), ("mean", np.zeros(3)), ("variance", np.ones(3))):
        value = getattr(norm, name, None)
        here = Answer("BatchNorm", f"norm = BatchNorm(3); norm.{name}", value)
        if name in ("gamma", "beta"):
            here.is_true(hasattr(value, "grad"), "a Tensor", type(value).__name__)
            here.value = here.value.data
        here.gives(wanted)
    listed(own, "BatchNorm", "BatchNorm(3)", norm, [norm.gamma, norm.beta])
    norm.gamma.data, norm.beta.data = np.array([1.0, 2.0, -0.5]), np.array([0.0, 1.0, 0.5])
    mean, variance = np.zeros(3), np.ones(3)
    for shape in ((6, 3), (2, 2, 2, 3)):
        x = np.array([1.0, -2.0, 0.5]) + np.array([1.0, 3.0, 0.2]) * rng.normal(size=shape)
        axes = tuple(range(len(shape) - 1))
        question = f"norm = BatchNorm(3); norm(x), x of shape {shape}"
        tensors = [engine.tensor(x), norm.gamma, norm.beta]
        given = [x, norm.gamma.data, norm.beta.data]
        out = own.run("BatchNorm", question, norm, tensors[0]).value
        gradients(
            own, engine, "BatchNorm", question, lambda x, a, b, axes=axes: normal(x, axes) * a + b, given, tensors, out
        )
        flat = x.reshape(-1, 3)
        mean, variance = 0.9 * mean + 0.1 * flat.mean(axis=0), 0.9 * variance + 0.1 * flat.var(axis=0)
        Answer("BatchNorm", f"{question}: norm.mean afterwards", norm.mean).gives(mean)
        Answer("BatchNorm", f"{question}: norm.variance afterwards", norm.variance).gives(variance)
    x = rng.normal(size=(1, 3))
    question = "after two batches: norm(x, training=False), of one example"
    tensors = [engine.tensor(x), norm.gamma, norm.beta]
    given = [x, norm.gamma.data, norm.beta.data]
    out = own.run("BatchNorm", question, lambda: norm(tensors[0], training=False)).value

    def in_use(x: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (x - mean) / np.sqrt(variance + 1e-5) * a + b

    gradients(own, engine, "BatchNorm", question, in_use, given, tensors, out)
    Answer("BatchNorm", f"{question}: norm.mean afterwards", norm.mean).gives(mean)
    Answer("BatchNorm", f"{question}: norm.variance afterwards", norm.variance).gives(variance)
    narrow = own.run("BatchNorm", "norm = BatchNorm(2)", lambda: own.has("BatchNorm")(2)).value
    narrow.variance = np.array([0.0, 3e-5])  # so small that the 1e-5 is seen
    words = "norm.mean = [0, 0], norm.variance = [0, 3e-05] (+ 1e-5 is seen here); norm([[1, 1]], training=False).data"
    out = own.run("BatchNorm", words, lambda: narrow(engine.tensor([[1.0, 1.0]]), training=False).data)
    out.gives(1 / np.sqrt(np.array([[1e-5, 4e-5]])))
    quick = own.has("BatchNorm")(1, momentum=0.5)
    words = "norm = BatchNorm(1, momentum=0.5); norm of [[1], [5]]: norm.mean afterwards"
    own.run("BatchNorm", words, lambda: (quick(engine.tensor([[1.0], [5.0]])), quick.mean)[1]).gives([1.5])
    Answer("BatchNorm", words.replace("norm.mean", "norm.variance"), quick.variance).gives([2.5])
    two = [own.has("BatchNorm")(2) for _ in range(2)]
    words = "two layers, one used: the other's mean"
    own.run("BatchNorm", words, lambda: (two[0](engine.tensor([[1.0, 2.0], [3.0, 5.0]])), two[1].mean)[1]).gives([0, 0])
