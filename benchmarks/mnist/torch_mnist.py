"""MNIST with PyTorch, by the same recipe: as it is usually written, or with all that makes it faster here.

python benchmarks/mnist/torch_mnist.py FOLDER SEED [fastest] prints one JSON line. `fastest` keeps images channels
last and fuses the optimiser's loops. It does not compile, for that is not worth its time within a few seconds.
"""

import gzip
import json
import sys
import time
from pathlib import Path

import numpy as np
import recipe
import torch
from torch import nn


def read(folder, name):
    """An array of bytes from one of MNIST's files, gzipped or not: (N, 28, 28) images or (N,) labels."""
    path = Path(folder) / name
    content = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    sizes = np.frombuffer(content, ">i4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes)


def load(folder, stem):
    """Images (N, 1, 28, 28) float32 from 0 to 1 and labels (N,) int64."""
    images = torch.from_numpy(read(folder, f"{stem}-images-idx3-ubyte").astype(np.float32))
    labels = torch.from_numpy(read(folder, f"{stem}-labels-idx1-ubyte").astype(np.int64))
    return images[:, None] / 255, labels


def network():
    """The recipe's network with the starting weights that hellodl draws: normal, √(2/fan in) wide, biases zero."""
    first, second, third = recipe.CHANNELS
    model = nn.Sequential(
        nn.Conv2d(1, first, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(first, second, 3),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.ReLU(),
        nn.Conv2d(second, third, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * third, recipe.CLASSES),
    )
    for layer in model:
        if hasattr(layer, "weight"):
            kind = "linear" if layer is model[-1] else "relu"
            nn.init.kaiming_normal_(layer.weight, nonlinearity=kind)
            nn.init.zeros_(layer.bias)
    return model


def train(folder, seed, layout, fused):
    """A network that has learned the training images."""
    torch.manual_seed(seed)
    images, labels = load(folder, "train")
    images = images.contiguous(memory_format=layout)
    model = network().to(memory_format=layout)
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": recipe.WEIGHT_DECAY},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, recipe.RATE, fused=fused)
    steps = recipe.EPOCHS * (len(images) // recipe.BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.RATE, total_steps=steps, cycle_momentum=False)
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.LABEL_SMOOTHING)
    for _ in range(recipe.EPOCHS):
        order = torch.randperm(len(images))
        for batch in order[: len(order) // recipe.BATCH * recipe.BATCH].split(recipe.BATCH):
            optimizer.zero_grad()
            loss_of(model(images[batch]), labels[batch]).backward()
            optimizer.step()
            schedule.step()
    return model


def accuracy_of(model, folder):
    """The share of the test images that is read right."""
    images, labels = load(folder, "t10k")
    with torch.inference_mode():
        guesses = torch.cat([model(part).argmax(1) for part in images.split(500)])
    return (guesses == labels).double().mean().item()


if __name__ == "__main__":
    began = time.perf_counter()
    fastest = "fastest" in sys.argv
    layout = torch.channels_last if fastest else torch.contiguous_format
    trained = train(sys.argv[1], int(sys.argv[2]), layout, fused=fastest)
    accuracy = accuracy_of(trained, sys.argv[1])
    print(json.dumps({"accuracy": accuracy, "seconds": time.perf_counter() - began}))
