r"""4.2 Twins

Start a network from equal weights, 0.01 everywhere, and train it. Show that all its hidden units stay twins. Write
`twins(images, labels)`: it trains such a network of 784 inputs, 32 hidden units and 10 outputs, and returns the weights
of the hidden units.

Hint: `nn.Linear(784, 32, rng=None)` starts from nothing; fill `layer.weight.data[...]` with 0.01. Then as in the
chapter: `nn.cross_entropy`, `backward`, and the optimizer's `step`, for a few dozen batches.
"""

import numpy as np

from hellodl import Tensor, nn, optim
from hellodl.learn.asking import Own


def twins(images, labels):
    """The weights (32, 784) of the hidden units after training on images (N, 784) and labels (N,), from 0.01 each."""
    network = nn.Sequential(nn.Linear(784, 32, rng=None), nn.ReLU(), nn.Linear(32, 10, rng=None))
    for layer in (network[0], network[2]):
        layer.weight.data[...] = 0.01
    optimizer = optim.SGD(network.named_parameters(), 0.1)
    for start in range(0, len(labels) - 31, 32):
        optimizer.zero_grad()
        nn.cross_entropy(network(Tensor(images[start : start + 32])), labels[start : start + 32]).backward()
        optimizer.step()
    return network[0].weight.data


def check(own: Own) -> None:
    """They have moved, by different amounts for different pixels, and all units in the same way."""
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 10, 640)
    images = (rng.random((10, 784))[labels] * rng.random((640, 784))).astype(np.float32)
    answer = own.ask("twins", images, labels)
    weights = answer.numbers(np.zeros((32, 784)))
    answer.is_true(weights.shape == (32, 784), "shape (32, 784)", f"shape {weights.shape}")
    answer.is_true(bool(np.isfinite(weights).all()), "numbers", "not a number")
    moved, apart = np.abs(weights - 0.01).max(), np.abs(weights - weights[0]).max()
    answer.is_true(moved > 1e-3, "weights that have moved from 0.01", f"they moved by {moved:.1g}")
    answer.is_true(moved < 1, "weights that began at 0.01", f"some are {moved:.2g} away")
    answer.is_true(np.ptp(weights[0]) > 1e-3, "other weights for other pixels", "all pixels alike; did it train?")
    answer.is_true(apart < moved / 100, "hidden units that are twins", f"they differ by {apart:.2g}")
