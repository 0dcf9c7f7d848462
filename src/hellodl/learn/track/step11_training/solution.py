"""Step 11: a training loop."""

import numpy as np
from step04_order import backward


def batches(count, size, rng):
    """The numbers from 0 to count - 1, mixed, in arrays of `size` (the last one may be shorter)."""
    mixed = rng.permutation(count)
    return [mixed[first : first + size] for first in range(0, count, size)]


def train(model, loss, optimizer, inputs, labels, epochs, size, rng):
    """Go through the examples so many times; the mean loss of each epoch, in a list."""
    losses = []
    for _ in range(epochs):
        summed = 0.0
        for batch in batches(len(inputs), size, rng):
            now = loss(model(inputs[batch]), labels[batch])
            optimizer.zero()
            backward(now)
            optimizer.step()
            summed += float(now.data) * len(batch)
        losses.append(summed / len(inputs))
    return losses


def accuracy(model, inputs, labels, size=256):
    """The share of inputs that the model gives the right label."""
    right = 0
    for first in range(0, len(inputs), size):
        these = slice(first, first + size)
        said = model(inputs[these]).data.argmax(axis=1)
        right += np.sum(said == labels[these])
    return right / len(inputs)
