"""The steps of GRU and LSTM on whole arrays, forward and back, and the same by loops: what `recurrent.py` runs.

Products with the state are done by the caller, and results go into the arrays that are given, so that a step makes
no new ones. The readable versions are `gru_step` and `lstm_step`; tests hold all of them equal.
"""

from __future__ import annotations

import numpy as np

from hellodl.autograd.tensor import Array
from hellodl.ops import loops


def gru_forward(gates: Array, product: Array, bias_n: Array, past: Array, h: Array, after: Array) -> None:
    """`gates` has W_ih x and becomes r, z and n; `product` is W_hh h; `past` becomes what r gates, `after` h'."""
    size = h.shape[1]
    both, r, z, n = gates[:, : 2 * size], gates[:, :size], gates[:, size : 2 * size], gates[:, 2 * size :]
    both += product[:, : 2 * size]
    sigmoid(both)
    np.add(product[:, 2 * size :], bias_n, out=past)
    n += np.multiply(r, past, out=after)
    np.tanh(n, out=n)
    np.subtract(h, n, out=after)  # h' = n + z·(h - n)
    after *= z
    after += n


def gru_forward_in_loops(gates: Array, product: Array, bias_n: Array, past: Array, h: Array, after: Array) -> None:
    """The same."""
    both, n = gates[:, : 2 * h.shape[1]], gates[:, 2 * h.shape[1] :]
    loops.sequences.gru_open(gates, product)
    np.tanh(both, out=both)
    loops.sequences.gru_look_back(gates, product, bias_n, past)
    np.tanh(n, out=n)
    loops.sequences.gru_blend(gates, h, after)


def gru_backward(g: Array, gates: Array, past: Array, h: Array, carried: Array, to_gates: Array, to_n: Array) -> None:
    """From the gradients of h', g and what later steps `carried` here, to those of W_hh h, of n, and straight of h."""
    size = h.shape[1]
    r, z, n = (gates[:, k * size : (k + 1) * size] for k in range(3))
    to_r, to_z, to_past = (to_gates[:, k * size : (k + 1) * size] for k in range(3))
    carried += g
    forget = 1 - z
    np.subtract(h, n, out=to_z)
    to_z *= z
    to_z *= forget
    to_z *= carried
    forget *= carried
    np.multiply(n, n, out=to_n)
    np.subtract(1, to_n, out=to_n)
    to_n *= forget
    np.multiply(to_n, r, out=to_past)
    np.subtract(1, r, out=to_r)
    to_r *= past
    to_r *= to_past
    carried *= z


def lstm_forward(gates: Array, product: Array, c: Array, c_after: Array, shown: Array, after: Array) -> None:
    """`gates` has W_ih x and becomes i, f, g and o; `product` is W_hh h; `shown` becomes tanh(c'), `after` h'."""
    size = c.shape[1]
    gates += product
    i, f, g, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
    sigmoid(gates[:, : 2 * size])
    np.tanh(g, out=g)
    sigmoid(o)
    np.multiply(f, c, out=c_after)
    c_after += np.multiply(i, g, out=shown)
    np.tanh(c_after, out=shown)
    np.multiply(o, shown, out=after)


def lstm_forward_in_loops(gates: Array, product: Array, c: Array, c_after: Array, shown: Array, after: Array) -> None:
    """The same. A sigmoid is a tanh, squeezed: σ(x) = ½ tanh(½x) + ½. So one tanh does all four gates."""
    loops.sequences.lstm_open(gates, product)
    np.tanh(gates, out=gates)
    loops.sequences.lstm_keep(gates, c, c_after)
    np.tanh(c_after, out=shown)
    loops.sequences.lstm_show(gates, shown, after)


def lstm_backward(g: Array, gates: Array, shown: Array, c: Array, to_h: Array, to_c: Array, to_gates: Array) -> None:
    """From the gradients of h' (g and `to_h`) and of c' (`to_c`) to those of the gates, and straight of c (`to_c`)."""
    size = c.shape[1]
    to_h += g
    i, f, new, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
    to_i, to_f, to_new, to_o = (to_gates[:, k * size : (k + 1) * size] for k in range(4))
    np.subtract(1, o, out=to_o)
    to_o *= o
    to_o *= shown
    to_o *= to_h
    slope = 1 - shown * shown
    slope *= o
    slope *= to_h
    to_c += slope
    np.subtract(1, i, out=to_i)
    to_i *= i
    to_i *= new
    to_i *= to_c
    np.subtract(1, f, out=to_f)
    to_f *= f
    to_f *= c
    to_f *= to_c
    np.multiply(new, new, out=to_new)
    np.subtract(1, to_new, out=to_new)
    to_new *= i
    to_new *= to_c
    to_c *= f


def sigmoid(x: Array) -> None:
    """1/(1 + e⁻ˣ), in place, by way of tanh, which never overflows."""
    x *= 0.5
    np.tanh(x, out=x)
    x *= 0.5
    x += 0.5
