r"""5.3 Shuffled pixels

Shuffle the pixels of all digits, in the same way for all. How well does the perceptron learn now, and how well the
network `flattening`? Predict it first. Write `shuffled(images, order)`; the training is the chapter's.

Hint: Lay each picture out as a row of 784 numbers, take the columns in the new order with `[:, order]`, and fold the
rows up again. `-1` in `reshape` stands for however many pictures there are.
"""

import numpy as np

from hellodl.learn.asking import Own


def shuffled(images, order):
    """Images (N, 28, 28) with their pixels in a new order (784,): first comes pixel order[0], and so on."""
    return images.reshape(-1, 784)[:, order].reshape(-1, 28, 28)


def check(own: Own) -> None:
    """Pixel by pixel, the same for all pictures, and of the same kind."""
    rng = np.random.default_rng(3)
    order = rng.permutation(784)
    for count in (3, 1):
        images = rng.integers(0, 256, (count, 28, 28)).astype(np.uint8)
        answer = own.ask("shuffled", images, order)
        answer.gives([[one.ravel()[at] for at in order.reshape(28, 28)] for one in images])
        answer.is_true(answer.value.dtype == np.uint8, "uint8, as before", str(answer.value.dtype))
    own.ask("shuffled", images, np.arange(784)).gives(images)
