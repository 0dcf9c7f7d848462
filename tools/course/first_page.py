"""The small network on the course's first page, which a browser runs without any Python.

    python tools/course/first_page.py               teach it (a minute) and write course/_static/digit-weights.js

It reads digits that are drawn there, with layers so few that each can be shown whole. course/_static/digit.js computes
what it says from these numbers, and a test compares that with what hellodl says.
"""

from __future__ import annotations

import json
import sys

import chapters
import numpy as np

from hellodl import Tensor, data, nn, optim
from hellodl.train.answers import as_input, predict

WEIGHTS = chapters.COURSE / "_static" / "digit-weights.js"
BEFORE = "const digitNetwork = "  # a script rather than JSON, so that a page from a disk may have it


def network(rng: np.random.Generator) -> nn.Sequential:
    """Five thousand weights."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, rng=rng),  # (28, 28, 1) -> (26, 26, 8)
        nn.ReLU(),
        nn.MaxPool2d(2),  # -> (13, 13, 8)
        nn.Conv2d(8, 16, 3, rng=rng),  # -> (11, 11, 16)
        nn.ReLU(),
        nn.MaxPool2d(2),  # -> (5, 5, 16)
        nn.Flatten(),  # -> (400)
        nn.Linear(400, 10, gain=1, rng=rng),  # -> (10)
    )


def taught(count: int = 40_000, rounds: int = 8) -> nn.Sequential:
    """The network after it has seen so many digits in ink so many times."""
    rng = np.random.default_rng(0)
    model, train = network(rng), data.load("ink", "train", count=count, classes="digits")
    batches = count // 64
    schedule = optim.cosine(rounds * batches, warm_up=50)
    optimizer = optim.AdamW(model.named_parameters(), learning_rate=4e-3, weight_decay=0.01)
    for step in range(rounds * batches):
        if step % batches == 0:
            order = np.array_split(rng.permutation(count), batches)
        which = order[step % batches]
        loss = nn.cross_entropy(model(Tensor(as_input(train.images[which]))), train.labels[which])
        optimizer.zero_grad()
        loss.backward()
        optimizer.learning_rate = 4e-3 * schedule(step)
        optimizer.step()
    return model


def written(model: nn.Sequential) -> str:
    """Its weights as a script: of each layer with weights `weight`, `bias`, and the weight's `shape`."""
    layers = [layer for layer in model.children() if isinstance(layer, nn.Conv2d | nn.Linear)]
    plain = [
        {
            "shape": list(layer.weight.shape),
            "weight": np.round(layer.weight.data.ravel().astype(float), 3).tolist(),
            "bias": np.round(layer.bias.data.astype(float), 3).tolist(),
        }
        for layer in layers
    ]
    return f"{BEFORE}{json.dumps(plain, separators=(',', ':'))};\n"


def read() -> nn.Sequential:
    """The network with the weights that the page has."""
    model = network(np.random.default_rng(0))
    layers = [layer for layer in model.children() if isinstance(layer, nn.Conv2d | nn.Linear)]
    for layer, known in zip(layers, json.loads(WEIGHTS.read_text("utf-8").removeprefix(BEFORE).rstrip(";\n"))):
        layer.weight.data[:] = np.reshape(known["weight"], known["shape"])
        layer.bias.data[:] = known["bias"]
    return model.eval()


def right(model: nn.Sequential) -> float:
    """How many of 5,000 digits by other writers it reads right."""
    test = data.load("ink", "test", count=5000, classes="digits")
    return nn.accuracy(predict(model, test.images), test.labels)


def main() -> int:
    """Teach it, and write it down."""
    WEIGHTS.write_text(written(taught()), "utf-8")
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size:,} bytes; reads {right(read()):.2%} of 5,000 digits")
    return 0


if __name__ == "__main__":
    sys.exit(main())
