"""A model's answers to many inputs: on all threads, without a graph; ranks share them out."""

from __future__ import annotations

from functools import partial

import numpy as np

from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Array, Tensor
from hellodl.nn.module import Module, evaluating
from hellodl.ops import softmax
from hellodl.ranks import Ranks
from hellodl.train.steady import FEW, planned
from hellodl.train.threads import in_lanes


def predict(
    model: Module, images: Array, threads: int | None = None, micro_batch: int = 128, ranks: Ranks | None = None
) -> Array:
    """The model's answers to images (N, 28, 28) uint8, or (N, H, W, C) float32: logits (N, classes), float32.

    Runs on all threads, without a graph, in the state that `eval` gives; afterwards the model is in the one it was in.
    `ranks` share the images out among themselves; all of them must ask, and all get all answers.
    """

    if images.ndim > 2 and 0 < images.size <= FEW and len(images) <= micro_batch:
        return in_lanes(partial(planned, model), [as_input(images)], threads)[0]

    def answer(start: int) -> Array:
        with no_grad():
            return model(Tensor(as_input(images[start : start + micro_batch]))).data

    with evaluating(model):
        starts = range(0, len(images), micro_batch)
        if not len(starts):
            with no_grad():
                return model(Tensor(as_input(np.zeros((1, *images.shape[1:]), images.dtype)))).data[:0]
        return np.concatenate(in_lanes(answer, starts, threads, ranks))


def probabilities(model: Module, images: Array, threads: int | None = None) -> Array:
    """How sure the model is of each class: (N, 28, 28) uint8 -> (N, classes) float32, rows that add up to 1."""
    with no_grad():
        return softmax(Tensor(predict(model, images, threads))).data


def as_input(images: Array) -> Array:
    """Pictures as networks take them: (N, 28, 28) uint8 -> (N, 28, 28, 1) float32 from 0 to 1."""
    if images.dtype == np.uint8:
        images = images.astype(np.float32) * np.float32(1 / 255)
    return images[..., None] if images.ndim == 3 else images
