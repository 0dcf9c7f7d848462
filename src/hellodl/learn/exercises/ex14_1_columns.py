r"""14.1 Without `PixelsLast`

Instead of moving the pixels, one can move the weights: reorder the columns of the first `Linear` so that it expects a
row that was laid out channel by channel. Do it with NumPy, and show that the answers stay the same. Write
`by_channel(weight, height, width, channels)`.

Hint: A row of the weights is a block, pixel by pixel: `reshape` makes it (height, width, channels) again, `transpose`
brings the channels to the front, and another `reshape` lays it out as a row.
"""

import numpy as np

from hellodl.learn.asking import Own


def by_channel(weight, height, width, channels):
    """Weights (outputs, height·width·channels) for rows laid out by channel, from such for rows laid out by pixel."""
    blocks = weight.reshape(-1, height, width, channels)
    return blocks.transpose(0, 3, 1, 2).reshape(len(weight), -1)


def check(own: Own) -> None:
    """Answers to the same features, in either layout."""
    rng = np.random.default_rng(12)
    for sides in ((2, 2, 128), (2, 3, 4), (1, 5, 2)):
        weight, features = rng.normal(size=(6, int(np.prod(sides)))), rng.normal(size=(3, *sides))
        moved = own.ask("by_channel", weight, *sides)
        got = moved.numbers(weight)
        moved.is_true(got.shape == weight.shape, f"shape {weight.shape}", f"shape {got.shape}")
        rows = np.moveaxis(features, 3, 1).reshape(3, -1)
        same = np.allclose(rows @ got.T, features.reshape(3, -1) @ weight.T)
        moved.is_true(same, "the same answers to features laid out by channel", "others")
