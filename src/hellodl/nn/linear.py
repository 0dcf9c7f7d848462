"""The layer that everything began with: every output is a weighted sum of all inputs."""

from __future__ import annotations

from hellodl import ops
from hellodl.autograd.tensor import Array, Tensor
from hellodl.errors import ShapeError
from hellodl.nn import init
from hellodl.nn.module import Module, Parameter


class Linear(Module):
    """x Wᵀ + b: (..., in_features) -> (..., out_features).  `weight` is (out, in) as in PyTorch.

    `rng` draws the starting weights (He's, biases zero); None leaves zeros, for weights that will be loaded.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        gain: float = init.RELU_GAIN,
        rng: init.Rng = init.DEFAULT,
    ):
        self.weight = Parameter(init.he_normal((out_features, in_features), rng, gain))
        self.bias = Parameter(init.all_alike(0, out_features)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        features = self.weight.shape[1]
        if x.shape[-1:] != (features,):
            raise ShapeError(
                f"Linear '{self.name}' takes {features} features, got {x.shape}; "
                "is a Flatten missing before it, or the size before it another?"
            )
        return ops.linear(x, self.weight, self.bias)

    def plain(self, x: Array) -> Array:
        """(..., in) -> (..., out)."""
        weight = self.weight.data
        # A matrix times a vector is quick, and NumPy does not see that a single row is one.
        out = (weight @ x[0])[None] if x.ndim == 2 and len(x) == 1 else x @ weight.T
        if self.bias is not None:
            out += self.bias.data
        return out


class Flatten(Module):
    """(N, ...) -> (N, everything): a picture becomes one long row, pixel by pixel, channels innermost.

    The axes from `start_dim` to `end_dim` become one. PyTorch, whose channels come first, flattens channel by channel:
    its twin of a network has to permute to (N, H, W, C) before it flattens.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        self.dims = start_dim, end_dim

    def forward(self, x: Tensor) -> Tensor:
        """(N, ...) -> (N, features)."""
        return ops.flatten(x, *self.dims)
