"""Layers, losses and starting weights: the parts that networks are put together from.

    init, module -> linear, conv, norm, recurrent, attention, ... -> language         weights, then layers, then models
    loss, calibration, sampling                                       what answers are worth, mean, and are used for

A layer is a file or a class in one: weights and a `forward` that calls `ops`, where the arithmetic is. Layers know
nothing of training (`train`), files (`storage`) or data sets, but for the vocabulary that `sampling` writes with.
"""

from hellodl.nn.activation import GELU, ReLU, Sigmoid, Tanh
from hellodl.nn.attention import Block, CausalSelfAttention, FeedForward, TokenShift
from hellodl.nn.committee import Committee
from hellodl.nn.conv import AvgPool2d, Conv2d, GlobalAvgPool2d, MaxPool2d, Soften
from hellodl.nn.dropout import Dropout
from hellodl.nn.embedding import Embedding
from hellodl.nn.language import GPT, LanguageModel, RecurrentText, Writer
from hellodl.nn.linear import Flatten, Linear
from hellodl.nn.lines import LineReader
from hellodl.nn.loss import CTCLoss, accuracy, binary_cross_entropy_with_logits, cross_entropy, mse_loss
from hellodl.nn.module import Module, Parameter, Residual, Sequential, build, describe
from hellodl.nn.norm import BatchNorm2d, LayerNorm, RMSNorm
from hellodl.nn.recurrent import GRU, LSTM, RNN
from hellodl.nn.unet import PixelShuffle, UNet

__all__ = [
    "GELU",
    "GPT",
    "GRU",
    "LSTM",
    "RNN",
    "AvgPool2d",
    "BatchNorm2d",
    "Block",
    "CTCLoss",
    "CausalSelfAttention",
    "Committee",
    "Conv2d",
    "Dropout",
    "Embedding",
    "FeedForward",
    "Flatten",
    "GlobalAvgPool2d",
    "LanguageModel",
    "LayerNorm",
    "LineReader",
    "Linear",
    "MaxPool2d",
    "Module",
    "Parameter",
    "PixelShuffle",
    "RMSNorm",
    "ReLU",
    "RecurrentText",
    "Residual",
    "Sequential",
    "Sigmoid",
    "Soften",
    "Tanh",
    "TokenShift",
    "UNet",
    "Writer",
    "accuracy",
    "binary_cross_entropy_with_logits",
    "build",
    "cross_entropy",
    "describe",
    "mse_loss",
]
