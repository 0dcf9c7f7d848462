"""PyTorch at the network that writes by hand: an LSTMCell with a window over the text, step by step, and an LSTM.

It is the second judge of that network, too: `tools/make_golden.py` has its loss and gradients from here.
"""

from __future__ import annotations

import math

import numpy as np

LIBRARY, NAME = "torch", "PyTorch"
LEAST, MOST = 0.03, 0.98  # as in hellodl's mixture
PLACE = (0.05, 0.3)


def version():
    """What is installed."""
    import torch

    return torch.__version__


def ways(task, thread_counts):
    """Every way of PyTorch, with each number of threads."""
    libraries = [NAME, NAME + ", fused AdamW", NAME + ", compiled step"] if task.network == "pen" else []
    return [(library, threads) for threads in thread_counts for library in libraries]


def contestant(problem, library, threads, rate):
    """One way of PyTorch to do the problem."""
    import torch

    torch.set_num_threads(threads)
    way = library.removeprefix(NAME)
    model = built(problem.description)
    model.load_state_dict({name: torch.from_numpy(np.array(a)) for name, a in problem.state.items()})
    if way == ", compiled step":  # all steps in one graph would take minutes to compile
        model.first.step = torch.compile(model.first.step)
    optimizer = torch.optim.AdamW(model.parameters(), rate, fused=bool(way))
    after = torch.from_numpy(np.ascontiguousarray(problem.images.transpose(1, 0, 2)))
    before = torch.cat([torch.zeros_like(after[:1]), after[:-1]])
    hands, texts = torch.from_numpy(problem.labels[:, 0]), torch.from_numpy(problem.labels[:, 1:])
    lengths = (texts > 0).sum(1) + 1

    def gradients():
        optimizer.zero_grad()
        said = model(before, texts, lengths, hands)
        (mixture_loss(said, after) / (len(texts) * len(after))).backward()
        return said

    def step():
        gradients()
        optimizer.step()

    def show():
        said = gradients().detach().numpy()
        return said, {name: p.grad.numpy().copy() for name, p in model.named_parameters()}

    return step, show


def mixture_loss(said, moves, counts=None):
    """-log of how likely moves (..., 4) were, added up (those that count (...)): the formula, by logsumexp."""
    import torch
    import torch.nn.functional as F

    hills = (said.shape[-1] - 2) // 6
    heights, across, down, wide, tall, tilt, flags = said.split([hills] * 6 + [2], -1)
    wide, tall, tilt = wide.exp() + LEAST, tall.exp() + LEAST, MOST * tilt.tanh()
    z1, z2, rest = (moves[..., :1] - across) / wide, (moves[..., 1:2] - down) / tall, 1 - tilt * tilt
    z = z1 * z1 + z2 * z2 - 2 * tilt * z1 * z2
    high = heights.log_softmax(-1) - z / (2 * rest) - torch.log(2 * math.pi * wide * tall * rest.sqrt())
    lifts = F.binary_cross_entropy_with_logits(flags, moves[..., 2:], reduction="none").sum(-1)
    each = lifts - torch.logsumexp(high, -1)
    return each.sum() if counts is None else (each * counts).sum()


def built(description):
    """hellodl's description of a pen as one of PyTorch, with the same names."""
    import torch
    from torch import nn

    class WindowLSTM(nn.Module):
        def __init__(self, features, letter, width, gaussians):
            super().__init__()
            self.cell = nn.LSTMCell(features + letter, width)
            self.walk = nn.Linear(width, 3 * gaussians)
            self.letter, self.gaussians = letter, gaussians

        def step(self, x, text, places, there, h, c, window, place):
            h, c = self.cell(torch.cat([x, window], 1), (h, c))
            high, narrow, ahead = self.walk(h).exp().chunk(3, 1)
            place = place + ahead
            away = place[:, :, None] - places
            shares = (high[:, :, None] * torch.exp(-narrow[:, :, None] * away * away)).sum(1) * there
            return h, c, torch.bmm(shares[:, None], text)[:, 0], place

        def forward(self, x, text, lengths):
            batch, width = x.shape[1], self.cell.hidden_size
            places = torch.arange(text.shape[1], dtype=x.dtype)
            there = (places < lengths[:, None]).to(x.dtype)
            state = [x.new_zeros(batch, size) for size in (width, width, self.letter, self.gaussians)]
            out = []
            for one in x:
                state = self.step(one, text, places, there, *state)
                out.append(torch.cat([state[0], state[2]], 1))
            return torch.stack(out)

    class Pen(nn.Module):
        def __init__(self, symbols, hands, width=256, hills=12, gaussians=6, letter=48, hand=24, whole=8):
            super().__init__()
            features = 4 + len(PLACE) + hand + whole
            self.width = width
            self.letters, self.hands = nn.Embedding(symbols, letter), nn.Embedding(hands, hand)
            self.whole = nn.Embedding(symbols, whole)
            self.first = WindowLSTM(features, letter, width, gaussians)
            self.second = nn.LSTM(width + letter + features, width)
            self.head = nn.Linear(2 * width, 6 * hills + 2)

        def forward(self, moves, texts, lengths, hands):
            whole = (self.whole(texts) * (texts > 0)[:, :, None]).sum(1)
            constant = torch.cat([self.hands(hands), whole], 1).expand(len(moves), -1, -1)
            position = moves[:, :, :2].cumsum(0) * moves.new_tensor(PLACE)
            x = torch.cat([moves, position, constant], 2)
            first = self.first(x, self.letters(texts), lengths)
            second, _ = self.second(torch.cat([first, x], 2))
            return self.head(torch.cat([first[:, :, : self.width], second], 2))

        def load_state_dict(self, state):
            return super().load_state_dict({theirs(name): array for name, array in state.items()})

        def named_parameters(self, *args, **options):
            return [(ours(name), p) for name, p in super().named_parameters(*args, **options)]

    return Pen(**{key: value for key, value in description.items() if key != "kind"})


def theirs(name):
    """hellodl's name of a weight as PyTorch has it."""
    part, _, last = name.rpartition(".")
    if part != "first":
        return name
    return f"first.walk.{last.removeprefix('walk_')}" if last.startswith("walk_") else f"first.cell.{last}"


def ours(name):
    """And back."""
    return name.replace("first.walk.", "first.walk_").replace("first.cell.", "first.")
