"""A network that colours a picture in: what does each pixel belong to?

    picture -> smaller and smaller, to see what is around -> larger again, to see where it is -> a number a pixel

The way down looks at more and more of the picture with fewer and fewer pixels; on the way up each size is reminded of
what it looked like on the way down (Ronneberger, Fischer and Brox, "U-Net: convolutional networks for biomedical image
segmentation", 2015). It becomes larger by turning four channels into 2×2 pixels (Shi et al. 2016).
"""

from __future__ import annotations

import itertools

from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError
from hellodl.nn import init
from hellodl.nn.activation import ReLU
from hellodl.nn.containers import Residual, Sequential
from hellodl.nn.conv import Conv2d, MaxPool2d
from hellodl.nn.module import Module
from hellodl.nn.norm import BatchNorm2d
from hellodl.ops.pool import pair


class PixelShuffle(Module):
    """(N, H, W, C·r²) -> (N, H·r, W·r, C): every group of r² channels becomes r×r pixels, as in PyTorch."""

    def __init__(self, upscale_factor: int):
        self.upscale_factor, _ = pair(upscale_factor, "upscale_factor", 1)

    def forward(self, x: Tensor) -> Tensor:
        """Larger pictures with fewer channels."""
        r = self.upscale_factor
        count, height, width, channels = x.shape
        if channels % r**2:
            raise ShapeError(f"PixelShuffle({r}) takes channels in groups of {r**2}, got {x.shape}")
        parted = x.reshape(count, height, width, channels // r**2, r, r)
        return parted.transpose(0, 1, 4, 2, 5, 3).reshape(count, height * r, width * r, channels // r**2)


class UNet(Module):
    """(N, H, W, 1) -> logits (N, H / 2, W / 2, classes); H and W are multiples of 2 ** len(channels)."""

    def __init__(self, classes: int, channels: tuple[int, ...] = (12, 24, 48, 64, 64), rng: init.Rng = init.DEFAULT):
        def window(before: int, after: int, side: int = 3) -> Conv2d:
            return Conv2d(before, after, side, padding=side // 2, bias=False, rng=rng)

        def block(channel: int) -> Residual:
            return Residual(Sequential(window(channel, channel), BatchNorm2d(channel), ReLU()))

        self.depth = len(channels)
        for level, (before, after) in enumerate(zip((1, *channels), channels)):
            down = [window(before, after), MaxPool2d(2), BatchNorm2d(after), ReLU(), block(after)]
            setattr(self, f"down_{level}", Sequential(*down))
        for level, (after, before) in enumerate(itertools.pairwise(channels)):
            up = [window(before, 4 * after, 1), PixelShuffle(2), BatchNorm2d(after), ReLU()]
            setattr(self, f"up_{level}", Sequential(*up))
            setattr(self, f"merge_{level}", block(after))
        self.head = Conv2d(channels[0], classes, 1, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, 1) -> (N, H / 2, W / 2, classes)."""
        if x.shape[1] % 2**self.depth or x.shape[2] % 2**self.depth:
            raise ShapeError(f"UNet takes pictures whose sides are multiples of {2**self.depth}, got {x.shape}")
        seen = []
        for level in range(self.depth):
            x = getattr(self, f"down_{level}")(x)
            seen.append(x)
        for level in reversed(range(self.depth - 1)):
            x = getattr(self, f"merge_{level}")(getattr(self, f"up_{level}")(x) + seen[level])
        return self.head(x)
