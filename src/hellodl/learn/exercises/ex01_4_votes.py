r"""1.4 Which pixels voted?

For one picture that was classified wrongly, draw `pixel × weight` as a 28×28 picture. Which part of it misled us? Write
`votes(picture, weights)`, and `culprit(picture, weights, label)`, the place of the pixel that spoke loudest for the
wrong class.

Hint: Votes below 0 speak for class 0, votes above it for class 1; a picture of class 1 is misled most by the smallest
vote, one of class 0 by the largest. `np.unravel_index(number, (28, 28))` makes a row and a column of a place in a row
of 784.
"""

import numpy as np

from hellodl.learn.asking import Own


def votes(picture, weights):
    """What each pixel of a picture (784,) adds to the sum, laid out as (28, 28)."""
    return (picture * weights).reshape(28, 28)


def culprit(picture, weights, label):
    """Row and column of the pixel that speaks most against `label`, which is 0 or 1."""
    table = votes(picture, weights)
    return np.unravel_index(table.argmin() if label == 1 else table.argmax(), table.shape)


def check(own: Own) -> None:
    """Against the product, and for a picture of either class."""
    rng = np.random.default_rng(4)
    picture, weights = rng.random(784), rng.normal(size=784)
    own.ask("votes", picture, weights).gives((picture * weights).reshape(28, 28))
    for label, at in ((1, np.argmin), (0, np.argmax)):
        own.ask("culprit", picture, weights, label).gives(divmod(int(at(picture * weights)), 28))
