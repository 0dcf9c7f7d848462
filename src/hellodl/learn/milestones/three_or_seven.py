"""3 or 7, of the built-in handwriting: your layers, your cross-entropy, your Adam."""

import numpy as np

from hellodl import data
from hellodl.console import progress_bar
from hellodl.learn.milestones import Short, Steps
from hellodl.learn.milestones.pictures import show, small

TRAIN, TEST, BATCH, EPOCHS = 3_000, 1_000, 50, 3


def run(steps: Steps) -> str:
    """Learn from three thousand, try on a thousand in hands that it has never seen."""
    rng = np.random.default_rng(0)
    train, test = (
        data.load("ink", "train", count=TRAIN, classes="37"),
        data.load("ink", "test", count=TEST, classes="37"),
    )
    x, unseen = small(train.images).reshape(TRAIN, -1), small(test.images).reshape(TEST, -1)
    net = steps["layer"].MLP([x.shape[1], 32, 2], rng)
    adam = steps["optimizers"].Adam(net.parameters(), 0.003)
    with progress_bar("learning 3 or 7", EPOCHS * TRAIN // BATCH) as bar:
        for _ in range(EPOCHS):
            mixed = rng.permutation(TRAIN)
            for first in range(0, TRAIN, BATCH):
                these = mixed[first : first + BATCH]
                loss = steps["loss"].cross_entropy(net(x[these]), train.labels[these])
                adam.zero()
                steps["order"].backward(loss)
                adam.step()
                bar.advance()
                bar.note(f"loss {float(loss.data):.3f}")
    said = net(unseen).data.argmax(axis=1)
    right = float(np.mean(said == test.labels))
    show(unseen.reshape(TEST, 14, 14)[:4], [f"{test.classes[number]}" for number in said[:4]])
    if right < 0.95:
        raise Short(f"it tells {right:.1%} of {TEST:,} apart, and 95% was wanted")
    return f"{right:.1%} of {TEST:,} told apart, 3 or 7, in hands it had never seen"
