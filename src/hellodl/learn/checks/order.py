"""Step 4: each tensor once, after its parents, however long the chain; and a walk back that goes so."""

from functools import partial
from typing import Any

import numpy as np

from hellodl.learn.asking import Answer, Own, shown

LONG = 5_000


def check(own: Own, tensor: Own) -> None:
    """Graphs of our own making, out of the reader's tensors."""
    Tensor = tensor.has("Tensor")

    def made(*parents: Any, factor: float = 1.0) -> Any:
        return Tensor(1.0, tuple((parent, lambda g: factor * g) for parent in parents))

    a, b = Tensor(1.0), Tensor(1.0)
    c = made(a, b)
    d = made(c, a)
    e = made(d, d)
    f = made(a, made(b, e), c)
    graphs = {"of a tensor without parents": a, "of c, made from a and b": c, "d from c and a, c from a and b": d}
    graphs |= {"e from d twice, d from c and a, c from a and b": e, "a graph of 7, many of them used more than once": f}
    for words, top in graphs.items():
        ordered(own, top, words)
    ordered(own, chain(Tensor, LONG, 1), f"a chain of {LONG:,}")
    top = chain(Tensor, 60, 2)
    ordered(own, top, "a chain of 60, each made from the one before, twice")
    walks(own, Tensor, made)


def chain(Tensor: Any, length: int, times: int) -> Any:
    """Each made from the one before."""
    one = Tensor(1.0)
    for _ in range(length - 1):
        one = Tensor(1.0, ((one, lambda g: g),) * times)
    return one


def everything(top: Any) -> dict[int, Any]:
    """A tensor and all that it was made from, by id."""
    seen, waiting = {id(top): top}, [top]
    while waiting:
        for parent, _ in waiting.pop().parents:
            if id(parent) not in seen:
                seen[id(parent)] = parent
                waiting.append(parent)
    return seen


def ordered(own: Own, top: Any, words: str) -> None:
    """Is that a topological order?"""
    answer = own.run("order", f"order(t), {words}", lambda: own.has("order")(top))
    answer.is_true(isinstance(answer.value, list | tuple), "a list of tensors", type(answer.value).__name__)
    wanted, ids = everything(top), [id(node) for node in answer.value]
    answer.is_true(
        len(set(ids)) == len(ids), f"{len(wanted):,} tensors, each once", f"{len(ids):,}, some more than once"
    )
    came = f"{len(ids):,}"
    answer.is_true(set(ids) == set(wanted), f"{len(wanted):,} tensors: t and all that it was made from", came)
    place = {number: at for at, number in enumerate(ids)}
    early = sum(place[id(p)] > place[id(node)] for node in answer.value for p, _ in node.parents)
    answer.is_true(not early, "each after all its parents", f"{early} that come before a parent of theirs")


def walks(own: Own, Tensor: Any, made: Any) -> None:
    """`backward`: right sums, each pull asked once, twice in a row, deep and wide."""
    shared(own, Tensor)

    def story(*g: Any) -> list[Any]:
        a, b = Tensor([3.0, 1.0]), Tensor([4.0, 2.0])
        c = Tensor(a.data * b.data, ((a, lambda g: g * b.data), (b, lambda g: g * a.data)))
        d = Tensor(c.data + a.data, ((c, lambda g: g), (a, lambda g: g)))
        for one in g or ((),):
            own.has("backward")(d, *one)
        return [a.grad, b.grad, c.grad, d.grad]

    one, two = (np.array([1.0, 10.0]),), (np.array([2.0, 0.0]),)
    for given, words, wanted in (
        ((), "backward(d)", ([5, 3], [3, 1], [1, 1], [1, 1])),
        ((one,), "backward(d, [1, 10])", ([5, 30], [3, 10], [1, 10], [1, 10])),
        ((one, two), "backward(d, [1, 10]), then backward(d, [2, 0])", ([15, 30], [9, 10], [3, 10], [3, 10])),
    ):
        question = f"a = [3, 1], b = [4, 2], c = a·b, d = c + a; {words}"
        grads = own.run("backward", question, story, *given)
        for name, got, right in zip("abcd", grads.value, wanted):
            Answer("backward", f"{question}: {name}.grad", got).gives(right)

    asked: list[int] = []

    def heard(level: int, g: Any) -> Any:
        asked.append(level)
        return g

    def counting() -> Any:
        top = first = Tensor(1.0)
        for level in range(10):
            pull = partial(heard, level)
            top = Tensor(1.0, ((top, pull), (top, pull)))
        own.has("backward")(top)
        return first.grad

    doubled = own.run("backward", "ten times x = x + x; backward(x)", counting)
    doubled.gives(1024)
    doubled.is_true(len(asked) == 20, "20 pulls asked, each once", f"{len(asked)} were asked")

    def deep(length: int, times: int) -> Any:
        top = chain(Tensor, length, times)
        own.has("backward")(top)
        return everything_first(top).grad

    own.run("backward", f"a chain of {LONG:,}; backward", lambda: deep(LONG, 1)).gives(1)
    own.run("backward", "fifty times x = x + x; backward(x)", lambda: deep(51, 2)).gives(2.0**50)

    def untouched() -> Any:
        g, a = np.array([1.0, 2.0]), Tensor([0.0, 0.0])
        b = Tensor([0.0, 0.0], ((a, lambda g: g), (a, lambda g: g)))
        own.has("backward")(b, g)
        return g

    own.run("backward", "b = a + a; backward(b, g) with g = [1, 2]: g afterwards", untouched).gives([1, 2])


def shared(own: Own, Tensor: Any) -> None:
    """One array goes to two parents, as `add` does it: is it still what it was, when the walk is over?"""
    handed: list[tuple[Any, Any]] = []

    def same(g: Any) -> Any:
        handed.append((g, np.array(g)))
        return g

    def work() -> None:
        a = Tensor([3.0, 1.0])
        c = Tensor([0.0, 0.0], ((a, lambda g: g * 4),))
        own.has("backward")(Tensor([0.0, 0.0], ((c, same), (a, same))))

    answer = own.run("backward", "c = 4a, d = c + a, whose pulls hand on g itself; backward(d)", work)
    for g, before in handed:
        if not np.array_equal(g, before):
            answer.wrong(
                f"the g that went to c and a was {shown(before)}, and is {shown(np.asarray(g))} afterwards",
                "`+=` writes into the array, and others hold it too: coming[id(p)] = coming[id(p)] + pull(g)",
            )


def everything_first(top: Any) -> Any:
    """The one at the far end of a chain."""
    while top.parents:
        top = top.parents[0][0]
    return top
