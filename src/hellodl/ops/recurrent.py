"""Recurrent networks: what a network has seen so far is a vector, and each new input changes it a little.

    h ← f(W_ih x + W_hh h)

One set of weights serves every step, so a text may be as long as it likes. A plain network (Elman 1990) forgets:
going back through a hundred steps, a gradient has been through a hundred products, and has faded or blown up. An
LSTM (Hochreiter and Schmidhuber 1997; forget gate: Gers 1999) keeps a second vector that is only added to, behind
gates that say what to keep, what to write and what to show. A GRU (Cho et al. 2014) does with two gates and one
vector. Equations, the order of gates and the names of weights are PyTorch's.

One step of each comes first, in operations that everybody knows. The layers after it run all steps as one
operation: the products with the inputs of all steps are one large product, only those with the state have to wait
for each other, and no step leaves a node in the graph. Going back, a step's gradients are small arrays that are
still warm; those of the weights are again one product over all steps.

Shapes: x is (L, N, features), or (L, N) whole numbers, which count as vectors with a single 1 ("one-hot": then the
product is a look into a table). Weights are weight_ih (gates·H, features), weight_hh (gates·H, H) and two biases.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hellodl.autograd.arrays import column_sums, in_one_piece
from hellodl.autograd.tensor import Array, Tensor, jointly, record
from hellodl.errors import DataError, ShapeError
from hellodl.ops import activations, loops, scratch
from hellodl.ops.calling import operation
from hellodl.ops.gates import (
    gru_backward,
    gru_forward,
    gru_forward_in_loops,
    lstm_backward,
    lstm_forward,
    lstm_forward_in_loops,
    sigmoid,
)
from hellodl.ops.products import linear
from hellodl.ops.shapes import sums_by_index


class Weights(NamedTuple):
    """What one recurrent layer has learned."""

    ih: Tensor
    hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor


# -- one step, to be understood ----------------------------------------------------------------------------


def rnn_step(x: Tensor, h: Tensor, weights: Weights) -> Tensor:
    """h' = tanh(W_ih x + W_hh h): x (N, features), h (N, H) -> (N, H)."""
    return activations.tanh(linear(x, weights.ih, weights.bias_ih) + linear(h, weights.hh, weights.bias_hh))


def gru_step(x: Tensor, h: Tensor, weights: Weights) -> Tensor:
    """A gate r says how much of the past the new idea n may look at, a gate z how much of it stays.

    h' = (1 - z)·n + z·h with n = tanh(W_in x + r·(W_hn h)).
    """
    size = h.shape[-1]
    new = linear(x, weights.ih, weights.bias_ih)  # (N, 3H): r, z, n
    old = linear(h, weights.hh, weights.bias_hh)
    r = activations.sigmoid(new[:, :size] + old[:, :size])
    z = activations.sigmoid(new[:, size : 2 * size] + old[:, size : 2 * size])
    n = activations.tanh(new[:, 2 * size :] + r * old[:, 2 * size :])
    return (1 - z) * n + z * h


def lstm_step(x: Tensor, h: Tensor, c: Tensor, weights: Weights) -> tuple[Tensor, Tensor]:
    """Gates: i to write, f to keep, o to show; c' = f·c + i·g is the memory, h' = o·tanh(c') what one sees of it."""
    size = h.shape[-1]
    gates = linear(x, weights.ih, weights.bias_ih) + linear(h, weights.hh, weights.bias_hh)
    i, f, g, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
    c = activations.sigmoid(f) * c + activations.sigmoid(i) * activations.tanh(g)
    return activations.sigmoid(o) * activations.tanh(c), c


# -- all steps of a layer as one operation -------------------------------------------------------------------


@operation
def rnn(x: Tensor, h0: Tensor, weights: Weights) -> Tensor:
    """All steps of `rnn_step`: x (L, N, features) or (L, N) whole numbers, h0 (N, H) -> every h, (L, N, H)."""
    check_shapes("RNN", 1, x, weights, h0)
    inner = input_products(x, weights.ih.data, weights.bias_ih.data + weights.bias_hh.data)  # (L, N, H)
    across = in_one_piece(weights.hh.data.T)
    h = with_start(h0.data, len(inner))
    product = scratch.empty(h0.shape, h0.dtype)
    for t in range(len(inner)):
        np.matmul(h[t], across, out=product)
        product += inner[t]
        np.tanh(product, out=h[t + 1])

    def back(g: Array) -> tuple[Array | None, ...]:
        to_inner = scratch.like(inner)
        carried = scratch.zeros(h0.shape, h0.dtype)  # what later steps make of this step's h
        for t in reversed(range(len(g))):
            carried += g[t]
            np.multiply(h[t + 1], h[t + 1], out=to_inner[t])
            np.subtract(1, to_inner[t], out=to_inner[t])
            to_inner[t] *= carried
            np.matmul(to_inner[t], weights.hh.data, out=carried)
        bias = column_sums(flat(to_inner))
        to_hh = flat(to_inner).T @ flat(h[:-1])
        return *back_to_input(to_inner, x, weights.ih), carried, to_hh, bias, bias

    return record(h[1:], *jointly((x, weights.ih, h0, weights.hh, weights.bias_ih, weights.bias_hh), back))


