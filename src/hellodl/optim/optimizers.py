"""Optimisers: what to do with a gradient once one has it.

In order of growing cleverness. SGD takes a step downhill. Momentum keeps rolling. Nesterov looks where it is
rolling to. Adam gives every weight a step of its own size. AdamW forgets a little of every weight at each step.

The arithmetic is PyTorch's to the letter, so that settings carry over, and tests hold the two equal. Weights are
changed in place, since several replicas of a model may be looking at them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hellodl.autograd.arrays import memory_order
from hellodl.autograd.tensor import Array, Tensor
from hellodl.errors import CheckpointError
from hellodl.nn.module import Module
from hellodl.ops import loops

Group = dict[str, Any]


class Optimizer:
    """The base of all: holds groups of weights, each with its settings, and a little memory for each weight.

    `parameters` is what `model.named_parameters()` gives, or a list of groups
    {"params": {name: tensor}, "weight_decay": ...} whose settings override the optimiser's own.
    """

    def __init__(self, parameters: Mapping[str, Tensor] | Sequence[Group], learning_rate: float, weight_decay: float):
        groups: Sequence[Group] = [{"params": parameters}] if isinstance(parameters, Mapping) else parameters
        if not all(isinstance(group, Mapping) for group in groups):
            raise TypeError(f"{type(self).__name__} wants names with the weights; give it model.named_parameters()")
        self.learning_rate = learning_rate
        self.groups: list[Group] = [{"weight_decay": weight_decay, **group} for group in groups]
        self.steps = 0
        self.memory: dict[str, dict[str, Array]] = {}

    def named_parameters(self) -> Iterator[tuple[str, Tensor, Group]]:
        """Every weight with its name and its group."""
        for group in self.groups:
            for name, parameter in group["params"].items():
                yield name, parameter, group

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for _, parameter, _ in self.named_parameters():
            parameter.grad = None

    def step(self) -> None:
        """Change every weight that has a gradient."""
        self.steps += 1
        for each in self.waiting():
            self.change(*each)

    def waiting(self) -> list[tuple[str, Tensor, Group]]:
        """The weights that have a gradient."""
        return [each for each in self.named_parameters() if each[1].grad is not None]

    def change(self, name: str, parameter: Tensor, group: Group) -> None:
        """Change one weight, with the rate of its group and what is remembered of it."""
        assert parameter.grad is not None
        rate = self.learning_rate * group.get("rate", 1.0)
        self.update(parameter.data, parameter.grad, rate, group, self.memory.setdefault(name, {}))

    def update(self, weight: Array, gradient: Array, rate: float, group: Group, memory: dict[str, Array]) -> None:
        """Change one weight array in place; each optimiser says how."""
        raise TypeError(f"{type(self).__name__} has no update yet; write one that changes `weight` in place")

    def state_dict(self) -> dict[str, Array]:
        """All that a later resume needs, as arrays: "steps", and "momentum.<name>" and such."""
        state = {f"{kind}.{name}": a for name, kinds in self.memory.items() for kind, a in kinds.items()}
        return {"steps": np.array(self.steps)} | {key: np.array(a, order="C") for key, a in state.items()}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Go on where `state_dict` was taken."""
        if "steps" not in state:
            raise CheckpointError("this is no optimiser's state, for it has no 'steps'; save what state_dict() gives")
        parameters = {name: parameter for name, parameter, _ in self.named_parameters()}
        memory: dict[str, dict[str, Array]] = {}
        for key, array in state.items():
            kind, _, name = key.partition(".")
            if key == "steps":
                continue
            if name not in parameters or parameters[name].shape != array.shape:
                raise CheckpointError(
                    f"this optimiser state is for another model: it has '{name}' {array.shape}; "
                    "resume with the settings that the run was started with"
                )
            memory.setdefault(name, {})[kind] = zeros_for(parameters[name].data)
            memory[name][kind][...] = array
        self.memory, self.steps = memory, int(state["steps"])


def zeros_for(weight: Array) -> Array:
    """Zeros of a weight's shape and memory layout, so that the two can be walked side by side."""
    return np.zeros_like(weight, order="K")


def as_row(array: Array, weight: Array) -> Array:
    """The numbers of an array in the order in which those of a weight of its shape lie in memory."""
    return array.transpose(memory_order(weight)).reshape(-1)


