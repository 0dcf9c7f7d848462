"""Writing with a `Pen`: from texts to movements, each drawn from the mixture that the network gives.

    `tidy` narrows the mixture (Graves's bias b): σ·e⁻ᵇ and π^(1 + b), so that the likely gets likelier, and the same
    with flags. 0 writes as people do, at their best and worst; 1 is a clean copy, 3 nearly the same each time.

A word is finished when the network says that it is, and that counts only once the window is at the text's last letter.
There are a few moments when it could be, each not very likely. Made unlikelier by tidiness they were missed now and
then, and the pen ran on into what no lesson had shown it. So who is tidy is also prompt: the odds of the end grow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hellodl.autograd.tensor import Array
from hellodl.errors import DataError
from hellodl.nn.pen import MOVE, UNIT, Pen
from hellodl.ops.mixture import mixture_of

TIDIEST = 10
PROMPT = np.float32(2)  # to the odds of the end, its logarithm, for each unit of tidiness
PATIENCE = (40, 28)  # movements that a word may take, and each letter more: then the pen is taken away


@dataclass(frozen=True)
class Penned:
    """A word that was written: moves (n, 4) as in `data.moves`, and which letter (n,) each belongs to, from 0 on."""

    moves: Array
    letters: Array


def penned(
    network: Pen, texts: Array, lengths: Array, hands: Array, rng: np.random.Generator, tidy: float | Array = 0.5
) -> list[Penned]:
    """Write N texts side by side: numbers (N, U), lengths (N,) as `Pen.forward` takes them, hands as vectors (N, D)."""
    if not ((np.asarray(tidy) >= 0) & (np.asarray(tidy) <= TIDIEST)).all():
        raise DataError(f"tidiness is from 0 to {TIDIEST}, not {tidy}; 0.5 is usual")
    words, bias = len(texts), np.broadcast_to(np.asarray(tidy, np.float32), len(texts))[:, None]
    vectors, constant = network.letters.weight.data[texts], network.constant(texts, hands)
    state, last = network.begin(texts), np.zeros((words, MOVE), np.float32)
    most = PATIENCE[0] + PATIENCE[1] * lengths
    moves: list[list[Array]] = [[] for _ in range(words)]
    letters: list[list[int]] = [[] for _ in range(words)]
    going = np.arange(words)
    while len(going):
        said, state = network.step(last, vectors, lengths, constant, state)
        at = state.shares.argmax(axis=1)
        ready = at >= lengths - 2  # at the last letter, or beyond it
        last = drawn(said, bias, ready, rng)
        done = last[:, 3] > 0
        for row, word in enumerate(going.tolist()):
            moves[word].append(last[row])
            letters[word].append(min(int(at[row]), int(lengths[row]) - 2))
            done[row] |= len(moves[word]) >= most[row]
        if done.any():
            stay = ~done
            going, last, vectors, lengths = going[stay], last[stay], vectors[stay], lengths[stay]
            constant, bias, most = constant[stay], bias[stay], most[stay]
            state = type(state)(*(part[stay] for part in state))
    return [Penned(finished(np.array(each)), np.array(at)) for each, at in zip(moves, letters)]


def drawn(said: Array, bias: Array, ready: Array, rng: np.random.Generator) -> Array:
    """A movement (N, 4) by chance from what the network says (N, ...); only words that are ready (N,) may end."""
    flags = MOVE - 2
    said = said.copy()
    hills = (said.shape[1] - flags) // 6
    said[:, :hills] *= 1 + bias
    said[:, 6 * hills :] *= 1 + bias
    said[:, -1:] += PROMPT * bias
    mixture = mixture_of(said, flags)
    chosen = (mixture.share.cumsum(axis=1) < rng.random((len(said), 1))).sum(axis=1).clip(max=hills - 1)
    of = [part[np.arange(len(said)), chosen] for part in mixture[1:6]]
    across, down, wide, tall, tilt = of
    narrow = np.exp(-bias[:, 0])
    a, b = rng.standard_normal((2, len(said)))
    out = np.empty((len(said), MOVE), np.float32)
    out[:, 0] = across + wide * narrow * a
    out[:, 1] = down + tall * narrow * (tilt * a + np.sqrt(1 - tilt * tilt) * b)
    out[:, 2:] = rng.random((len(said), flags)) < mixture.flags
    out[:, 3] *= ready
    out[:, 2] = np.maximum(out[:, 2], out[:, 3])
    return out


def finished(moves: Array) -> Array:
    """Movements in heights of a small x, the last of which is the last."""
    moves[:, :2] /= UNIT
    moves[-1, 2:] = 1
    return moves
