"""Layers and losses as functions, where PyTorch has them: import hellodl.nn.functional as F; F.relu(x).

There is nothing of its own here: what has no weights is in `ops`, and losses are in `nn.loss`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hellodl.autograd.elsewhere import none_in
from hellodl.nn.loss import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
)
from hellodl.ops import log_softmax, softmax
from hellodl.ops.activations import elu, gelu, leaky_relu, logsigmoid, relu, sigmoid, silu, softplus, tanh
from hellodl.ops.conv import conv2d, conv_transpose2d
from hellodl.ops.ctc import ctc_loss
from hellodl.ops.elementwise import dropout
from hellodl.ops.pool import adaptive_avg_pool2d, avg_pool2d, max_pool2d
from hellodl.ops.products import linear
from hellodl.ops.shapes import embedding

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "huber_loss", "kl_div", "l1_loss", "mse_loss"]
__all__ += ["ctc_loss", "nll_loss"]
__all__ += ["elu", "gelu", "leaky_relu", "log_softmax", "logsigmoid", "relu", "sigmoid", "silu", "softmax", "softplus"]
__all__ += ["dropout", "embedding", "linear", "tanh"]
__all__ += ["adaptive_avg_pool2d", "avg_pool2d", "conv2d", "conv_transpose2d", "max_pool2d"]

if not TYPE_CHECKING:
    __getattr__ = none_in(__name__)  # a name that is not here: what to write instead
