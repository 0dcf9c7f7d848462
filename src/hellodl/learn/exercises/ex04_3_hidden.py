r"""4.3 How many hidden units does it take?

Try one hidden layer of 2, 8, 32 and 128 units. Write `right_with(units, learn, judge)`: it trains a network with so
many hidden units, and returns the share of `judge` that it gets right.

Hint: `nn.Sequential(nn.Linear(784, units, rng=rng), nn.ReLU(), nn.Linear(units, 10, gain=1, rng=rng))`, `optim.SGD`
with a rate of 0.1, batches of 32, and a few looks at all pictures, in another order each time.
"""

import numpy as np

from hellodl import Tensor, data, nn, optim
from hellodl.learn.asking import Own


def right_with(units, learn, judge):
    """The share right of `judge`, trained on `learn`; each is a pair, images (N, 784) and labels (N,) from 0 to 9."""
    rng = np.random.default_rng(0)
    network = nn.Sequential(nn.Linear(784, units, rng=rng), nn.ReLU(), nn.Linear(units, 10, gain=1, rng=rng))
    optimizer = optim.SGD(network.named_parameters(), 0.1)
    for _ in range(3):
        for some in np.array_split(rng.permutation(len(learn[1])), len(learn[1]) // 32):
            optimizer.zero_grad()
            nn.cross_entropy(network(Tensor(learn[0][some])), learn[1][some]).backward()
            optimizer.step()
    return float((network(Tensor(judge[0])).data.argmax(axis=1) == judge[1]).mean())


def check(own: Own) -> None:
    """Few units are in a band, many in a higher one, and what was trained on is not what is judged."""
    pairs = []
    for split in ("train", "validation"):
        found = data.load("ink", split, count=2400 if split == "train" else 500, classes="0123456789")
        pairs.append(((found.images.reshape(len(found), 784) / 255).astype(np.float32), found.labels.astype(np.int64)))
    learn, judge = pairs
    for units, low, high in ((2, 0.15, 0.62), (32, 0.7, 0.97), (128, 0.72, 0.97)):
        answer = own.ask("right_with", units, learn, judge)
        right = answer.number()
        answer.is_true(low < right < high, f"with {units} units a share from {low} to {high}", f"{right:.4g}")
    turned = own.ask("right_with", 32, learn, (judge[0], (judge[1] + 1) % 10))
    turned.is_true(
        float(turned.value) < 0.2, "nearly none right, with every label to judge by wrong", f"{turned.value}"
    )
