"""Small teaching networks that many begin with, as a PyTorch user types them, for either library.

The ideas are Andrej Karpathy's: micrograd's two half moons, makemore's names (by MLP, RNN, GRU and transformer), and
nanoGPT's training. `habits_run.py` lets both libraries learn from the same start, and holds their losses side by side.
What is different between the two is above the line.
"""

import math
import os

import numpy as np

if os.environ.get("LIBRARY", "hellodl") == "torch":
    import torch
    from torch import nn, optim
    from torch.nn.functional import cross_entropy
    from torch.nn.utils import clip_grad_norm_

    Tensor, no_grad, stack = torch.tensor, torch.no_grad, torch.stack
else:
    from hellodl import Tensor, nn, no_grad, optim
    from hellodl.nn import cross_entropy
    from hellodl.ops import stack
    from hellodl.optim import clip_gradients as clip_grad_norm_

# -----------------------------------------------------------------------------------------------------------------


class Moons(nn.Module):
    """micrograd's: two numbers in, a score out, by two hidden layers."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


class MLP(nn.Module):
    """makemore's after Bengio 2003: the vectors of the last symbols side by side."""

    def __init__(self, symbols, context, width=10, hidden=48):
        super().__init__()
        self.context = context
        self.table = nn.Embedding(symbols + 1, width)  # one more, for what is before the beginning
        self.net = nn.Sequential(nn.Linear(width * context, hidden), nn.Tanh(), nn.Linear(hidden, symbols))
        self.before = symbols

    def forward(self, tokens):
        n, steps = tokens.shape
        padded = np.full((n, steps + self.context - 1), self.before)
        padded[:, self.context - 1 :] = tokens.numpy()
        seen = np.stack([padded[:, k : k + steps] for k in range(self.context)], axis=-1)
        return self.net(self.table(Tensor(seen)).view(n, steps, -1))


class RNN(nn.Module):
    """makemore's after Mikolov 2010, one step at a time."""

    def __init__(self, symbols, width=24):
        super().__init__()
        self.table = nn.Embedding(symbols, width)
        self.start = nn.Parameter(Tensor(np.zeros((1, width), np.float32)))
        self.cell = nn.Linear(2 * width, width)
        self.head = nn.Linear(width, symbols)
        self.width = width

    def step(self, x, h):
        inner, outer = self.cell.weight.split(self.width, dim=1)
        return (x @ inner.T + h @ outer.T + self.cell.bias).tanh()

    def forward(self, tokens):
        x, out = self.table(tokens), []
        h = self.start
        for t in range(tokens.shape[1]):
            h = self.step(x[:, t], h)
            out.append(self.head(h))
        return stack(out, dim=1)


class GRU(RNN):
    """makemore's after Cho 2014: two gates."""

    def __init__(self, symbols, width=24):
        super().__init__(symbols, width)
        self.update, self.reset = nn.Linear(2 * width, width), nn.Linear(2 * width, width)

    def gate(self, layer, x, h):
        inner, outer = layer.weight.chunk(2, dim=1)
        return (x @ inner.T + h @ outer.T + layer.bias).sigmoid()

    def step(self, x, h):
        z, r = self.gate(self.update, x, h), self.gate(self.reset, x, h)
        return (1 - z) * h + z * super().step(x, r * h)


