"""Connectionist temporal classification: learn to read a line without being told where each letter is.

A network looks along a line and believes something at every step: this letter, that one, or nothing new ("blank"). If
it says hh-e-ll-lo, we drop repetitions, then blanks, and have read "hello"; the blank between them keeps two l apart.
Many such sayings, *alignments*, come down to the same text, and a text's probability is the sum over all of them. Its
logarithm, with a minus, is the loss (Graves, Fernández, Gomez and Schmidhuber, "Connectionist temporal classification:
labelling unsegmented sequence data with recurrent neural networks", 2006).

`ctc_loss_by_counting` takes that at its word and lists every alignment. There are too many of them for more than a
few steps, but they share their beginnings and their ends, so `ctc_loss_reference` walks a table: states are the letters
with a blank before, between and after them, and from step to step one stays, goes on, or leaves out a blank. `ctc_loss`
walks that table for a whole batch at once, forward and backward side by side; compiled loops walk it text by text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, product
from typing import Any

import numpy as np

from hellodl.autograd.tensor import Array, Tensor, record
from hellodl.errors import DataError, ShapeError
from hellodl.ops import loops
from hellodl.ops.calling import operation

NEVER = -1e30  # the logarithm of the probability of what cannot be; infinities would make NaNs of their differences


def collapsed(alignment: Sequence[int], blank: int = 0) -> list[int]:
    """The text that an alignment says: repetitions are one, and blanks are nothing."""
    return [symbol for symbol, _ in groupby(alignment) if symbol != blank]


def alignments(text: Sequence[int], steps: int, classes: int, blank: int = 0) -> Iterator[tuple[int, ...]]:
    """Every way to say a text in so many steps."""
    return (way for way in product(range(classes), repeat=steps) if collapsed(way, blank) == list(text))


def ctc_loss_by_counting(log_probs: Array, text: Sequence[int], blank: int = 0) -> float:
    """-log of the probability of a text, summed over all alignments one by one: log_probs (T, C)."""
    steps, classes = log_probs.shape
    ways = alignments(text, steps, classes, blank)
    return -float(np.log(sum(np.exp(log_probs[np.arange(steps), list(way)].sum()) for way in ways)))


def ctc_loss_reference(log_probs: Array, text: Sequence[int], blank: int = 0) -> tuple[float, Array]:
    """The loss of one text and its gradient by log_probs (T, C), from a table of T steps and 2·letters + 1 states.

    `begun[t, s]` is the probability of all that may be said up to step t so as to stand in state s, `left[t, s]` that
    of all that may follow from there. Their product, over the whole, is how likely the text went through s at t: the
    gradient, with a minus.
    """
    states = [blank]
    for letter in text:
        states += [letter, blank]
    p = np.exp(log_probs.astype(np.float64))[:, states]  # (T, S)
    steps, count = p.shape
    skips = [s >= 2 and states[s] != blank and states[s] != states[s - 2] for s in range(count)]
    begun, left = np.zeros_like(p), np.zeros_like(p)
    begun[0, :2] = p[0, :2]
    for t in range(1, steps):
        for s in range(count):
            before = begun[t - 1, s] + (begun[t - 1, s - 1] if s >= 1 else 0) + (begun[t - 1, s - 2] if skips[s] else 0)
            begun[t, s] = before * p[t, s]
    left[-1, -2:] = 1
    for t in reversed(range(steps - 1)):
        after = left[t + 1] * p[t + 1]
        for s in range(count):
            left[t, s] = after[s] + (after[s + 1] if s + 1 < count else 0)
            left[t, s] += after[s + 2] if s + 2 < count and skips[s + 2] else 0
    whole = begun[-1, -2:].sum()
    gradient = np.zeros_like(log_probs, np.float64)
    for s, symbol in enumerate(states):
        gradient[:, symbol] -= begun[:, s] * left[:, s] / whole
    return -float(np.log(whole)), gradient


@operation(of_floats=True)
def ctc_loss(
    log_probs: Tensor,
    targets: Any,
    input_lengths: Any = None,
    target_lengths: Any = None,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """The CTC loss of a batch, as `torch.nn.functional.ctc_loss` has it.

    log_probs (T, N, C), the output of `log_softmax`; targets (N, S) whole numbers, of which the first `target_lengths`
    (N,) of each row count, or all texts in one row; `input_lengths` (N,) is how many steps of each sample count (all,
    if left out, as with target_lengths). "mean" divides each loss by the length of its text and averages over the
    batch; "sum" adds up; "none" gives (N,).

    Where a text does not fit into its steps (each letter takes one, and a letter twice in a row one more), PyTorch's
    loss is infinite and its gradient NaN; here that is a DataError which names the sample, or 0 with `zero_infinity`.
    The gradient is the true one by log_probs, minus how likely each symbol was said at each step; PyTorch adds the
    probabilities themselves, which makes no difference behind log_softmax.
    """
    if log_probs.ndim != 3:
        raise ShapeError(f"ctc_loss takes log_probs (steps, batch, classes), got {log_probs.shape}")
    steps, batch, classes = log_probs.shape
    texts, long = _texts(targets, target_lengths, batch, classes, blank)
    ends = np.full(batch, steps) if input_lengths is None else np.asarray(input_lengths, np.int64)
    if ends.shape != (batch,) or (batch and not 0 < ends.min() <= ends.max() <= steps):
        raise ShapeError(f"ctc_loss: input_lengths are {batch} whole numbers from 1 to {steps}, got {ends.tolist()}")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"ctc_loss's reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    within = np.arange(1, texts.shape[1]) < long[:, None]  # (N, S - 1)
    needed = long + ((texts[:, 1:] == texts[:, :-1]) & within).sum(axis=1)
    impossible = needed > ends
    if impossible.any() and not zero_infinity:
        k = int(impossible.argmax())
        raise DataError(
            f"ctc_loss: sample {k} needs {needed[k]} steps for its {long[k]} letters and has {ends[k]}; "
            "give it a wider picture or fewer letters, or zero_infinity=True to pass over it"
        )

    states = np.full((batch, 2 * texts.shape[1] + 1), blank)  # (N, L): blank, letter, blank, letter, ..., blank
    states[:, 1::2] = texts
    last = 2 * long  # the final blank of each
    if loops.use(log_probs.data):
        losses = np.zeros(batch)
        shares = np.zeros_like(log_probs.data)
        loops.alignments.align(
            log_probs.data, states, np.where(impossible, -1, last), ends.astype(np.int64), losses, shares
        )
        if np.isfinite(losses).all():
            return _told(log_probs, losses, shares, weights_of(long, impossible, reduction), reduction)
    said = log_probs.data[:, np.arange(batch)[:, None], states].astype(np.float64)  # (T, N, L)
    said[:, np.arange(states.shape[1]) > last[:, None]] = NEVER
    bars = np.where((states != blank) & (states != np.roll(states, 2, axis=1)), 0.0, NEVER)  # to leave a blank out
    bars[:, :2] = NEVER
    losses, shares = _shares(said, bars, last, ends)
    if not np.isfinite(losses[~impossible]).all():
        losses, shares = _shares_in_logarithms(said, bars, last, ends)
    which = (states[:, :, None] == np.arange(classes)).astype(shares.dtype)  # (N, L, C)
    shares = np.matmul(shares.transpose(1, 0, 2), which).transpose(1, 0, 2).astype(log_probs.dtype)
    losses[impossible] = 0
    return _told(log_probs, losses, shares, weights_of(long, impossible, reduction), reduction)


def weights_of(long: Array, impossible: Array, reduction: str) -> Array:
    """What each loss counts (N,) in the result."""
    return np.where(impossible, 0.0, 1 / np.maximum(long, 1) / max(len(long), 1) if reduction == "mean" else 1.0)


def _told(log_probs: Tensor, losses: Array, shares: Array, weights: Array, reduction: str) -> Tensor:
    """The result of losses (N,), and its gradient by log_probs from what was said at each step (T, N, C)."""
    out = losses if reduction == "none" else np.asarray((losses * weights).sum())

    def to_log_probs(g: Array) -> Array:
        return shares * (-g * weights).astype(shares.dtype)[:, None]

    return record(out.astype(log_probs.dtype), (log_probs, to_log_probs))


class _Mirror:
    """Backward is forward for texts and steps in reversed order, so both are walked at once: 2N texts.

    `last` (N,) is the last state of each text, of L in all; `ends` (N,) how many steps count, of T.
    """

    def __init__(self, last: Array, ends: Array, steps: int, count: int):
        self.ends, self.last, self.rows = ends, last, np.arange(len(last))
        self.states = (last[:, None] - np.arange(count)) % count  # (N, L)
        turned = (ends - 1 - np.arange(steps)[:, None]) % steps  # (T, N)
        self.places = turned[:, :, None], self.rows[:, None], self.states  # of what is (T, N, L)

    def both(self, said: Array, bars: Array) -> tuple[Array, Array]:
        """(T, N, L) and (N, L) with their mirror images behind them: (T, 2N, L), (2N, L)."""
        back = np.take_along_axis(np.roll(bars, -2, axis=1), self.states, axis=1)
        back[:, :2] = bars[:, :2]  # two states that are never reached by leaving a blank out
        return np.concatenate([said, said[self.places]], axis=1), np.concatenate([bars, back])

    def halves(self, walked: Array) -> tuple[Array, Array]:
        """What both walks (T, 2N, L) found: `begun` and `left`, but with the step itself in it, (T, N, L) each."""
        turned, rows, states = self.places
        return walked[:, : len(self.rows)], walked[turned, rows + len(self.rows), states]

    def final(self, begun: Array) -> tuple[Array, Array]:
        """Of (T, N, L), what is in the last state when the steps are over, and in the one before it, (N,) each."""
        at_end = begun[self.ends - 1, self.rows]
        return at_end[self.rows, self.last], at_end[self.rows, np.maximum(self.last - 1, 0)]


def _shares(said: Array, bars: Array, last: Array, ends: Array) -> tuple[Array, Array]:
    """Losses (N,), and how likely each text goes through each state at each step (T, N, L).

    `said` (T, N, L) and `bars` (N, L) are logarithms. It walks in probabilities, which is quick, and makes those of
    each step add up to 1, for they would vanish (Rabiner 1989); so do shares, since a text is always somewhere. What is
    improbable beyond all measure vanishes even so: its loss is not finite then.
    """
    steps, texts, count = said.shape
    mirror = _Mirror(last, ends, steps, count)
    chances = np.exp(said)
    walked, totals = _walk(*mirror.both(chances, np.exp(bars)))
    begun, left = mirror.halves(walked)
    reached, one_before = mirror.final(begun)
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = -np.log(reached + np.where(last > 0, one_before, 0))
        losses -= np.log(totals[:, :texts]).cumsum(axis=0)[ends - 1, np.arange(texts)]
        shares = np.divide(begun * left, chances, out=np.zeros_like(chances), where=chances > 0)  # it is in both
        sums = shares.sum(axis=2)
        shares /= np.where(sums > 0, sums, 1)[:, :, None]
    within = np.arange(steps)[:, None] < ends
    shares[~within] = 0
    losses[(within & ~(sums > 0)).any(axis=0)] = np.inf
    return losses, shares


def _walk(chances: Array, open_ways: Array) -> tuple[Array, Array]:
    """`begun` (see `ctc_loss_reference`) of many texts: chances (T, M, L), open_ways (M, L) -> (T, M, L), (T, M).

    Each step's probabilities add up to 1, and what they added up to before that is told as well.
    """
    steps, texts, count = chances.shape
    out = np.zeros((steps, texts, count + 2))  # two columns of what never was, on the left
    out[:1, :, 2:4] = chances[:1, :, :2]
    totals, leave_out = np.ones((steps, texts)), np.empty((texts, count))
    for t in range(steps):
        here = out[t, :, 2:]
        if t:
            before = out[t - 1]
            np.add(before[:, 2:], before[:, 1:-1], out=here)
            here += np.multiply(before[:, :-2], open_ways, out=leave_out)
            here *= chances[t]
        total = here.sum(axis=1)
        totals[t] = np.where(total > 0, total, 1)
        here /= totals[t][:, None]
    return out[:, :, 2:], totals


def _shares_in_logarithms(said: Array, bars: Array, last: Array, ends: Array) -> tuple[Array, Array]:
    """`_shares` in logarithms all the way: slower, and right however improbable a text is."""
    steps, _, count = said.shape
    mirror = _Mirror(last, ends, steps, count)
    begun, left = mirror.halves(_walk_in_logarithms(*mirror.both(said, bars)))
    reached, one_before = mirror.final(begun)
    losses = -np.logaddexp(reached, np.where(last > 0, one_before, NEVER))
    both = begun + left - said + losses[None, :, None]
    both[np.arange(steps)[:, None] >= ends] = NEVER
    return losses, np.exp(np.minimum(both, 0.0))


def _walk_in_logarithms(said: Array, bars: Array) -> Array:
    """The logarithms of `begun`: said (T, M, L), bars (M, L) -> (T, M, L)."""
    steps, texts, count = said.shape
    out = np.full((steps, texts, count + 2), NEVER)  # two columns of what never was, on the left
    out[:1, :, 2:4] = said[:1, :, :2]
    top, sums, other = (np.empty((texts, count)) for _ in range(3))
    for t in range(1, steps):
        stay, go_on, leave_out = out[t - 1, :, 2:], out[t - 1, :, 1:-1], np.add(out[t - 1, :, :-2], bars, out=other)
        np.maximum(stay, go_on, out=top)
        np.maximum(top, leave_out, out=top)
        np.exp(np.subtract(leave_out, top, out=other), out=sums)
        for way in (stay, go_on):
            sums += np.exp(np.subtract(way, top, out=other), out=other)
        np.log(sums, out=sums)
        sums += top
        np.add(sums, said[t], out=out[t, :, 2:])
    return out[:, :, 2:]


def _texts(targets: Any, lengths: Any, batch: int, classes: int, blank: int) -> tuple[Array, Array]:
    """Texts as rows (N, S), and their lengths (N,); errors for what is none."""
    texts = np.asarray(targets.data if isinstance(targets, Tensor) else targets)
    if lengths is None:
        if texts.ndim != 2:
            raise ShapeError("ctc_loss: targets that are not (batch, letters) want target_lengths with them")
        lengths = np.full(batch, texts.shape[1])
    long = np.asarray(lengths, np.int64)
    if texts.ndim == 1 and long.shape == (batch,) and long.sum() == len(texts):
        rows = np.zeros((batch, int(long.max(initial=0))), np.int64)
        rows[np.arange(rows.shape[1]) < long[:, None]] = texts
        texts = rows
    if texts.ndim != 2 or len(texts) != batch or long.shape != (batch,) or long.max(initial=0) > texts.shape[1]:
        raise ShapeError(
            f"ctc_loss: for a batch of {batch}, targets are ({batch}, letters) or one row of all letters, and "
            f"target_lengths ({batch},), got {texts.shape} and {long.shape}"
        )
    inside = np.arange(texts.shape[1]) < long[:, None]
    letters = texts[inside]
    whole = letters.dtype.kind in "iu" or not letters.size
    if not whole or not ((letters >= 0) & (letters < classes) & (letters != blank)).all():
        raise DataError(f"ctc_loss: letters are whole numbers from 0 to {classes - 1}, and none is the blank ({blank})")
    return np.where(inside, texts, blank).astype(np.int64), long
