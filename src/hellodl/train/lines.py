"""Telling a reader of lines what pictures say: the loss that all who teach it have in common."""

from __future__ import annotations

import numpy as np

from hellodl import ops
from hellodl.autograd.tensor import Tensor
from hellodl.nn.lines import LineReader

GLANCE = 0.2  # the weight of what the convolutions say by themselves


def told(
    model: LineReader, pictures: np.ndarray, widths: np.ndarray, texts: list[list[int]]
) -> tuple[Tensor, np.ndarray]:
    """The loss of pictures (N, H, W, 1) that say these texts, and the logits (T, N, symbols) of what was read instead.

    Of each picture `widths` (N,) pixels count; texts are numbers of symbols. The loss is in nats, added up over all of
    them, and that of the glance is part of it; a text that does not fit into its picture is passed over.
    """
    columns = model.columns(Tensor(pictures))
    logits = model.remembered(columns)
    steps, lengths = -(-widths // model.step), [len(text) for text in texts]
    letters = np.concatenate([np.array(text, np.int64) for text in texts])

    def surprise(logits: Tensor) -> Tensor:
        return ops.ctc_loss(ops.log_softmax(logits), letters, steps, lengths, reduction="sum", zero_infinity=True)

    return surprise(logits) + GLANCE * surprise(model.glance(columns)), logits.data
