"""Losses: one number that says how wrong a network was, so that there is something to make smaller."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hellodl import ops
from hellodl.autograd.arrays import as_array
from hellodl.autograd.tensor import Array, Tensor, as_tensor, floats, record
from hellodl.errors import DataError, ShapeError
from hellodl.nn.module import Module
from hellodl.ops.calling import tensor_of


def cross_entropy_reference(logits: Tensor, targets: Array, label_smoothing: float = 0.0) -> Tensor:
    """-Σ target·log(probability), averaged over samples; targets as rows of probabilities, made here."""
    classes = logits.shape[-1]
    wanted = np.eye(classes, dtype=logits.dtype)[targets] * (1 - label_smoothing) + label_smoothing / classes
    return -(ops.log_softmax(logits) * wanted).sum() / len(targets)


def cross_entropy(
    logits: Tensor,
    targets: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """How surprised the network is by the right answers, in nats.

    logits (N, classes), any numbers: their softmax is what the network believes; targets (N,) integers. With
    label smoothing s the right answer counts 1 - s and all answers share s (Szegedy et al. 2015), which keeps
    the network from being too sure. `weight` (classes,) says how much each class counts, and targets of `ignore_index`
    count nothing. reduction is "mean" (over what counts), "sum" or "none", which leaves (N,).

    Targets may also be probabilities (N, classes). The derivative is as simple as it can be: belief minus truth.
    """
    if getattr(targets, "dtype", np.dtype(int)).kind == "f":
        return _of_probabilities(logits, targets, weight, label_smoothing, reduction)
    logits, targets, counted, own, weights, total = _answers("cross_entropy", logits, targets, weight, ignore_index)
    right, spread = 1 - label_smoothing, label_smoothing / logits.shape[1]
    rows, share = np.arange(len(targets)), _share("cross_entropy", reduction, total, logits.dtype)
    log_belief = logits.data - logits.data.max(axis=1, keepdims=True)
    log_belief -= np.log(np.exp(log_belief).sum(axis=1, keepdims=True))
    losses = -right * own * log_belief[rows, targets]
    if label_smoothing:
        losses -= spread * counted * (log_belief * weights).sum(axis=1)

    def to_logits(g: Array) -> Array:
        error = np.exp(log_belief)
        if weight is not None:
            error *= (right * own + spread * weights.sum())[:, None]
        if label_smoothing:
            error -= logits.dtype.type(spread) * weights
        error[rows, targets] -= right * own
        error.T[...] *= g * share * counted  # (classes, N), for g may be a number or (N,)
        return error

    out = losses if reduction == "none" else losses.sum() * share
    return record(as_array(out, logits.dtype), (logits, to_logits))


def _of_probabilities(logits: Tensor, targets: Any, weight: Any, smoothing: float, reduction: str) -> Tensor:
    """`cross_entropy` where each answer is to be believed so much."""
    logits, targets = _alike("cross_entropy", logits, targets)
    wanted = targets * (1 - smoothing) + smoothing / logits.shape[-1]
    losses = -(ops.log_softmax(logits) * wanted * (1 if weight is None else weight)).sum(axis=-1)
    return _reduced("cross_entropy", losses, reduction)


def nll_loss(
    log_probs: Tensor, targets: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """`cross_entropy` of what `log_softmax` gave already: log_probs (N, classes), targets (N,) integers."""
    log_probs, targets, _, own, _, total = _answers("nll_loss", log_probs, targets, weight, ignore_index)
    losses = -log_probs[np.arange(len(targets)), targets] * own
    share = _share("nll_loss", reduction, total, log_probs.dtype)
    return losses if reduction == "none" else losses.sum() * share


class _Answers(NamedTuple):
    """Scores (N, classes) and targets (N,), with any class for those that do not count; and what counts how much."""

    scores: Tensor
    targets: Array
    counted: Any  # whether each target counts, 0 or 1 (N,), or 1 for all
    own: Any  # how much it does (N,), or 1 for all
    weights: Any  # how much each class does, or 1 for all
    total: float  # what all targets count together


def _answers(name: str, scores: Any, targets: Any, weight: Any, ignore_index: int) -> _Answers:
    scores = floats(tensor_of(scores, name))
    targets = as_array(_array(targets))
    if scores.ndim != 2 or targets.shape != scores.shape[:1]:
        raise ShapeError(f"{name} takes scores (N, classes) and targets (N,), got {scores.shape} and {targets.shape}")
    classes, counted = scores.shape[1], targets != ignore_index
    right = targets if counted.all() else targets[counted]
    if targets.size and not right.size:
        raise DataError(f"{name}: no target counts, and the mean of nothing is no number; leave such batches out")
    if targets.dtype.kind not in "iu" or (right.size and not 0 <= right.min() <= right.max() < classes):
        raise DataError(
            f"{name}: targets must be whole numbers from 0 to {classes - 1}, one a sample; "
            "labels that begin with 1 want a 1 taken off"
        )
    if weight is None and right is targets:
        return _Answers(scores, targets, 1, 1, 1, len(targets))
    weights = np.ones(classes, scores.dtype) if weight is None else as_array(_array(weight), scores.dtype)
    if weights.shape != (classes,):
        raise ShapeError(f"{name}: weight is one number for each of {classes} classes, got {weights.shape}")
    own = weights[targets * counted] * counted
    return _Answers(scores, targets * counted, counted, own, weights, own.sum(dtype=np.float64))


def _share(name: str, reduction: str, total: float, dtype: Any) -> Any:
    """What each loss counts in the result, if all of them together count so much."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}'s reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    return dtype.type(1 / (total or 1) if reduction == "mean" else 1)


