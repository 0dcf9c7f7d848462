"""Layers, losses and starting weights: the parts that networks are put together from.

    init, module -> linear, conv, norm, recurrent, attention, ... -> language         weights, then layers, then models
    containers, describing                                     how they are put together, and told in a file
    loss, calibration, sampling                                       what answers are worth, mean, and are used for

A layer is a file or a class in one: weights and a `forward` that calls `ops`, where the arithmetic is. Layers know
nothing of training (`train`), files (`storage`) or data sets, but for the vocabulary that `sampling` writes with.
"""

from typing import TYPE_CHECKING

from hellodl.autograd.elsewhere import none_in
from hellodl.nn import functional
from hellodl.nn.activation import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from hellodl.nn.attention import Block, CausalSelfAttention, FeedForward, TokenShift
from hellodl.nn.committee import Committee
from hellodl.nn.containers import ModuleList, Residual, Sequential
from hellodl.nn.conv import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    GlobalAvgPool2d,
    MaxPool2d,
    Soften,
    Upsample,
)
from hellodl.nn.describing import build, describe
from hellodl.nn.dropout import Dropout
from hellodl.nn.embedding import Embedding
from hellodl.nn.language import GPT, LanguageModel, RecurrentText, Writer
from hellodl.nn.linear import Flatten, Linear
from hellodl.nn.lines import LineReader
from hellodl.nn.loss import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    CTCLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    Loss,
    MSELoss,
    NLLLoss,
    accuracy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    mse_loss,
)
from hellodl.nn.module import Module, Parameter
from hellodl.nn.multihead import MultiheadAttention
from hellodl.nn.norm import BatchNorm1d, BatchNorm2d, GroupNorm, LayerNorm, RMSNorm
from hellodl.nn.pen import Pen, WindowLSTM
from hellodl.nn.recurrent import GRU, LSTM, RNN
from hellodl.nn.unet import PixelShuffle, UNet

__all__ = ["Module", "ModuleList", "Parameter", "Residual", "Sequential", "build", "describe"]
__all__ += ["ELU", "GELU", "LeakyReLU", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh"]
__all__ += ["Dropout", "Embedding", "Flatten", "Linear"]
__all__ += ["AdaptiveAvgPool2d", "AvgPool2d", "Conv1d", "Conv2d", "ConvTranspose2d", "GlobalAvgPool2d", "MaxPool2d"]
__all__ += ["PixelShuffle", "Soften", "Upsample"]
__all__ += ["BatchNorm1d", "BatchNorm2d", "GroupNorm", "LayerNorm", "RMSNorm"]
__all__ += [
    "GRU",
    "LSTM",
    "RNN",
    "Block",
    "CausalSelfAttention",
    "FeedForward",
    "MultiheadAttention",
    "TokenShift",
    "WindowLSTM",
]
__all__ += ["GPT", "Committee", "LanguageModel", "LineReader", "Pen", "RecurrentText", "UNet", "Writer"]
__all__ += ["BCEWithLogitsLoss", "CTCLoss", "CrossEntropyLoss", "HuberLoss", "KLDivLoss", "L1Loss", "Loss", "MSELoss"]
__all__ += ["NLLLoss", "accuracy", "binary_cross_entropy_with_logits", "cross_entropy", "functional", "mse_loss"]

if not TYPE_CHECKING:
    __getattr__ = none_in(__name__)  # a name that is not here: what to write instead
