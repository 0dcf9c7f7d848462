"""`hellodl train three-or-seven`: is it a 3 or a 7? First with weights made by hand, then with learned ones.

By hand: take the average 7 and the average 3, and subtract. Where that difference is bright a 7 has ink and a 3
has none. Multiply an image with it, pixel by pixel, add up, and the sum is high for sevens and low for threes;
halfway between the two average sums lies the threshold. That is a linear combination, and it is all that a
single neuron computes. Then the same 784 weights and threshold are learned by gradient descent.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from hellodl import data, nn, optim
from hellodl.autograd.tensor import Tensor
from hellodl.commands import show
from hellodl.commands.arguments import at_least, rate, real
from hellodl.console import log, tell
from hellodl.data.batches import cut, epoch_order
from hellodl.data.dataset import Dataset
from hellodl.programs import learning
from hellodl.train.answers import as_input

DATASETS = ("mnist", "ink")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which digits, and how long to learn."""
    option = parser.add_argument
    option("--dataset", choices=DATASETS, help="learn from this set (mnist or ink, the first that is here)")
    option("--epochs", type=at_least(1), default=10, metavar="N", help="times through the data (10)")
    option("--lr", type=rate, default=0.03, metavar="RATE", help="learning rate (0.03)")
    option("--least", type=real, metavar="SHARE", help="exit with 1 if the learned accuracy is under this")


def main(options: argparse.Namespace) -> int:
    """Make weights by hand, learn weights, and compare."""
    name = options.dataset or learning.first_that_is_here(DATASETS, options.data)
    count = 8_000 if name == "ink" else None
    train = data.load(name, "train", options.data, options.seed, count, classes="37")
    test = data.load(name, "test", options.data, options.seed, count and count // 4, classes="37")
    x, y = pixels(train), train.labels  # (N, 784) from 0 to 1; 0 for a three, 1 for a seven
    rng = np.random.default_rng(options.seed)

    weights = x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0)
    sums = x @ weights
    threshold = (sums[y == 1].mean() + sums[y == 0].mean()) / 2
    by_hand = float((((pixels(test) @ weights) > threshold) == test.labels).mean())
    log.info(weights_as_text(weights))
    log.info(f"weights made by hand tell {by_hand:.2%} of {len(test):,} test images right")

    neuron = nn.Linear(784, 1, rng=rng)
    optimizer = optim.SGD(neuron.named_parameters(), options.lr, momentum=0.9)
    for epoch in range(options.epochs):
        for batch in cut(epoch_order(len(train), options.seed, epoch), 64):
            seven = neuron(Tensor(x[batch])).sigmoid()  # (64, 1): how sure it is that this is a seven
            loss = nn.mse_loss(seven, y[batch, None].astype(np.float32))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    sure = neuron(Tensor(pixels(test))).sigmoid().data[:, 0]
    learned = float(((sure > 0.5) == test.labels).mean())
    log.info(weights_as_text(neuron.weight.data[0]))
    which = rng.integers(len(test), size=3)
    log.info(show.side_by_side(list(test.images[which]), [f"a seven? {sure[k]:.0%} sure" for k in which]))

    if options.json:
        about = {"program": "three-or-seven", "dataset": name, "seed": options.seed, "test_images": len(test)}
        print(json.dumps(about | {"by_hand_accuracy": by_hand, "test_accuracy": learned}))
    else:
        tell(f"by hand {by_hand:.2%}, learned {learned:.2%} of {len(test):,} test images of {name} right")
    if options.least is not None and learned < options.least:
        log.error(f"that misses the {options.least:.1%} that was asked for")
        return 1
    return 0


def pixels(dataset: Dataset) -> np.ndarray:
    """Images as rows: (N, 28, 28) uint8 -> (N, 784) float32 from 0 to 1."""
    return as_input(dataset.images).reshape(len(dataset), -1)


def weights_as_text(weights: np.ndarray) -> str:
    """The weights as a picture: bright where ink speaks for a seven, dark where it speaks for a three."""
    scaled = 127.5 * (1 + weights / np.abs(weights).max())
    return show.picture_as_text(scaled.reshape(28, 28).astype(np.uint8))
