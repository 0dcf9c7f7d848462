r"""11.4 Where is it unsure?

Have the GPT that you trained read a line of Python, and print for every letter how surprised it was, in bits. Where
does a line have its information? Write `bits(scores, tokens)`: the scores at each place are for the token that follows
there.

Hint: Take the logarithm of the softmax of each row, `scores - log(sum(exp(scores)))`, with the largest score off first.
Of row t look up the token t + 1; in bits is divided by the logarithm of 2, and a surprise has a minus.
"""

import numpy as np

from hellodl.learn.asking import Own


def bits(scores, tokens):
    """How surprising each token after the first was: (T - 1,) bits, of scores (T - 1, V) and tokens (T,)."""
    scores = scores - scores.max(axis=1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(logs)), tokens[1:]] / np.log(2)


def check(own: Own) -> None:
    """Even scores, scores of any kind, and scores that would overflow."""
    own.ask("bits", np.zeros((2, 8)), np.array([1, 5, 7])).gives([3, 3])
    rng = np.random.default_rng(11)
    scores, tokens = rng.normal(size=(5, 4)) * 2, np.array([3, 0, 2, 2, 1, 0])
    shares = [np.e ** row[token] / (np.e**row).sum() for row, token in zip(scores, tokens[1:])]
    own.ask("bits", scores, tokens).gives(-np.log2(shares))
    own.ask("bits", scores + 1000, tokens).gives(-np.log2(shares))
