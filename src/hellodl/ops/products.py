"""The matrix product with a bias that most of a network's work is, as one operation; and products of any shape."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hellodl.autograd.arrays import as_array, column_sums
from hellodl.autograd.tensor import Array, Tensor, record
from hellodl.errors import ShapeError
from hellodl.ops import scratch
from hellodl.ops.calling import operation, tensor_of
from hellodl.ops.shapes import transpose


def linear_reference(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b, in the small steps that everybody knows."""
    out = x @ transpose(weight)
    return out if bias is None else out + bias


@operation
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b as one node: x (..., in), weight (out, in) as in PyTorch, bias (out,) -> (..., out)."""
    if x.shape[-1:] != weight.shape[1:]:
        raise ShapeError(f"linear: x is {x.shape} and weight {weight.shape}; their last sizes must be equal")
    rows = x.data.reshape(-1, x.shape[-1])  # (..., in) -> (rows, in)
    out = scratch.empty((len(rows), weight.shape[0]), np.result_type(rows, weight.data))
    np.matmul(rows, weight.data.T, out=out)
    if bias is not None:
        out += bias.data
    out = out.reshape(*x.shape[:-1], weight.shape[0])

    def to_x(g: Array) -> Array:
        g = g.reshape(-1, g.shape[-1])
        return np.matmul(g, weight.data, out=scratch.like(rows)).reshape(x.shape)

    def to_weight(g: Array) -> Array:
        return np.matmul(g.reshape(-1, g.shape[-1]).T, rows, out=scratch.empty(weight.shape, g.dtype))

    parents = [(x, to_x), (weight, to_weight)]
    if bias is not None:
        parents.append((bias, lambda g: column_sums(g.reshape(-1, g.shape[-1]))))
    return record(out, *parents)


def einsum(equation: str, *tensors: Tensor) -> Tensor:
    """Sums of products, told by letters (Einstein 1916): "ij,jk->ik" is the matrix product.

    Letters that the result lacks are summed over; "..." stands for axes that all of them share. The gradient of each
    tensor is such a sum again: of the result's gradient and the other tensors. No letter may come twice in one tensor.
    """
    parts = [tensor_of(tensor, "einsum") for tensor in tensors]
    letters, result = _letters(equation, [part.ndim for part in parts])
    try:
        out = np.einsum(f"{','.join(letters)}->{result}", *(part.data for part in parts), optimize=True)
    except ValueError as error:
        shapes = ", ".join(str(part.shape) for part in parts)
        raise ShapeError(f"einsum: '{equation}' does not fit {shapes}: {error}") from None

    def to(k: int) -> Callable[[Array], Array]:
        others = [j for j in range(len(parts)) if j != k]
        known = {*result, *"".join(letters[j] for j in others)}
        found = "".join(letter for letter in letters[k] if letter in known)  # the others were summed over alone
        shape = tuple(n if letter in known else 1 for letter, n in zip(letters[k], parts[k].shape))

        def back(g: Array) -> Array:
            spelled = f"{','.join([result, *(letters[j] for j in others)])}->{found}"
            share = np.einsum(spelled, g, *(parts[j].data for j in others), optimize=True)
            return np.broadcast_to(share.reshape(shape), parts[k].shape)

        return back

    return record(as_array(out), *((part, to(k)) for k, part in enumerate(parts)))


def _letters(equation: str, axes: list[int]) -> tuple[list[str], str]:
    """The letters of each tensor and of the result, with "..." spelled out."""
    given, arrow, result = equation.replace(" ", "").partition("->")
    if given.count(",") + 1 != len(axes):
        raise ShapeError(f"einsum: '{equation}' speaks of {given.count(',') + 1} tensors, got {len(axes)}")
    free = "".join(letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in equation)
    rest = free[: max([n - len(word) + 3 for word, n in zip(given.split(","), axes) if "..." in word], default=0)]
    letters = [word.replace("...", rest) for word in given.split(",")]
    for word, n in zip(letters, axes):
        if len(word) != n or len(set(word)) != n:
            raise ShapeError(f"einsum: '{word}' does not name each of {n} axes once; take diagonals by indexing")
    if arrow:
        return letters, result.replace("...", rest)
    every = "".join(letters)
    return letters, rest + "".join(sorted(c for c in {*every} - {*rest} if every.count(c) == 1))
