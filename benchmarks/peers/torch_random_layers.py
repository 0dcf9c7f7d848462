"""The same for losses, layers with their weights, and optimisers: see `torch_random_cases`."""

from typing import Any

import numpy as np
import torch
from torch.func import functional_call
from torch.nn import functional as F
from torch_random_cases import Draw, Trial, case, first, last

from hellodl import Tensor, nn, ops, optim


def pick(out: Any) -> list[Any]:
    """The tensors in what a layer gives."""
    if isinstance(out, tuple | list):
        return [tensor for each in out for tensor in pick(each)]
    return [] if out is None else [out]


def with_weights(ours: nn.Module, weights: dict[str, Tensor]) -> nn.Module:
    """A layer with tensors for its weights."""
    for name, tensor in weights.items():
        *path, own = name.split(".")
        module: Any = ours
        for part in path:
            module = getattr(module, part)
        setattr(module, own, tensor)
    return ours


def layer(d: Draw, ours: nn.Module, theirs: torch.nn.Module, inputs: list[np.ndarray], *more: Any, **how: Any) -> Trial:
    """Both layers with the same random weights; `turn` says how PyTorch's pictures go in and out."""
    turn_in, turn_out = how.pop("turn", (lambda x: x, lambda x: x))
    theirs = theirs.to(torch.float64 if d.dtype is np.float64 else torch.float32)
    names, count = [name for name, _ in theirs.named_parameters()], len(inputs)
    weights = [d.normal(*p.shape) * d.dtype(0.5) for p in theirs.parameters()]

    def run_ours(*all: Tensor) -> list[Any]:
        own = with_weights(ours, dict(zip(names, all[count:])))
        out = pick(own(*all[:count], *more, **how))
        return [*out, *(Tensor(a, dtype=a.dtype) for _, a in own.named_buffers())]

    def run_theirs(*all: torch.Tensor) -> list[torch.Tensor]:
        spelled = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in how.items()}
        given = [turn_in(x) for x in all[:count]]
        buffers = dict(theirs.named_buffers())
        out = functional_call(theirs, dict(zip(names, all[count:])) | buffers, (*given, *more), spelled)
        return [turn_out(x) for x in pick(out)] + [b for n, b in buffers.items() if "num" not in n]

    return Trial([*inputs, *weights], run_ours, run_theirs, {"layer": theirs})


@case("Linear")
def _(d: Draw) -> Trial:
    i, o, bias = d.upto(1, 6), d.upto(1, 6), d.one(True, False)
    return layer(d, nn.Linear(i, o, bias), torch.nn.Linear(i, o, bias), [d.normal(*d.shape(0, 3), i)])


@case("Conv1d")
def _(d: Draw) -> Trial:
    c, o, k, how = (
        d.upto(1, 3),
        d.upto(1, 3),
        d.upto(1, 3),
        {"stride": d.upto(1, 2), "padding": d.upto(0, 2), "dilation": d.upto(1, 2)},
    )
    x = [d.normal(d.upto(1, 3), 9, c)]
    return layer(d, nn.Conv1d(c, o, k, **how), torch.nn.Conv1d(c, o, k, **how), x, turn=(first, last))


@case("Conv2d, BatchNorm2d, ReLU, MaxPool2d in a Sequential")
def _(d: Draw) -> Trial:
    c, o, train, ceil = d.upto(1, 3), d.upto(1, 4), d.one(True, False), d.one(True, False)
    both = []
    for lib in (nn, torch.nn):
        parts = [lib.Conv2d(c, o, 3, padding=1, bias=False), lib.BatchNorm2d(o), lib.ReLU(), lib.Conv2d(o, 2, 3)]
        both.append(lib.Sequential(*parts, lib.MaxPool2d(2, ceil_mode=ceil)).train(train))
    return layer(d, *both, [d.normal(d.upto(2, 4), d.upto(5, 8), 7, c)], turn=(first, last))


@case("ConvTranspose2d")
def _(d: Draw) -> Trial:
    c, o, k, s = d.upto(1, 3), d.upto(1, 3), d.upto(2, 3), d.upto(1, 3)
    x = [d.normal(d.upto(1, 3), 4, 5, c)]
    return layer(d, nn.ConvTranspose2d(c, o, k, s), torch.nn.ConvTranspose2d(c, o, k, s), x, turn=(first, last))


@case("BatchNorm1d", "BatchNorm2d", "GroupNorm", "LayerNorm")
def _(d: Draw, name: str) -> Trial:
    c = d.one(2, 4, 6)
    x = d.normal(
        d.upto(2, 5),
        *[d.upto(1, 4) for _ in range({"BatchNorm1d": d.upto(0, 1), "BatchNorm2d": 2}.get(name, d.upto(0, 2)))],
        c,
    )
    x = x * d.dtype(d.one(1, 100)) + d.dtype(d.one(0, 30))
    arguments = {"GroupNorm": (2, c), "LayerNorm": (d.one(c, x.shape[1:]),)}.get(name, (c,))
    turn = (lambda x: x, lambda x: x) if name == "LayerNorm" else (first, last)
    both = [getattr(lib, name)(*arguments).train(d.one(True, True)) for lib in (nn, torch.nn)]
    if name.startswith("Batch") and d.upto(0, 1):
        both = [each.eval() for each in both]
    return layer(d, *both, [x], turn=turn)


