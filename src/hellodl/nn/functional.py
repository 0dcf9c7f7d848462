"""Layers and losses as functions, where PyTorch has them: import hellodl.nn.functional as F; F.relu(x).

There is nothing of its own here: what has no weights is in `ops`, and losses are in `nn.loss`.
"""

from __future__ import annotations

from hellodl.nn.loss import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
)
from hellodl.ops import (
    adaptive_avg_pool2d,
    avg_pool2d,
    conv2d,
    conv_transpose2d,
    ctc_loss,
    dropout,
    elu,
    embedding,
    gelu,
    leaky_relu,
    linear,
    log_softmax,
    logsigmoid,
    max_pool2d,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "huber_loss", "kl_div", "l1_loss", "mse_loss"]
__all__ += ["ctc_loss", "nll_loss"]
__all__ += ["elu", "gelu", "leaky_relu", "log_softmax", "logsigmoid", "relu", "sigmoid", "silu", "softmax", "softplus"]
__all__ += ["dropout", "embedding", "linear", "tanh"]
__all__ += ["adaptive_avg_pool2d", "avg_pool2d", "conv2d", "conv_transpose2d", "max_pool2d"]
