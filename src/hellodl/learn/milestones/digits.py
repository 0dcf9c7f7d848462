"""All ten digits of the built-in handwriting, by two convolutions: your whole engine at work."""

from typing import Any

import numpy as np

from hellodl import data
from hellodl.console import progress_bar
from hellodl.learn.milestones import Short, Steps
from hellodl.learn.milestones.pictures import show, small

TRAIN, TEST, BATCH, EPOCHS = 4_000, 1_000, 50, 3


class Net:
    """14 × 14 -> 12 × 12 × 8 -> 10 × 10 × 16 -> ten numbers, batch norm and relu after each convolution."""

    def __init__(self, steps: Steps, rng: np.random.Generator):
        tensor, self.norms = steps["tensor"], [steps["batch_norm"].BatchNorm(n) for n in (8, 16)]
        shapes = ((3, 3, 1, 8), (3, 3, 8, 16))
        self.kernels = [tensor.Tensor(rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[:3]))) for shape in shapes]
        self.last = steps["layer"].Linear(10 * 10 * 16, 10, rng)
        self.relu, self.conv2d, self.reshape = tensor.relu, steps["convolution"].conv2d, steps["broadcasting"].reshape
        self.training = True

    def __call__(self, x: np.ndarray) -> Any:
        """Of (N, 14, 14) pictures: ten numbers each."""
        out: Any = x[..., None]
        for kernel, norm in zip(self.kernels, self.norms):
            out = self.relu(norm(self.conv2d(out, kernel), self.training))
        return self.last(self.reshape(out, (len(x), -1)))

    def parameters(self) -> list[Any]:
        """All that it learns."""
        return [*self.kernels, *(p for norm in self.norms for p in norm.parameters()), *self.last.parameters()]


def run(steps: Steps) -> str:
    """Learn from four thousand, three times over, and read a thousand in hands it has never seen."""
    rng = np.random.default_rng(0)
    train = data.load("ink", "train", count=TRAIN, classes="digits")
    test = data.load("ink", "test", count=TEST, classes="digits")
    net = Net(steps, rng)
    adam = steps["optimizers"].Adam(net.parameters(), 0.003)
    with progress_bar("learning digits", EPOCHS * TRAIN / BATCH) as bar:

        def loss(out: Any, labels: np.ndarray) -> Any:
            found = steps["loss"].cross_entropy(out, labels)
            bar.advance()
            bar.note(f"loss {float(found.data):.3f}")
            return found

        losses = steps["training"].train(net, loss, adam, small(train.images), train.labels, EPOCHS, BATCH, rng)
    for number, one in enumerate(losses, 1):
        print(f"  epoch {number}: loss {one:.3f}")
    net.training = False
    unseen = small(test.images)
    right = steps["training"].accuracy(net, unseen, test.labels)
    show(unseen[:4], [test.classes[number] for number in net(unseen[:4]).data.argmax(axis=1)])
    if right < 0.9:
        raise Short(f"it reads {right:.1%} of {TEST:,} digits, and 90% was wanted")
    return f"{right:.1%} of {TEST:,} digits read, in hands it had never seen"
