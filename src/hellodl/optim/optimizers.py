"""Optimisers: what to do with a gradient once one has it.

In order of growing cleverness. SGD takes a step downhill. Momentum keeps rolling. Nesterov looks where it is
rolling to. Adam gives every weight a step of its own size. AdamW forgets a little of every weight at each step.

The arithmetic is PyTorch's to the letter, so that settings carry over, and tests hold the two equal. Weights are
changed in place, since several replicas of a model may be looking at them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from hellodl.autograd.arrays import memory_order
from hellodl.autograd.mode import as_it_is
from hellodl.autograd.tensor import Array, Tensor
from hellodl.nn.module import Module
from hellodl.ops import loops
from hellodl.optim.groups import Group, Memory, Optimizer, Weights, rate_of, zeros_for


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
        parameters: Weights,
        learning_rate: float | None = None,
        momentum: float = 0.0,
        *,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        lr: float | None = None,
    ):
        rate = rate_of(learning_rate, lr)
        super().__init__(parameters, rate, weight_decay, momentum=momentum, nesterov=nesterov)

    def update(self, weight: Array, gradient: Array, rate: float, group: Group, memory: Memory) -> None:
        """w -= rate · direction."""
        if group["weight_decay"]:
            gradient = gradient + group["weight_decay"] * weight
        momentum = group["momentum"]
        if momentum:
            if "momentum" not in memory:
                memory["momentum"] = zeros_for(weight)
            velocity = memory["momentum"]
            velocity *= momentum
            velocity += gradient
            gradient = gradient + momentum * velocity if group["nesterov"] else velocity
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
        parameters: Weights,
        learning_rate: float | None = None,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        lr: float | None = None,
    ):
        super().__init__(parameters, rate_of(learning_rate, lr), weight_decay, betas=betas, eps=eps)

    def update(self, weight: Array, gradient: Array, rate: float, group: Group, memory: Memory) -> None:
        """w -= rate · m̂ / (√v̂ + ε)."""
        if group["weight_decay"] and not self.decoupled:
            gradient = gradient + group["weight_decay"] * weight
        (first, second), eps, steps = group["betas"], group["eps"], memory["steps"]
        if "mean" not in memory:
            memory.update(mean=zeros_for(weight), square=zeros_for(weight))
        mean, square = memory["mean"], memory["square"]
        keep = 1 - rate * group["weight_decay"] if self.decoupled else 1.0
        rate /= 1 - first**steps
        unbias = 1 / math.sqrt(1 - second**steps)
        rows = [as_row(array, weight) for array in (weight, gradient, mean, square)] if loops.running() else []
        if rows and loops.use(*rows) and np.shares_memory(rows[0], weight):
            loops.rows.adam(*rows, *map(np.float32, (first, second, unbias, eps, rate, keep)))
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
        work += eps
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
        parameters: Weights,
        learning_rate: float | None = None,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        *,
        lr: float | None = None,
    ):
        super().__init__(parameters, learning_rate, betas, eps, weight_decay, lr=lr)


def decay_matrices_only(model: Module, weight_decay: float) -> list[Group]:
    """Two groups: matrices and kernels are decayed; biases and normalisers' scales are not, to no loss."""
    named = dict(model.named_parameters())
    return [
        {"params": {n: p for n, p in named.items() if p.ndim > 1}, "weight_decay": weight_decay},
        {"params": {n: p for n, p in named.items() if p.ndim <= 1}, "weight_decay": 0.0},
    ]


@as_it_is
def gradient_norm(parameters: Iterable[Tensor]) -> float:
    """The length of all gradients together, as one long vector."""
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    squares = (float(np.vdot(p.grad, p.grad)) for p in parameters if p.grad is not None)
    return math.sqrt(sum(squares))


@as_it_is
def clip_gradients(parameters: Iterable[Tensor], longest: float) -> float:
    """Scale all gradients together so that their length is at most `longest`; returns what it was (Pascanu 2012)."""
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)  # they are walked over twice
    norm = gradient_norm(parameters)
    if norm > longest:
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad *= longest / (norm + 1e-6)
    return norm
