"""What a tensor says where Python or NumPy wants a number, a truth or an array.

Whoever writes `float(loss)`, `x > 0` or `np.exp(x)` should get what the words say. NumPy is the delicate one: it takes
whatever has an `__array__` for an array, and so would compute on happily while the gradient is forgotten. It lets
itself be told, though (NEP 13 and 18): a function that we have too is ours then, and one that we lack may give truths,
counts and what needs no gradient, or else refuses in one line.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from hellodl.autograd.arrays import as_array
from hellodl.autograd.mode import clock, mode
from hellodl.errors import ShapeError

Array = np.ndarray

OURS: dict[Any, Callable[..., Any]] = {}  # NumPy's function -> our operation; `tensor` and `ops` fill it


class Numbers:
    """What all tensors can be asked for without a gradient in mind: truths, Python's numbers, NumPy's arrays."""

    __slots__ = ()

    if TYPE_CHECKING:  # what `Tensor` has
        data: Array
        requires_grad: bool
        _parents: Any
        _changed: int

        detach: Callable[[], Self]

        def __getitem__(self, key: Any) -> Self: ...
        def __lt__(self, other: Any) -> Any: ...

        __gt__ = __lt__

    def _with(self, array: Any) -> Self:
        """Another tensor around this array, which has no past."""
        out = self.detach()
        out.data = as_array(array)  # type: ignore[misc]
        return out

    def numel(self) -> int:
        """How many elements there are."""
        return self.data.size

    def size(self, dim: int | None = None) -> Any:
        """The shape, or its side `dim`; NumPy's `size`, how many elements there are, is `numel()`."""
        return self.data.shape if dim is None else self.data.shape[dim]

    def numpy(self) -> Array:
        """The array itself (not a copy)."""
        return self.data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """So that plotting libraries take a tensor for its array."""
        return np.array(self.data, dtype=dtype, copy=copy)

    def item(self) -> Any:
        """The one number that this tensor holds."""
        if self.data.size != 1:
            raise ShapeError(
                f"a tensor of shape {self.data.shape} is no single number; call .tolist(), or .sum() it first"
            )
        return self.data.item()

    def tolist(self) -> Any:
        """Python's own numbers, in lists of lists."""
        return self.data.tolist()

    def argmax(self, dim: int | None = None, keepdim: bool = False, **numpys: Any) -> Self:
        """Where the largest is (along `dim`, or counted through all of them): whole numbers, without a gradient."""
        axis, keepdims = numpys.pop("axis", dim), numpys.pop("keepdims", keepdim)
        return self._with(np.argmax(self.data, axis=axis, keepdims=keepdims, **numpys))

    def float(self) -> Any:
        """As float32; truths and whole numbers, which have no gradient, become numbers that may."""
        return self if self.data.dtype.kind == "f" else self._with(self.data.astype(np.float32))

    def long(self) -> Self:
        """As whole numbers (int64), cut towards zero; without a gradient."""
        return self._with(self.data.astype(np.int64))

    def __float__(self) -> Any:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return operator.index(self.item())

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise ShapeError(f"a tensor of shape {self.data.shape} is no single truth; ask (...).data.any() or .all()")
        return bool(self.data.item())

    def __format__(self, spec: str) -> str:
        return format(self.data.item(), spec) if self.data.size == 1 and spec else super().__format__(spec)

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self.data == _stripped(value)))

    def __iter__(self) -> Iterator[Self]:
        if not self.data.ndim:
            raise TypeError("a tensor without axes is one number, and cannot be walked over; call .item()")
        return (self[k] for k in range(len(self.data)))

    __hash__ = object.__hash__  # a tensor is itself, whatever it holds: so that it may be a key

    def __invert__(self) -> Self:
        return self._with(np.invert(self.data))

    def _compared(self, function: Callable[..., Array], other: Any) -> Any:
        """Element by element; with what is neither tensor, array nor number, Python is told that we cannot."""
        if not isinstance(other, Numbers | Array | np.generic | int | float):
            return NotImplemented
        other = _stripped(other)
        try:
            return self._with(function(self.data, other))
        except ValueError:
            raise ShapeError(
                f"compare: {self.data.shape} and {np.shape(other)} do not line up; "
                "reshape one so that sizes match from the right"
            ) from None

    def changed(self) -> None:
        """Say that the numbers in `data` are others now, so that no gradient is taken of what was computed before."""
        clock.now += 1
        self._changed = clock.now  # type: ignore[misc]

    def __setitem__(self, key: Any, value: Any) -> None:
        if mode.remember and (self.requires_grad or getattr(value, "requires_grad", False)):
            raise TypeError(
                "nothing is written into a tensor that gradients go through; put it together with ops.where or "
                "ops.stack, or write inside hellodl.no_grad()"
            )
        self.data[_stripped(key)] = _stripped(value)
        self.changed()

    def _in_place(self, function: Callable[..., Array], other: Any) -> Any:
        """Weights are changed in place inside no_grad(), as in PyTorch; elsewhere `x += y` makes a new tensor x."""
        if not self.requires_grad:
            return NotImplemented
        if mode.remember:
            if self._parents:
                return NotImplemented
            raise TypeError("a leaf that requires a gradient is not changed in place; do so inside hellodl.no_grad()")
        function(self.data, _stripped(other), out=self.data, casting="same_kind")
        self.changed()
        return self

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method == "__call__" and not keywords and ufunc in OURS:
            return OURS[ufunc](*inputs)
        return _by_numpy(getattr(ufunc, method), ufunc.__name__, inputs, keywords)

    def __array_function__(self, function: Any, types: Any, args: Any, keywords: Any) -> Any:
        if function in OURS:
            return OURS[function](*args, **keywords)
        return _by_numpy(function, function.__name__, args, keywords)


