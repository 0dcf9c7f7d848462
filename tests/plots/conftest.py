"""What the tests of pictures share: a small network, images, and a run on record."""

import numpy as np
import pytest

from hellodl import nn
from hellodl.runs.log import RunLog


@pytest.fixture
def network(rng):
    """A network for images that has one of everything."""
    body = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, rng=rng), nn.ReLU())
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, rng=rng),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(4),
        nn.Residual(body),
        nn.Flatten(),
        nn.Linear(196, 12, rng=rng),
        nn.Tanh(),
        nn.Linear(12, 3, rng=rng),
    ).eval()


@pytest.fixture
def images(rng):
    """Thirty images of nothing."""
    return rng.integers(256, size=(30, 28, 28), dtype=np.uint8)


@pytest.fixture
def log(tmp_path, rng):
    """A log with a run that wrote everything down, and one that wrote nothing."""
    log = RunLog(tmp_path / "log.sqlite3")
    with log.run("letters", {"epochs": 1}, seed=1, data="some letters") as run:
        for step in range(1, 60):
            run.train_row(step, loss=3.3 / step**0.3, accuracy=1 - 1 / step, learning_rate=0.1 / step)
        for step in (20, 40):
            run.validation_row(step, loss=0.9, accuracy=step / 100)
        for step in (1, 30, 59):
            shape = [("0.weight", (4, 1, 3, 3)), ("10.weight", (4, 4)), ("2.weight", (4, 4)), ("10.bias", (4,))]
            named = [(name, rng.standard_normal(s), rng.standard_normal(s)) for name, s in shape]
            before = {name: array + 0.1 for name, array, _ in named} if step > 1 else None
            run.weights(step, named, before)
        run.confusion(59, np.array([[5, 2, 0, 0], [0, 9, 0, 1], [0, 0, 3, 0], [0, 0, 0, 1]]), "abcd")
    with log.run("letters", {}, seed=2):
        pass
    return log
