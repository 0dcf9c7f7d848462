"""ONNX's operators for learning and for sequences: losses, recurrent layers, attention, optimisers."""

from math import sqrt

import numpy as np
from onnx_table import NotOffered, array, channels_last, operator

from hellodl import Tensor, nn, ops, optim
from hellodl.nn import functional as F


@operator("NegativeLogLikelihoodLoss")
def nll(x, target, weight=None, ignore_index=-100, reduction="mean", loss=F.nll_loss):
    rows = channels_last(x).reshape(-1, x.shape[1])  # a sample is every place of every picture
    out = loss(rows, target.reshape(-1), weight, ignore_index=ignore_index, reduction=reduction)
    return out.reshape(target.shape) if reduction == "none" else out


@operator("SoftmaxCrossEntropyLoss")
def _(x, target, weight=None, **how):
    return nll(x, target, weight, loss=nn.cross_entropy, **how), ops.log_softmax(x, 1)


@operator("Dropout")
def _(x, ratio=None, training_mode=None, seed=0, **how):
    drops = training_mode is not None and bool(training_mode) and (ratio is None or float(ratio) > 0)
    if drops:
        raise NotOffered("chance is drawn by another generator")
    return nn.Dropout(0.5).eval()(x), np.ones(x.shape, bool)


# -- recurrent layers: ONNX's order of gates, and ours, which is PyTorch's -------------------------------------------

GATES = {nn.RNN: [0], nn.GRU: [1, 0, 2], nn.LSTM: [0, 2, 3, 1]}


def recurrent(kind, x, w, r, b, lengths, *states, layout=0, direction="forward", hidden_size=None):
    """Layers with a memory, both directions: every output, and the last states."""
    if layout:
        x, states = x.transpose(0, 1), [state and state.transpose(0, 1) for state in states]
    size, order = r.shape[2], GATES[kind]
    layer = kind(w.shape[2], size, bidirectional=direction == "bidirectional")
    for number, end in enumerate(["_l0", "_l0_reverse"][: len(w)]):
        bias = np.zeros(2 * w.shape[1], w.dtype) if b is None else b.data[number]
        parts = (w.data[number], r.data[number], *np.split(bias, 2))
        for name, part in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), parts):
            gates = part.reshape(len(order), size, *part.shape[1:])[order]
            getattr(layer, name + end).data[...] = gates.reshape(part.shape)
    if direction == "reverse":
        x = x[::-1]
    zero = array(np.zeros((len(w), x.shape[1], size)), x)
    start = [zero if state is None else state for state in states]
    lengths = None if lengths is None or (lengths.data == len(x)).all() else lengths
    out, last = layer(x, tuple(start) if kind is nn.LSTM else start[0], lengths)
    if direction == "reverse":
        out = out[::-1]
    out = out.reshape(*out.shape[:2], len(w), size).transpose((0, 2, 1, 3))  # (L, directions, N, size)
    last = last if isinstance(last, tuple) else (last,)
    if layout:
        return out.transpose((2, 0, 1, 3)), *(state.transpose(0, 1) for state in last)
    return out, *last


@operator("RNN")
def _(x, w, r, b=None, lengths=None, start=None, **how):
    return recurrent(nn.RNN, x, w, r, b, lengths, start, **how)


@operator("GRU")
def _(x, w, r, b=None, lengths=None, start=None, linear_before_reset=0, **how):
    # With the reset before the product instead of after it, the same where there is nothing to reset.
    alike = len(x) == 1 or (how.get("layout") and x.shape[1] == 1)
    nothing = b is None or not b.data[:, 5 * r.shape[2] :].any()
    if not (linear_before_reset or (alike and start is None and nothing)):
        raise NotOffered("a GRU resets after the product, as PyTorch's does")
    return recurrent(nn.GRU, x, w, r, b, lengths, start, **how)


@operator("LSTM")
def _(x, w, r, b=None, lengths=None, h=None, c=None, peepholes=None, **how):
    if peepholes is not None:
        raise NotOffered("an LSTM has no peepholes")
    return recurrent(nn.LSTM, x, w, r, b, lengths, h, c, **how)


# -- attention -------------------------------------------------------------------------------------------------------


def by_heads(x, heads):
    """(N, L, heads·size) -> (N, heads, L, size); what has its heads stays."""
    return x if x.ndim == 4 else x.reshape(*x.shape[:2], heads, -1).transpose((0, 2, 1, 3))


def joined(x):
    """(N, heads, L, size) -> (N, L, heads·size)."""
    return x.transpose((0, 2, 1, 3)).reshape(x.shape[0], x.shape[2], -1)


@operator("Attention")
def _(q, k, v, mask=None, past_key=None, past_value=None, lengths=None, q_num_heads=None, kv_num_heads=None, **how):
    three = q.ndim == 3
    q, k, v = by_heads(q, q_num_heads), by_heads(k, kv_num_heads), by_heads(v, kv_num_heads)
    before = 0
    if past_key is not None:
        before = past_key.shape[2]
        k, v = ops.concatenate([past_key, k], 2), ops.concatenate([past_value, v], 2)
    present = k, v
    copies = np.arange(q.shape[1]) // (q.shape[1] // k.shape[1])  # several queries' heads look at one of the keys'
    k, v = k[:, copies], v[:, copies]
    seen = visible(q.shape[2], k.shape[2], before, lengths, how)
    added = array(np.where(seen, 0, -np.inf), q)
    if mask is not None:
        mask = array(np.where(mask.data, 0, -np.inf), q) if mask.dtype.kind == "b" else mask
        width = k.shape[2] - mask.shape[-1]
        added = added + ops.pad(mask, [*[(0, 0)] * (mask.ndim - 1), (0, width)], -np.inf)
    size, scale, cap = q.shape[-1], how.get("scale"), how.get("softcap", 0.0)
    q = q * (scale * sqrt(size)) if scale else q
    fits = q @ k.transpose(-1, -2) * (1 / sqrt(size))
    capped = cap * ops.tanh(fits / cap) if cap else fits
    if cap:  # what fits is bent: by hand
        some = np.isfinite(added.data).any(axis=-1, keepdims=True)
        shares = ops.softmax(ops.where(some, capped + added, 0.0)) * array(np.broadcast_to(some, fits.shape), q)
        out = shares @ v
    else:
        out, shares = ops.attention_between(q, k, v, added)
    shown = [fits, capped, capped + added, shares][how.get("qk_matmul_output_mode", 0)]
    return joined(out) if three else out, *present, shown


