"""Normalisation: keep the numbers between layers at a sensible size, whatever the layers do.

Subtract the mean, divide by the spread, then let the network choose a new scale and shift. They differ only in
what the mean is taken over: a batch of images for each channel (batch norm; Ioffe and Szegedy 2015), or all
features of one sample (layer norm; Ba, Kiros and Hinton 2016).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod

import numpy as np

from hellodl import ops
from hellodl.autograd.arrays import column_sums, in_one_piece
from hellodl.autograd.tensor import Array, Tensor, floats, jointly, record
from hellodl.errors import HelloError, ShapeError
from hellodl.nn import init
from hellodl.nn.activation import ReLU
from hellodl.nn.module import Module, Parameter
from hellodl.ops import loops, relu, rms_norm, scratch
from hellodl.ops.norms import unit


def normalise_reference(x: Tensor, weight: Tensor, bias: Tensor, axis: int | tuple[int, ...], epsilon: float) -> Tensor:
    """(x - mean) / spread · weight + bias, step by step; the tape finds the gradient by itself."""
    centred = x - x.mean(axis=axis, keepdims=True)
    variance = (centred * centred).mean(axis=axis, keepdims=True)
    return centred / (variance + epsilon).sqrt() * weight + bias


def normalise_rows(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> Tensor:
    """Each row (last axis) of x to mean 0 and variance 1, then scaled and shifted, as one node.

    Mean and spread depend on x too, so its gradient loses its own mean and its part along the normalised x:
    dx = (d - mean(d) - x̂·mean(d·x̂)) / spread, with d = g·weight.
    """
    x = floats(x)
    if loops.use(x.data):
        return _rows_in_loops(x, weight, bias, epsilon)
    rows = x.data.reshape(-1, x.shape[-1])
    normal = np.subtract(rows, rows.mean(axis=-1, keepdims=True), out=scratch.like(rows))
    normal -= normal.mean(axis=-1, keepdims=True)  # what rounding left of a mean that is large
    squares = np.einsum("rc,rc->r", normal, normal)[:, None]
    scale = 1 / np.sqrt(squares / x.dtype.type(x.shape[-1]) + x.dtype.type(epsilon))
    normal *= scale
    out = np.multiply(normal, weight.data, out=scratch.like(rows))
    out += bias.data

    def back(g: Array) -> tuple[Array, Array, Array]:
        g = g.reshape(rows.shape)
        d = np.multiply(g, weight.data, out=scratch.like(rows))
        along = np.einsum("rc,rc->r", d, normal)[:, None] / x.dtype.type(x.shape[-1])
        d -= d.mean(axis=-1, keepdims=True)
        work = np.multiply(g, normal, out=scratch.like(rows))
        to_weight = column_sums(work)
        d -= np.multiply(normal, along, out=work)
        d *= scale
        return d.reshape(x.shape), to_weight, column_sums(g)

    return record(out.reshape(x.shape), *jointly((x, weight, bias), back))


def _rows_in_loops(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> Tensor:
    """`normalise_rows` by loops: the same, but nothing is kept that can be had from x."""
    rows = x.data.reshape(-1, x.shape[-1])
    mean, scale = scratch.empty((len(rows),)), scratch.empty((len(rows),))
    out = scratch.like(rows)
    loops.rows.normalise_each(rows, weight.data, bias.data, np.float32(epsilon), mean, scale, out)

    def back(g: Array) -> tuple[Array, Array, Array]:
        g = in_one_piece(g).reshape(rows.shape)
        to_x, to_weight, to_bias = scratch.like(rows), np.empty_like(weight.data), np.empty_like(bias.data)
        loops.rows.unnormalise_each(g, rows, weight.data, mean, scale, to_x, to_weight, to_bias)
        return to_x.reshape(x.shape), to_weight, to_bias

    return record(out.reshape(x.shape), *jointly((x, weight, bias), back))


def normalise_columns(
    x: Tensor, weight: Tensor, bias: Tensor, epsilon: float, rectify: bool = False
) -> tuple[Tensor, Array, Array]:
    """Each channel (last axis) of x over all other axes; also returns the mean and (biased) variance, (C,) each.

    The formula is that of rows, across. The sums over g that it needs are just what weight and bias get, so
    they are taken once. With `rectify`, what is below zero in the end becomes zero, as in ReLU.
    """
    x = floats(x)
    if loops.use(x.data):
        return _in_loops(x, weight, bias, epsilon, rectify)
    rows = x.data.reshape(-1, x.shape[-1])  # (..., C) -> (M, C)
    count = rows.shape[0]
    mean = column_sums(rows) / rows.dtype.type(count)
    centred = np.subtract(rows, mean, out=scratch.like(rows))
    rest = column_sums(centred) / rows.dtype.type(count)  # what rounding left of a mean that is large
    mean += rest
    centred -= rest
    work = np.square(centred, out=scratch.like(rows))
    variance = column_sums(work) / rows.dtype.type(count)
    scale = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    out = np.multiply(centred, scale * weight.data, out=work)
    out += bias.data
    if rectify:
        np.maximum(out, 0, out=out)

    def back(g: Array) -> tuple[Array, Array, Array]:
        g = g.reshape(rows.shape)
        if rectify:
            g = np.multiply(g, np.greater(out, 0, out=scratch.like(out, bool)), out=scratch.like(g))
        total = column_sums(g)
        along = column_sums(np.multiply(g, centred, out=scratch.like(rows))) * scale
        d = np.multiply(centred, along * scale * x.dtype.type(-1 / count), out=scratch.like(rows))
        d += g
        d -= total * x.dtype.type(1 / count)
        d *= weight.data * scale
        return d.reshape(x.shape), along, total

    return record(out.reshape(x.shape), *jointly((x, weight, bias), back)), mean, variance


def _in_loops(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float, rectify: bool) -> tuple[Tensor, Array, Array]:
    """`normalise_columns` by loops: the same, but nothing is kept that can be had from x."""
    rows = x.data.reshape(-1, x.shape[-1])
    mean, variance = np.empty_like(weight.data), np.empty_like(weight.data)
    loops.rows.moments(rows, mean, variance)
    scale = 1 / np.sqrt(variance + np.float32(epsilon))
    out = scratch.like(rows)
    loops.rows.normalise(rows, mean, scale * weight.data, bias.data, rectify, out)

    def back(g: Array) -> tuple[Array, Array, Array]:
        g, share = in_one_piece(g).reshape(rows.shape), np.float32(1 / len(rows))
        to_x, total, along = scratch.like(rows), np.empty_like(mean), np.empty_like(mean)
        loops.rows.gradient_sums(g, rows, mean, out, rectify, total, along)
        shift, tilt = total * share, along * scale * scale * share
        loops.rows.unnormalise(g, rows, mean, out, rectify, scale * weight.data, shift, tilt, to_x)
        return to_x.reshape(x.shape), along * scale, total

    return record(out.reshape(x.shape), *jointly((x, weight, bias), back)), mean, variance


class LayerNorm(Module):
    """Each sample's last axis to mean 0 and variance 1, then scaled and shifted: (..., features) -> the same.

    `features` may be several last axes, as a tuple, which are then normalised together.
    """

    def __init__(self, features: int | tuple[int, ...], eps: float = 1e-5):
        self.weight = Parameter(init.all_alike(1, features))
        self.bias = Parameter(init.all_alike(0, features))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(..., features) -> (..., features)."""
        axes = self.weight.ndim
        if x.shape[-axes:] != self.weight.shape:
            wanted = self.weight.numel() if axes == 1 else self.weight.shape
            raise ShapeError(f"LayerNorm '{self.name}' takes {wanted} features last, got {x.shape}")
        if axes == 1:
            return normalise_rows(x, self.weight, self.bias, self.eps)
        row = (*x.shape[:-axes], self.weight.numel())
        weight, bias = self.weight.reshape(-1), self.bias.reshape(-1)
        return normalise_rows(ops.reshape(x, row), weight, bias, self.eps).reshape(x.shape)

    def plain(self, x: Array) -> Array:
        """(..., features) -> (..., features)."""
        if x.size == x.shape[-1] and self.weight.ndim == 1:  # one row, as in writing: products are the quickest sums
            row = x.reshape(-1)
            row = row - float(row.sum()) / row.size
            row *= (float(row @ row) / row.size + self.eps) ** -0.5
            row *= self.weight.data
            row += self.bias.data
            return row.reshape(x.shape)
        return super().plain(x)


