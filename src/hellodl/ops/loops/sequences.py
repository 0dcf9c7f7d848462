"""Loops over sequences: one step of a recurrent cell, what attention asks, shares and mixes."""

from __future__ import annotations

import numpy as np

from hellodl.ops.loops.compiler import REAL, ROWS, TEXTS, VECTOR, WHOLE, into, loop

# -- recurrent cells: one step of a batch (see `recurrent`); tanh is taken in between, by NumPy ------------------


@loop(into(ROWS), ROWS)
def gru_open(gates, product):
    """Half of what r and z are the sigmoid of: the products with the input and with the state."""
    half, size = np.float32(0.5), gates.shape[1] // 3
    for n in range(len(gates)):
        for j in range(2 * size):
            gates[n, j] = half * (gates[n, j] + product[n, j])


@loop(into(ROWS), ROWS, VECTOR, into(ROWS))
def gru_look_back(gates, product, bias, past):
    """σ(x) = ½ tanh(½x) + ½ for r and z; then r says how much of the past goes into n."""
    half, size = np.float32(0.5), past.shape[1]
    for n in range(len(past)):
        r, z = gates[n, :size], gates[n, size : 2 * size]
        new, old = gates[n, 2 * size :], product[n, 2 * size :]
        for j in range(size):
            r[j] = half * r[j] + half
            z[j] = half * z[j] + half
            past[n, j] = old[j] + bias[j]
            new[j] += r[j] * past[n, j]


@loop(ROWS, ROWS, into(ROWS))
def gru_blend(gates, before, after):
    """h' = n + z·(h - n)."""
    size = before.shape[1]
    for n in range(len(before)):
        z, new = gates[n, size : 2 * size], gates[n, 2 * size :]
        for j in range(size):
            after[n, j] = new[j] + z[j] * (before[n, j] - new[j])


@loop(ROWS, ROWS, ROWS, ROWS, into(ROWS), into(ROWS), into(ROWS))
def gru_back(g, gates, past, before, carried, to_gates, to_n):
    """The slopes of a step: to what the gates are made of, and (in `carried`) straight to the state before."""
    one, size = np.float32(1), past.shape[1]
    for b in range(len(past)):
        r, z, n = gates[b, :size], gates[b, size : 2 * size], gates[b, 2 * size :]
        to_r, to_z, to_past = to_gates[b, :size], to_gates[b, size : 2 * size], to_gates[b, 2 * size :]
        for j in range(size):
            to_h = carried[b, j] + g[b, j]
            inner = to_h * (one - z[j]) * (one - n[j] * n[j])
            to_n[b, j] = inner
            to_past[j] = inner * r[j]
            to_r[j] = to_past[j] * past[b, j] * (one - r[j])
            to_z[j] = to_h * (before[b, j] - n[j]) * z[j] * (one - z[j])
            carried[b, j] = to_h * z[j]


@loop(into(ROWS), ROWS)
def lstm_open(gates, product):
    """What the gates are the tanh of: half of it for i, f and o, which are to be sigmoids."""
    half, size = np.float32(0.5), gates.shape[1] // 4
    for n in range(len(gates)):
        for j in range(4 * size):
            gates[n, j] += product[n, j]
        for j in range(2 * size):
            gates[n, j] *= half
        for j in range(3 * size, 4 * size):
            gates[n, j] *= half


@loop(into(ROWS), ROWS, into(ROWS))
def lstm_keep(gates, before, after):
    """σ(x) = ½ tanh(½x) + ½ for i, f and o; then c' = f·c + i·g."""
    half, size = np.float32(0.5), before.shape[1]
    for n in range(len(before)):
        i, f = gates[n, :size], gates[n, size : 2 * size]
        g, o = gates[n, 2 * size : 3 * size], gates[n, 3 * size :]
        for j in range(size):
            i[j] = half * i[j] + half
            f[j] = half * f[j] + half
            o[j] = half * o[j] + half
            after[n, j] = f[j] * before[n, j] + i[j] * g[j]


@loop(ROWS, ROWS, into(ROWS))
def lstm_show(gates, shown, after):
    """h' = o·tanh(c')."""
    size = after.shape[1]
    for n in range(len(after)):
        o = gates[n, 3 * size :]
        for j in range(size):
            after[n, j] = o[j] * shown[n, j]


@loop(ROWS, ROWS, ROWS, ROWS, into(ROWS), into(ROWS), into(ROWS))
def lstm_back(g, gates, shown, before, to_h, to_c, to_gates):
    """The slopes of a step: to what the gates are made of, and (in `to_c`) to the memory before."""
    one, size = np.float32(1), before.shape[1]
    for b in range(len(before)):
        i, f = gates[b, :size], gates[b, size : 2 * size]
        new, o = gates[b, 2 * size : 3 * size], gates[b, 3 * size :]
        to_i, to_f = to_gates[b, :size], to_gates[b, size : 2 * size]
        to_new, to_o = to_gates[b, 2 * size : 3 * size], to_gates[b, 3 * size :]
        for j in range(size):
            slope = to_h[b, j] + g[b, j]
            to_o[j] = slope * shown[b, j] * o[j] * (one - o[j])
            memory = to_c[b, j] + slope * o[j] * (one - shown[b, j] * shown[b, j])
            to_i[j] = memory * new[j] * i[j] * (one - i[j])
            to_f[j] = memory * before[b, j] * f[j] * (one - f[j])
            to_new[j] = memory * i[j] * (one - new[j] * new[j])
            to_c[b, j] = memory * f[j]