def visible(queries, keys, before, lengths, how):
    """Which keys the queries may see, by order, window and length: (N or 1, 1, queries, keys)."""
    first = np.array([before]) if lengths is None else lengths.data.astype(int) - queries
    ahead = np.arange(keys) - (np.arange(queries)[:, None] + first[:, None, None, None])
    seen = np.ones_like(ahead, bool)
    if lengths is not None:
        seen &= np.arange(keys) < lengths.data[:, None, None, None]
    left, right = how.get("left_window_size", -1), how.get("right_window_size", -1)
    seen &= ahead <= (0 if how.get("is_causal") else right if right >= 0 else keys)
    if how.get("is_causal") and right >= 0:
        seen &= ahead <= right
    return seen & (ahead >= (-left if left >= 0 else -(10**9)))


@operator("RotaryEmbedding")
def _(x, cosines, sines, places=None, interleaved=0, num_heads=0, rotary_embedding_dim=0):
    three, x = x.ndim == 3, by_heads(x, num_heads)
    if places is not None:
        cosines, sines = cosines[places], sines[places]
    size = rotary_embedding_dim or x.shape[-1]
    turning, rest = x[..., :size], x[..., size:]
    cosines, sines = (each[:, None, :, : size // 2] for each in (cosines, sines))
    one, other = (
        (turning[..., ::2], turning[..., 1::2])
        if interleaved
        else (turning[..., : size // 2], turning[..., size // 2 :])
    )
    real, imaginary = one * cosines - other * sines, one * sines + other * cosines
    if interleaved:
        turned = ops.stack([real, imaginary], axis=-1).reshape(turning.shape)
    else:
        turned = ops.concatenate([real, imaginary], axis=-1)
    out = ops.concatenate([turned, rest], axis=-1)
    return joined(out) if three else out


@operator("LinearAttention")
def _(
    q,
    k,
    v,
    state=None,
    decay=None,
    beta=None,
    q_num_heads=1,
    kv_num_heads=1,
    scale=0.0,
    update_rule="gated_delta",
    **how,
):
    q, k, v = by_heads(q, q_num_heads), by_heads(k, kv_num_heads), by_heads(v, kv_num_heads)
    scale = scale or 1 / sqrt(q.shape[-1])
    n, heads, steps, size = k.shape
    state = array(np.zeros((n, heads, size, v.shape[-1])), q) if state is None else state
    decay = None if decay is None else by_heads(decay, kv_num_heads)  # (N, heads, T, size or 1)
    beta = None if beta is None else by_heads(beta, kv_num_heads if beta.shape[-1] > 1 else 1)
    copies, outs = np.arange(q_num_heads) // (q_num_heads // kv_num_heads), []
    for t in range(steps):
        if "gated" in update_rule:
            state = state * ops.exp(decay[:, :, t]).unsqueeze(-1)
        new, key = v[:, :, t].unsqueeze(-2), k[:, :, t]
        if "delta" in update_rule:
            new = (new - key.unsqueeze(-2) @ state) * beta[:, :, t].unsqueeze(-1)
        state = state + key.unsqueeze(-1) * new
        outs.append((q[:, :, t].unsqueeze(-2) * scale @ state[:, copies]).squeeze(-2))
    return joined(ops.stack(outs, axis=2)), state


@operator("CausalConvWithState")
def _(x, weight, bias=None, past=None, activation="none"):
    back = weight.shape[2] - 1
    past = array(np.zeros((*x.shape[:2], back)), x) if past is None else past
    whole = ops.concatenate([past, x], 2)
    pictures = whole.transpose(1, 2).unsqueeze(1)  # one row high, channels last
    out = ops.conv2d(pictures, weight.unsqueeze(2), bias, groups=x.shape[1]).squeeze(1).transpose(1, 2)
    out = ops.silu(out) if activation in ("silu", "swish") else out
    return out, whole[:, :, whole.shape[2] - back :]


# -- optimisers ------------------------------------------------------------------------------------------------------


@operator("Momentum")
def _(rate, step, *arrays, alpha, beta, mode, norm_coefficient):
    count = len(arrays) // 3
    if int(step) > 0 and beta != 1:
        raise NotOffered("SGD takes a gradient whole into its momentum")
    weights = [Tensor(x.data.copy(), requires_grad=True) for x in arrays[:count]]  # stepped in place
    how = {"momentum": alpha, "nesterov": mode == "nesterov", "weight_decay": norm_coefficient}
    optimizer = optim.SGD(weights, lr=float(rate), **how)
    for weight, gradient, velocity in zip(weights, arrays[count : 2 * count], arrays[2 * count :]):
        weight.grad, optimizer.memory[weight] = gradient.data, {"momentum": velocity.data.copy()}
    optimizer.step()
    return *(weight.detach() for weight in weights), *(optimizer.memory[weight]["momentum"] for weight in weights)


@operator("Adam")
def _(*arrays, **how):
    raise NotOffered("Adam adds epsilon to the spread that was corrected, as PyTorch's does")