class SGD(Optimizer):
    """Stochastic gradient descent: w -= rate·g, with the gradient's running sum instead where there is momentum.

    momentum m keeps v = m·v + g and steps along v (Polyak 1964); nesterov steps along g + m·v, which is where
    the next v would point (Nesterov 1983; Sutskever et al. 2013). Weight decay adds decay·w to g.
    """

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Sequence[Group],
        learning_rate: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ):
        if nesterov and not momentum:
            raise ValueError("nesterov needs a momentum; give it one such as 0.9")
        super().__init__(parameters, learning_rate, weight_decay)
        self.momentum, self.nesterov = momentum, nesterov

    def update(self, weight: Array, gradient: Array, rate: float, group: Group, memory: dict[str, Array]) -> None:
        """w -= rate · direction."""
        if group["weight_decay"]:
            gradient = gradient + group["weight_decay"] * weight
        if self.momentum:
            if not memory:
                memory["momentum"] = zeros_for(weight)
            velocity = memory["momentum"]
            velocity *= self.momentum
            velocity += gradient
            gradient = gradient + self.momentum * velocity if self.nesterov else velocity
        weight -= rate * gradient


def adam_reference(
    weight: Array,
    gradient: Array,
    mean: Array,
    square: Array,
    step: int,
    rate: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> list[Array]:
    """One step of Adam by the book, counted from 1: the new weight, mean and square."""
    first, second = betas
    mean = first * mean + (1 - first) * gradient
    square = second * square + (1 - second) * gradient**2
    unbiased_mean = mean / (1 - first**step)
    unbiased_square = square / (1 - second**step)
    weight = weight - rate * unbiased_mean / (np.sqrt(unbiased_square) + eps)
    return [weight, mean, square]


class Adam(Optimizer):
    """Each weight's step is its mean gradient over its typical gradient (Kingma and Ba 2014).

    m and v are running means of g and g²; both start at zero and are corrected for that. Weight decay adds
    decay·w to g, where it gets scaled with the rest: see AdamW.
    """

    decoupled = False

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Sequence[Group],
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        super().__init__(parameters, learning_rate, weight_decay)
        self.betas, self.eps = betas, eps

    def update(self, weight: Array, gradient: Array, rate: float, group: Group, memory: dict[str, Array]) -> None:
        """w -= rate · m̂ / (√v̂ + ε)."""
        if group["weight_decay"] and not self.decoupled:
            gradient = gradient + group["weight_decay"] * weight
        first, second = self.betas
        if not memory:
            memory.update(mean=zeros_for(weight), square=zeros_for(weight))
        mean, square = memory["mean"], memory["square"]
        keep = 1 - rate * group["weight_decay"] if self.decoupled else 1.0
        rate /= 1 - first**self.steps
        unbias = 1 / math.sqrt(1 - second**self.steps)
        rows = [as_row(array, weight) for array in (weight, gradient, mean, square)] if loops.running() else []
        if rows and loops.use(*rows) and np.shares_memory(rows[0], weight):
            loops.adam(*rows, *map(np.float32, (first, second, unbias, self.eps, rate, keep)))
            return
        work = (1 - first) * gradient
        mean *= first
        mean += work
        np.multiply(gradient, gradient, out=work)
        work *= 1 - second
        square *= second
        square += work
        np.sqrt(square, out=work)
        work *= unbias
        work += self.eps
        np.divide(mean, work, out=work)
        work *= rate
        if keep != 1:
            weight *= keep
        weight -= work


class AdamW(Adam):
    """Adam, with weight decay taken off the weights themselves: w *= 1 - rate·decay (Loshchilov and Hutter 2017)."""

    decoupled = True

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Sequence[Group],
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        super().__init__(parameters, learning_rate, betas, eps, weight_decay)


def decay_matrices_only(model: Module, weight_decay: float) -> list[Group]:
    """Two groups: matrices and kernels are decayed; biases and normalisers' scales are not, to no loss."""
    named = model.named_parameters()
    return [
        {"params": {n: p for n, p in named.items() if p.ndim > 1}, "weight_decay": weight_decay},
        {"params": {n: p for n, p in named.items() if p.ndim <= 1}, "weight_decay": 0.0},
    ]


def gradient_norm(parameters: Sequence[Tensor]) -> float:
    """The length of all gradients together, as one long vector."""
    squares = (float(np.vdot(p.grad, p.grad)) for p in parameters if p.grad is not None)
    return math.sqrt(sum(squares))


def clip_gradients(parameters: Sequence[Tensor], longest: float) -> float:
    """Scale all gradients together so that their length is at most `longest`; returns what it was (Pascanu 2012)."""
    norm = gradient_norm(parameters)
    if norm > longest:
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad *= longest / (norm + 1e-6)
    return norm
