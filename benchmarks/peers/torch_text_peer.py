"""PyTorch at texts: torch.nn.GRU and LSTM, and a GPT with scaled_dot_product_attention."""

from __future__ import annotations

import numpy as np

LIBRARY, NAME = "torch", "PyTorch"


def version():
    """What is installed."""
    import torch

    return torch.__version__


def ways(task, thread_counts):
    """Every way of PyTorch, with each number of threads; images and the pen are not for here."""
    libraries = [NAME] if task.length and task.network != "pen" else []
    if libraries and task.training:
        libraries += [NAME + ", fused AdamW"] + [NAME + ", compiled"] * task.network.startswith("gpt")
    return [(library, threads) for threads in thread_counts for library in libraries]


def contestant(problem, library, threads, rate):
    """One way of PyTorch to do the problem."""
    import torch

    torch.set_num_threads(threads)
    return learning(problem, library, rate) if problem.task.training else writing(problem)


def learning(problem, library, rate):
    """One way of PyTorch to learn."""
    import torch
    import torch.nn.functional as F

    way, model = library.removeprefix(NAME), network(problem).train()
    texts, labels = torch.from_numpy(problem.images), torch.from_numpy(problem.labels).reshape(-1)
    optimizer = torch.optim.AdamW(model.parameters(), rate, fused=bool(way))
    torch._dynamo.config.fail_on_recompile_limit_hit = True  # who falls back to eager says so, and is left out
    called = torch.compile(model) if way == ", compiled" else model

    def gradients():
        optimizer.zero_grad()
        logits = called(texts)
        F.cross_entropy(logits.reshape(-1, problem.task.classes), labels).backward()
        return logits

    def step():
        gradients()
        optimizer.step()

    def show():
        logits = gradients().detach().numpy()
        return logits, {name: p.grad.numpy().copy() for name, p in model.named_parameters()}

    return step, show


def writing(problem):
    """PyTorch letter by letter, with a state or a key-value cache."""
    import torch

    model = network(problem).eval()
    text = torch.from_numpy(problem.images)

    def run():
        found, state = [], model.begin()
        with torch.inference_mode():
            for place in range(text.shape[1]):
                logits, state = model.go_on(text[:, place : place + 1], state)
                found.append(logits[0, -1])
            return torch.stack(found).numpy()

    return run, lambda: (run(), {})


def network(problem):
    """The problem's language model in PyTorch, with the same weights under the same names."""
    import torch

    model = built(problem.description)
    model.load_state_dict({name: torch.from_numpy(np.array(a)) for name, a in problem.state.items()})
    return model


def built(description):
    """hellodl's description of a language model as one of PyTorch."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    class RecurrentText(nn.Module):
        def __init__(self, cells, vocabulary, width=256, layers=3):
            super().__init__()
            self.vocabulary = vocabulary
            self.cells = {"gru": nn.GRU, "lstm": nn.LSTM}[cells](vocabulary, width, layers, batch_first=True)
            self.head = nn.Linear(width, vocabulary)

        def forward(self, tokens):
            return self.go_on(tokens, None)[0]

        def go_on(self, tokens, state):
            out, state = self.cells(F.one_hot(tokens, self.vocabulary).float(), state)
            return self.head(out), state

        def begin(self):
            return None

    class Attention(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)

        def forward(self, x, cache=None):
            texts, steps, width = x.shape
            q, k, v = (part.view(texts, steps, self.heads, -1).transpose(1, 2) for part in self.qkv(x).split(width, 2))
            if cache is not None:
                if cache:
                    k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
                cache[:] = [k, v]
            out = F.scaled_dot_product_attention(q, k, v, is_causal=cache is None)
            return self.project(out.transpose(1, 2).reshape(texts, steps, width))

    class FeedForward(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.expand, self.project = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x):
            return self.project(F.gelu(self.expand(x), approximate="tanh"))

    class Block(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.norm_1, self.attention = nn.LayerNorm(width), Attention(width, heads)
            self.norm_2, self.network = nn.LayerNorm(width), FeedForward(width)

        def forward(self, x, cache=None):
            x = x + self.attention(self.norm_1(x), cache)
            return x + self.network(self.norm_2(x))

    class GPT(nn.Module):
        def __init__(self, vocabulary, context, layers, heads, width):
            super().__init__()
            self.layers = layers
            self.symbols, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
            for number in range(layers):
                self.add_module(f"block_{number}", Block(width, heads))
            self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)
            self.head.weight = self.symbols.weight

        def forward(self, tokens):
            return self.go_on(tokens, None)[0]

        def go_on(self, tokens, state):
            before = state[0][0].shape[2] if state and state[0] else 0
            x = self.symbols(tokens) + self.positions.weight[before : before + tokens.shape[1]]
            for number in range(self.layers):
                x = getattr(self, f"block_{number}")(x, state[number] if state else None)
            return self.head(self.norm(x)), state

        def begin(self):
            return [[] for _ in range(self.layers)]

    options = {key: value for key, value in description.items() if key != "kind"}
    return {"RecurrentText": RecurrentText, "GPT": GPT}[description["kind"]](**options)
