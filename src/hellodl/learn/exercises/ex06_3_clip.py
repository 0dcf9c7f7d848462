r"""6.3 A splint

Cure the network that exploded, without touching its rate. (`Settings` has `clip`, the greatest length that the gradient
may have.) Write `cure()`, which returns settings with plain SGD and a rate of 10, with which three layers in a row
learn their letters.

Hint: At this rate even a short gradient is a long step, so the clip has to be small, about 0.01. And weight decay takes
rate × decay of every weight at each step; set it to 0.
"""

import numpy as np

from hellodl import Tensor, data, nn, optim
from hellodl.learn.asking import Own
from hellodl.train import Settings


def cure():
    """Settings with SGD at a rate of 10 that do not explode."""
    return Settings(batch_size=64, optimizer="sgd", learning_rate=10.0, weight_decay=0.0, clip=0.01)


def check(own: Own) -> None:
    """Train with them."""
    answer = own.ask("cure")
    settings = answer.value
    answer.is_true(isinstance(settings, Settings), "Settings", type(settings).__name__)
    kept = settings.learning_rate == 10 and settings.optimizer == "sgd"
    answer.is_true(kept, "SGD, at a rate of 10", f"{settings.optimizer}, at {settings.learning_rate:g}")
    answer.is_true(settings.clip is not None, "a clip", "none")
    right = own.run("cure", "training with cure()", lambda: share_right(settings))
    right.is_true(right.value > 0.3, "more than 30% of the letters right", f"{right.value:.0%} right")


def share_right(settings: Settings) -> float:
    """Of the letters learned from, after three looks at each by a network of three layers."""
    letters, rng = data.load("ink", "train", count=1500), np.random.default_rng(0)
    images, labels = (letters.images / 255).astype(np.float32), letters.labels.astype(np.int64)
    sizes = ((784, 128), (128, 64), (64, 26))
    network = nn.Sequential(nn.Flatten(), *(nn.Linear(before, after, rng=rng) for before, after in sizes))
    groups = optim.decay_matrices_only(network, settings.weight_decay)
    optimizer = optim.SGD(groups, settings.learning_rate)
    with np.errstate(all="ignore"):
        for some in [some for _ in range(8) for some in np.array_split(rng.permutation(1500), 50)]:
            optimizer.zero_grad()
            nn.cross_entropy(network(Tensor(images[some])), labels[some]).backward()
            optim.clip_gradients(network.parameters(), settings.clip or np.inf)
            optimizer.step()
        return float((network(Tensor(images)).data.argmax(axis=1) == labels).mean())