@operation
def gru(x: Tensor, h0: Tensor, weights: Weights) -> Tensor:
    """All steps of `gru_step`: x (L, N, features) or (L, N) whole numbers, h0 (N, H) -> every h, (L, N, H)."""
    size = check_shapes("GRU", 3, x, weights, h0)
    bias = weights.bias_ih.data.copy()
    bias[: 2 * size] += weights.bias_hh.data[: 2 * size]  # those of r and z are only ever added up
    bias_n = weights.bias_hh.data[2 * size :]
    gates = input_products(x, weights.ih.data, bias)  # (L, N, 3H): turns into r, z and n
    across = in_one_piece(weights.hh.data.T)
    h = with_start(h0.data, len(gates))
    past = scratch.empty(h[1:].shape, h.dtype)  # W_hn h + b_hn, which r gates
    product = scratch.empty(gates.shape[1:], h.dtype)
    compiled = loops.use(gates, product, h)
    forward = gru_forward_in_loops if compiled else gru_forward
    for t in range(len(gates)):
        np.matmul(h[t], across, out=product)
        forward(gates[t], product, bias_n, past[t], h[t], h[t + 1])

    def back(g: Array) -> tuple[Array | None, ...]:
        g = in_one_piece(g)
        to_gates = scratch.like(gates)  # first what goes to W_hh h, at the end what goes to W_ih x
        to_n = scratch.like(past)
        carried = scratch.zeros(h0.shape, h0.dtype)  # what later steps make of this step's h
        work = np.empty_like(carried)
        backward = loops.sequences.gru_back if compiled else gru_backward
        for t in reversed(range(len(g))):
            backward(g[t], gates[t], past[t], h[t], carried, to_gates[t], to_n[t])
            carried += np.matmul(to_gates[t], weights.hh.data, out=work)
        to_hh = flat(to_gates).T @ flat(h[:-1])
        to_bias_hh = column_sums(flat(to_gates))
        to_gates[..., 2 * size :] = to_n
        to_bias_ih = to_bias_hh.copy()
        to_bias_ih[2 * size :] = column_sums(flat(to_n))
        return *back_to_input(to_gates, x, weights.ih), carried, to_hh, to_bias_ih, to_bias_hh

    return record(h[1:], *jointly((x, weights.ih, h0, weights.hh, weights.bias_ih, weights.bias_hh), back))


@operation
def lstm(x: Tensor, h0: Tensor, c0: Tensor, weights: Weights) -> Tensor:
    """All steps of `lstm_step`: x (L, N, features) or (L, N) whole numbers, h0 and c0 (N, H).

    Gives (L + 1, N, H): every h, and after them the last c.
    """
    check_shapes("LSTM", 4, x, weights, h0, c0)
    gates = input_products(x, weights.ih.data, weights.bias_ih.data + weights.bias_hh.data)  # (L, N, 4H)
    across = in_one_piece(weights.hh.data.T)
    steps = len(gates)
    c = with_start(c0.data, steps)
    h = with_start(h0.data, steps + 1)
    shown = scratch.empty(c[1:].shape, c.dtype)  # tanh(c)
    product = scratch.empty(gates.shape[1:], h.dtype)
    compiled = loops.use(gates, product, h, c)
    forward = lstm_forward_in_loops if compiled else lstm_forward
    for t in range(steps):
        np.matmul(h[t], across, out=product)
        forward(gates[t], product, c[t], c[t + 1], shown[t], h[t + 1])
    h[-1] = c[-1]

    def back(g: Array) -> tuple[Array | None, ...]:
        g = in_one_piece(g)
        to_gates = scratch.like(gates)
        to_h, to_c = (
            scratch.zeros(h0.shape, h0.dtype),
            g[-1].copy(),
        )  # what later steps make of this step's h, and of its c
        backward = loops.sequences.lstm_back if compiled else lstm_backward
        for t in reversed(range(steps)):
            backward(g[t], gates[t], shown[t], c[t], to_h, to_c, to_gates[t])
            np.matmul(to_gates[t], weights.hh.data, out=to_h)
        bias = column_sums(flat(to_gates))
        to_hh = flat(to_gates).T @ flat(h[:steps])
        return *back_to_input(to_gates, x, weights.ih), to_h, to_c, to_hh, bias, bias

    parents = (x, weights.ih, h0, c0, weights.hh, weights.bias_ih, weights.bias_hh)
    return record(h[1:], *jointly(parents, back))


