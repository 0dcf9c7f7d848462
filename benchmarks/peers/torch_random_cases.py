"""Operations with random shapes and options, as hellodl and as PyTorch write them; layers are in the file beside it.

Each case draws a `Trial`: arrays, and two functions of them that should give the same values and gradients. Pictures
are N×H×W×C; PyTorch's side turns them round and back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from hellodl import ops

CASES: dict[str, Callable[["Draw"], "Trial"]] = {}


@dataclass
class Trial:
    """Arrays that gradients go to, and what either library makes of them: a tensor or several."""

    arrays: list[np.ndarray]
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    options: dict[str, Any] = field(default_factory=dict)  # to be shown where the two differ


class Draw:
    """Chance for one trial."""

    def __init__(self, seed: int, dtype: type):
        self.rng, self.dtype = np.random.default_rng(seed), dtype

    def one(self, *choices: Any) -> Any:
        """One of these."""
        return choices[self.rng.integers(len(choices))]

    def upto(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def shape(self, low: int = 1, high: int = 4) -> tuple[int, ...]:
        """So many axes of 1 to 5."""
        return tuple(self.upto(1, 5) for _ in range(self.upto(low, high)))

    def normal(self, *shape: int) -> np.ndarray:
        """Normal numbers; each now and then in another order in memory."""
        array = self.rng.standard_normal(shape).astype(self.dtype)
        return np.asfortranarray(array) if self.upto(0, 4) == 0 else array

    def positive(self, *shape: int) -> np.ndarray:
        """Numbers from 0.3 up."""
        return np.abs(self.normal(*shape)) + self.dtype(0.3)

    def whole(self, high: int, *shape: int) -> np.ndarray:
        """Whole numbers below `high`."""
        return self.rng.integers(0, high, shape)


def case(*names: str) -> Callable[[Callable[..., Trial]], Callable[..., Trial]]:
    """Enter a case; with several names, one for each, which it is given."""

    def enter(function: Callable[..., Trial]) -> Callable[..., Trial]:
        for name in names:
            CASES[name] = partial(function, name=name) if len(names) > 1 else function
        return function

    return enter


def first(x: torch.Tensor) -> torch.Tensor:
    """Channels last -> second."""
    return x.movedim(-1, 1)


def last(x: torch.Tensor) -> torch.Tensor:
    """Channels second -> last."""
    return x.movedim(1, -1)


# -- operations ------------------------------------------------------------------------------------------------------

TWO = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / (b * b + 1),
    "power": lambda a, b: (a * a + 0.5) ** b,
}


@case(*TWO, "maximum", "minimum")
def _(d: Draw, name: str) -> Trial:
    shape = d.shape()
    other = tuple(d.one(n, 1) for n in shape)[d.upto(0, len(shape) - 1) :]
    pair = [d.normal(*shape), d.normal(*other)]
    pair = pair[:: d.one(1, -1)]
    if name in TWO:
        return Trial(pair, TWO[name], TWO[name])
    return Trial(pair, getattr(ops, name), getattr(torch, name))


ONE = {
    "exp": torch.exp,
    "abs": torch.abs,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": F.relu,
    "relu_squared": lambda x: F.relu(x) ** 2,
    "erf": torch.erf,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "softplus": F.softplus,
    "logsigmoid": F.logsigmoid,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "clone": torch.clone,
}


@case(*ONE)
def _(d: Draw, name: str) -> Trial:
    return Trial(
        [d.normal(*d.shape(0)) * d.dtype(d.one(1, 5, 30) if name != "exp" else 1)], getattr(ops, name), ONE[name]
    )


@case("log", "sqrt")
def _(d: Draw, name: str) -> Trial:
    return Trial([d.positive(*d.shape(0))], getattr(ops, name), getattr(torch, name))


@case("clip, where, masked_fill")
def _(d: Draw) -> Trial:
    shape, low = d.shape(), float(d.rng.normal())
    mask = d.whole(2, *shape) > 0
    return Trial(
        [d.normal(*shape), d.normal(*shape)],
        lambda a, b: ops.where(a > b, a.clip(low, low + 1), b.masked_fill(mask, 3.0)),
        lambda a, b: torch.where(a > b, a.clip(low, low + 1), b.masked_fill(torch.tensor(mask), 3.0)),
    )


@case("sum", "mean", "var", "std", "softmax", "log_softmax", "cumsum", "max", "min")
def _(d: Draw, name: str) -> Trial:
    shape = d.shape(1)
    if name in ("var", "std"):
        shape = tuple(n + 1 for n in shape)
    axis, how = d.upto(-len(shape), len(shape) - 1), {}
    if name in ("sum", "mean", "var", "std", "max", "min"):
        how["keepdim"] = d.one(True, False)
    if name in ("sum", "mean") and len(shape) > 1 and d.upto(0, 1):
        axis = (0, len(shape) - 1)
    if name in ("var", "std"):
        how["correction"] = d.one(0, 1)

    def made(x: Any) -> Any:
        out = getattr(x, name)(dim=axis, **how)
        return out.values if name in ("max", "min") else out

    return Trial([d.normal(*shape)], made, made, {"shape": shape, "axis": axis, **how})


@case("matmul")
def _(d: Draw) -> Trial:
    m, k, n, batch = d.upto(1, 5), d.upto(1, 5), d.upto(1, 5), d.shape(0, 2)
    a, b = d.one(
        [(*batch, m, k), (k, n)], [(m, k), (*batch, k, n)], [(k,), (*batch, k, n)], [(*batch, m, k), (k,)], [(k,), (k,)]
    )
    return Trial([d.normal(*a), d.normal(*b)], lambda a, b: a @ b, lambda a, b: a @ b, {"a": a, "b": b})


@case("reshape, transpose, permute, flatten, squeeze, unsqueeze")
def _(d: Draw) -> Trial:
    shape, order = (d.upto(1, 3), 1, d.upto(1, 4), 2), d.rng.permutation(4).tolist()

    def made(x: Any) -> Any:
        y = x.permute(*order).transpose(0, 2).flatten(1, 2).unsqueeze(-1)
        return y.squeeze(-1).reshape(-1) * x.squeeze().view(-1)

    return Trial([d.normal(*shape)], made, made)


@case("split, chunk, stack, concatenate, pad")
def _(d: Draw) -> Trial:
    x, size, axis = d.normal(5, 4, 3), d.upto(1, 4), d.upto(0, 2)
    a, b = d.upto(0, 2), d.upto(0, 2)
    return Trial(
        [x, d.normal(5, 4, 3)],
        lambda x, y: ops.pad(
            ops.stack([ops.concatenate(x.split(size, axis)[::-1], axis), y + y.chunk(3, 0)[0][:1]], axis),
            [(0, 0)] * 3 + [(a, b)],
        ),
        lambda x, y: F.pad(
            torch.stack([torch.cat(x.split(size, axis)[::-1], axis), y + y.chunk(3, 0)[0][:1]], axis), (a, b)
        ),
    )


@case("getitem")
def _(d: Draw) -> Trial:
    rows, columns = d.whole(4, 6), d.whole(5, 6)
    key = d.one(
        (rows, columns), (slice(1, None, 2), columns), (Ellipsis, -1), (None, 2), (slice(None), rows, None), rows
    )
    spelled = tuple(
        torch.tensor(k) if isinstance(k, np.ndarray) else k for k in (key if isinstance(key, tuple) else (key,))
    )
    return Trial([d.normal(4, 5, 3)], lambda x: x[key], lambda x: x[spelled])


@case("embedding")
def _(d: Draw) -> Trial:
    count = d.one(3, 300)
    which = d.whole(count, *d.shape())
    return Trial([d.normal(count, 4)], lambda w: ops.embedding(which, w), lambda w: F.embedding(torch.tensor(which), w))


@case("einsum")
def _(d: Draw) -> Trial:
    equation, *shapes = d.one(
        ("ij,jk->ik", (2, 3), (3, 4)),
        ("bij,bjk->bki", (2, 3, 4), (2, 4, 5)),
        ("...i,i->...", (2, 3, 4), (4,)),
        ("ij->j", (3, 4)),
        ("i,j", (3,), (4,)),
        ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)),
        ("ab,bc,cd->ad", (2, 3), (3, 2), (2, 4)),
    )
    return Trial([d.normal(*s) for s in shapes], partial(ops.einsum, equation), partial(torch.einsum, equation))


# -- pictures --------------------------------------------------------------------------------------------------------


@case("conv2d")
def _(d: Draw) -> Trial:
    groups, kernel = d.one(1, 1, 2), d.one((1, 1), (3, 3), (3, 3), (2, 3), (5, 1))
    size = (d.upto(1, 3), d.upto(9, 14), d.upto(9, 14), groups * d.upto(1, 4))
    how = {
        "stride": d.one(1, 1, 2, (2, 1)),
        "padding": d.one(0, 1, (0, 2)),
        "dilation": d.one(1, 1, 2),
        "groups": groups,
    }
    if d.upto(0, 3) == 0:
        how |= {"stride": 1, "padding": "same"}
    out = groups * d.upto(1, 4)
    arrays = [d.normal(*size), d.normal(out, size[3] // groups, *kernel), d.normal(out)][: d.upto(2, 3)]
    return Trial(
        arrays,
        lambda *all: ops.conv2d(*all, **how),
        lambda x, *rest: last(F.conv2d(first(x), *rest, **how)),
        {"size": size, "kernel": kernel, **how},
    )


@case("conv_transpose2d")
def _(d: Draw) -> Trial:
    stride, kernel = d.one(1, 2, 3), d.upto(2, 4)
    groups = d.one(1, 1, 2)
    how = {"stride": stride, "padding": d.upto(0, kernel - 2), "output_padding": d.upto(0, stride - 1)}
    how |= {"groups": groups, "dilation": d.upto(1, 2)}
    size = (d.upto(1, 3), d.upto(3, 6), d.upto(3, 6), groups * d.upto(1, 3))
    arrays = [d.normal(*size), d.normal(size[3], 2, kernel, kernel), d.normal(2 * groups)]
    return Trial(
        arrays,
        lambda *all: ops.conv_transpose2d(*all, **how),
        lambda x, *rest: last(F.conv_transpose2d(first(x), *rest, **how)),
        {"size": size, "kernel": kernel, **how},
    )


@case("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "nearest", "bilinear")
def _(d: Draw, name: str) -> Trial:
    x = d.normal(d.upto(1, 3), d.upto(4, 9), d.upto(4, 9), d.upto(1, 3))
    kernel = d.one(2, 2, 3, (2, 3))
    how: dict[str, Any] = {"kernel_size": kernel, "stride": d.one(None, 1, 2), "padding": d.one(0, 0, 1)}
    if name == "max_pool2d":
        how["ceil_mode"] = d.one(True, False)
    if name.startswith("adaptive"):
        how = {"output_size": (d.upto(1, 5), d.one(None, 3))}
    if name in ("nearest", "bilinear"):
        s = d.upto(1, 3)
        return Trial(
            [x], lambda x: ops.upsample(x, s, name), lambda x: last(F.interpolate(first(x), scale_factor=s, mode=name))
        )
    ours, theirs = getattr(ops, name), getattr(F, name)
    return Trial([x], lambda x: ours(x, **how), lambda x: last(theirs(first(x), **how)), {"shape": x.shape, **how})