def _array(value: Any) -> Any:
    return value.data if isinstance(value, Tensor) else value


def binary_cross_entropy_with_logits(
    logits: Tensor, targets: Any, *, pos_weight: Any = None, reduction: str = "mean"
) -> Tensor:
    """How surprised the network is by yes-or-no answers, in nats: targets from 0 to 1 in the shape of the logits.

    The sigmoid of a logit is the belief in yes, which counts `pos_weight` times. reduction is "mean" or "sum" over all
    elements, or "none", as in PyTorch. As with `cross_entropy`, the derivative is belief minus truth.
    """
    name = "binary_cross_entropy_with_logits"
    logits, target = _alike(name, logits, targets)
    wanted, x = target.data, logits.data
    shrunk = np.exp(-np.abs(x))
    surprise, share = np.log1p(shrunk), _share(name, reduction, x.size, logits.dtype)
    factor = None if pos_weight is None else 1 + (as_array(_array(pos_weight), x.dtype) - 1) * wanted
    if factor is None:
        losses = np.maximum(x, 0) - x * wanted + surprise
    else:
        losses = (1 - wanted) * x + factor * (surprise + np.maximum(-x, 0))

    def to_logits(g: Array) -> Array:
        belief = np.where(x >= 0, 1, shrunk) / (1 + shrunk)
        error = belief - wanted if factor is None else (1 - wanted) - factor * (1 - belief)
        return error * (g * share)

    out = losses if reduction == "none" else losses.sum() * share
    return record(as_array(out, logits.dtype), (logits, to_logits))


