"""Attention: every position of a text asks all positions before it, and takes over what answers best.

A position puts a question, a query q. Each position has a key k, which says what it can tell, and a value v, which
is what it tells. How well a key fits a query is their product; softmax makes shares of it; the answer is the values
in these shares (Vaswani et al. 2017; the idea is Bahdanau's, 2014). Several heads ask at once, each its own question
in a few of the features. To write text, no position may look at those after it: the attention is causal.

Attention by itself does not know which position is which. `turned` tells it (rotary positions, Su et al. 2021): a
query and a key are turned, two features at a time, by an angle that grows with the position; their product then
depends only on how far apart they are.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

from hellodl.autograd.arrays import as_array, column_sums, in_one_piece
from hellodl.autograd.tensor import Array, Tensor, as_tensor, floats, jointly, record
from hellodl.errors import ShapeError
from hellodl.ops import loops, scratch
from hellodl.ops.activations import softmax
from hellodl.ops.calling import operation
from hellodl.ops.elementwise import where
from hellodl.ops.norms import from_unit, rms_norm_reference, to_unit
from hellodl.ops.shapes import concatenate, pad, stack


def same(x: Tensor) -> Tensor:
    """x."""
    return x


BLOCK = 64  # queries at a time: what they may not see beyond is not even computed


# -- to be understood ------------------------------------------------------------------------------------------


def one_head(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention of one head over one text: q, k and v are (T, d), and so is the answer."""
    scale = 1 / sqrt(q.shape[-1])
    fits = (q @ k.T) * scale  # (T, T): how well each position's key fits each position's query
    allowed = np.tri(len(q), dtype=bool)  # a query sees itself and what was before
    return softmax(where(allowed, fits, -1e30)) @ v


def angles(positions: int, size: int, base: float = 1_000.0) -> Array:
    """By how much `turned` turns each pair of features at each position: (positions, size/2) float32, in radians.

    The first pair turns by one radian a position, the last nearly `base` times as slowly (10,000 in the paper, for
    longer texts than ours).
    """
    speeds = base ** (-np.arange(0, size, 2) / size)
    return (np.arange(positions)[:, None] * speeds).astype(np.float32)


def turned(x: Tensor, angle: Array) -> Tensor:
    """Each pair (x_i, x_{i + d/2}) turned by its angle: x (T, d), angle (T, d/2)."""
    half = x.shape[-1] // 2
    a, b, cos, sin = x[..., :half], x[..., half:], np.cos(angle), np.sin(angle)
    return concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)


def self_attention_reference(qkv: Tensor, heads: int, angle: Array | None = None, normalise: bool = False) -> Tensor:
    """`self_attention`, text by text and head by head."""
    width = qkv.shape[2] // 3
    size = width // heads
    texts = []
    for text in range(qkv.shape[0]):
        answers = []
        for head in range(heads):
            first = head * size
            q, k, v = (qkv[text, :, start + first : start + first + size] for start in (0, width, 2 * width))
            if normalise:
                q, k = rms_norm_reference(q), rms_norm_reference(k)
            if angle is not None:
                q, k = turned(q, angle), turned(k, angle)
            answers.append(one_head(q, k, v))
        texts.append(concatenate(answers, axis=1))
    return stack(texts)


def token_shift_reference(x: Tensor, weight: Tensor) -> Tensor:
    """`token_shift`, position by position."""
    back, steps = len(weight) - 1, x.shape[1]
    framed = pad(x, [(0, 0), (back, 0), (0, 0)])
    return sum((framed[:, back - k : back - k + steps] * weight[k] for k in range(1, back + 1)), x * weight[0])


@operation(of_floats=True)
def token_shift(x: Tensor, weight: Tensor) -> Tensor:
    """Each feature mixed with what it was at the positions before: x (N, T, width), weight (taps, width).

    out_t = w_0·x_t + w_1·x_{t-1} + ...; before the first position there is zero. To know the last letters is worth a
    lot, and attention needs a layer and a half to learn to look one position back; this is for nothing. (A causal
    convolution of each feature by itself, as in Primer, So et al. 2021; with one step back it is RWKV's token
    shift, Peng 2023.)
    """
    if loops.use(x.data, weight.data):
        return _shift_in_loops(x, weight)
    out = np.multiply(x.data, weight.data[0], out=scratch.like(x.data))
    work = scratch.like(x.data)
    for k in range(1, min(len(weight.data), x.shape[1])):
        out[:, k:] += np.multiply(x.data[:, :-k], weight.data[k], out=work[:, k:])

    def back(g: Array) -> tuple[Array, Array]:
        to_x = np.multiply(g, weight.data[0], out=scratch.like(x.data))
        work, to_weight = scratch.like(x.data), np.zeros_like(weight.data)
        to_weight[0] = column_sums(np.multiply(g, x.data, out=work).reshape(-1, x.shape[2]))
        for k in range(1, min(len(weight.data), x.shape[1])):
            to_x[:, :-k] += np.multiply(g[:, k:], weight.data[k], out=work[:, k:])
            to_weight[k] = np.einsum("ntc,ntc->c", g[:, k:], x.data[:, :-k])
        return to_x, to_weight

    return record(out, *jointly((x, weight), back))