@case("Embedding, tied")
def _(d: Draw) -> Trial:
    tokens = d.whole(7, 3, 4)

    def made(lib: Any, w: Any, tokens: Any) -> Any:
        table, head = lib.Embedding(7, 5), lib.Linear(5, 7, bias=False)
        if lib is nn:
            table.weight = head.weight = w
            return head(table(tokens))
        return functional_call(head, {"weight": w}, functional_call(table, {"weight": w}, tokens))

    return Trial(
        [d.normal(7, 5)], lambda w: made(nn, w, Tensor(tokens)), lambda w: made(torch.nn, w, torch.tensor(tokens))
    )


@case("RNN", "GRU", "LSTM")
def _(d: Draw, name: str) -> Trial:
    i, h, steps, n = d.upto(1, 4), d.upto(1, 5), d.upto(1, 6), d.upto(1, 4)
    how = {"num_layers": d.upto(1, 2), "bidirectional": d.one(True, False), "batch_first": d.one(True, False)}
    x = d.normal(n, steps, i) if how["batch_first"] else d.normal(steps, n, i)
    ours, theirs = getattr(nn, name)(i, h, **how), getattr(torch.nn, name)(i, h, **how)
    states = [d.normal(how["num_layers"] * (1 + how["bidirectional"]), n, h) for _ in range(2 if name == "LSTM" else 1)]
    trial = layer(d, ours, theirs, [x])
    if d.upto(0, 1):
        return trial  # from zeros

    names, count = [k for k, _ in theirs.named_parameters()], 1 + len(states)

    def run(all: Any, library: Any) -> list[Any]:
        start = tuple(all[1:count]) if name == "LSTM" else all[1]
        weights = dict(zip(names, all[count:]))
        if library is torch:
            return pick(functional_call(theirs, weights, (all[0], start)))
        return pick(with_weights(ours, weights)(all[0], start))

    arrays = [x, *states, *trial.arrays[1:]]
    return Trial(arrays, lambda *all: run(all, nn), lambda *all: run(all, torch), {"layer": theirs})


@case("GRU with lengths")
def _(d: Draw) -> Trial:
    n, steps, both = d.upto(1, 4), d.upto(2, 6), d.one(True, False)
    lengths = d.whole(steps, n) + 1
    lengths[0] = steps
    ours, theirs = nn.GRU(3, 4, bidirectional=both), torch.nn.GRU(3, 4, bidirectional=both)
    trial = layer(d, ours, theirs, [d.normal(steps, n, 3)], lengths=lengths)
    names = [k for k, _ in theirs.named_parameters()]

    def run(x: torch.Tensor, *weights: torch.Tensor) -> list[torch.Tensor]:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
        out, end = functional_call(theirs, dict(zip(names, weights)), (packed,))
        return [torch.nn.utils.rnn.pad_packed_sequence(out)[0], end]

    return Trial(trial.arrays, trial.ours, run, {"lengths": lengths})


@case("MultiheadAttention")
def _(d: Draw) -> Trial:
    heads, n, queries, keys = d.upto(1, 3), d.upto(1, 3), d.upto(1, 4), d.upto(1, 4)
    width, how = heads * d.upto(1, 3), {"batch_first": d.one(True, False), "bias": d.one(True, False)}
    ours, theirs = nn.MultiheadAttention(width, heads, **how), torch.nn.MultiheadAttention(width, heads, **how)
    shapes = [(n, s, width) if how["batch_first"] else (s, n, width) for s in (queries, keys, keys)]
    asked: dict[str, Any] = {"average_attn_weights": d.one(True, False)}
    if d.upto(0, 1):
        asked["key_padding_mask"] = (d.whole(2, n, keys) > 0) & (np.arange(keys) > 0)
    if d.upto(0, 1):
        asked["attn_mask"] = (d.whole(2, queries, keys) > 0) & (np.arange(keys) > 0)
    return layer(d, ours, theirs, [d.normal(*s) for s in shapes], **asked)


@case("ELU", "GELU", "LeakyReLU", "SiLU", "Softplus", "Softmax", "Tanh", "Sigmoid")
def _(d: Draw, name: str) -> Trial:
    how = {"ELU": {"alpha": 0.7}, "GELU": {"approximate": d.one("none", "tanh")}, "LeakyReLU": {"negative_slope": 0.2}}
    how |= {"Softplus": {"beta": 2.0, "threshold": 3.0}, "Softmax": {"dim": d.one(0, -1)}}
    both = [getattr(lib, name)(**how.get(name, {})) for lib in (nn, torch.nn)]
    return layer(d, *both, [d.normal(*d.shape()) * d.dtype(3)])


