"""Step 14: CTC."""

import numpy as np
from step03_tensor import Tensor
from step07_loss import softmax


def with_blanks(labels):
    """Blanks (0) between the labels, before and after."""
    path = np.zeros(2 * len(labels) + 1, dtype=int)
    path[1::2] = labels
    return path


def may_skip(path, s):
    """Whether a walk may come to place s from two places before."""
    return s >= 2 and path[s] != 0 and path[s] != path[s - 2]


def forward_table(p, path):
    """a (T, S): the probability of all walks that stand at each place at each step."""
    a = np.zeros((len(p), len(path)))
    a[0, :2] = p[0, path[:2]]
    for t in range(1, len(p)):
        for s in range(len(path)):
            come = a[t - 1, s]
            if s >= 1:
                come += a[t - 1, s - 1]
            if may_skip(path, s):
                come += a[t - 1, s - 2]
            a[t, s] = come * p[t, path[s]]
    return a


def backward_table(p, path):
    """b (T, S): the probability of all walks on from there, without the step's own."""
    last = len(path) - 1
    b = np.zeros((len(p), len(path)))
    b[-1, -2:] = 1
    for t in range(len(p) - 2, -1, -1):
        after = b[t + 1] * p[t + 1, path]
        for s in range(len(path)):
            b[t, s] = after[s]
            if s + 1 <= last:
                b[t, s] += after[s + 1]
            if s + 2 <= last and may_skip(path, s + 2):
                b[t, s] += after[s + 2]
    return b


def ctc_loss(logits, labels):
    """-log of the probability of the labels: a Tensor of shape (), from a Tensor (T, K)."""
    p, path = softmax(logits.data), with_blanks(labels)
    a, b = forward_table(p, path), backward_table(p, path)
    chance = a[-1, -2:].sum()

    def pull(g):
        q = np.zeros(p.shape)
        for s, number in enumerate(path):
            q[:, number] += a[:, s] * b[:, s] / chance
        return g * (p - q)

    return Tensor(-np.log(chance), ((logits, pull),))


def best_path(logits):
    """The likeliest class of each step, equal neighbours melted, blanks dropped."""
    said, before = [], 0
    for number in logits.argmax(axis=1):
        if number != before and number != 0:
            said.append(int(number))
        before = number
    return said
