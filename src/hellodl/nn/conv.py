"""Layers that look at pictures: convolution and pooling.  What they compute is in `ops/conv.py` and `ops/pool.py`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError
from hellodl.nn import init
from hellodl.nn.module import Module, Parameter
from hellodl.ops import conv, pool


class Conv2d(Module):
    """Convolution: (N, H, W, in_channels) -> (N, H', W', out_channels), H' = (H + 2·padding - k) // stride + 1.

    `weight` has PyTorch's shape (out, in, k, k); in memory it lies as (k, k, in, out), as the products
    want it. `rng` draws the starting weights (He's, biases zero); None leaves zeros, to be loaded.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        bias: bool = True,
        *,
        rng: np.random.Generator | None,
    ):
        shape = (out_channels, in_channels, *pool.pair(kernel_size))
        drawn = init.he_normal(shape, rng).transpose(2, 3, 1, 0)
        self.weight = Parameter(np.ascontiguousarray(drawn).transpose(3, 2, 0, 1))
        self.bias = Parameter(np.zeros(out_channels, np.float32)) if bias else None
        self.stride, self.padding = stride, padding

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, in) -> (N, H', W', out)."""
        return self.convolved(x)

    def convolved(self, x: Tensor, pool: bool = False, ceil_mode: bool = False) -> Tensor:
        """The same, and with `pool` halved by the largest of each 2×2."""
        channels = self.weight.shape[1]
        if x.ndim != 4 or x.shape[3] != channels:
            raise ShapeError(
                f"Conv2d '{self.name}' takes images (N, H, W, {channels}), got {x.shape}; channels come last here"
            )
        return conv.conv2d(x, self.weight, self.bias, self.stride, self.padding, pool, ceil_mode)

    def fused(self, following: Module) -> Callable[[Tensor], Tensor] | None:
        """Where pooling by 2×2 comes right after, the large picture is never written down."""
        if type(following) is not MaxPool2d or not following.halves:
            return None
        return lambda x: self.convolved(x, True, following.ceil_mode)


class MaxPool2d(Module):
    """The largest of each window: (N, H, W, C) -> (N, H', W', C).  `stride` is the window's size by default."""

    def __init__(
        self, kernel_size: int | tuple[int, int], stride: int | tuple[int, int] | None = None, ceil_mode: bool = False
    ):
        self.kernel_size, self.stride, self.ceil_mode = kernel_size, stride, ceil_mode

    @property
    def halves(self) -> bool:
        """Whether it takes the largest of each 2×2."""
        return pool.pair(self.kernel_size) == pool.pair(self.stride or self.kernel_size) == (2, 2)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H', W', C)."""
        return pool.max_pool2d(x, self.kernel_size, self.stride, self.ceil_mode)


class AvgPool2d(Module):
    """The average of each window: (N, H, W, C) -> (N, H', W', C)."""

    def __init__(self, kernel_size: int | tuple[int, int], stride: int | tuple[int, int] | None = None):
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H', W', C)."""
        return pool.avg_pool2d(x, self.kernel_size, self.stride)


class GlobalAvgPool2d(Module):
    """The average of each channel over the whole picture: (N, H, W, C) -> (N, C) (Lin et al. 2013)."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, C)."""
        return x.mean(axis=(1, 2))


class Soften(Module):
    """A slight blur of images (N, H, W, C) in `eval` alone: a 3×3 bell curve with standard deviation `sigma` pixels.

    A network that is trained on warped images never sees a sharp one, for warping resamples and so blurs. Shown
    the real, sharp ones, it does worse than it could (the difference between training and test that Touvron et
    al. 2019 found in sizes, here in sharpness). This gives every image the softness that training had.
    """

    def __init__(self, sigma: float = 0.6):
        row = np.exp(-(np.arange(-1, 2) ** 2) / (2 * sigma**2))
        self.kernel = (np.outer(row, row) / row.sum() ** 2).astype(np.float32).reshape(1, 1, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        """x while training, and x softened otherwise."""
        if self.training:
            return x
        channels = x.shape[-1]
        kernel = np.zeros((channels, channels, 3, 3), x.dtype)
        kernel[np.arange(channels), np.arange(channels)] = self.kernel[0, 0]
        return conv.conv2d(x, Tensor(kernel, dtype=x.dtype), padding=1)