class RMSNorm(Module):
    """Each sample's last axis to a mean square of 1: (..., features) -> the same (Zhang and Sennrich 2019).

    LayerNorm without its mean, and here without weights, for the layer after it has some.
    """

    def __init__(self, eps: float = 1e-6):
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(..., features) -> (..., features)."""
        return rms_norm(x, self.eps)

    def plain(self, x: Array) -> Array:
        """(..., features) -> (..., features)."""
        if x.size == x.shape[-1]:
            row = x.reshape(-1)
            return x * (float(row @ row) / row.size + self.eps) ** -0.5
        return unit(x, self.eps)


class GroupNorm(Module):
    """Each sample's channels in groups, over all its pixels, to mean 0 and variance 1 (Wu and He 2018).

    (N, ..., channels) -> the same: channels come last here. It needs no batch, and so no running statistics.
    """

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5):
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_channels} channels do not make {num_groups} equal groups")
        self.weight = Parameter(init.all_alike(1, num_channels))
        self.bias = Parameter(init.all_alike(0, num_channels))
        self.num_groups, self.eps = num_groups, eps

    def forward(self, x: Tensor) -> Tensor:
        """(N, ..., C) -> (N, ..., C)."""
        if x.ndim < 2 or x.shape[-1] != self.weight.numel():
            raise ShapeError(f"GroupNorm '{self.name}' takes {self.weight.numel()} channels last, got {x.shape}")
        size = self.weight.numel() // self.num_groups
        places = prod(x.shape[1:-1])
        parted = ops.reshape(x, x.shape[0], places, self.num_groups, size).transpose((0, 2, 1, 3))
        rows = parted.reshape(x.shape[0] * self.num_groups, places * size)
        one, zero = (Tensor(np.full(places * size, n, rows.dtype), dtype=rows.dtype) for n in (1, 0))
        normal = normalise_rows(rows, one, zero, self.eps).reshape(parted.shape).transpose((0, 2, 1, 3))
        return normal.reshape(x.shape) * self.weight + self.bias


class BatchNorm2d(Module):
    """Each channel to mean 0 and variance 1 over the batch's images and pixels: (N, H, W, C) -> the same.

    While training it uses the batch at hand; in lanes that is the micro-batch ("ghost batches", Hoffer et al.
    2017), not the whole. The running mean and (unbiased) variance, which `eval` uses, take in `momentum` of each
    batch that is seen, as PyTorch's do; from lanes they are merged in the order of the micro-batches, so the
    result does not depend on the number of threads.
    """

    buffers = ("running_mean", "running_var")

    def __init__(self, features: int, eps: float = 1e-5, momentum: float = 0.1):
        self.weight = Parameter(init.all_alike(1, features))
        self.bias = Parameter(init.all_alike(0, features))
        self.running_mean = init.all_alike(0, features)
        self.running_var = init.all_alike(1, features)
        self.eps, self.momentum = eps, momentum
        self.waiting: list[tuple[Array, Array]] | None = None  # statistics that lanes will merge later

    axes = range(1, 10)  # (N, C) and others work too

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H, W, C)."""
        return self.normalised(x)

    def fused(self, following: Module) -> Callable[[Tensor], Tensor] | None:
        """A ReLU right after it costs nothing more while the numbers are at hand."""
        return partial(self.normalised, rectify=True) if type(following) is ReLU else None

    def normalised(self, x: Tensor, rectify: bool = False) -> Tensor:
        """`forward`, and with `rectify` max(·, 0) of it."""
        kind = type(self).__name__
        if x.shape[-1:] != self.weight.shape or x.ndim not in self.axes:
            raise ShapeError(f"{kind} '{self.name}' takes {self.weight.numel()} channels last, got {x.shape}")
        if not self.training:
            dtype = self.weight.dtype  # float64 where gradients are checked
            spread = np.sqrt(self.running_var.astype(dtype) + dtype.type(self.eps))
            scale = self.weight * (1 / spread)  # (C,): what is small first, then x once
            out = x * scale + (self.bias - scale * self.running_mean)
            return relu(out) if rectify else out
        count = x.numel() // x.shape[-1]
        if count < 2:
            raise HelloError(
                f"{kind} '{self.name}' cannot take the spread of one value per channel; "
                "train with a larger batch, or call model.eval()"
            )
        out, mean, variance = normalise_columns(x, self.weight, self.bias, self.eps, rectify)
        unbiased = variance * (count / (count - 1))
        if self.waiting is None:
            self.merge(mean, unbiased)
        else:
            self.waiting.append((mean, unbiased))
        return out

    def merge(self, mean: Array, variance: Array) -> None:
        """Take a batch's statistics into the running ones, in place."""
        for running, new in ((self.running_mean, mean), (self.running_var, variance)):
            running += np.float32(self.momentum) * (new - running).astype(np.float32)


class BatchNorm1d(BatchNorm2d):
    """The same for samples (N, C), or sequences (N, L, C), channels last here as everywhere."""

    axes = range(2, 4)
