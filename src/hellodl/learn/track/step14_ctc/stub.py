"""Step 14: CTC. The story is in stories/step14_ctc.md; then: hellodl learn check 14."""

import numpy as np
from step03_tensor import Tensor
from step07_loss import softmax


def with_blanks(labels):
    """Blanks (0) between the labels, before and after."""
    raise NotImplementedError


def forward_table(p, path):
    """a (T, S): the probability of all walks that stand at each place at each step."""
    raise NotImplementedError


def backward_table(p, path):
    """b (T, S): the probability of all walks on from there, without the step's own."""
    raise NotImplementedError


def ctc_loss(logits, labels):
    """-log of the probability of the labels: a Tensor of shape (), from a Tensor (T, K)."""
    raise NotImplementedError


def best_path(logits):
    """The likeliest class of each step, equal neighbours melted, blanks dropped."""
    raise NotImplementedError
