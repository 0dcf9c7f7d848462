"""What the checks of several steps ask of an operation on the reader's tensors: its value, and its gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hellodl.learn.asking import Answer, Own, shown, slope


class Engine:
    """The reader's tensors, and how a gradient walks back through them: as in step 4, or in step 3 before that."""

    def __init__(self, tensor: Own, order: Own | None = None):
        self.tensor = tensor.has("Tensor")
        self.back = order.has("backward") if order else lambda out, g: out.backward(g)


def operation(
    own: Own,
    engine: Engine,
    name: str,
    value: Callable[..., Any],
    given: Sequence[np.ndarray],
    *settings: Any,
    **named: Any,
) -> None:
    """Hold an operation against `value`, the same on arrays, and its gradients against finite differences of that.

    `settings` are further arguments, which are no tensors.
    """
    function = own.has(name)
    words = [*map(shown, [*given, *settings]), *(f"{key}={shown(what)}" for key, what in named.items())]
    question = f"{name}({', '.join(words)})"

    def work() -> tuple[list[Any], Any]:
        tensors = [engine.tensor(array.copy()) for array in given]
        return tensors, function(*tensors, *settings, **named)

    tensors, out = own.run(name, question, work).value
    gradients(own, engine, name, question, lambda *arrays: value(*arrays, *settings, **named), given, tensors, out)


def gradients(
    own: Own,
    engine: Engine,
    name: str,
    question: str,
    value: Callable[..., Any],
    given: Sequence[np.ndarray],
    tensors: Sequence[Any],
    out: Any,
) -> None:
    """Of a tensor that was made from others: is it `value` of what was `given`, and do these get their gradients?"""
    is_tensor(own, name, question, out)
    given = [np.array(array) for array in given]
    wanted = np.asarray(value(*given))
    Answer(name, f"{question}.data", out.data).gives(wanted)
    g = np.round(np.random.default_rng(8).normal(size=wanted.shape), 2)
    g = np.where(g == 0, 0.5, g)
    for one in tensors:
        one.grad = np.zeros(one.data.shape)
    own.run(name, f"{question}, then backward with g = {shown(g)}", lambda: engine.back(out, g.copy()))
    for number, (one, right, array) in enumerate(zip(tensors, slope(value, given, g), given), 1):
        which = f"the gradient of argument {number}" if len(given) > 1 else "the gradient of its argument"
        Answer(name, f"{question}, then backward with g = {shown(g)}: {which}", one.grad).gives(right, 1e-5)
        same = np.array_equal(one.data, array)
        Answer(name, question, out).is_true(same, "its arguments left as they are", f"argument {number} was changed")


def is_tensor(own: Own, name: str, question: str, out: Any) -> None:
    """Whether what came back is a tensor at all."""
    fine = all(hasattr(out, part) for part in ("data", "grad", "parents"))
    came = "None; is there a `return`?" if out is None else f"{type(out).__name__}: {shown(out)}"
    Answer(name, question, out).is_true(fine, "a Tensor, with data, grad and parents", came)
