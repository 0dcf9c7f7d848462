"""Operations that take each number by itself: each computes a value and says, right below, how gradients come back.

An operation needs only two things: what it does, and what it does to small changes. Read one, and the others are
variations. (What Python's operators do, + and * and their like, is in `autograd/tensor.py`; the bends of networks are
in `activations.py`.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hellodl.autograd import tensor
from hellodl.autograd.arrays import as_array, unbroadcast
from hellodl.autograd.mode import mode
from hellodl.autograd.tensor import Array, Tensor, broadcast, record
from hellodl.ops.calling import operation, two


@operation(of_floats=True)
def exp(x: Tensor) -> Tensor:
    """e to the x.  The one function that is its own slope."""
    out = np.exp(x.data)
    return record(out, (x, lambda g: g * out))


@operation(of_floats=True)
def log(x: Tensor) -> Tensor:
    """Natural logarithm.  d(log x)/dx = 1/x."""
    return record(np.log(x.data), (x, lambda g: g / x.data))


@operation(of_floats=True)
def sqrt(x: Tensor) -> Tensor:
    """Square root.  d(√x)/dx = 1/(2√x)."""
    out = np.sqrt(x.data)
    return record(out, (x, lambda g: g * 0.5 / out))


@operation
def abs(x: Tensor) -> Tensor:
    """Absolute value.  The slope is the sign (0 at the kink)."""
    return record(np.abs(x.data), (x, lambda g: g * np.sign(x.data)))


def maximum(a: Any, b: Any) -> Tensor:
    """The larger of two, elementwise.  The gradient goes to the winner, and half to each where they tie."""
    return _winner(*two("maximum", a, b), np.maximum, np.greater)


def minimum(a: Any, b: Any) -> Tensor:
    """The smaller of two, elementwise.  The gradient goes to the winner, and half to each where they tie."""
    return _winner(*two("minimum", a, b), np.minimum, np.less)


def _winner(a: Tensor, b: Tensor, better: Any, wins: Any) -> Tensor:
    out = broadcast(better.__name__, better, a, b)

    def share(one: Array, other: Array) -> Array:
        return (wins(one, other) + 0.5 * (one == other)).astype(one.dtype)

    to_a = (a, lambda g: unbroadcast(g * share(a.data, b.data), a.shape))
    to_b = (b, lambda g: unbroadcast(g * share(b.data, a.data), b.shape))
    return record(out, to_a, to_b)


@operation
def clip(x: Tensor, low: float, high: float) -> Tensor:
    """x, kept between low and high.  Outside, nothing that x does matters, so no gradient passes."""
    # NumPy's own numbers, unlike Python's, would turn float32 to float64.
    low, high = (limit.item() if isinstance(limit, np.generic) else limit for limit in (low, high))
    return record(np.clip(x.data, low, high), (x, lambda g: g * ((x.data >= low) & (x.data <= high))))


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """a where the condition holds and b elsewhere; the gradient follows the choice."""
    condition = as_array(condition.data if isinstance(condition, Tensor) else condition)
    a, b = two("where", a, b)
    out = broadcast("where", lambda a, b: as_array(np.where(condition, a, b)), a, b)
    to_a = (a, lambda g: unbroadcast(np.where(condition, g, 0), a.shape))
    to_b = (b, lambda g: unbroadcast(np.where(condition, 0, g), b.shape))
    return record(out, to_a, to_b)


@operation
def clone(x: Tensor) -> Tensor:
    """The same numbers in memory of their own; gradients pass."""
    return record(x.data.copy(order="K"), (x, lambda g: g))


@operation
def pow(x: Tensor, exponent: Any) -> Tensor:
    """x to a power, what `**` does."""
    return tensor.power(x, exponent)


@operation
def masked_fill(x: Tensor, mask: Any, value: float) -> Tensor:
    """x, but `value` where the mask holds: what hides the future from attention."""
    return where(mask, value, x)


@operation(of_floats=True)
def dropout(x: Tensor, probability: float, generator: np.random.Generator) -> Tensor:
    """Each element becomes 0 with this probability, and the others grow so that the mean stays (Hinton 2012)."""
    if not isinstance(generator, np.random.Generator):
        raise TypeError("dropout draws from a generator that is handed in; nn.Dropout knows whether it is training")
    if mode.tape is not None:
        mode.tape.refuse("dropout draws from a generator")
    kept = (generator.random(x.shape, dtype=np.float32) >= probability).astype(x.dtype)
    kept *= x.dtype.type(1 / (1 - probability))
    return record(x.data * kept, (x, lambda g: g * kept))