def _shift_in_loops(x: Tensor, weight: Tensor) -> Tensor:
    out = scratch.like(x.data)
    loops.sequences.shift(x.data, weight.data, out)

    def back(g: Array) -> tuple[Array, Array]:
        to_x, to_weight = scratch.like(x.data), np.empty_like(weight.data)
        loops.sequences.unshift(in_one_piece(g), x.data, weight.data, to_x, to_weight)
        return to_x, to_weight

    return record(out, *jointly((x, weight), back))


def attention_between(
    q: Tensor, k: Tensor, v: Tensor, mask: Any = None, is_causal: bool = False, drop: Callable[[Tensor], Tensor] = same
) -> tuple[Tensor, Tensor]:
    """Queries of one sequence to any keys: q (..., L, d), k and v (..., S, d) -> (..., L, d), shares (..., L, S).

    `mask`, which broadcasts to (..., L, S), is true where a query may look, or numbers that are added to how well they
    fit (-∞: not at all); with `is_causal`, query i sees keys 0 to i alone. A query that may look nowhere gets zeros.
    """
    fits = (q @ k.transpose(-1, -2)) * (1 / sqrt(q.shape[-1]))
    seen: Any = np.tri(*fits.shape[-2:]) > 0 if is_causal else np.True_
    if mask is not None:
        mask = mask_of(mask, q)
        if mask.dtype.kind == "b":
            seen = seen & mask.data
        else:
            seen = seen & (mask.data > -np.inf)
            fits = fits + where(np.isfinite(mask.data), mask, 0.0)
    hidden = float(np.finfo(fits.dtype).min) / 2  # a number in float16 too, where -1e30 is none
    shares = softmax(where(seen, fits, hidden)) * np.broadcast_to(seen, fits.shape).astype(fits.dtype)
    return drop(shares) @ v, shares


def mask_of(mask: Any, q: Tensor) -> Tensor:
    """A mask as a tensor: truths as they are, and numbers, where they are none yet, of the queries' dtype."""
    return Tensor(mask) if as_array(mask).dtype.kind == "b" else as_tensor(mask, q)


# -- all heads of all texts as one operation --------------------------------------------------------------------


