"""A page of everyday PyTorch, for either library: networks, losses, optimisers, loops, saving.

`habits_run.py` runs it twice, with `torch` and with `hellodl` for LIBRARY, and holds the values side by side. What is
different between the two is above the line: the import, and that pictures are N×H×W×C in hellodl.
"""

import os

import numpy as np

if os.environ.get("LIBRARY", "hellodl") == "torch":
    import torch
    from safetensors.torch import load_file, save_file
    from torch import nn, optim
    from torch.nn.functional import cross_entropy, mse_loss

    Tensor, concatenate, einsum, no_grad, stack, where = (
        torch.tensor,
        torch.cat,
        torch.einsum,
        torch.no_grad,
        torch.stack,
        torch.where,
    )

    def images(array):
        return torch.tensor(array.transpose(0, 3, 1, 2))

    def rows(x):
        return x.permute(0, 2, 3, 1).flatten(1)
else:
    from hellodl.checkpoint import load, save

    from hellodl import Tensor, nn, no_grad, optim
    from hellodl.nn import cross_entropy, mse_loss
    from hellodl.ops import concatenate, einsum, stack, where

    images = Tensor

    def rows(x):
        return x.flatten(1)

    def save_file(state, path):
        save(path, state, {})

    def load_file(path):
        return load(path)[0]


# -----------------------------------------------------------------------------------------------------------------


class Net(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.deep = nn.ModuleList([nn.Conv2d(channels, channels, 3, padding="same", groups=2) for _ in range(2)])
        self.norm = nn.GroupNorm(2, channels)
        self.drop = nn.Dropout(0.0)
        self.head = nn.Linear(channels * 16, classes)

    def forward(self, x):
        x = self.body(x)
        for layer in self.deep:
            x = x + nn.SiLU()(layer(x))
        return self.head(self.drop(rows(self.norm(x))))


class Tagger(nn.Module):
    def __init__(self, symbols=7, width=8):
        super().__init__()
        self.table = nn.Embedding(symbols, width)
        self.cells = nn.LSTM(width, width, num_layers=2, batch_first=True, bidirectional=True)
        self.look = nn.MultiheadAttention(2 * width, 2, batch_first=True)
        self.norm = nn.LayerNorm(2 * width)
        self.out = nn.Linear(2 * width, symbols)

    def forward(self, tokens):
        x, (h, _) = self.cells(self.table(tokens))
        seen, _ = self.look(x, x, x, need_weights=False)
        return self.out(self.norm(x + seen)), h


def page(start, say):
    """`start(model)` fills in the same weights on both sides; `say(name, value)` notes what is to be compared."""
    rng = np.random.default_rng(0)
    pictures = rng.standard_normal((32, 8, 8, 1)).astype(np.float32)
    x, y = images(pictures), Tensor(rng.integers(0, 5, 32))

    model = start(Net(4, 5))
    say("weights", sum(p.numel() for p in model.parameters()))
    for module in model.modules():
        if isinstance(module, nn.Linear):
            with no_grad():
                module.weight *= 0.5
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    best, state = float("inf"), None
    for epoch in range(4):
        model.train()
        total = 0.0
        for begin in range(0, 32, 8):
            optimizer.zero_grad()
            loss = criterion(model(x[begin : begin + 8]), y[begin : begin + 8])
            loss.backward()
            optimizer.step()
            total += loss.item()
        model.eval()
        with no_grad():
            logits = model(x)
            right = (logits.argmax(dim=1) == y).float().mean()
        if total < best:
            best, state = total, model.state_dict()
        say(f"epoch {epoch}", [total, float(right), float(f"{loss:.4f}")])
    for group in optimizer.param_groups:
        group["lr"] *= 0.1
    save_file(state, "habits.safetensors")
    again = Net(4, 5)
    again.load_state_dict(load_file("habits.safetensors"))
    say("loaded", again.eval()(x))
    say("confidence", model(x).softmax(dim=-1).max(dim=1).values)

    tagger = start(Tagger())
    tokens = Tensor(rng.integers(0, 7, (4, 6)))
    named = dict(tagger.named_parameters())
    slow = [p for name, p in named.items() if name.startswith("table")]
    fast = [p for name, p in named.items() if not name.startswith("table")]
    optimizer = optim.SGD([{"params": slow, "lr": 0.01}, {"params": fast}], lr=0.1, momentum=0.9, nesterov=True)
    for _ in range(5):
        scores, h = tagger(tokens)
        loss = cross_entropy(scores.view(-1, 7), tokens.view(-1), ignore_index=0)
        loss = loss + 0.01 * (h**2).mean() + 1e-3 * sum(p.abs().sum() for p in tagger.parameters())
        tagger.zero_grad()
        loss.backward()
        optimizer.step()
    say("tagger", scores.permute(0, 2, 1).transpose(1, 2))

    w = Tensor([[1.0, -2.0, 3.0]], requires_grad=True)
    z = where(w > 0, w, 2**w) + w.unsqueeze(0).squeeze(0).reshape(1, 3) / 2
    z = concatenate([z, stack([z[0], z[0].exp().clip(0, 5)])], dim=0)
    z = einsum("ij,kj->ik", z, z).sum(dim=1, keepdim=True) * z.std(dim=1, keepdim=True) - z.var(dim=0)
    parts = z.split(2, dim=0), z.chunk(3, dim=1)
    loss = parts[0][1].mean() + parts[1][2].tanh().sum() + z.cumsum(dim=0)[-1].min() + mse_loss(w, w.detach() + 1)
    loss.backward()
    say("tensors", [float(loss), *w.grad.tolist()[0]])

    logits = Tensor([[2.0, -1.0], [0.5, 0.0]], requires_grad=True)
    answers = Tensor([[1.0, 0.0], [0.0, 1.0]])
    for name in ("BCEWithLogitsLoss", "L1Loss", "HuberLoss", "MSELoss"):
        getattr(nn, name)(reduction="sum")(logits, answers).backward()
    nn.KLDivLoss(reduction="batchmean")(logits.log_softmax(dim=1), answers).backward()
    nn.NLLLoss(weight=Tensor([1.0, 3.0]))(logits.log_softmax(1), Tensor([0, 1])).backward()
    say("losses", logits.grad)
