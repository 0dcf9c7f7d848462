"""Muon: momentum whose directions all count the same (Jordan et al. 2024).

A gradient of a matrix is mostly a few strong directions; those that would teach something rarer are drowned. Write it
as U S Vᵀ (its singular value decomposition) and step along U Vᵀ instead: the same directions, all of length one.
That U Vᵀ is the orthogonal matrix nearest to the gradient, and there is no need to decompose anything for it: an odd
polynomial of a matrix acts on its singular values alone, and one that is applied over and over can drive all of them
towards 1 (Newton and Schulz). Products of matrices are what a computer does best.

It is for the matrices inside a network, kernels of convolutions among them. Tables, the last layer and single
vectors, whose rows have a meaning of their own, are left to AdamW.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from hellodl import nn
from hellodl.autograd.mode import as_it_is
from hellodl.autograd.tensor import Array, Tensor
from hellodl.optim.groups import Group, Memory, Optimizer, Weights, rate_of, zeros_for
from hellodl.optim.optimizers import AdamW

# a·s + b·s³ + c·s⁵, of Jordan's: five rounds bring singular values from 0.002 on to between 0.7 and 1.2, which does.
POLYNOMIAL = (3.4445, -4.7750, 2.0315)
ROUNDS = 5


def orthogonalised_reference(matrix: Array) -> Array:
    """U Vᵀ of a matrix U S Vᵀ, by the book."""
    u, _, vt = np.linalg.svd(matrix, full_matrices=False)
    return u @ vt


def orthogonalised(matrices: Array) -> Array:
    """Nearly U Vᵀ of matrices (..., m, n) float32, by products alone: singular values between about 0.7 and 1.2."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = np.swapaxes(matrices, -1, -2) if tall else matrices
    a, b, c = POLYNOMIAL
    x = x / (np.linalg.norm(x, axis=(-2, -1), keepdims=True) + np.float32(1e-7))  # no singular value is over 1 now
    for _ in range(ROUNDS):
        square = x @ np.swapaxes(x, -1, -2)
        x = a * x + (b * square + c * (square @ square)) @ x
    return np.swapaxes(x, -1, -2) if tall else x


class Muon(AdamW):
    """Groups that say how many `pieces` are stacked in a matrix are stepped by Muon, all others by AdamW.

    m = μ·m + (1 - μ)·g, the direction is μ·m + (1 - μ)·g again (Nesterov's look ahead), orthogonalised piece by piece;
    a matrix with more outputs than inputs steps √(out/in) times as far. `threads` share the matrices out.
    """

    options = ("pieces",)

    def __init__(
        self,
        parameters: Weights,
        learning_rate: float | None = None,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.8, 0.95),
        eps: float = 1e-10,
        weight_decay: float = 0.0,
        threads: int = 1,
        *,
        lr: float | None = None,
    ):
        Optimizer.__init__(
            self, parameters, rate_of(learning_rate, lr, 0.02), weight_decay, betas=betas, eps=eps, momentum=momentum
        )
        self.threads = threads

    @as_it_is
    def step(self) -> None:
        """Change every weight that has a gradient; each by itself, so that threads change nothing but the time."""
        if self.threads == 1:
            super().step()
            return
        self.steps += 1
        largest_first = sorted(self.waiting(), key=lambda each: -each[0].numel())
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(lambda each: self.change(*each), largest_first))

    def update(self, weight: Array, gradient: Array, rate: float, group: Group, memory: Memory) -> None:
        """w -= rate · √max(1, out/in) · orthogonalised direction."""
        if "pieces" not in group:
            super().update(weight, gradient, rate, group, memory)
            return
        if "momentum" not in memory:
            memory["momentum"] = zeros_for(weight)
        average, momentum = memory["momentum"], group["momentum"]
        new = np.float32(1 - momentum)
        average *= momentum
        average += new * gradient
        direction = momentum * average + new * gradient
        # A convolution's kernels are a matrix too: from each window of its input to its channels.
        pieces = direction.reshape(group["pieces"], len(weight) // group["pieces"], -1)  # (pieces, out, in)
        out_of, into = pieces.shape[1:]
        if group["weight_decay"]:
            weight *= 1 - rate * group["weight_decay"]
        weight -= np.float32(rate * max(1, out_of / into) ** 0.5) * orthogonalised(pieces).reshape(weight.shape)


def groups(model: nn.Module, weight_decay: float = 0.0) -> list[Group]:
    """Which weights are whose: matrices inside the network are Muon's; tables, the last layer and vectors are AdamW's.

    Matrices that are several in one (queries, keys and values; the gates of a cell) are stepped piece by piece.
    """
    found: dict[str, Group] = {}
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1:]
    named = {id(parameter): name for name, parameter in model.named_parameters()}

    def put(parameter: Tensor, kind: str, **settings: float) -> None:
        name = named.pop(id(parameter), None)
        if name is not None:
            found.setdefault(kind, {"params": {}, **settings})["params"][name] = parameter

    for module in model.modules():
        if isinstance(module, nn.Embedding):
            put(module.weight, "tables", rate=1.0, weight_decay=0.0)
        elif isinstance(module, nn.CausalSelfAttention):
            put(module.qkv.weight, "3 pieces", pieces=3, weight_decay=weight_decay)
        elif module in last:
            put(module.weight, "head", rate=0.25, weight_decay=0.0)
        elif isinstance(module, nn.Linear):
            put(module.weight, "1 pieces", pieces=1, weight_decay=weight_decay)
        for parameter in vars(module).values():
            if isinstance(parameter, nn.Parameter) and id(parameter) in named:
                pieces = getattr(module, "gates", 1)
                if parameter.ndim in (2, 4):
                    put(parameter, f"{pieces} pieces", pieces=pieces, weight_decay=weight_decay)
                else:
                    put(parameter, "vectors", rate=0.5, weight_decay=0.0)
    return list(found.values())
