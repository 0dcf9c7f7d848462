"""A tensor is an array that remembers how it was made.

Whoever remembers how a number was made can work out how it would change if what it was made from changed.
That is the chain rule, and it is all there is to automatic gradients: every operation notes its parents and,
for each of them, the function that carries a gradient back (reverse-mode differentiation; Linnainmaa 1970,
made popular for networks by Rumelhart, Hinton and Williams 1986). `backward` then walks from the loss to the
weights, every node once.

This file has the tensor and the arithmetic of Python's operators. The walk is in `backward.py`, what a tensor says
when it is asked for a truth or a number in `numbers.py`, and all other operations are in `ops/`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hellodl.autograd.arrays import as_array, unbroadcast
from hellodl.autograd.backward import Array, CarryBack, walk_back
from hellodl.autograd.elsewhere import no_such
from hellodl.autograd.mode import check, clock, lock, mode
from hellodl.autograd.numbers import Numbers
from hellodl.errors import ShapeError, TrainingError


class Tensor(Numbers):
    """An n-dimensional array with a gradient.

    `data` is a NumPy array: float32 for all that is learned (float64 only for checking gradients), integers
    for indices. `grad`, once `backward` has run, has the shape of `data`, and only tensors that were made by
    hand with `requires_grad=True` (the leaves: weights) keep one. Lists and float64 arrays become float32
    unless `dtype` says otherwise.
    """

    __slots__ = ("__weakref__", "_changed", "_made", "_parents", "_saw", "data", "grad", "requires_grad")

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None):
        array = as_array(data.data if isinstance(data, Tensor) else data, dtype)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"a tensor holds numbers, not {array.dtype} as in {str(data)[:40]}")
        if dtype is None and array.dtype.kind == "f" and array.dtype != np.float32:
            array = array.astype(np.float32)
        if requires_grad and array.dtype.kind != "f":
            raise TypeError(f"only floats have gradients, not {array.dtype}; give it dtype=np.float32")
        self.data: Array = array
        self.grad: Array | None = None
        self.requires_grad = requires_grad
        self._parents: Sequence[tuple[Tensor, CarryBack]] | None = ()
        self._saw: Sequence[tuple[Tensor, Array]] = ()  # what it was made from, and the arrays of these at that time
        self._made = self._changed = 0  # by the clock of `mode`

    shape = property(lambda self: self.data.shape)
    ndim = property(lambda self: self.data.ndim)
    dtype = property(lambda self: self.data.dtype)
    T = property(lambda self: self.transpose())

    def detach(self) -> Tensor:
        """The same array, without its past."""
        return _tensor(self.data)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._parents:
            raise TypeError(
                "only leaves can be copied or pickled, for the others' past would be lost; .detach() it first"
            )
        return _leaf, (type(self), self.data, self.grad, self.requires_grad)

    def backward(self, gradient: Any = None, keep_graph: bool = False, retain_graph: bool = False) -> None:
        """Add to the `grad` of every leaf how much this tensor changes with it.

        `gradient`, of this tensor's shape, says how much the end result changes with each of its elements; it
        may be left out for a single number (a loss), where it is 1. The graph is freed on the way, so that
        memory does not pile up, unless `keep_graph` (which PyTorch calls `retain_graph`).
        """
        if not self.requires_grad:
            raise TrainingError("backward: nothing here requires a gradient; make a leaf with requires_grad=True")
        if gradient is None:
            if self.numel() != 1:
                raise ShapeError(
                    f"backward: a tensor of shape {self.shape} is no single loss; "
                    "call .mean() or .sum() first, or hand in the gradient"
                )
            gradient = np.ones_like(self.data)
        gradient = as_array(gradient, self.dtype).copy(order="K")  # operations may keep it until the graph is freed
        if gradient.shape != self.shape:
            raise ShapeError(f"backward: gradient {gradient.shape} for a tensor {self.shape}; make them alike")
        walk_back(self, gradient, keep_graph or retain_graph)

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"Tensor({np.array2string(self.data, precision=4, threshold=20)}, shape={self.shape})"

    if TYPE_CHECKING:  # operators are below, and `ops` hands in the rest, so that x.sum() reads as well as sum(x)

        def __getattr__(self, name: str) -> Callable[..., Any]: ...  # the operations; see `ops`
        def __getitem__(self, key: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __add__(self, other: Any) -> Tensor: ...

        __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__
        __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __add__

    else:

        def __getattr__(self, name: str) -> Any:
            raise no_such("Tensor", name, dir(Tensor))


def _tensor(data: Array) -> Tensor:
    """A tensor around this very array, without conversions: for results of operations."""
    return _leaf(Tensor, data, None, False)


def _leaf(kind: type[Tensor], data: Array, grad: Array | None, requires_grad: bool) -> Tensor:
    """A tensor, or a weight, made of its parts: also a copied or unpickled one."""
    out = kind.__new__(kind)
    out.data, out.grad, out.requires_grad, out._parents, out._changed = data, grad, requires_grad, (), 0
    return out


def as_tensor(value: Any, like: Tensor) -> Tensor:
    """`value` as a tensor; plain numbers and arrays of floats take the dtype of `like`."""
    if isinstance(value, Tensor):
        return value
    array = as_array(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"a tensor and {type(value).__name__} do not go together; give a number, an array or a tensor")
    if like.dtype.kind == "f":
        array = array.astype(like.dtype, copy=False)
    elif array.dtype == np.float64:
        array = array.astype(np.float32)
    return _tensor(array)


def record(data: Array, *parents: tuple[Tensor, CarryBack]) -> Tensor:
    """A result that remembers its parents: pairs of (tensor, function from the result's gradient to its own).

    The functions may hold arrays but never the result itself: a cycle would keep whole graphs alive.
    """
    out = _tensor(as_array(data))  # NumPy's own 0-d results are scalars, not arrays
    if data.dtype == np.float64:
        kinds = {parent.data.dtype for parent, _ in parents}
        if np.dtype(np.float64) not in kinds and any(kind.kind != "f" for kind in kinds):
            out.data = out.data.astype(np.float32)  # with integers among the parents, NumPy goes to float64
    if mode.remember:
        learned = [each for each in parents if each[0].requires_grad]
        if learned:  # their functions look at all parents' arrays later, so these must stay as they are
            out.requires_grad, out._parents, out._made = True, learned, clock.now
            out._saw = [(parent, parent.data) for parent, _ in parents]
    if mode.watch is not None:
        mode.watch.tensors(parents)
    if mode.debug:
        check(out.data, sys._getframe(1).f_code.co_name)
        if out.requires_grad:
            lock(out.data, *(parent.data for parent, _ in parents))
    return out


def jointly(
    parents: tuple[Tensor, ...], back: Callable[[Array], tuple[Array | None, ...]]
) -> tuple[tuple[Tensor, CarryBack], ...]:
    """For `record`: parents whose gradients come out of one computation, `back`, in their order.

    It is done for the first parent that asks and kept for the others; for one that requires no gradient, and so
    never asks, it may give None.
    """
    last: list[Any] = []

    def share(k: int) -> CarryBack:
        def carry_back(g: Array) -> Array:
            if not last or last[0] is not g:
                last[:] = [g, back(g)]
            return last[1][k]

        carry_back.__qualname__ = back.__qualname__  # for messages: whose gradient it is
        return carry_back

    return tuple((parent, share(k)) for k, parent in enumerate(parents))


def broadcast(name: str, function: Callable[..., Array], a: Tensor, b: Tensor) -> Array:
    """`function(a, b)` on the arrays, with an error that helps where their shapes do not line up."""
    try:
        return function(a.data, b.data)
    except ValueError:
        raise ShapeError(
            f"{name}: {a.shape} and {b.shape} do not line up; reshape one so that sizes match from the right"
        ) from None


def add(a: Tensor, b: Tensor) -> Tensor:
    """Elementwise sum.  Both sides change the result one to one."""
    out = broadcast("add", np.add, a, b)
    to_a = (a, lambda g: unbroadcast(g, a.shape))
    to_b = (b, lambda g: unbroadcast(g, b.shape))
    return record(out, to_a, to_b)


def sub(a: Tensor, b: Tensor) -> Tensor:
    """Elementwise difference."""
    out = broadcast("sub", np.subtract, a, b)
    to_a = (a, lambda g: unbroadcast(g, a.shape))
    to_b = (b, lambda g: unbroadcast(-g, b.shape))
    return record(out, to_a, to_b)


def mul(a: Tensor, b: Tensor) -> Tensor:
    """Elementwise product.  d(ab)/da = b: each side's gradient is scaled by the other side's value."""
    out = broadcast("mul", np.multiply, a, b)
    to_a = (a, lambda g: unbroadcast(g * b.data, a.shape))
    to_b = (b, lambda g: unbroadcast(g * a.data, b.shape))
    return record(out, to_a, to_b)


def div(a: Tensor, b: Tensor) -> Tensor:
    """Elementwise quotient.  d(a/b)/da = 1/b, d(a/b)/db = -a/b²."""
    out = broadcast("div", np.true_divide, floats(a), b)
    to_a = (a, lambda g: unbroadcast(g / b.data, a.shape))
    to_b = (b, lambda g: unbroadcast(-g * out / b.data, b.shape))
    return record(out, to_a, to_b)


def floats(x: Tensor) -> Tensor:
    """x itself, or whole numbers and truths as float32, for operations whose results are no whole numbers."""
    return x if x.data.dtype.kind == "f" else _tensor(x.data.astype(np.float32))


def neg(x: Tensor) -> Tensor:
    """Minus x."""
    return record(-x.data, (x, lambda g: -g))


def power(x: Tensor, exponent: Any) -> Tensor:
    """x to a power, a plain number or a tensor y.  d(xⁿ)/dx = n xⁿ⁻¹, and d(xʸ)/dy = xʸ ln x (0 where x is 0)."""
    if isinstance(exponent, Tensor | Array) and np.ndim(exponent):
        return _power_of_two(x, as_tensor(exponent, x))
    if isinstance(exponent, Tensor):
        if exponent.requires_grad:
            return _power_of_two(x, exponent)
        exponent = exponent.data
    n = exponent if isinstance(exponent, int) else as_tensor(exponent, x).data.item()
    return record(x.data**n, (x, lambda g: g * (n * x.data ** (n - 1)) if n else np.zeros_like(g)))


def _power_of_two(x: Tensor, y: Tensor) -> Tensor:
    """`power` of one tensor to another."""
    out = broadcast("power", np.power, x, y)

    def to_y(g: Array) -> Array:
        zero = (x.data == 0) & (y.data >= 0)
        return unbroadcast(g * out * np.log(np.where(zero, 1, x.data)), y.shape)

    def to_x(g: Array) -> Array:
        return unbroadcast(g * np.where(y.data == 0, 0, y.data * x.data ** (y.data - (y.data != 0))), x.shape)

    return record(out, (x, to_x), (y, to_y))


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product of (..., m, k) and (..., k, n), or with a vector (k,) on either side.

    d(AB)/dA carries G back as G Bᵀ, and d(AB)/dB as Aᵀ G: the only way that the shapes fit.
    """
    out = broadcast("matmul", np.matmul, a, b)

    def to_a(g: Array) -> Array:
        if b.ndim == 1:
            return unbroadcast(np.expand_dims(g, -1) * b.data, a.shape)
        if a.ndim == 1:
            return unbroadcast((np.expand_dims(g, -2) @ np.swapaxes(b.data, -1, -2))[..., 0, :], a.shape)
        return unbroadcast(g @ np.swapaxes(b.data, -1, -2), a.shape)

    def to_b(g: Array) -> Array:
        if a.ndim == 1 or b.ndim == 1:
            column = a.data[:, None] if a.ndim == 1 else np.swapaxes(a.data, -1, -2)
            row = np.expand_dims(g, -2) if a.ndim == 1 and b.ndim > 1 else np.expand_dims(g, -1)
            product = column * row if a.ndim == 1 else column @ row
            return unbroadcast(product[..., 0] if b.ndim == 1 else product, b.shape)
        return unbroadcast(np.swapaxes(a.data, -1, -2) @ g, b.shape)

    return record(out, (a, to_a), (b, to_b))


def getitem(x: Tensor, key: Any) -> Tensor:
    """x[key], with slices, integers, index arrays or masks.  Elements that were taken twice get both gradients."""
    key = tuple(_index(part) for part in key) if isinstance(key, tuple) else _index(key)
    parts = key if isinstance(key, tuple) else (key,)
    once = all(isinstance(part, int | slice | np.integer) or part is None or part is Ellipsis for part in parts)

    def to_x(g: Array) -> Array:
        out = np.zeros_like(x.data)
        if once:
            out[key] = g
        else:
            np.add.at(out, key, g)
        return out

    return record(x.data[key], (x, to_x))


def _index(part: Any) -> Any:
    return part.data if isinstance(part, Tensor) else part


def _operator(name: str, operation: Callable[[Tensor, Tensor], Tensor]) -> None:
    """x + y and y + x, of a tensor and whatever may stand beside one."""
    setattr(Tensor, f"__{name}__", lambda self, other: operation(self, as_tensor(other, self)))
    setattr(Tensor, f"__r{name}__", lambda self, other: operation(as_tensor(other, self), self))


for _operation in (add, sub, mul, matmul):
    _operator(_operation.__name__, _operation)
_operator("truediv", div)
_operator("pow", power)
Tensor.__pow__, Tensor.__neg__, Tensor.__getitem__ = power, neg, getitem  # type: ignore[method-assign]
