"""Is a gradient right? Wiggle every input a little and see.

The slope that `backward` claims is held against (f(x + h) - f(x - h)) / 2h, in float64. The result of f is
weighted with random numbers first (a random cotangent): to check only the plain sum of the outputs is blind to
errors that cancel, and a convolution with its kernel gradient flipped, say, passes that test with honours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from hellodl.autograd.tensor import Array, Tensor
from hellodl.errors import HelloError


class Checkable(Protocol):
    """What can be checked as a whole: any `nn.Module`, which this file is below and so does not know."""

    named_parameters: Callable[[], Iterable[tuple[str, Any]]]
    named_buffers: Callable[[], Iterable[tuple[str, Array]]]
    modules: Callable[[], Iterable[Any]]
    use_generator: Callable[[np.random.Generator], None]

    def __call__(self, x: Tensor) -> Tensor:
        """From its input to its output."""


@dataclass(frozen=True)
class Check:
    """How one array's gradient compares: the largest difference, relative to the largest slope."""

    name: str
    shape: tuple[int, ...]
    error: float
    checked: int

    def __str__(self) -> str:
        return f"{self.name:24} {self.shape!s:20} relative error {self.error:.1e} over {self.checked} elements"


def gradcheck(
    function: Callable[..., Tensor],
    *inputs: Array,
    rng: np.random.Generator,
    step: float = 1e-6,
    tolerance: float = 1e-6,
    most: int = 200,
) -> list[Check]:
    """Check `function(*tensors)` at float64 `inputs`: one `Check` for each; raises where one is over `tolerance`.

    Of large inputs, `most` elements picked by `rng` are wiggled. The function must be smooth there: keep away
    from the kinks of relu and max.
    """
    tensors = [Tensor(np.array(a, np.float64), requires_grad=True, dtype=np.float64) for a in inputs]
    names = [f"input {k}" for k in range(len(tensors))]
    return _compare(lambda: function(*tensors), dict(zip(names, tensors)), rng, step, tolerance, most)


def gradcheck_module(
    module: Checkable,
    x: Array,
    rng: np.random.Generator,
    step: float = 1e-6,
    tolerance: float = 1e-6,
    most: int = 200,
    loss: Callable[[Tensor], Tensor] | None = None,
) -> list[Check]:
    """Check a layer or a whole model: its input (where that is of floats) and each of its weights, reported by name.

    The weights are turned to float64 for the while; dropout drops the same elements in every try; afterwards
    weights, running statistics and generators are as they were. `loss` may be put behind the model's output.
    """
    parameters = dict(module.named_parameters())
    buffers = {name: array.copy() for name, array in module.named_buffers()}
    chancy = [part for part in module.modules() if hasattr(part, "generator")]
    generators, seed = [part.generator for part in chancy], int(rng.integers(2**32))
    before = {name: parameter.data for name, parameter in parameters.items()}
    entry = Tensor(x.astype(np.float64), requires_grad=True, dtype=np.float64) if x.dtype.kind == "f" else Tensor(x)
    leaves: dict[str, Tensor] = {"input": entry} if entry.requires_grad else {}
    try:
        for parameter in parameters.values():
            parameter.data = parameter.data.astype(np.float64, order="K")
            parameter.grad = None

        def forward() -> Tensor:
            if chancy:
                module.use_generator(np.random.default_rng(seed))
            return loss(module(entry)) if loss else module(entry)

        return _compare(forward, leaves | parameters, rng, step, tolerance, most)
    finally:
        for name, parameter in parameters.items():
            parameter.data, parameter.grad = before[name], None
        for name, array in module.named_buffers():
            array[...] = buffers[name]
        for part, generator in zip(chancy, generators):
            part.generator = generator


def _compare(
    forward: Callable[[], Tensor],
    leaves: dict[str, Tensor],
    rng: np.random.Generator,
    step: float,
    tolerance: float,
    most: int,
) -> list[Check]:
    out = forward()
    if out.dtype != np.float64:
        raise HelloError(f"gradcheck: the result is {out.dtype}, so some operation on the way left float64; mend that")
    cotangent = rng.standard_normal(out.shape)
    out.backward(cotangent)
    checks = []
    for name, leaf in leaves.items():
        claimed = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad
        places = _some_places(leaf.shape, most, rng)
        slopes = [_slope(forward, cotangent, leaf.data, place, step) for place in places]
        claims = [claimed[place] for place in places]
        scale = max(np.abs(slopes).max(initial=0), np.abs(claims).max(initial=0), 1e-2)
        error = float(np.abs(np.subtract(slopes, claims)).max(initial=0) / scale)
        checks.append(Check(name, leaf.shape, error, len(places)))
    wrong = [check for check in checks if not check.error <= tolerance]
    if wrong:
        raise HelloError("gradcheck: the gradient is wrong at " + "; ".join(map(str, wrong)))
    return checks


def _some_places(shape: Sequence[int], most: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    count = int(np.prod(shape))
    picked = np.arange(count) if count <= most else rng.choice(count, most, replace=False)
    return [tuple(int(i) for i in np.unravel_index(k, shape)) for k in picked]


def _slope(forward: Callable[[], Tensor], cotangent: Array, array: Array, place: tuple[int, ...], step: float) -> float:
    kept = array[place]
    array[place] = kept + step
    above = np.array(forward().data)  # a copy, for it may be a view of the very array that we wiggle
    array[place] = kept - step
    below = np.array(forward().data)
    array[place] = kept
    return float(((above - below) * cotangent).sum() / (2 * step))
