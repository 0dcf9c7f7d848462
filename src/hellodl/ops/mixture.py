"""Where a pen goes next, as a mixture: not one guess but several, each a hill of probability over the paper.

A network that is told the mean of all that people do writes a mean of all letters, which is none. So it says a whole
distribution (mixture density networks: Bishop 1994; for handwriting: Graves 2013): M bivariate Gaussians, each with its
share π, its middle μ, its two widths σ and how they hang together, ρ; and beside them flags, each a Bernoulli: that the
pen lifts, that the word is finished. The loss of a movement is -log of how likely it was.

    p(x, y) = Σ πₘ N(x, y | μₘ, σₘ, ρₘ) · Π qₖ or (1 - qₖ)
    N = exp(-Z / 2(1 - ρ²)) / 2π σ₁σ₂√(1 - ρ²),   Z = z₁² + z₂² - 2ρ z₁z₂,   z = (x - μ)/σ

What a network gives is any number, so: π is a softmax, σ = e^ŝ + LEAST (a hill as narrow as a needle would be endlessly
high, and learning runs after it), ρ = MOST·tanh(ρ̂), q a sigmoid. Slopes are short once one knows γₘ, the share of a
hill in what was seen: with C = 1/(1 - ρ²),

    ∂/∂π̂ = π - γ      ∂/∂μ₁ = -γ C (z₁ - ρ z₂)/σ₁      ∂/∂σ₁ = -γ (C z₁(z₁ - ρ z₂) - 1)/σ₁
    ∂/∂ρ = -γ C (z₁z₂ + ρ - ρ C Z)                      ∂/∂q̂ = q - flag
"""

from __future__ import annotations

from math import exp, log, pi, sqrt, tanh
from typing import NamedTuple

import numpy as np

from hellodl.autograd.arrays import as_array
from hellodl.autograd.tensor import Array, Tensor, record
from hellodl.errors import ShapeError
from hellodl.ops.calling import operation

LEAST, MOST = 0.03, 0.98  # the narrowest σ; the largest ρ


class Mixture(NamedTuple):
    """What a network says of the next movement: hills (..., M) each, and flags (..., F) as probabilities."""

    share: Array  # π
    across: Array  # μ₁
    down: Array  # μ₂
    wide: Array  # σ₁
    tall: Array  # σ₂
    tilt: Array  # ρ
    flags: Array  # q


def mixture_of(said: Array, flags: int) -> Mixture:
    """The mixture that so many numbers mean: said (..., 6M + flags) is π̂, μ₁, μ₂, ŝ₁, ŝ₂, ρ̂ of M each, then q̂."""
    hills = (said.shape[-1] - flags) // 6
    if hills < 1 or said.shape[-1] != 6 * hills + flags:
        raise ShapeError(f"a mixture with {flags} flags is told by 6·M + {flags} numbers, got {said.shape[-1]}")
    heights, across, down, wide, tall, tilt = (said[..., k * hills : (k + 1) * hills] for k in range(6))
    share = np.exp(heights - heights.max(axis=-1, keepdims=True))
    share /= share.sum(axis=-1, keepdims=True)
    raised = 0.5 * np.tanh(0.5 * said[..., 6 * hills :]) + 0.5
    return Mixture(share, across, down, np.exp(wide) + LEAST, np.exp(tall) + LEAST, MOST * np.tanh(tilt), raised)


def mixture_loss_reference(said: Array, moves: Array) -> float:
    """-log of how likely moves (T, 2 + F) were by what was said (T, 6M + F), summed, one hill after the other."""
    flags = moves.shape[1] - 2
    hills = (said.shape[1] - flags) // 6
    loss = 0.0
    for numbers, (x, y, *raised) in zip(said.tolist(), moves.tolist()):
        whole = sum(exp(numbers[m]) for m in range(hills))
        likely = 0.0
        for m in range(hills):
            share, across, down = exp(numbers[m]) / whole, numbers[hills + m], numbers[2 * hills + m]
            wide, tall = exp(numbers[3 * hills + m]) + LEAST, exp(numbers[4 * hills + m]) + LEAST
            tilt = MOST * tanh(numbers[5 * hills + m])
            z1, z2, rest = (x - across) / wide, (y - down) / tall, 1 - tilt * tilt
            z = z1 * z1 + z2 * z2 - 2 * tilt * z1 * z2
            likely += share * exp(-z / (2 * rest)) / (2 * pi * wide * tall * sqrt(rest))
        loss -= log(likely)
        for number, flag in zip(numbers[6 * hills :], raised):
            sure = 1 / (1 + exp(-number))
            loss -= log(sure) if flag else log(1 - sure)
    return loss


@operation
def mixture_loss(said: Tensor, moves: Array, counts: Array | None = None) -> Tensor:
    """-log of how likely moves were, in nats, added up: said (..., 6M + F), moves (..., 2 + F) -> ().

    A move is x, y and its flags, 0 or 1. `counts` (...) is what each counts (1; 0 leaves it out, as where a shorter
    word is filled up). ShapeError where they do not belong together.
    """
    moves = as_array(moves.data if isinstance(moves, Tensor) else moves)
    if moves.shape[:-1] != said.shape[:-1] or moves.shape[-1] < 2:
        raise ShapeError(f"mixture_loss takes (..., 6M + F) and moves (..., 2 + F), got {said.shape} and {moves.shape}")
    flags = moves.shape[-1] - 2
    share, across, down, wide, tall, tilt, raised = mixture = mixture_of(said.data, flags)
    one = said.dtype.type
    z1 = (moves[..., :1] - across) / wide
    z2 = (moves[..., 1:2] - down) / tall
    c = one(1) / (one(1) - tilt * tilt)
    z = z1 * z1 + z2 * z2 - one(2) * tilt * z1 * z2
    high = np.log(share + one(1e-30)) - one(0.5) * c * z - np.log(wide * tall) + one(0.5) * np.log(c) - one(log(2 * pi))
    top = high.max(axis=-1, keepdims=True)
    seen = np.exp(high - top)  # γ, once it adds up to 1
    whole = seen.sum(axis=-1, keepdims=True)
    seen /= whole
    surprise = -(np.log(whole) + top)[..., 0]
    logits = said.data[..., 6 * share.shape[-1] :]
    surprise += (np.logaddexp(one(0), logits) - moves[..., 2:] * logits).sum(axis=-1)  # -log q, or -log (1 - q)
    weights = np.ones(surprise.shape, said.dtype) if counts is None else as_array(counts, said.dtype)

    def to_said(g: Array) -> Array:
        slopes = (
            mixture.share - seen,
            -seen * c * (z1 - tilt * z2) / wide,
            -seen * c * (z2 - tilt * z1) / tall,
            -seen * (c * z1 * (z1 - tilt * z2) - one(1)) * (one(1) - one(LEAST) / wide),
            -seen * (c * z2 * (z2 - tilt * z1) - one(1)) * (one(1) - one(LEAST) / tall),
            -seen * c * (z1 * z2 + tilt - tilt * c * z) * (one(MOST) - tilt * tilt / one(MOST)),
            raised - moves[..., 2:],
        )
        return np.concatenate(slopes, axis=-1) * (weights * g)[..., None]

    return record(as_array((surprise * weights).sum(), said.dtype), (said, to_said))
