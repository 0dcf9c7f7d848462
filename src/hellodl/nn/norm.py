"""Normalisation: keep the numbers between layers at a sensible size, whatever the layers do.

Subtract the mean, divide by the spread, then let the network choose a new scale and shift. They differ only in
what the mean is taken over: a batch of images for each channel (batch norm; Ioffe and Szegedy 2015), or all
features of one sample (layer norm; Ba, Kiros and Hinton 2016).
"""

from __future__ import annotations

import numpy as np

from hellodl.errors import HelloError, ShapeError
from hellodl.nn.module import Module, Parameter
from hellodl.tensor import Array, Tensor, record, unbroadcast


def normalise_reference(
    x: Tensor, weight: Tensor, bias: Tensor, axis: int | tuple[int, ...], epsilon: float
) -> Tensor:
    """(x - mean) / spread · weight + bias, step by step; the tape finds the gradient by itself."""
    centred = x - x.mean(axis=axis, keepdims=True)
    variance = (centred * centred).mean(axis=axis, keepdims=True)
    return centred / (variance + epsilon).sqrt() * weight + bias


def normalise(x: Tensor, weight: Tensor, bias: Tensor, axis: int | tuple[int, ...], epsilon: float,
              mean: Array, variance: Array) -> Tensor:  # fmt: skip
    """The same as one node.  mean and variance are x's own over `axis` (kept as axes of size 1).

    Both depend on x, so the gradient loses its own mean and its part along the normalised x:
    dx = (d - mean(d) - x̂·mean(d·x̂)) / spread, with d = g·weight.
    """
    scale = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    normal = x.data - mean
    normal *= scale

    def to_x(g: Array) -> Array:
        d = g * weight.data
        along = (d * normal).mean(axis=axis, keepdims=True)
        d -= d.mean(axis=axis, keepdims=True)
        d -= normal * along
        d *= scale
        return d

    out = normal * weight.data
    out += bias.data
    return record(out, (x, to_x),
                       (weight, lambda g: unbroadcast(g * normal, weight.shape)),
                       (bias, lambda g: unbroadcast(g, bias.shape)))  # fmt: skip


def moments(x: Array, axis: int | tuple[int, ...]) -> tuple[Array, Array]:
    """Mean and (biased) variance over `axis`, kept as axes of size 1."""
    mean = x.mean(axis=axis, keepdims=True)
    centred = x - mean
    return mean, np.square(centred, out=centred).mean(axis=axis, keepdims=True)


class LayerNorm(Module):
    """Each sample's last axis to mean 0 and variance 1, then scaled and shifted: (..., features) -> the same."""

    def __init__(self, features: int, eps: float = 1e-5):
        self.weight = Parameter(np.ones(features, np.float32))
        self.bias = Parameter(np.zeros(features, np.float32))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(..., features) -> (..., features)."""
        if x.shape[-1:] != self.weight.shape:
            raise ShapeError(f"LayerNorm '{self.name}' takes {self.weight.size} features last, got {x.shape}")
        return normalise(x, self.weight, self.bias, -1, self.eps, *moments(x.data, -1))


class BatchNorm2d(Module):
    """Each channel to mean 0 and variance 1 over the batch's images and pixels: (N, H, W, C) -> the same.

    While training it uses the batch at hand; in lanes that is the micro-batch ("ghost batches", Hoffer et al.
    2017), not the whole. The running mean and (unbiased) variance, which `eval` uses, take in `momentum` of each
    batch that is seen, as PyTorch's do; from lanes they are merged in the order of the micro-batches, so the
    result does not depend on the number of threads.
    """

    buffers = ("running_mean", "running_var")

    def __init__(self, features: int, eps: float = 1e-5, momentum: float = 0.1):
        self.weight = Parameter(np.ones(features, np.float32))
        self.bias = Parameter(np.zeros(features, np.float32))
        self.running_mean = np.zeros(features, np.float32)
        self.running_var = np.ones(features, np.float32)
        self.eps, self.momentum = eps, momentum
        self.waiting: list[tuple[Array, Array]] | None = None  # statistics that lanes will merge later

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H, W, C); (N, C) works too."""
        if x.shape[-1:] != self.weight.shape:
            raise ShapeError(
                f"BatchNorm2d '{self.name}' takes {self.weight.size} channels last, got {x.shape}"
            )
        axes = tuple(range(x.ndim - 1))
        if not self.training:
            spread = np.sqrt(self.running_var + np.float32(self.eps)).astype(x.dtype)
            return (x - self.running_mean.astype(x.dtype)) / spread * self.weight + self.bias
        count = x.size // x.shape[-1]
        if count < 2:
            raise HelloError(f"BatchNorm2d '{self.name}' cannot take the spread of one value per channel; "
                             "train with a larger batch, or call model.eval()")  # fmt: skip
        mean, variance = moments(x.data, axes)
        unbiased = variance.reshape(-1) * (count / (count - 1))
        if self.waiting is None:
            self.merge(mean.reshape(-1), unbiased)
        else:
            self.waiting.append((mean.reshape(-1), unbiased))
        return normalise(x, self.weight, self.bias, axes, self.eps, mean, variance)

    def merge(self, mean: Array, variance: Array) -> None:
        """Take a batch's statistics into the running ones, in place."""
        for running, new in ((self.running_mean, mean), (self.running_var, variance)):
            running += np.float32(self.momentum) * (new - running).astype(np.float32)
