r"""5.4 A sixth bug

Softmax *before* the cross-entropy, which does a softmax itself: what is the first loss, what does overfitting one batch
give, and why? Write both as functions of the number of classes: the loss when all classes are alike,
`first_loss(classes)`, and `least_loss(classes)`, the least that even a network that is as sure as can be reaches.

Hint: The second softmax gets numbers between 0 and 1 for logits. At the surest, one of them is 1 and the others are 0;
what probability does softmax make of the 1? Its surprise, $-\ln p$, is the least loss. Alike, each has $1 / n$.
"""

import numpy as np

from hellodl.learn.asking import Own


def first_loss(classes):
    """The cross-entropy of a softmax of a softmax, when all classes are alike."""
    return np.log(classes)


def least_loss(classes):
    """The cross-entropy of a softmax of a softmax, when the first gives the right class 1 and all others 0."""
    return np.log(1 + (classes - 1) / np.e)


def check(own: Own) -> None:
    """Worked out with softmax itself, for several numbers of classes."""
    for classes in (26, 10, 2):
        own.ask("first_loss", classes).gives(-np.log(1 / classes))
        powers = np.exp(np.eye(classes)[0])
        own.ask("least_loss", classes).gives(-np.log(powers[0] / powers.sum()))
