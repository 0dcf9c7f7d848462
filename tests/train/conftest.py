"""What tests of lanes and of their answers learn from."""

import numpy as np
import pytest
from lane_work import CLASSES, COUNT


@pytest.fixture
def data():
    rng = np.random.default_rng(5)
    return rng.random((COUNT, 10, 10, 1), dtype=np.float32), rng.integers(0, CLASSES, COUNT)
