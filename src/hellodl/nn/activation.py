"""Activations: the bends between the layers, without which a hundred layers would be one straight line."""

from __future__ import annotations

from hellodl.autograd.tensor import Tensor
from hellodl.nn.module import Module
from hellodl.ops import activations


class ReLU(Module):
    """max(x, 0) (Nair and Hinton 2010)."""

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise."""
        return activations.relu(x)


class GELU(Module):
    """x·Φ(x) (Hendrycks and Gimpel 2016): exact, or with approximate="tanh" as the original Hello Deep Learning."""

    def __init__(self, approximate: str = "none"):
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU approximates 'none' or 'tanh', not {approximate!r}")
        self.function = activations.gelu if approximate == "none" else activations.gelu_tanh

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise."""
        return self.function(x)


class Tanh(Module):
    """Squashes to between -1 and 1."""

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise."""
        return activations.tanh(x)


class Sigmoid(Module):
    """Squashes to between 0 and 1."""

    def forward(self, x: Tensor) -> Tensor:
        """Elementwise."""
        return activations.sigmoid(x)
