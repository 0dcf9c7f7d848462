r"""15.1 Cheating by seeds

Train the small network with five seeds on 300 examples. Report the best on `strangers`. How much better is that than
the mean, and does the winner win again on new strangers? Write `honest_report(first, second)`, of which `first` and
`second` are the shares right of each seed, on the strangers and on new ones: by how much is the best ahead of the mean
in the first, and by how much is the same one in the second?

Hint: The winner is chosen by the first shares, `first.argmax()`, and looked at in the second. Choosing again in the
second would be cheating again.
"""

import numpy as np

from hellodl.learn.asking import Own


def honest_report(first, second):
    """How far the best is above the mean in the first shares (n,), and how far the same one is in the second."""
    winner = first.argmax()
    return first[winner] - first.mean(), second[winner] - second.mean()


def check(own: Own) -> None:
    """Winners that win again, and winners that do not."""
    words = "its lead at first, and its lead on new ones"
    for first, second in (
        ([0.5, 0.9, 0.7], [0.6, 0.8, 0.7]),
        ([0.8, 0.6, 0.7], [0.5, 0.9, 0.7]),
        ([0.1, 0.2, 0.3, 0.6], [0.5, 0.5, 0.5, 0.1]),
    ):
        a, b = np.array(first), np.array(second)
        own.ask("honest_report", a, b).several(words, max(first) - a.mean(), b[first.index(max(first))] - b.mean())