def _asks(name: str, method: str, function: Callable[..., Array]) -> None:
    """Let an operator of Python's go by a method of all tensors: x > y by x._compared(np.greater, y)."""
    setattr(Numbers, f"__{name}__", lambda self, other: getattr(self, method)(function, other))


for _name, _function in (
    *(("eq", np.equal), ("ne", np.not_equal), ("lt", np.less), ("le", np.less_equal), ("gt", np.greater)),
    *(("ge", np.greater_equal), ("and", np.bitwise_and), ("or", np.bitwise_or)),
):
    _asks(_name, "_compared", _function)
for _name, _change in (("iadd", np.add), ("isub", np.subtract), ("imul", np.multiply), ("itruediv", np.true_divide)):
    _asks(_name, "_in_place", _change)


def _stripped(value: Any, tensors: list[Numbers] | None = None) -> Any:
    """Tensors as their arrays, wherever they are in lists and tuples; they are put into `tensors`."""
    if isinstance(value, Numbers):
        if tensors is not None:
            tensors.append(value)
        return value.data
    if isinstance(value, tuple | list):
        parts = [_stripped(part, tensors) for part in value]
        return tuple(parts) if isinstance(value, tuple) else parts
    return value


def _by_numpy(function: Callable[..., Any], name: str, args: Any, keywords: dict[str, Any]) -> Any:
    """NumPy's own answer, unless it would be one that a gradient should have gone through."""
    tensors: list[Numbers] = []
    args, keywords = _stripped(args, tensors), {key: _stripped(value, tensors) for key, value in keywords.items()}
    learned = mode.remember and any(tensor.requires_grad for tensor in tensors)
    if not (learned and "out" in keywords):
        result = function(*args, **keywords)
        parts = result if isinstance(result, tuple | list) else (result,)
        if not (learned and any(getattr(part, "dtype", np.dtype(bool)).kind in "fc" for part in parts)):
            return result
    ours = ", ".join(sorted({each.__name__ for each in OURS}))
    raise TypeError(
        f"np.{name} would forget the gradient: use hellodl.ops or a tensor's own methods (of NumPy's, {ours} are "
        "understood), or x.detach() where none is wanted"
    )
