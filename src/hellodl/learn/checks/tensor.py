"""Step 3: what a tensor holds, how a gradient walks back, and five operations."""

import numpy as np

from hellodl.learn.asking import Answer, Own
from hellodl.learn.checks.gradients import Engine, operation


def check(own: Own) -> None:
    """The tensor by itself, each operation by itself, then several together."""
    holds(own)
    walks(own)
    engine, rng = Engine(own), np.random.default_rng(3)
    a, b = np.array([1.0, 2.0, -3.0]), np.array([4.0, -5.0, 0.5])
    for shape in ((3,), (2, 3), ()):
        pair = (a, b) if shape == (3,) else (rng.normal(size=shape), rng.normal(size=shape))
        operation(own, engine, "add", lambda a, b: a + b, pair)
        operation(own, engine, "mul", lambda a, b: a * b, pair)
        operation(own, engine, "relu", lambda a: np.maximum(a, 0), pair[1:])
        operation(own, engine, "total", np.sum, pair[:1])
    at_zero(own, engine)
    for n, m, k in ((2, 3, 4), (3, 3, 3), (1, 4, 2)):
        operation(own, engine, "matmul", lambda a, b: a @ b, (rng.normal(size=(n, m)), rng.normal(size=(m, k))))
    together(own)


def holds(own: Own) -> None:
    """data, grad and parents."""
    for data in (2, [1, 2, 3], np.array([[1.5, 2.5]])):
        one = own.ask("Tensor", data)
        for name in ("data", "grad", "parents"):
            one.is_true(hasattr(one.value, name), f"a tensor with `{name}`", "none of that name")
        Answer("Tensor", f"{one.question}.data", one.value.data).gives(np.asarray(data))
        kind = getattr(one.value.data, "dtype", type(one.value.data).__name__)
        one.is_true(kind == np.float64, "data as an array of float64", str(kind))
        Answer("Tensor", f"{one.question}.grad", one.value.grad).gives(np.zeros(np.shape(data)))
        one.is_true(len(one.value.parents) == 0, "no parents", f"{one.value.parents}")


def walks(own: Own) -> None:
    """`backward`, on tensors whose parents and pulls are ours."""
    Tensor = own.has("Tensor")
    say = "a = Tensor([1, 2]); a.backward({})"

    def alone(*gradients: list[float]) -> object:
        a = Tensor([1.0, 2.0])
        for g in gradients:
            a.backward(*([np.array(g)] if g else []))
        return a.grad

    own.run("Tensor", say.format(""), lambda: alone([])).gives([1, 1])
    own.run("Tensor", say.format("[3, 4]"), lambda: alone([3.0, 4.0])).gives([3, 4])
    twice = say.format("[3, 4]") + ", and again backward([10, 20])"
    own.run("Tensor", twice, lambda: alone([3.0, 4.0], [10.0, 20.0])).gives([13, 24])

    def chain() -> list[object]:
        a = Tensor([1.0, 2.0])
        b = Tensor([5.0, 6.0], ((a, lambda g: g * 10),))
        c = Tensor(0.0, ((b, lambda g: np.full(2, g)), (a, lambda g: np.array([g, 2 * g]))))
        c.backward(np.array(3.0))
        return [c.grad, b.grad, a.grad]

    found = own.run("Tensor", "c made from b and a, b made from a by a pull g → 10g; c.backward(3)", chain)
    for name, got, wanted in zip("cba", found.value, (3.0, [3.0, 3.0], [33.0, 36.0])):
        Answer("Tensor", f"{found.question}: {name}.grad", got).gives(wanted)

    def diamond() -> object:
        a = Tensor(1.0)
        b = Tensor(1.0, ((a, lambda g: g * 10),))
        c = Tensor(1.0, ((b, lambda g: g), (b, lambda g: 2 * g)))
        c.backward()
        return a.grad

    words = "c made from b twice (pulls g and 2g), b made from a (pull 10g); c.backward(): a.grad"
    own.run("Tensor", words, diamond).gives(30.0)


def at_zero(own: Own, engine: Engine) -> None:
    """relu's gradient where its argument is 0: differences cannot say, the story does."""

    def work() -> object:
        a = engine.tensor([-1.0, 0.0, 2.0])
        engine.back(own.has("relu")(a), np.array([10.0, 10.0, 10.0]))
        return a.grad

    words = "relu(a) of a = [-1, 0, 2], then backward with g = [10, 10, 10]: a.grad (0 is not above 0)"
    own.run("relu", words, work).gives([0, 0, 10])


def together(own: Own) -> None:
    """A sum whose slopes are known: of a·b + a, and of a·a·a."""
    Tensor, add, mul, matmul, total = (own.has(name) for name in ("Tensor", "add", "mul", "matmul", "total"))

    def story() -> list[object]:
        a, b = Tensor(3.0), Tensor(4.0)
        add(mul(a, b), a).backward()
        return [a.grad, b.grad]

    found = own.run("Tensor", "a = 3, b = 4; add(mul(a, b), a).backward()", story)
    Answer("Tensor", f"{found.question}: a.grad", found.value[0]).gives(5)
    Answer("Tensor", f"{found.question}: b.grad", found.value[1]).gives(3)

    def cube() -> object:
        a = Tensor([2.0, -1.0])
        total(mul(mul(a, a), a)).backward()
        return a.grad

    own.run("mul", "a = [2, -1]; total(mul(mul(a, a), a)).backward(): a.grad", cube).gives([12, 3])

    def layers() -> object:
        a, b = Tensor([[1.0, 2.0]]), Tensor([[3.0, 4.0], [5.0, 6.0]])
        total(matmul(a, b)).backward()
        return a.grad

    own.run("total", "a = [[1, 2]], b = [[3, 4], [5, 6]]; total(matmul(a, b)).backward(): a.grad", layers).gives(
        [[7, 11]]
    )