@case("SGD", "Adam", "AdamW")
def _(d: Draw, name: str) -> Trial:
    how: dict[str, Any] = {"lr": d.one(0.1, 0.01), "weight_decay": d.one(0.0, 0.1)}
    how |= {"momentum": 0.9, "nesterov": d.one(True, False)} if name == "SGD" and d.upto(0, 1) else {}
    how |= {"betas": (0.8, 0.95), "eps": 1e-6} if name != "SGD" and d.upto(0, 1) else {}
    starts, slopes = [d.normal(*d.shape(0)) for _ in range(2)], d.rng.normal(size=(5, 2))

    def made(lib: Any, optimizers: Any, given: Any) -> list[Any]:
        weights = [lib(each) for each in given]
        optimizer = getattr(optimizers, name)([{"params": weights[:1], "lr": 0.03}, {"params": weights[1:]}], **how)
        for one, other in slopes:
            optimizer.zero_grad()
            (weights[0] * float(one) + weights[0] ** 2).sum().backward()
            if other > -0.5:
                (weights[1] * float(other)).sum().backward()
            optimizer.step()
        return [weight.detach() for weight in weights]

    return Trial(
        starts,
        lambda *all: made(lambda t: Tensor(t.data.copy(), True, t.dtype), optim, all),
        lambda *all: made(lambda t: t.detach().clone().requires_grad_(), torch.optim, all),
        how,
    )


# -- losses ----------------------------------------------------------------------------------------------------------


@case("cross_entropy", "nll_loss")
def _(d: Draw, name: str) -> Trial:
    n, classes = d.upto(1, 6), d.upto(2, 5)
    targets = d.whole(classes, n)
    targets[1:] = np.where(d.whole(4, n - 1) == 0, -100, targets[1:])
    weight = d.one(None, d.positive(classes))
    how: dict[str, Any] = {"reduction": d.one("mean", "sum", "none")}
    if name == "cross_entropy":
        how["label_smoothing"] = d.one(0.0, 0.2)
    spelled = None if weight is None else torch.tensor(weight)
    return Trial(
        [d.normal(n, classes)],
        lambda x: getattr(nn.functional, name)(x, targets, weight, **how),
        lambda x: getattr(F, name)(x, torch.tensor(targets), spelled, **how),
        how,
    )


@case("mse_loss", "l1_loss", "huber_loss", "kl_div", "binary_cross_entropy_with_logits")
def _(d: Draw, name: str) -> Trial:
    shape = d.shape()
    target = d.rng.random(shape).astype(d.dtype)
    how: dict[str, Any] = {"reduction": d.one("mean", "sum", "none")}
    if name == "huber_loss":
        how["delta"] = d.one(1.0, 0.3)
    if name == "kl_div":
        how |= {"reduction": d.one("batchmean", "mean", "none"), "log_target": d.one(True, False)}
    more = {"pos_weight": d.positive(shape[-1])} if name.startswith("binary") and d.upto(0, 1) else {}
    return Trial(
        [d.normal(*shape) * d.dtype(3)],
        lambda x: getattr(nn.functional, name)(x, target, **how, **more),
        lambda x: getattr(F, name)(x, torch.tensor(target), **how, **{k: torch.tensor(v) for k, v in more.items()}),
        how,
    )


@case("ctc_loss")
def _(d: Draw) -> Trial:
    steps, batch, classes = d.upto(4, 9), d.upto(1, 3), d.upto(2, 5)
    sizes = d.whole(3, batch) + 1
    targets = d.whole(classes - 1, batch, 3) + 1
    lengths = np.minimum(d.whole(4, batch) + 6, steps)
    how = {"reduction": d.one("mean", "sum", "none"), "zero_infinity": True}
    return Trial(
        [d.normal(steps, batch, classes)],
        lambda x: ops.ctc_loss(x.log_softmax(-1), targets, lengths, sizes, **how),
        lambda x: F.ctc_loss(x.log_softmax(-1), *map(torch.tensor, (targets, lengths, sizes)), **how),
        how,
    )


@case("attention_between")
def _(d: Draw) -> Trial:
    n, queries, keys, size = d.upto(1, 3), d.upto(1, 5), d.upto(1, 5), d.upto(1, 4)
    causal = d.one(True, False)
    mask = (
        None
        if causal
        else d.one(
            None,
            d.normal(queries, keys),
            (d.whole(3, queries, keys) > 0) | np.eye(queries, keys, dtype=bool) | (np.arange(keys) == 0),
        )
    )
    spelled = None if mask is None else torch.tensor(mask)
    return Trial(
        [d.normal(n, queries, size), d.normal(n, keys, size), d.normal(n, keys, size)],
        lambda *qkv: ops.attention_between(*qkv, mask, causal)[0],
        lambda *qkv: F.scaled_dot_product_attention(*qkv, attn_mask=spelled, is_causal=causal),
    )


@case("rms_norm")
def _(d: Draw) -> Trial:
    x = d.normal(*d.shape())
    return Trial([x], lambda x: ops.rms_norm(x, 1e-6), lambda x: F.rms_norm(x, x.shape[-1:], eps=1e-6))
