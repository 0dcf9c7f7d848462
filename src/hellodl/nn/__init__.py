"""Layers, losses and starting weights: the parts that networks are put together from."""

from hellodl.nn.activation import GELU, ReLU, Sigmoid, Tanh
from hellodl.nn.committee import Committee
from hellodl.nn.conv import AvgPool2d, Conv2d, GlobalAvgPool2d, MaxPool2d, Soften
from hellodl.nn.dropout import Dropout
from hellodl.nn.linear import Flatten, Linear
from hellodl.nn.loss import accuracy, cross_entropy, mse_loss
from hellodl.nn.module import Module, Parameter, Residual, Sequential, build, describe
from hellodl.nn.norm import BatchNorm2d, LayerNorm

__all__ = [
    "GELU",
    "AvgPool2d",
    "BatchNorm2d",
    "Committee",
    "Conv2d",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "Module",
    "Parameter",
    "ReLU",
    "Residual",
    "Sequential",
    "Sigmoid",
    "Soften",
    "Tanh",
    "accuracy",
    "build",
    "cross_entropy",
    "describe",
    "mse_loss",
]
