"""A character that was drawn on the page: what the reader takes it for, and what each of its layers saw.

The drawing becomes a picture exactly as the strokes did that the reader learned from (`data.strokes.render`), and is
looked at from all sides as when a page is read (`views`), so that its probabilities are as honest as a page's: this
is how they were calibrated. The layers' pictures are of the drawing as it stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hellodl import nn, ops
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.data.augment import poster
from hellodl.data.strokes import render
from hellodl.plots.layers import activations, layers_of
from hellodl.reading.views import VIEWS, agreed, seen
from hellodl.train.lanes import predict
from hellodl.web.answers import picture_in_text
from hellodl.web.readers import Known

MOST_POINTS = 20_000
CANDIDATES = 6
CHANGES_NOTHING = (nn.Dropout, nn.Flatten)  # of what there is to see

Strokes = list[list[list[float]]]


def normalised(strokes: Strokes) -> np.ndarray:
    """Strokes, in any unit and place, as the picture (28, 28) uint8 that the reader knows.

    Raises ValueError, in words for the user, where nothing was drawn or far too much.
    """
    paths = [np.array(stroke, np.float64) for stroke in strokes if stroke]
    count = sum(map(len, paths))
    if count == 0:
        raise ValueError("nothing is drawn; send strokes with at least one point")
    if count > MOST_POINTS:
        raise ValueError(f"that is no character: {count:,} points, where {MOST_POINTS:,} are many; draw it again")
    corner = np.concatenate(paths).min(axis=0)  # a dot has no size, and must not be far away when it gets one
    return render([path - corner for path in paths])


def looked_at(known: Known, picture: np.ndarray) -> dict[str, Any]:
    """What a reader takes a picture (28, 28) uint8 for, and what its layers saw, as the page wants to have it."""
    views = np.concatenate([seen(picture[None], *view) for view in VIEWS])
    logits, outputs = walked(known.network, views)
    with no_grad():
        by_view = ops.softmax(Tensor(logits)).data
    beliefs = agreed(by_view[:, None])[0]
    best = np.argsort(-beliefs, kind="stable")[:CANDIDATES]
    candidates = [{"character": known.classes[i], "probability": round(float(beliefs[i]), 4)} for i in best]
    return {
        **candidates[0],
        "candidates": candidates,
        "picture": picture_in_text(picture),
        "layers": [
            {"name": name, "shape": list(maps.shape), "picture": picture_in_text(sheet(maps))} for name, maps in outputs
        ],
    }


def walked(network: nn.Module, images: np.ndarray) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """What a network answers to images (N, 28, 28) uint8, and what each of its layers made of the first.

    That is named as the layer is, such as "3 Conv2d", and has the shape (H, W, C) or (K,). Only a Sequential has
    layers to stop at.
    """
    if not isinstance(network, nn.Sequential):
        return predict(network, images, threads=1), []
    passed = activations(network, images)
    shown = [not isinstance(layer, CHANGES_NOTHING) for _, layer in layers_of(network)]
    return passed[-1][1], [(name, made[0]) for (name, made), show in zip(passed, shown) if show]


def sheet(maps: np.ndarray) -> np.ndarray:
    """Maps (H, W, C) side by side, or a vector (K,) as a strip: grey, uint8, all on one scale.

    What is nowhere below zero is black at zero and white at most; else zero is the grey in the middle. A few numbers
    that are far larger than the rest are cut, or there would be nothing to see in all others.
    """
    most = min(float(np.abs(maps).max()), 4 * float(np.sqrt(np.mean(maps * maps)))) or 1.0
    grey = (maps / most).clip(-1, 1)
    if maps.min() < 0:
        grey = (grey + 1) / 2
    if grey.ndim == 1:
        return np.rint(grey[None] * 255).astype(np.uint8)
    channels = grey.shape[2]
    return poster(np.ascontiguousarray(grey.transpose(2, 0, 1)), columns=8 if channels <= 32 else 16)
