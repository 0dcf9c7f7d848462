"""Activations: the bends between the layers, without which a hundred layers would be one straight line."""

from __future__ import annotations

from hellodl.autograd.tensor import Tensor
from hellodl.nn.module import Module
from hellodl.ops import activations


class ReLU(Module):
    """max(x, 0) (Nair and Hinton 2010)."""

    forward = staticmethod(activations.relu)


class GELU(Module):
    """x·Φ(x) (Hendrycks and Gimpel 2016): exact, or with approximate="tanh" as the original Hello Deep Learning."""

    def __init__(self, approximate: str = "none"):
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU approximates 'none' or 'tanh', not {approximate!r}")
        self.function = activations.gelu if approximate == "none" else activations.gelu_tanh

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise."""
        return self.function(x)


class LeakyReLU(Module):
    """x, and where it is negative `negative_slope` times x (Maas et al. 2013)."""

    def __init__(self, negative_slope: float = 0.01):
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise."""
        return activations.leaky_relu(x, self.negative_slope)


class ELU(Module):
    """x, and where it is negative alpha·(eˣ - 1) (Clevert et al. 2015)."""

    def __init__(self, alpha: float = 1.0):
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise."""
        return activations.elu(x, self.alpha)


class SiLU(Module):
    """x·σ(x), also called swish (Elfwing et al. 2017)."""

    forward = staticmethod(activations.silu)


class Softplus(Module):
    """log(1 + e^βx)/β, and x where βx is over the threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise."""
        return activations.softplus(x, self.beta, self.threshold)


class Softmax(Module):
    """Scores to probabilities along an axis. (Losses here take scores: they do this themselves, and more safely.)"""

    def __init__(self, dim: int):
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """Of the same shape, adding up to 1 along `dim`."""
        return activations.softmax(x, self.dim)


class Tanh(Module):
    """Squashes to between -1 and 1."""

    forward = staticmethod(activations.tanh)


class Sigmoid(Module):
    """Squashes to between 0 and 1."""

    forward = staticmethod(activations.sigmoid)
