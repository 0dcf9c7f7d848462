"""Telling a pen what people did next: the loss of words as movements, how it is judged by people it never met, and how
it takes on the hand of somebody who wrote a few words for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from hellodl import optim
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.console import progress_bar
from hellodl.data.batches import cut
from hellodl.data.moves import Moves, numbered
from hellodl.nn.module import Module, Parameter
from hellodl.nn.pen import UNIT, Pen
from hellodl.ops.mixture import mixture_loss

WIDER = np.float32(4 / 3)  # than the pen's own hands spread, do those of people


def told(model: Pen, words: list[np.ndarray], texts: list[str], hands: np.ndarray | Tensor) -> tuple[Tensor, int, int]:
    """The loss of words (n, 4), in nats added up; how often it knew whether the pen lifts, of how many movements."""
    numbers, lengths = numbered(texts)
    before, after, counts = side_by_side(words)
    said = model(Tensor(before), numbers, lengths, hands)
    right = ((said.data[..., -2] > 0) == (after[..., 2] > 0)) * counts
    return mixture_loss(said, after, counts), int(right.sum()), int(counts.sum())


def side_by_side(words: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What went before each movement of N words (n, 4), and it itself, (longest, N, 4); and which count, (longest, N).

    Movements are in the pen's own unit; what does not count is zero.
    """
    longest = max(map(len, words))
    after, counts = np.zeros((longest, len(words), 4), np.float32), np.zeros((longest, len(words)), np.float32)
    for row, moves in enumerate(words):
        after[: len(moves), row] = moves
        counts[: len(moves), row] = 1
    after[..., :2] *= UNIT
    return np.concatenate([np.zeros_like(after[:1]), after[:-1]]), after, counts


def judged(model: Module, watched: Moves) -> dict[str, float]:
    """Loss (nats a movement) and how often it knows whether the pen lifts, of hands that it was told nothing about."""
    assert isinstance(model, Pen)
    loss, right, seen = 0.0, 0, 0
    with no_grad():
        for which in cut(np.argsort(watched.lengths, kind="stable"), 64):
            words, texts = [watched[item] for item in which.tolist()], [watched.texts[item] for item in which.tolist()]
            more, *counts = told(model, words, texts, np.zeros(len(which), np.int64))
            loss, right, seen = loss + more.item(), right + counts[0], seen + counts[1]
    return {"loss": loss / max(seen, 1), "accuracy": right / max(seen, 1)}


def fitted(model: Pen, words: list[np.ndarray], texts: list[str], steps: int = 30, rate: float = 0.2) -> np.ndarray:
    """The hand (hand,) that best explains these words (n, 4): the likeliest one, if hands are normal around their mean.

    Only the vector is learned; the network stays as it is, and no slope of it is worked out.
    """
    known = model.hands.weight.data[1:]
    middle, spread = known.mean(axis=0), WIDER * known.std(axis=0) + np.float32(1e-3)
    steps_away = Parameter(np.zeros_like(middle))  # from the middle, in standard deviations
    optimizer = optim.Adam([steps_away], rate)
    everybody = Tensor(np.zeros((len(words), 1), np.float32))
    with frozen(model), progress_bar("learning the hand", steps) as bar:
        for _ in range(steps):
            hand = steps_away * spread + middle
            loss, _, seen = told(model, words, texts, everybody + hand.reshape(1, -1))
            loss = (loss + (steps_away * steps_away).sum() * 0.5) * (1 / seen)
            steps_away.grad = None
            loss.backward()
            optimizer.step()
            bar.advance()
    return (steps_away.data * spread + middle).astype(np.float32)


@contextmanager
def frozen(model: Module) -> Iterator[None]:
    """Weights that stay as they are: nobody asks for their slopes in between."""
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad = False
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad = True