def self_attention(qkv: Tensor, heads: int, angle: Array | None = None, normalise: bool = False) -> Tensor:
    """Causal attention of all heads: qkv (N, T, 3·width) -> (N, T, width).

    A row of qkv has the queries of all heads, then their keys, then their values. With `normalise`, queries and keys
    get the same length first (Henry et al. 2020); `angle` (T, width/heads/2) turns them. Their products are
    divided by √size, or those of long vectors would be so large that softmax would see only the largest.
    """
    qkv = floats(qkv)
    texts, steps, columns = qkv.shape
    if heads < 1 or columns % (3 * heads):
        raise ShapeError(f"self_attention: {columns} columns are not 3 parts of {heads} equal heads")
    size = columns // 3 // heads
    if angle is not None and angle.shape != (steps, size // 2):
        raise ShapeError(
            f"self_attention: angles are {angle.shape}; {steps} positions of heads of {size} want {(steps, size // 2)}"
        )
    factor = qkv.dtype.type(1 / sqrt(size))
    parts = qkv.data.reshape(texts, steps, 3, heads, size)
    asked, unask = asking(parts, angle, normalise)  # queries and keys (N, T, 2, heads, size)
    q, k, v = (by_head(part) for part in (asked[:, :, 0], asked[:, :, 1], parts[:, :, 2]))
    out = scratch.empty((texts, steps, heads, size), qkv.dtype)
    answers = by_head(out)
    blocks = [(start, min(start + BLOCK, steps)) for start in range(0, steps, BLOCK)]
    shares = []
    for start, stop in blocks:
        share = scratch.empty((texts, heads, stop - start, stop), qkv.dtype)
        np.matmul(q[:, :, start:stop], transposed(k[:, :, :stop]), out=share)
        causal_softmax(share, factor)
        np.matmul(share, v[:, :, :stop], out=answers[:, :, start:stop])
        shares.append(share)

    def back(g: Array) -> Array:
        g = in_one_piece(g).reshape(out.shape)
        # Softmax: share·(d - Σ share·d), and that sum over the keys is the answer times its gradient.
        along = np.einsum("nthd,nthd->nht", g, out)[..., None]
        to_answers = by_head(g)
        to_qkv = scratch.empty((texts, steps, 3, heads, size), qkv.dtype)
        to_asked = to_qkv[:, :, :2] if unask is None else scratch.like(asked)
        to_q, to_k, to_v = (by_head(part) for part in (to_asked[:, :, 0], to_asked[:, :, 1], to_qkv[:, :, 2]))
        for (start, stop), share in zip(reversed(blocks), reversed(shares)):
            here = to_answers[:, :, start:stop]
            d = np.matmul(here, transposed(v[:, :, :stop]), out=scratch.like(share))
            unsoftmax(d, share, along[:, :, start:stop], factor)
            np.matmul(d, k[:, :, :stop], out=to_q[:, :, start:stop])
            if stop == steps:  # the last block sees all keys, so its share of their gradients comes first
                np.matmul(transposed(d), q[:, :, start:stop], out=to_k)
                np.matmul(transposed(share), here, out=to_v)
            else:
                to_k[:, :, :stop] += transposed(d) @ q[:, :, start:stop]
                to_v[:, :, :stop] += transposed(share) @ here
        if unask is not None:
            unask(to_asked, to_qkv)
        return to_qkv.reshape(qkv.shape)

    return record(out.reshape(texts, steps, heads * size), (qkv, back))


def asking(parts: Array, angle: Array | None, normalise: bool) -> tuple[Array, Callable[[Array, Array], None] | None]:
    """Queries and keys as attention wants them, from (N, T, 3, heads, size): (N, T, 2, heads, size).

    And what carries their gradient back to where it belongs in that of the whole; None where nothing was done.
    """
    if angle is None and not normalise:
        return parts[:, :, :2], None
    texts, steps, _, heads, size = parts.shape
    if loops.use(parts):
        angle = np.zeros((steps, size // 2), np.float32) if angle is None else angle
        cos, sin, rows = np.cos(angle), np.sin(angle), parts.reshape(texts * steps, 3 * heads * size)
        lengths = scratch.empty((len(rows), 2 * heads), np.float32)
        asked = scratch.empty((texts, steps, 2, heads, size), np.float32)
        flat = (len(rows), 2 * heads * size)
        loops.sequences.ask(rows, cos, sin, normalise, lengths, asked.reshape(flat))

        def back(g: Array, to_parts: Array) -> None:
            loops.sequences.unask(g.reshape(flat), rows, cos, sin, normalise, lengths, to_parts.reshape(rows.shape))

        return asked, back
    even, scale = to_unit(parts[:, :, :2]) if normalise else (parts[:, :, :2], None)
    asked = even if angle is None else turn(even, angle[:, None, None])

    def carry_back(g: Array, to_parts: Array) -> None:
        g = g if angle is None else turn(g, -angle[:, None, None])
        to_parts[:, :, :2] = g if scale is None else from_unit(g, parts[:, :, :2], scale)

    return asked, carry_back


def by_head(x: Array) -> Array:
    """(N, T, heads, size) -> (N, heads, T, size), the same memory."""
    return x.transpose(0, 2, 1, 3)


def transposed(x: Array) -> Array:
    """The last two axes swapped, the same memory."""
    return x.swapaxes(-1, -2)


def causal_softmax(fits: Array, factor: Any) -> None:
    """Softmax of factor·fits (..., queries, keys) along the keys, in place; the last query sees all keys."""
    queries, keys = fits.shape[-2:]
    if loops.use(fits):
        rows = fits.reshape(-1, keys)
        loops.sequences.below_largest(rows, queries, factor)
        np.exp(rows, out=rows)
        loops.sequences.to_shares(rows, queries)
        return
    fits *= factor
    if queries > 1:
        fits[..., keys - queries :] += np.triu(np.full((queries, queries), -np.inf, fits.dtype), 1)
    fits -= np.maximum.reduce(fits, axis=-1, keepdims=True)
    np.exp(fits, out=fits)
    fits /= np.add.reduce(fits, axis=-1, keepdims=True)


def unsoftmax(d: Array, share: Array, along: Array, factor: Any) -> None:
    """The gradient of `causal_softmax`, in place: d becomes factor·share·(d - along)."""
    if loops.use(d, share):
        keys = d.shape[-1]
        sums = in_one_piece(along).reshape(-1)
        loops.sequences.unshare(d.reshape(-1, keys), share.reshape(-1, keys), sums, factor)
        return
    d -= along
    d *= share
    d *= factor


def turn(x: Array, angle: Array) -> Array:
    """`turned` for x (..., T, ..., size) as a new array; angle (T, size/2) is to be of a shape that fits it."""
    half = x.shape[-1] // 2
    cos, sin = np.cos(angle).astype(x.dtype, copy=False), np.sin(angle).astype(x.dtype, copy=False)
    out = scratch.empty(x.shape, x.dtype)
    a, b, work = x[..., :half], x[..., half:], scratch.empty((*x.shape[:-1], half), x.dtype)
    np.multiply(a, cos, out=out[..., :half])
    out[..., :half] -= np.multiply(b, sin, out=work)
    np.multiply(a, sin, out=out[..., half:])
    out[..., half:] += np.multiply(b, cos, out=work)
    return out


def attend(q: Array, k: Array, v: Array) -> Array:
    """Answers to the last T positions' queries (..., T, size), with k and v of all positions so far; no gradients."""
    fits = q @ transposed(k)
    causal_softmax(fits, q.dtype.type(1 / sqrt(q.shape[-1])))
    return fits @ v
