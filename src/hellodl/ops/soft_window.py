"""A memory that reads while it writes: an LSTM with a soft window that walks along a text (Graves 2013).

Whoever writes a word by hand knows at each moment which letter they are at. Here K Gaussians over the places of the
text say it: their sum φ(u) is how much letter u counts now, and the window is the letters' vectors, weighted so.

    (α, β, δ) = exp(W_p h + b_p),   κ ← κ + δ,   φ(u) = Σₖ αₖ exp(-βₖ (κₖ - u)²),   w = Σᵤ φ(u)·textᵤ

It never goes back, since δ > 0, and nobody tells it where a letter ends: that is learned, as the attention of a GPT is;
but a GPT asks each place how well it fits, and this one only says how far to go on. What the window shows is an input
of the LSTM's next step, and the LSTM's state moves the window: so a step waits for the one before, all the way.

`window_lstm_reference` is that in operations that everybody knows; `window_lstm` runs all steps as one operation, with
the way back written out, as `recurrent.lstm` does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hellodl.autograd.arrays import column_sums, in_one_piece
from hellodl.autograd.tensor import Array, Tensor, jointly, record
from hellodl.errors import ShapeError
from hellodl.ops import elementwise, loops, products, recurrent, reductions, scratch, shapes
from hellodl.ops.calling import operation
from hellodl.ops.gates import lstm_backward, lstm_forward, lstm_forward_in_loops
from hellodl.ops.recurrent import Weights, flat, with_start


class Walk(NamedTuple):
    """What moves the window: weight (3K, H) and bias (3K,)."""

    weight: Tensor
    bias: Tensor


class Seen(NamedTuple):
    """Where the window is: shares φ (N, U) of the letters, and κ (N, K)."""

    shares: Array
    places: Array


def window_lstm_reference(x: Tensor, text: Tensor, lengths: Array, weights: Weights, walk: Walk) -> Tensor:
    """`window_lstm`, step by step."""
    steps, batch = x.shape[:2]
    count = len(walk.weight) // 3
    dtype = x.dtype
    h = c = Tensor(np.zeros((batch, weights.hh.shape[1]), dtype), dtype=dtype)
    window = Tensor(np.zeros((batch, text.shape[2]), dtype), dtype=dtype)
    place = Tensor(np.zeros((batch, count, 1), dtype), dtype=dtype)
    letters = np.arange(text.shape[1], dtype=dtype)
    there = Tensor((letters < np.asarray(lengths)[:, None]).astype(dtype)[:, None], dtype=dtype)  # (N, 1, U)
    out = []
    for t in range(steps):
        h, c = recurrent.lstm_step(shapes.concatenate([x[t], window], axis=1), h, c, weights)
        said = elementwise.exp(products.linear(h, walk.weight, walk.bias)).reshape(batch, 3 * count, 1)
        high, narrow, ahead = (said[:, k * count : (k + 1) * count] for k in range(3))
        place = place + ahead
        away = place - letters  # (N, K, U)
        shares = reductions.sum(high * elementwise.exp(-narrow * away * away), axis=1, keepdims=True) * there
        window = (shares @ text).reshape(batch, -1)
        out.append(shapes.concatenate([h, window], axis=1))
    return shapes.stack(out)


@operation
def window_lstm(x: Tensor, text: Tensor, lengths: Array, weights: Weights, walk: Walk) -> Tensor:
    """All steps of an LSTM that sees x (L, N, features), and through its window text (N, U, A): (L, N, H + A).

    Of each text `lengths` (N,) letters count. The LSTM's input is x and the window of the step before, side by side:
    weights.ih is (4H, features + A). The result is h and the window, side by side; both begin as zeros.
    """
    lengths = np.asarray(lengths)
    size, count = check_shapes(x, text, lengths, weights, walk)
    (steps, batch, features), width = x.shape, text.shape[2]
    dtype = x.dtype
    into_x, into_both = parted(weights, features)
    gates = scratch.empty((steps, batch, 4 * size), dtype)
    np.matmul(flat(x.data), into_x.T, out=flat(gates))
    gates += weights.bias_ih.data + weights.bias_hh.data
    across = in_one_piece(into_both.T)  # (H + A, 4H)
    out = with_start(np.zeros((batch, size + width), dtype), steps)
    c = with_start(np.zeros((batch, size), dtype), steps)
    shown = scratch.empty(c[1:].shape, dtype)
    said = scratch.empty((steps, batch, 3 * count), dtype)  # α, β and δ
    hills = scratch.empty((steps, batch, count, text.shape[1]), dtype)  # what each Gaussian gives each letter
    away = scratch.like(hills)
    h, product = np.empty_like(c[0]), np.empty_like(gates[0])
    place = scratch.zeros((batch, count), dtype)
    compiled = loops.use(gates, product, h, c)
    forward = lstm_forward_in_loops if compiled else lstm_forward
    for t in range(steps):
        np.matmul(out[t], across, out=product)
        forward(gates[t], product, c[t], c[t + 1], shown[t], h)
        out[t + 1, :, :size] = h
        place, _ = look(h, place, text.data, lengths, walk, said[t], hills[t], away[t], out[t + 1, :, size:])

    def back(g: Array) -> tuple[Array | None, ...]:
        to_gates, to_said = scratch.like(gates), scratch.like(said)
        to_window = scratch.empty((steps, batch, width), dtype)
        g_h = in_one_piece(g[:, :, :size])
        backward = loops.sequences.lstm_back if compiled else lstm_backward
        carried = np.zeros_like(out[0])  # what later steps make of this step's h and window
        to_c, to_place = np.zeros_like(c[0]), np.zeros_like(place)
        there = np.arange(text.shape[1]) < lengths[:, None]
        for t in reversed(range(steps)):
            np.add(g[t, :, size:], carried[:, size:], out=to_window[t])
            to_shares = np.matmul(text.data, to_window[t][:, :, None])[:, None, :, 0] * there[:, None]  # (N, 1, U)
            pull = hills[t] * to_shares
            narrow, ahead = said[t, :, count : 2 * count], said[t, :, 2 * count :]
            pull.sum(axis=2, out=to_said[t, :, :count])
            pull *= away[t]
            to_place -= 2 * narrow * pull.sum(axis=2)
            pull *= away[t]
            np.multiply(-narrow, pull.sum(axis=2), out=to_said[t, :, count : 2 * count])
            np.multiply(to_place, ahead, out=to_said[t, :, 2 * count :])
            to_h = np.matmul(to_said[t], walk.weight.data)
            to_h += carried[:, :size]
            backward(g_h[t], gates[t], shown[t], c[t], to_h, to_c, to_gates[t])
            np.matmul(to_gates[t], into_both, out=carried)
        shares = hills.sum(axis=2) * there  # (L, N, U)
        to_text = np.matmul(shares.transpose(1, 2, 0), to_window.transpose(1, 0, 2))
        rows = flat(to_gates)
        to_x = (rows @ into_x).reshape(x.shape) if x.requires_grad else None
        to_both = rows.T @ flat(out[:-1])  # (4H, H + A)
        to_ih = np.concatenate([rows.T @ flat(x.data), to_both[:, size:]], axis=1)
        to_walk = flat(to_said).T @ flat(out[1:, :, :size])
        bias = column_sums(rows)
        to_hh = in_one_piece(to_both[:, :size])
        return to_x, to_text, to_ih, to_hh, bias, bias, to_walk, column_sums(flat(to_said))

    parents = (x, text, weights.ih, weights.hh, weights.bias_ih, weights.bias_hh, walk.weight, walk.bias)
    return record(out[1:], *jointly(parents, back))


def look(
    h: Array,
    place: Array,
    text: Array,
    lengths: Array,
    walk: Walk,
    said: Array,
    hills: Array,
    away: Array,
    window: Array,
) -> tuple[Array, Array]:
    """One step of the window, from h (N, H) and κ (N, K) to the new κ and φ (N, U).

    Filled in are `said` (N, 3K): α, β, δ; `hills` (N, K, U): what each Gaussian gives each letter; `away` (N, K, U):
    how far from it; and the `window` (N, A).
    """
    count = place.shape[1]
    np.matmul(h, walk.weight.data.T, out=said)
    np.add(said, walk.bias.data, out=said)
    np.exp(said, out=said)
    place = place + said[:, 2 * count :]
    letters = np.arange(text.shape[1], dtype=text.dtype)
    np.subtract(place[:, :, None], letters, out=away)
    np.multiply(away, away, out=hills)
    hills *= -said[:, count : 2 * count, None]
    np.exp(hills, out=hills)
    hills *= said[:, :count, None]
    shares = hills.sum(axis=1)
    shares *= letters < lengths[:, None]
    window[...] = np.matmul(shares[:, None], text)[:, 0]
    return place, shares


def parted(weights: Weights, features: int) -> tuple[Array, Array]:
    """The weights of x, (4H, features), and those of h and the window, side by side, (4H, H + A)."""
    ih = weights.ih.data
    return in_one_piece(ih[:, :features]), np.concatenate([weights.hh.data, ih[:, features:]], axis=1)


def check_shapes(x: Tensor, text: Tensor, lengths: Array, weights: Weights, walk: Walk) -> tuple[int, int]:
    """The size of the state and how many Gaussians there are; ShapeError where something does not belong."""
    size, count = weights.hh.shape[1], len(walk.weight) // 3
    if x.ndim != 3 or text.ndim != 3 or x.shape[1] != text.shape[0] or lengths.shape != text.shape[:1]:
        raise ShapeError(
            f"window_lstm takes x (steps, batch, features), text (batch, letters, A) and lengths (batch,), "
            f"got {x.shape}, {text.shape} and {lengths.shape}"
        )
    wanted = {"weight_ih": (4 * size, x.shape[2] + text.shape[2]), "the walk's weight": (3 * count, size)}
    for (name, shape), found in zip(wanted.items(), (weights.ih.shape, walk.weight.shape)):
        if found != shape:
            raise ShapeError(f"window_lstm: {name} is {found}; for this input it is {shape}")
    return size, count