# -- attention: rows of how well each key fits a query; a query sees itself and what was before ------------------


@loop(ROWS, ROWS, ROWS, "b1", into(ROWS), into(ROWS))
def ask(rows, cos, sin, normalise, scale, out):
    """Queries and keys, side by side in `rows`, each scaled to a mean square of 1 (or not), and turned."""
    half, heads = cos.shape[1], scale.shape[1]
    for r in range(len(rows)):
        c, s = cos[r % len(cos)], sin[r % len(cos)]
        for h in range(heads):
            x, y = rows[r, 2 * half * h : 2 * half * (h + 1)], out[r, 2 * half * h : 2 * half * (h + 1)]
            scale[r, h] = 1
            if normalise:
                squares = np.float32(0)
                for i in range(2 * half):
                    squares += x[i] * x[i]
                scale[r, h] = np.float32(1) / np.sqrt(squares / (2 * half) + np.float32(1e-6))
            for i in range(half):
                a, b = x[i] * scale[r, h], x[half + i] * scale[r, h]
                y[i], y[half + i] = a * c[i] - b * s[i], a * s[i] + b * c[i]


@loop(ROWS, ROWS, ROWS, ROWS, "b1", ROWS, into(ROWS))
def unask(g, rows, cos, sin, normalise, scale, to_rows):
    """The slopes of the above, into the first columns of `to_rows`."""
    half, heads = cos.shape[1], scale.shape[1]
    for r in range(len(rows)):
        c, s = cos[r % len(cos)], sin[r % len(cos)]
        for h in range(heads):
            first, last = 2 * half * h, 2 * half * (h + 1)
            x, y, to_x = rows[r, first:last], g[r, first:last], to_rows[r, first:last]
            for i in range(half):
                to_x[i], to_x[half + i] = y[i] * c[i] + y[half + i] * s[i], y[half + i] * c[i] - y[i] * s[i]
            if normalise:
                along = np.float32(0)
                for i in range(2 * half):
                    along += to_x[i] * x[i]
                along *= scale[r, h] * scale[r, h] / (2 * half)
                for i in range(2 * half):
                    to_x[i] = scale[r, h] * (to_x[i] - x[i] * along)


@loop(TEXTS, ROWS, into(TEXTS))
def shift(x, weight, out):
    """Each position of (N, T, width) mixed with those before it: see `attention.token_shift`."""
    texts, steps, width = x.shape
    for n in range(texts):
        for t in range(steps):
            for c in range(width):
                out[n, t, c] = weight[0, c] * x[n, t, c]
            for k in range(1, min(len(weight), t + 1)):
                for c in range(width):
                    out[n, t, c] += weight[k, c] * x[n, t - k, c]


@loop(TEXTS, TEXTS, ROWS, into(TEXTS), into(ROWS))
def unshift(g, x, weight, to_x, to_weight):
    """The slopes of the above."""
    texts, steps, width = x.shape
    to_weight[:] = 0
    for n in range(texts):
        for t in range(steps):
            for c in range(width):
                to_x[n, t, c] = weight[0, c] * g[n, t, c]
                to_weight[0, c] += g[n, t, c] * x[n, t, c]
            for k in range(1, len(weight)):
                if t + k < steps:
                    for c in range(width):
                        to_x[n, t, c] += weight[k, c] * g[n, t + k, c]
                        to_weight[k, c] += g[n, t + k, c] * x[n, t, c]


@loop(into(ROWS), WHOLE, REAL)
def below_largest(fits, queries, factor):
    """factor·fits, less the largest of what each query sees; e to what it does not see is to be 0."""
    keys = fits.shape[1]
    for r in range(len(fits)):
        seen = keys - queries + r % queries + 1
        row = fits[r]
        largest = row[0]
        for k in range(seen):
            largest = max(largest, row[k])
        for k in range(seen):
            row[k] = factor * (row[k] - largest)
        for k in range(seen, keys):
            row[k] = -np.float32(1e30)


@loop(into(ROWS), WHOLE)
def to_shares(rows, queries):
    """Each row divided by its sum."""
    keys = rows.shape[1]
    for r in range(len(rows)):
        seen = keys - queries + r % queries + 1
        total = np.float32(0)
        for k in range(seen):
            total += rows[r, k]
        share = np.float32(1) / total
        for k in range(seen):
            rows[r, k] *= share


@loop(into(ROWS), ROWS, VECTOR, REAL)
def unshare(d, share, along, factor):
    """factor·share·(d - along), the slope of softmax."""
    for r in range(len(d)):
        for k in range(d.shape[1]):
            d[r, k] = factor * share[r, k] * (d[r, k] - along[r])
