"""A drawing on the page: what the reader takes it for, and what each of its layers saw.

The drawing becomes a strip exactly as the words did that the reader learned from (`data.writing.drawn`). A letter's
probability is that of its whole text being this one letter, over all the ways to say it along the strip: CTC again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hellodl import nn, ops
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.commands.eyes import reader
from hellodl.data import writing
from hellodl.data.augment import poster
from hellodl.data.writing import side_by_side
from hellodl.nn import LineReader
from hellodl.plots.layers import activations, layers_of
from hellodl.reading.decoding import best_path
from hellodl.web.answers import picture_in_text

MOST_POINTS = 20_000
CANDIDATES = 6
CHANGES_NOTHING = (nn.Dropout, nn.Flatten, nn.ReLU, nn.BatchNorm2d)  # of what there is to see

Strokes = list[list[list[float]]]


def as_strip(strokes: Strokes) -> np.ndarray:
    """Strokes, in any unit and place, as the picture (32, W) uint8 that the reader knows.

    Raises ValueError, in words for the user, where nothing was drawn or far too much.
    """
    paths = [np.array(stroke, np.float64) for stroke in strokes if stroke]
    count = sum(map(len, paths))
    if count == 0:
        raise ValueError("nothing is drawn; send strokes with at least one point")
    if count > MOST_POINTS:
        raise ValueError(f"that is no writing: {count:,} points, where {MOST_POINTS:,} are many; draw it again")
    return writing.as_strip(paths)


def looked_at(network: LineReader, symbols: str, strip: np.ndarray) -> dict[str, Any]:
    """What a reader takes a strip (32, W) uint8 for, and what its layers saw, as the page wants to have it."""
    log_probs = reader(network, 1)([strip])[0]
    chances = chances_of(log_probs, [(number,) for number in range(1, len(symbols) + 1)])
    candidates = [(symbol, float(chance)) for symbol, chance in zip(symbols, chances) if symbol != " "]
    text = tuple(said.symbol for said in best_path(log_probs))
    if len(text) > 1:
        word = "".join(symbols[number - 1] for number in text)
        candidates.append((word, float(chances_of(log_probs, [text])[0])))
    candidates.sort(key=lambda candidate: -candidate[1])
    shown = [{"character": name, "probability": round(min(chance, 1.0), 4)} for name, chance in candidates[:CANDIDATES]]
    outputs = walked(network.look, side_by_side([strip])[0])
    return {
        **shown[0],
        "candidates": shown,
        "picture": picture_in_text(strip),
        "layers": [
            {"name": name, "shape": list(maps.shape), "picture": picture_in_text(sheet(maps))} for name, maps in outputs
        ],
    }


def chances_of(log_probs: np.ndarray, texts: list[tuple[int, ...]]) -> np.ndarray:
    """How probable each of N texts of one length is, given log_probs (T, K): (N,)."""
    with no_grad():
        each = Tensor(np.repeat(log_probs[:, None], len(texts), axis=1))
        return np.exp(-ops.ctc_loss(each, np.array(texts), reduction="none", zero_infinity=True).data)


def walked(look: nn.Module, pictures: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """What each layer of the convolutions made of the first of some pictures (N, H, W, 1): its name, (H, W, C)."""
    assert isinstance(look, nn.Sequential)
    passed = activations(look, pictures)
    shown = [not isinstance(layer, CHANGES_NOTHING) for _, layer in layers_of(look)]
    return [(name, made[0]) for (name, made), show in zip(passed, shown) if show]


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