def _alike(name: str, prediction: Tensor, target: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors of floats, of one shape."""
    prediction = floats(tensor_of(prediction, name))
    target = floats(as_tensor(target, prediction))
    if prediction.shape != target.shape:
        raise ShapeError(
            f"{name}: {prediction.shape} and {target.shape} differ; broadcasting here is nearly "
            "always a mistake, so reshape one"
        )
    return prediction, target


def _reduced(name: str, losses: Tensor, reduction: str) -> Tensor:
    """The mean of all losses, their sum, or all of them."""
    _share(name, reduction, 1, losses.dtype)
    return losses.mean() if reduction == "mean" else losses.sum() if reduction == "sum" else losses


def mse_loss(prediction: Tensor, target: Any, *, reduction: str = "mean") -> Tensor:
    """The mean of the squared differences, over all elements (or "sum", or "none").  Shapes must be equal."""
    prediction, target = _alike("mse_loss", prediction, target)
    difference = prediction - target
    return _reduced("mse_loss", difference * difference, reduction)


def l1_loss(prediction: Tensor, target: Any, *, reduction: str = "mean") -> Tensor:
    """The mean of the absolute differences, over all elements (or "sum", or "none").  Shapes must be equal."""
    prediction, target = _alike("l1_loss", prediction, target)
    return _reduced("l1_loss", ops.abs(prediction - target), reduction)


def huber_loss(prediction: Tensor, target: Any, *, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """Half the square of small differences, and a straight line for those over `delta` (Huber 1964)."""
    prediction, target = _alike("huber_loss", prediction, target)
    difference = prediction - target
    near = ops.clip(difference, -delta, delta)  # d·near - near²/2 is d²/2 within, and delta·(|d| - delta/2) beyond
    return _reduced("huber_loss", difference * near - 0.5 * near * near, reduction)


def kl_div(log_probs: Tensor, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """How many nats it costs to expect log_probs where `target` holds: Σ target·(log target - log_probs).

    target are probabilities, or with `log_target` their logarithms. "batchmean" divides the sum by the first axis,
    which is the true divergence; "mean", PyTorch's default, divides by all elements.
    """
    log_probs, target = _alike("kl_div", log_probs, target)
    if target.requires_grad:
        raise TypeError("kl_div: the target is taken as it is, and gets no gradient; .detach() it")
    expected = np.exp(target.data) if log_target else target.data
    own = expected * (target.data if log_target else np.log(np.where(expected > 0, expected, 1)))  # 0·log 0 is 0
    losses = as_tensor(own, log_probs) - as_tensor(expected, log_probs) * log_probs
    if reduction == "batchmean":
        return losses.sum() / max(len(losses), 1)
    return _reduced("kl_div", losses, reduction)


class Loss(Module):
    """A loss with its settings kept, as PyTorch has its losses: criterion = nn.CrossEntropyLoss(); criterion(x, y)."""

    function: Callable[..., Tensor]

    def __init_subclass__(cls, of: Callable[..., Tensor], **keywords: Any):
        super().__init_subclass__(**keywords)
        cls.function = staticmethod(of)

    def __init__(self, **settings: Any):
        taken = inspect.signature(self.function).parameters.keys() - CALLED_WITH
        if unknown := settings.keys() - taken:
            raise TypeError(f"{type(self).__name__} takes {', '.join(sorted(taken))}, not '{min(unknown)}'")
        self.settings = settings

    def forward(self, prediction: Tensor, target: Any, *lengths: Any) -> Tensor:  # type: ignore[override]
        """The loss of predictions beside what they should have been; CTC's wants the lengths of both."""
        return self.function(prediction, target, *lengths, **self.settings)


# What losses are called with: their other arguments are settings.
CALLED_WITH = {"logits", "log_probs", "prediction", "target", "targets", "input_lengths", "target_lengths"}


class CrossEntropyLoss(Loss, of=cross_entropy):
    """See `cross_entropy`."""


class NLLLoss(Loss, of=nll_loss):
    """See `nll_loss`."""


class BCEWithLogitsLoss(Loss, of=binary_cross_entropy_with_logits):
    """See `binary_cross_entropy_with_logits`."""


class MSELoss(Loss, of=mse_loss):
    """See `mse_loss`."""


class L1Loss(Loss, of=l1_loss):
    """See `l1_loss`."""


class HuberLoss(Loss, of=huber_loss):
    """See `huber_loss`."""


class KLDivLoss(Loss, of=kl_div):
    """See `kl_div`."""


class CTCLoss(Loss, of=ops.ctc_loss):
    """See `hellodl.ops.ctc_loss`: what a line says, but not where."""


def accuracy(logits: Array, targets: Array, top: int = 1) -> float:
    """The share of samples whose right answer is among the `top` best guesses.  logits (N, classes).

    Of equal guesses the first counts as the best, as in argmax; a guess that is no number is a wrong one.
    """
    if not len(targets):
        return float("nan")
    right = np.take_along_axis(logits, targets[:, None], axis=1)
    ahead = ~(logits <= right) | ((logits == right) & (np.arange(logits.shape[1]) < targets[:, None]))
    return float((ahead.sum(axis=1) < top).mean())
