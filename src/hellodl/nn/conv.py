"""Layers that look at pictures: convolution and pooling.  What they compute is in `ops/conv.py` and `ops/pool.py`.

Pictures are (N, height, width, channels) and sequences (N, length, channels): channels come last, where PyTorch has
them second. Weights have PyTorch's shapes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hellodl.autograd.tensor import Tensor, floats
from hellodl.errors import ShapeError
from hellodl.nn import init
from hellodl.nn.module import Module, Parameter
from hellodl.ops import conv, pool

Size = int | tuple[int, int]  # of both directions at once, or down and across


def check_groups(in_channels: int, out_channels: int, groups: int) -> None:
    """ValueError for channels that are no equal groups."""
    if groups < 1 or in_channels % groups or out_channels % groups:
        raise ValueError(f"{in_channels} and {out_channels} channels do not make {groups} equal groups; change one")


class Conv2d(Module):
    """Convolution: (N, H, W, in_channels) -> (N, H', W', out_channels), H' = (H + 2·padding - k) // stride + 1.

    `weight` has PyTorch's shape (out, in / groups, k, k); in memory it lies as (k, k, in, out), as the products
    want it. `rng` draws the starting weights (He's, biases zero); None leaves zeros, to be loaded. For `dilation`,
    `groups` and padding "same" see `ops.conv2d`.
    """

    takes = "images (N, H, W"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        rng: init.Rng = init.DEFAULT,
    ):
        check_groups(in_channels, out_channels, groups)
        shape = (out_channels, in_channels // groups, *pool.pair(kernel_size, "kernel_size", 1))
        drawn = init.he_normal(shape, rng).transpose(2, 3, 1, 0)
        self.weight = Parameter(np.ascontiguousarray(drawn).transpose(3, 2, 0, 1))
        self.bias = Parameter(init.all_alike(0, out_channels)) if bias else None
        self.stride, self.dilation = pool.pair(stride, "stride", 1), pool.pair(dilation, "dilation", 1)
        self.padding = padding if isinstance(padding, str) else pool.pair(padding, "padding")
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, in) -> (N, H', W', out)."""
        return self.convolved(x)

    def convolved(self, x: Tensor, **how: bool) -> Tensor:
        """The same, and with `pool` halved by the largest of each 2×2."""
        self.check(x)
        way = (self.stride, self.padding, self.dilation, self.groups)
        return conv.conv2d(x, self.weight, self.bias, *way, **how)

    def check(self, x: Tensor) -> None:
        """ShapeError for what has another number of axes or channels."""
        channels = self.weight.shape[1] * self.groups
        if x.ndim != self.weight.ndim or x.shape[-1] != channels:
            kind, what = type(self).__name__, f"{self.takes}, {channels})"
            raise ShapeError(f"{kind} '{self.name}' takes {what}, got {x.shape}; channels come last here")

    def fused(self, following: Module) -> Callable[[Tensor], Tensor] | None:
        """Where pooling by 2×2 comes right after, the large picture is never written down."""
        if type(following) is not MaxPool2d or not following.halves or self.groups != 1:
            return None
        return lambda x: self.convolved(x, pool=True, ceil_mode=following.ceil_mode)


class Conv1d(Conv2d):
    """Convolution along sequences: (N, L, in_channels) -> (N, L', out_channels).  `weight` is (out, in / groups, k)."""

    takes = "sequences (N, L"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int | str = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        rng: init.Rng = init.DEFAULT,
    ):
        flat = padding if isinstance(padding, str) else (0, padding)
        way = (1, kernel_size), (1, stride), flat, (1, dilation), groups, bias  # of a picture one pixel high
        super().__init__(in_channels, out_channels, *way, rng=rng)
        self.weight = Parameter(self.weight.data[:, :, 0])

    def forward(self, x: Tensor) -> Tensor:
        """(N, L, in) -> (N, L', out)."""
        self.check(x)
        way = (self.stride, self.padding, self.dilation, self.groups)
        return conv.conv2d(x[:, None], self.weight[:, :, None], self.bias, *way)[:, 0]


class ConvTranspose2d(Module):
    """A convolution turned round, to make pictures larger: (N, H, W, in_channels) -> (N, H', W', out_channels).

    `weight` has PyTorch's shape (in, out / groups, k, k); for H' and the rest see `ops.conv_transpose2d`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        *,
        rng: init.Rng = init.DEFAULT,
    ):
        check_groups(in_channels, out_channels, groups)
        shape = (in_channels, out_channels // groups, *pool.pair(kernel_size, "kernel_size", 1))
        self.weight = Parameter(init.he_normal(shape, rng))
        self.bias = Parameter(init.all_alike(0, out_channels)) if bias else None
        self.way = stride, padding, output_padding, groups, dilation

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, in) -> (N, H', W', out)."""
        return conv.conv_transpose2d(x, self.weight, self.bias, *self.way)


class MaxPool2d(Module):
    """The largest of each window: (N, H, W, C) -> (N, H', W', C).  `stride` is the window's size by default."""

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, *, ceil_mode: bool = False):
        self.kernel_size, self.stride, self.padding = pool.window(kernel_size, stride, padding)
        self.ceil_mode = ceil_mode

    @property
    def halves(self) -> bool:
        """Whether it takes the largest of each 2×2."""
        return self.kernel_size == self.stride == (2, 2) and self.padding == (0, 0)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H', W', C)."""
        return pool.max_pool2d(x, self.kernel_size, self.stride, self.padding, ceil_mode=self.ceil_mode)


class AvgPool2d(Module):
    """The average of each window: (N, H, W, C) -> (N, H', W', C)."""

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0):
        self.kernel_size, self.stride, self.padding = pool.window(kernel_size, stride, padding)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H', W', C)."""
        return pool.avg_pool2d(x, self.kernel_size, self.stride, self.padding)


class AdaptiveAvgPool2d(Module):
    """Averages of as many windows as are wanted, whatever the pictures' size: (N, H, W, C) -> (N, *output_size, C)."""

    def __init__(self, output_size: int | tuple[int | None, int | None]):
        self.output_size = output_size

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, *output_size, C)."""
        return pool.adaptive_avg_pool2d(x, self.output_size)


class Upsample(Module):
    """Pictures so many times as large: (N, H, W, C) -> (N, H·s, W·s, C), by mode "nearest" or "bilinear"."""

    def __init__(self, *, scale_factor: int, mode: str = "nearest"):
        self.scale_factor, self.mode = scale_factor, mode

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H·s, W·s, C)."""
        return pool.upsample(x, self.scale_factor, self.mode)


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
        x, channels = floats(x), x.shape[-1]
        kernel = np.zeros((channels, channels, 3, 3), x.dtype)
        kernel[np.arange(channels), np.arange(channels)] = self.kernel[0, 0]
        return conv.conv2d(x, Tensor(kernel, dtype=x.dtype), padding=1)
