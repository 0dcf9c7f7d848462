"""Step 9: a convolution, its two gradients, and how long it takes."""

import time

import numpy as np

from hellodl.learn.asking import Own
from hellodl.learn.checks.gradients import Engine, operation

SHAPES = (
    ((1, 3, 3, 1), (2, 2, 1, 1)),
    ((2, 4, 5, 3), (2, 3, 3, 2)),
    ((2, 3, 3, 2), (1, 1, 2, 3)),
    ((2, 3, 4, 2), (3, 2, 2, 2)),
)
SECONDS = 0.5


def looked(x: np.ndarray, k: np.ndarray) -> np.ndarray:
    """The same, window by window."""
    windows = np.lib.stride_tricks.sliding_window_view(x, k.shape[:2], axis=(1, 2))
    return np.einsum("nijcab,abcd->nijd", windows, k)


def check(own: Own, tensor: Own, order: Own, broadcasting: Own) -> None:
    """By hand, then shapes in which no two sizes are alike, then speed."""
    engine, rng = Engine(tensor, order), np.random.default_rng(9)
    x, k = np.arange(1.0, 10).reshape(1, 3, 3, 1), np.array([[1.0, 0.0], [0.0, -1.0]]).reshape(2, 2, 1, 1)
    own.ask("convolve", x, k).gives(np.full((1, 2, 2, 1), -4.0))
    for picture, kernel in SHAPES:
        x, k = np.round(rng.normal(size=picture), 1), np.round(rng.normal(size=kernel), 1)
        out = looked(x, k)
        own.ask("convolve", x, k).gives(out)
        g = np.round(rng.normal(size=out.shape), 1)
        to_x, to_k = np.zeros(picture), np.zeros(kernel)
        for i, j in np.ndindex(out.shape[1:3]):
            window = np.s_[:, i : i + kernel[0], j : j + kernel[1]]
            to_x[window] += np.einsum("nd,abcd->nabc", g[:, i, j], k)
            to_k += np.einsum("nabc,nd->abcd", x[window], g[:, i, j])
        own.ask("back_to_picture", g, k).gives(to_x)
        own.ask("back_to_kernel", g, x).gives(to_k)
        operation(own, engine, "conv2d", looked, [x, k])
    x, k = rng.normal(size=(4, 16, 16, 8)), rng.normal(size=(5, 5, 8, 16))
    began = time.process_time()
    answer = own.ask("convolve", x, k)
    took = time.process_time() - began
    answer.gives(looked(x, k))
    answer.is_true(
        took < SECONDS,
        f"the right numbers within {SECONDS} s; loop over the kernel's places only",
        f"them, in {took:.1f} s",
    )
