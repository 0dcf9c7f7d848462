"""A small network with all that is hard to share out, dropout and batch norm, and work for it with noise of its own."""

import numpy as np

from hellodl import nn
from hellodl.autograd.tensor import Tensor

COUNT, CLASSES = 90, 4


def network(seed=0, norm=True, drop=0.3):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1, rng=rng),
        *([nn.BatchNorm2d(6)] if norm else []),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Residual(nn.Sequential(nn.Conv2d(6, 6, 3, padding=1, rng=rng), *([nn.BatchNorm2d(6)] if norm else []))),
        nn.Flatten(),
        nn.Dropout(drop),
        nn.Linear(150, CLASSES, rng=rng),
    )


def work_on(data, batch_size, noise=0.1):
    images, labels = data

    def work(model, which, generator):
        shown = images[which] + noise * generator.standard_normal(images[which].shape, dtype=np.float32)
        logits = model(Tensor(shown))
        right = (logits.data.argmax(axis=1) == labels[which]).sum()
        loss = nn.cross_entropy(logits, labels[which], label_smoothing=0.1, reduction="sum")
        return loss * (1 / batch_size), np.array([right, len(which)])

    return work
