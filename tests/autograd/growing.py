"""A leaf, and a network with a layer of each kind, for tests of tensors."""

from hellodl import nn
from hellodl.autograd.tensor import Tensor


def leaf(*numbers):
    return Tensor([float(n) for n in numbers], requires_grad=True)


def small_network(rng):
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, rng=rng),
        nn.BatchNorm2d(3),
        nn.GELU(),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Residual(nn.Sequential(nn.Conv2d(3, 3, 3, padding=1, rng=rng), nn.ReLU())),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(27, 5, rng=rng),
        nn.LayerNorm(5),
        nn.Dropout(0.2),
        nn.Linear(5, 4, rng=rng),
    )