# -- one step of one text, on plain arrays, for writing --------------------------------------------------------


def rnn_cell(inner: Array, state: tuple[Array], weights: Weights) -> tuple[Array]:
    """`rnn_step` from what the input gives, W_ih x + b_ih: (H,), (h,) -> (h',)."""
    return (np.tanh(inner + weights.hh.data @ state[0] + weights.bias_hh.data),)


def gru_cell(inner: Array, state: tuple[Array], weights: Weights) -> tuple[Array]:
    """`gru_step` from what the input gives, W_ih x + b_ih: (3H,), (h,) -> (h',)."""
    (h,), size = state, len(state[0])
    old = weights.hh.data @ h
    old += weights.bias_hh.data
    both = inner[: 2 * size] + old[: 2 * size]
    sigmoid(both)
    n = both[:size] * old[2 * size :]
    n += inner[2 * size :]
    np.tanh(n, out=n)
    return (n + both[size:] * (h - n),)


def lstm_cell(inner: Array, state: tuple[Array, Array], weights: Weights) -> tuple[Array, Array]:
    """`lstm_step` from what the input gives, W_ih x + b_ih: (4H,), (h, c) -> (h', c')."""
    h, c = state
    size = len(h)
    gates = weights.hh.data @ h
    gates += weights.bias_hh.data
    gates += inner
    new = np.tanh(gates[2 * size : 3 * size])
    sigmoid(gates)
    c = gates[size : 2 * size] * c + gates[:size] * new
    return gates[3 * size :] * np.tanh(c), c


# -- what they share ------------------------------------------------------------------------------------------


def input_products(x: Tensor, weight: Array, bias: Array) -> Array:
    """W x + b for all steps at once: (L, N, gates·H), in an array that the caller may change."""
    if x.dtype.kind == "f":
        out = scratch.empty((*x.shape[:-1], len(weight)), weight.dtype)
        np.matmul(flat(x.data), weight.T, out=flat(out))
        out += bias
        return out
    table = weight.T + bias  # (features, gates·H): what each whole number gives
    out = scratch.empty((*x.shape, len(weight)), weight.dtype)
    return np.take(table, x.data.astype(np.intp, copy=False), axis=0, out=out)


def back_to_input(to_gates: Array, x: Tensor, weight: Tensor) -> tuple[Array | None, Array]:
    """From the gradients of W x to those of x (None if it is whole numbers) and of W."""
    if x.dtype.kind == "f":
        to_x = flat(to_gates) @ weight.data if x.requires_grad else None
        to_weight = flat(to_gates).T @ flat(x.data)
        return (None if to_x is None else to_x.reshape(x.shape)), to_weight
    return None, sums_by_index(flat(to_gates), x.data.reshape(-1), weight.shape[1]).T


def with_start(start: Array, steps: int) -> Array:
    """Room for a state after each of so many steps, (steps + 1, N, H), with the first filled in."""
    states = scratch.empty((steps + 1, *start.shape), start.dtype)
    states[0] = start
    return states


def flat(array: Array) -> Array:
    """All steps of all sequences as rows: (L, N, C) -> (L·N, C)."""
    return array.reshape(-1, array.shape[-1])


def check_shapes(name: str, gates: int, x: Tensor, weights: Weights, *states: Tensor) -> int:
    """The size of the state; ShapeError or DataError where an input or a state is not what the weights take."""
    size, features = weights.hh.shape[1], weights.ih.shape[1]
    if weights.ih.shape[0] != gates * size:
        raise ShapeError(
            f"{name}: weight_ih is {weights.ih.shape}; it has {gates} gates of {size}, so give it {gates * size} rows"
        )
    whole = x.dtype.kind in "iu"
    if x.ndim != (2 if whole else 3) or not (whole or x.shape[2] == features):
        raise ShapeError(
            f"{name} takes (steps, batch, {features}), or (steps, batch) whole numbers, got {x.shape} {x.dtype}"
        )
    if whole and x.numel() and not 0 <= x.data.min() <= x.data.max() < features:
        raise DataError(f"{name}: whole numbers must be from 0 to {features - 1}, got {x.data.min()} to {x.data.max()}")
    for state in states:
        if state.shape != (x.shape[1], size):
            raise ShapeError(f"{name}: a state is {state.shape}; for this input it is ({x.shape[1]}, {size})")
    return size