class Attention(nn.Module):
    """Several heads that look back, by hand."""

    def __init__(self, width, heads, context):
        super().__init__()
        self.heads = heads
        self.attn, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.hidden = Tensor(np.tri(context) == 0)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (p.view(B, T, self.heads, C // self.heads).transpose(1, 2) for p in self.attn(x).split(C, dim=2))
        att = q @ k.transpose(-2, -1) * (1.0 / math.sqrt(k.shape[-1]))
        att = att.masked_fill(self.hidden[:T, :T], float("-inf")).softmax(dim=-1)  # (B, heads, T, T)
        return self.proj((att @ v).transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    def __init__(self, width, heads, context):
        super().__init__()
        self.ln_1, self.attn, self.ln_2 = nn.LayerNorm(width), Attention(width, heads, context), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """makemore's transformer; with `tied`, nanoGPT's table for symbols both in and out."""

    def __init__(self, symbols, context, layers=2, heads=2, width=32, tied=False):
        super().__init__()
        self.wte, self.wpe, self.drop = nn.Embedding(symbols, width), nn.Embedding(context, width), nn.Dropout(0.0)
        self.h = nn.ModuleList([Block(width, heads, context) for _ in range(layers)])
        self.ln_f, self.lm_head = nn.LayerNorm(width), nn.Linear(width, symbols, bias=False)
        self.context = context
        if tied:
            self.wte.weight = self.lm_head.weight

    def forward(self, tokens):
        x = self.drop(self.wte(tokens) + self.wpe(Tensor(np.arange(tokens.shape[1]))))
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))

    def generate(self, tokens, count):
        """The likeliest symbols that go on from these."""
        with no_grad():
            for _ in range(count):
                following = self(tokens[:, -self.context :])[:, -1].argmax(dim=-1)
                tokens = Tensor(np.concatenate([tokens.numpy(), following.numpy()[:, None]], axis=1))
        return tokens


def moons(rng):
    """Two half moons: points, and 1 or -1."""
    angle, side = rng.uniform(0, np.pi, 100), np.arange(100) % 2
    x = np.where(side, 1 - np.cos(angle), np.cos(angle)), np.where(side, 0.5 - np.sin(angle), np.sin(angle))
    return (np.stack(x, axis=1) + rng.normal(0, 0.1, (100, 2))).astype(np.float32), (2.0 * side - 1).astype(np.float32)


def names(rng, count=200, length=9):
    """Made-up names as rows of symbols, 0 for the end: syllables, one after the other."""
    syllables = ["an", "bel", "da", "el", "ka", "li", "mar", "na", "ro", "sha", "ta", "vi"]
    rows = np.zeros((count, length), int)
    for row in rows:
        name = "".join(rng.choice(syllables, rng.integers(2, 4)))[: length - 1]
        row[: len(name)] = [ord(letter) - 96 for letter in name]
    return rows


def learn_names(model, rows, say, name, steps=60):
    """makemore's loop: the next symbol of each, with padding that does not count."""
    optimizer = optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01, betas=(0.9, 0.99), eps=1e-8)
    inputs, targets = rows, np.where(np.cumsum(rows == 0, axis=1) > 1, -1, rows)
    inputs = np.concatenate([np.zeros((len(rows), 1), int), rows[:, :-1]], axis=1)
    losses, chance = [], np.random.default_rng(1)
    for _ in range(steps):
        batch = chance.choice(len(rows), 32)
        logits = model(Tensor(inputs[batch]))
        loss = cross_entropy(logits.view(-1, logits.shape[-1]), Tensor(targets[batch]).view(-1), ignore_index=-1)
        model.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    say(name, losses)


def page(start, say):
    """`start(model)` fills in the same weights on both sides; `say(name, losses)` notes how it learned."""
    rng = np.random.default_rng(0)
    points, side = moons(rng)
    model, x, y, losses = start(Moons()), Tensor(points), Tensor(side), []
    for k in range(80):
        loss = (1 - y * model(x)).relu().mean() + 1e-4 * sum((p * p).sum() for p in model.parameters())
        model.zero_grad()
        loss.backward()
        with no_grad():
            for p in model.parameters():
                p -= 0.3 * (1.0 - 0.9 * k / 100) * p.grad
        losses.append(loss.item())
    say("micrograd", losses)

    rows = names(rng)
    for name, model in (("MLP", MLP(27, 3)), ("RNN", RNN(27)), ("GRU", GRU(27)), ("transformer", GPT(27, 9))):
        learn_names(start(model), rows, say, f"makemore {name}")

    text = names(rng, 400).reshape(-1)
    model = start(GPT(27, 16, tied=True))
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95))
    losses, chance = [], np.random.default_rng(2)
    for step in range(60):
        for group in optimizer.param_groups:  # up for ten steps, then down half a cosine
            group["lr"] = 1e-2 * min((step + 1) / 10, 0.55 + 0.45 * math.cos(math.pi * max(step - 10, 0) / 50))
        optimizer.zero_grad(set_to_none=True)
        for _ in range(2):  # gradients of two batches are added up
            begins = chance.integers(0, len(text) - 17, 16)
            x, y = (Tensor(np.stack([text[b + k : b + k + 16] for b in begins])) for k in (0, 1))
            logits = model(x)
            loss = cross_entropy(logits.view(-1, logits.shape[-1]), y.view(-1)) / 2
            loss.backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(2 * loss.item())
    say("nanoGPT", losses)
    say("nanoGPT writes", model.eval().generate(Tensor(text[None, :4]), 12))
