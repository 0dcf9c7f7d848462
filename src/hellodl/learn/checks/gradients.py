"""What the checks of several steps ask of an operation on the reader's tensors: its value, and its gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hellodl.learn.asking import Answer, Own, shown, slope


def operation(
    own: Own,
    tensor: Own,
    name: str,
    value: Callable[..., Any],
    given: Sequence[np.ndarray],
    *settings: Any,
    **named: Any,
) -> None:
    """Hold an operation against `value`, the same on arrays, and its gradients against finite differences of that.

    `tensor` is the file that has `Tensor`; `settings` are further arguments, which are no tensors.
    """
    function = own.has(name)
    words = [*map(shown, [*given, *settings]), *(f"{key}={shown(what)}" for key, what in named.items())]
    question = f"{name}({', '.join(words)})"

    def work() -> tuple[list[Any], Any]:
        tensors = [tensor.has("Tensor")(array.copy()) for array in given]
        return tensors, function(*tensors, *settings, **named)

    tensors, out = own.run(name, question, work).value
    gradients(own, name, question, lambda *arrays: value(*arrays, *settings, **named), given, tensors, out)


def gradients(
    own: Own, name: str, question: str, value: Callable[..., Any], given: Sequence[np.ndarray], tensors: list, out: Any
) -> None:
    """Of a tensor that was made from others: is it `value` of what was `given`, and do these get their gradients?"""
    is_tensor(own, name, question, out)
    wanted = np.asarray(value(*given))
    Answer(name, f"{question}.data", out.data).gives(wanted)
    g = np.round(np.random.default_rng(7).normal(size=wanted.shape), 2)
    ask_back(own, name, question, out, g)
    for number, (one, right, array) in enumerate(zip(tensors, slope(value, given, g), given), 1):
        which = f", the gradient of argument {number}" if len(given) > 1 else ", the gradient of its argument"
        Answer(name, f"{question}, with g = {shown(g)} coming back{which}", one.grad).gives(right, 1e-5)
        same = np.array_equal(one.data, array)
        Answer(name, question, out).is_true(same, "its arguments left as they are", f"argument {number} was changed")


def ask_back(own: Own, name: str, question: str, out: Any, g: np.ndarray) -> None:
    """Send a gradient back through all that a tensor was made from, by its own `backward`."""
    own.run(name, f"{question}.backward({shown(g)})", lambda: out.backward(g.copy()))


def is_tensor(own: Own, name: str, question: str, out: Any) -> None:
    """Whether what came back is a tensor at all."""
    fine = all(hasattr(out, part) for part in ("data", "grad", "parents"))
    came = "None; is there a `return`?" if out is None else f"{type(out).__name__}: {shown(out)}"
    Answer(name, question, out).is_true(fine, "a Tensor, with data, grad and parents", came)
