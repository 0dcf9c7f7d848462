"""The networks of the programs, each as a list of layers that one can read from top to bottom.

Shapes in the comments are those of one image; N images go through side by side.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hellodl import nn

Network = Callable[[int, np.random.Generator], nn.Sequential]


def perceptron(classes: int, rng: np.random.Generator) -> nn.Sequential:
    """Every pixel to every unit, three times: the network of the chapter on digits, 109 thousand weights for ten."""
    return nn.Sequential(
        nn.Flatten(),  # (28, 28, 1) -> (784)
        nn.Linear(784, 128, rng=rng),  # -> (128)
        nn.ReLU(),
        nn.Linear(128, 64, rng=rng),  # -> (64)
        nn.ReLU(),
        nn.Linear(64, classes, gain=1, rng=rng),  # -> (classes)
    )


def hello_dl(classes: int, rng: np.random.Generator) -> nn.Sequential:
    """The network of the original Hello Deep Learning (2023), 137 thousand weights for 26 letters."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, rng=rng),  # (28, 28, 1) -> (26, 26, 32)
        nn.MaxPool2d(2),  # -> (13, 13, 32)
        nn.GELU("tanh"),
        nn.Conv2d(32, 64, 3, rng=rng),  # -> (11, 11, 64)
        nn.MaxPool2d(2, ceil_mode=True),  # -> (6, 6, 64)
        nn.GELU("tanh"),
        nn.Conv2d(64, 128, 3, rng=rng),  # -> (4, 4, 128)
        nn.MaxPool2d(2),  # -> (2, 2, 128)
        nn.GELU("tanh"),
        nn.Flatten(),  # -> (512)
        nn.Linear(512, 64, rng=rng),  # -> (64)
        nn.GELU("tanh"),
        nn.Linear(64, 128, rng=rng),  # -> (128)
        nn.GELU("tanh"),
        nn.Linear(128, classes, gain=1, rng=rng),  # -> (classes)
    )


def residual(
    classes: int,
    rng: np.random.Generator,
    channels: tuple[int, ...] = (16, 32, 64, 128),
    dropout: float = 0.0,
    soften: float = 0.0,
) -> nn.Sequential:
    """Two convolutions while the picture is large, then smaller and smaller, with residual blocks where it is small.

    Normalisation comes after pooling, where there is a quarter of the numbers left to normalise. For 26 letters
    it has 312 thousand weights.
    """

    def window(before: int, after: int) -> nn.Conv2d:
        # No bias: it would be subtracted again by the normalisation that follows.
        return nn.Conv2d(before, after, 3, padding=1, bias=False, rng=rng)

    layers: list[nn.Module] = [nn.Soften(soften)] if soften else []
    before, *rest = channels
    layers += [window(1, before), nn.BatchNorm2d(before), nn.ReLU()]  # (28, 28, 1) -> (28, 28, 16)
    for channel in rest:  # -> (14, 14, 32) -> (7, 7, 64) -> (3, 3, 128)
        layers += [window(before, channel), nn.MaxPool2d(2), nn.BatchNorm2d(channel), nn.ReLU()]
        if channel != rest[0]:
            body = nn.Sequential(window(channel, channel), nn.BatchNorm2d(channel), nn.ReLU())
            layers += [nn.Residual(body)]
        before = channel
    layers += [nn.Flatten()]  # -> (1152)
    layers += [nn.Dropout(dropout)] if dropout else []
    side = 28 >> len(rest)
    return nn.Sequential(*layers, nn.Linear(side * side * before, classes, gain=1, rng=rng))


NETWORKS: dict[str, Network] = {"residual": residual, "hello-dl": hello_dl, "perceptron": perceptron}

TEXT_NETWORKS: dict[str, Callable[[int, np.random.Generator | None], nn.LanguageModel]] = {
    "gru": lambda vocabulary, rng: nn.RecurrentText("gru", vocabulary, 256, 3, rng=rng),
    "lstm": lambda vocabulary, rng: nn.RecurrentText("lstm", vocabulary, 256, 3, rng=rng),
    "gpt": lambda vocabulary, rng: nn.GPT(vocabulary, 64, 4, 4, 128, rng=rng),
    "gpt-large": lambda vocabulary, rng: nn.GPT(vocabulary, 256, 6, 6, 384, rng=rng),
}
