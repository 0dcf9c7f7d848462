"""Losses: one number that says how wrong a network was, so that there is something to make smaller."""

from __future__ import annotations

from typing import Any

import numpy as np

from hellodl import ops
from hellodl.autograd.tensor import Array, Tensor, as_tensor, record
from hellodl.errors import DataError, ShapeError
from hellodl.nn.module import Module


def cross_entropy_reference(logits: Tensor, targets: Array, label_smoothing: float = 0.0) -> Tensor:
    """-Σ target·log(probability), averaged over samples; targets as rows of probabilities, made here."""
    classes = logits.shape[-1]
    wanted = np.eye(classes, dtype=logits.dtype)[targets] * (1 - label_smoothing) + label_smoothing / classes
    return -(ops.log_softmax(logits) * wanted).sum() / len(targets)


def cross_entropy(logits: Tensor, targets: Any, label_smoothing: float = 0.0, reduction: str = "mean") -> Tensor:
    """How surprised the network is by the right answers, in nats.

    logits (N, classes), any numbers: their softmax is what the network believes; targets (N,) integers. With
    label smoothing s the right answer counts 1 - s and all answers share s (Szegedy et al. 2015), which keeps
    the network from being too sure. reduction is "mean" or "sum" over the samples.

    The derivative is as simple as it can be: belief minus truth.
    """
    targets = np.asarray(targets.data if isinstance(targets, Tensor) else targets)
    if logits.ndim != 2 or targets.shape != logits.shape[:1]:
        raise ShapeError(
            f"cross_entropy takes logits (N, classes) and targets (N,), got {logits.shape} and {targets.shape}"
        )
    count, classes = logits.shape
    if targets.dtype.kind not in "iu" or (count and not 0 <= targets.min() <= targets.max() < classes):
        raise DataError(
            f"cross_entropy: targets must be whole numbers from 0 to {classes - 1}, one a sample; "
            "labels that begin with 1 want a 1 taken off"
        )
    if reduction not in ("mean", "sum"):
        raise ValueError(f"cross_entropy's reduction is 'mean' or 'sum', not {reduction!r}")
    log_belief = logits.data - logits.data.max(axis=1, keepdims=True)
    log_belief -= np.log(np.exp(log_belief).sum(axis=1, keepdims=True))
    rows = np.arange(count)
    share = logits.dtype.type(1 / max(count, 1) if reduction == "mean" else 1)
    loss = -(1 - label_smoothing) * log_belief[rows, targets].sum()
    if label_smoothing:
        loss -= label_smoothing / classes * log_belief.sum()

    def to_logits(g: Array) -> Array:
        error = np.exp(log_belief) - logits.dtype.type(label_smoothing / classes)
        error[rows, targets] -= 1 - label_smoothing
        error *= g * share
        return error

    return record(np.asarray(loss * share, logits.dtype), (logits, to_logits))


def binary_cross_entropy_with_logits(logits: Tensor, targets: Any, reduction: str = "mean") -> Tensor:
    """How surprised the network is by yes-or-no answers, in nats: targets from 0 to 1 in the shape of the logits.

    The sigmoid of a logit is the belief in yes. reduction is "mean" or "sum" over all elements, as in PyTorch. As
    with `cross_entropy`, the derivative is belief minus truth.
    """
    wanted = np.asarray(targets.data if isinstance(targets, Tensor) else targets, logits.dtype)
    if wanted.shape != logits.shape:
        raise ShapeError(
            f"binary_cross_entropy_with_logits: {logits.shape} and {wanted.shape} differ; broadcasting here is nearly "
            "always a mistake, so reshape one"
        )
    if reduction not in ("mean", "sum"):
        raise ValueError(f"binary_cross_entropy_with_logits's reduction is 'mean' or 'sum', not {reduction!r}")
    x = logits.data
    shrunk = np.exp(-np.abs(x))
    losses = np.maximum(x, 0) - x * wanted + np.log1p(shrunk)
    share = logits.dtype.type(1 / max(x.size, 1) if reduction == "mean" else 1)

    def to_logits(g: Array) -> Array:
        belief = np.where(x >= 0, 1, shrunk) / (1 + shrunk)
        return (belief - wanted) * (g * share)

    return record(np.asarray(losses.sum() * share, logits.dtype), (logits, to_logits))


def mse_loss(prediction: Tensor, target: Any) -> Tensor:
    """The mean of the squared differences, over all elements.  Shapes must be equal."""
    target = as_tensor(target, prediction)
    if prediction.shape != target.shape:
        raise ShapeError(
            f"mse_loss: {prediction.shape} and {target.shape} differ; broadcasting here is nearly "
            "always a mistake, so reshape one"
        )
    difference = prediction - target
    return (difference * difference).mean()


class CTCLoss(Module):
    """`hellodl.ops.ctc_loss` with its settings kept, as `torch.nn.CTCLoss`: what a line says, but not where."""

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False):
        self.blank, self.reduction, self.zero_infinity = blank, reduction, zero_infinity

    def forward(  # type: ignore[override]
        self, log_probs: Tensor, targets: Any, input_lengths: Any = None, target_lengths: Any = None
    ) -> Tensor:
        """The loss of log_probs (T, N, C), the output of `log_softmax`."""
        settings = self.blank, self.reduction, self.zero_infinity
        return ops.ctc_loss(log_probs, targets, input_lengths, target_lengths, *settings)


def accuracy(logits: Array, targets: Array, top: int = 1) -> float:
    """The share of samples whose right answer is among the `top` best guesses.  logits (N, classes).

    Of equal guesses the first counts as the best, as in argmax; a guess that is no number is a wrong one.
    """
    if not len(targets):
        return float("nan")
    right = np.take_along_axis(logits, targets[:, None], axis=1)
    ahead = ~(logits <= right) | ((logits == right) & (np.arange(logits.shape[1]) < targets[:, None]))
    return float((ahead.sum(axis=1) < top).mean())
