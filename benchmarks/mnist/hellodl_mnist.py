"""MNIST with hellodl: one whole training by recipe.py, from nothing to its figure on the test images.

python benchmarks/mnist/hellodl_mnist.py FOLDER SEED [numpy] prints one JSON line. `numpy` does without compiled
loops, also where Numba is installed.
"""

import json
import os
import sys
import time

import numpy as np
import recipe

from hellodl import nn, optim
from hellodl.data import mnist
from hellodl.data.batches import cut, epoch_order
from hellodl.train import Settings, classification, evaluate
from hellodl.train.lanes import Lanes


def network(rng: np.random.Generator) -> nn.Sequential:
    """Three convolutions, and a layer that decides."""
    first, second, third = recipe.CHANNELS
    return nn.Sequential(
        nn.Conv2d(1, first, 3, rng=rng),
        nn.MaxPool2d(2),
        nn.ReLU(),  # -> (13, 13, 24)
        nn.Conv2d(first, second, 3, rng=rng),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.ReLU(),  # -> (6, 6, 48)
        nn.Conv2d(second, third, 3, rng=rng),
        nn.MaxPool2d(2),
        nn.ReLU(),  # -> (2, 2, 96)
        nn.Flatten(),  # -> (384)
        nn.Linear(4 * third, recipe.CLASSES, gain=1, rng=rng),
    )


def train(folder: str, seed: int) -> nn.Module:
    """A network that has learned the training images."""
    images = mnist.load(folder, "train")
    model = network(np.random.default_rng(seed))
    optimizer = optim.AdamW(optim.decay_matrices_only(model, recipe.WEIGHT_DECAY), recipe.RATE)
    share = optim.one_cycle(recipe.EPOCHS * (len(images) // recipe.BATCH))
    work = classification(images, Settings(batch_size=recipe.BATCH, label_smoothing=recipe.LABEL_SMOOTHING))
    step = 0
    with Lanes(model, recipe.BATCH // 2, processes=True) as lanes:
        for epoch in range(recipe.EPOCHS):
            for batch in cut(epoch_order(len(images), seed, epoch), recipe.BATCH, drop_last=True):
                optimizer.learning_rate = recipe.RATE * share(step)
                lanes.gradients(work, batch, (seed, step))
                optimizer.step()
                step += 1
    return model


if __name__ == "__main__":
    began = time.perf_counter()
    if "numpy" in sys.argv:
        os.environ["HELLODL_JIT"] = "0"
    folder, seed = sys.argv[1], int(sys.argv[2])
    accuracy = evaluate(train(folder, seed), mnist.load(folder, "test"))["accuracy"]
    print(json.dumps({"accuracy": accuracy, "seconds": time.perf_counter() - began}))
