r"""7.2 The scale that does not count

Batch norm divides the scale of the weights out. Show it: multiply all weights of the first convolution by 3 and ask the
network, in training mode, about the same letters. And in `eval` mode? Write `changes(network, images)`: how far the
answers move at most in training mode, and in `eval` mode. Leave the network as it was.

Hint: In training mode each batch moves the statistics that the layer remembers. So `saved = network.state_dict()`
first, and `network.load_state_dict(saved)` before every answer and at the end; weight and bias both count.
"""

import numpy as np

from hellodl import Tensor, nn, no_grad
from hellodl.learn.asking import Own


def changes(network, images, factor=3):
    """By how much answers change at most if network[0], a convolution, has `factor` times its weights and biases: a
    number for training mode, and one for eval mode. Images are a Tensor (N, H, W, 1)."""
    saved = network.state_dict()
    found = []
    for training in (True, False):
        answers = []
        for times in (1, factor):
            network.load_state_dict(saved)
            network[0].weight.data *= times
            network[0].bias.data *= times
            network.train(training)
            with no_grad():
                answers.append(network(images).data)
        found.append(float(np.abs(answers[1] - answers[0]).max()))
    network.load_state_dict(saved)
    return tuple(found)


def check(own: Own) -> None:
    """Against our own way, and that nothing of the network is moved."""
    images = Tensor(np.random.default_rng(8).normal(size=(16, 8, 8, 1)).astype(np.float32))
    for factor in (3, 2):
        network, ours = small(), small()
        before = {name: array.copy() for name, array in network.state_dict().items()}
        answer = own.ask("changes", network, images, factor)
        words = "the change in training mode, and the change in eval mode"
        for name, array in network.state_dict().items():
            same = np.array_equal(array, before[name])
            answer.is_true(same, "the network as it was, afterwards", f"another {name}")
        ours.eval()
        with no_grad():
            plain = ours(images).data
            ours[0].weight.data *= factor
            ours[0].bias.data *= factor
            moved = float(np.abs(ours(images).data - plain).max())
        answer.several(words, 0, moved, tolerance=1e-3)


def small() -> nn.Sequential:
    """A network with a norm that has seen something."""
    rng = np.random.default_rng(7)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, rng=rng), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3, rng=rng)
    )
    network[0].bias.data[...] = rng.normal(size=4)
    for _ in range(40):
        network(Tensor(rng.normal(size=(32, 8, 8, 1)).astype(np.float32)))
    return network
