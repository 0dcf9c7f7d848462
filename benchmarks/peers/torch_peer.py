"""PyTorch at the same problems: as everybody writes it, channels last, and compiled."""

from __future__ import annotations

import numpy as np

LIBRARY, NAME = "torch", "PyTorch"


def version():
    """What is installed."""
    import torch

    return torch.__version__


def ways(task, thread_counts):
    """Every way of PyTorch, with each number of threads; texts are not for here."""
    libraries = [] if task.length else [NAME, NAME + ", channels last", NAME + ", compiled"]
    return [(library, threads) for threads in thread_counts for library in libraries]


def contestant(problem, library, threads, rate):
    """One way of PyTorch to do the problem."""
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(threads)
    way, training = library.removeprefix(NAME), problem.task.training
    model = network(problem).train(training)
    images = torch.from_numpy(np.ascontiguousarray(problem.images.transpose(0, 3, 1, 2)))
    labels = torch.from_numpy(problem.labels)
    if way:
        model, images = (thing.to(memory_format=torch.channels_last) for thing in (model, images))
    optimizer = torch.optim.AdamW(model.parameters(), rate, fused=bool(way))
    torch._dynamo.config.fail_on_recompile_limit_hit = True  # who falls back to eager says so, and is left out
    called = torch.compile(model) if way == ", compiled" else model

    def step():
        optimizer.zero_grad()
        F.cross_entropy(called(images), labels).backward()
        optimizer.step()

    def answer():
        with torch.inference_mode():
            return called(images)

    def show():
        if not training:
            return answer().numpy(), {}
        optimizer.zero_grad()
        logits = called(images)
        F.cross_entropy(logits, labels).backward()
        gradients = {name: p.grad.numpy().copy() for name, p in model.named_parameters()}
        for name, (height, width, channels) in flattened(problem).items():
            gradients[name] = reordered(gradients[name], (channels, height, width), (1, 2, 0))
        return logits.detach().numpy(), gradients

    return step if training else answer, show


def network(problem):
    """The problem's network in PyTorch, with the same weights."""
    import torch

    model = built(problem.description)
    state = dict(problem.state)
    for name, (height, width, channels) in flattened(problem).items():
        state[name] = reordered(state[name], (height, width, channels), (2, 0, 1))
    missing, extra = model.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in state.items()}, strict=False)
    assert not extra and all(name.endswith("num_batches_tracked") for name in missing), (missing, extra)
    return model


def built(description):
    """hellodl's description of a layer as a layer of PyTorch."""
    from torch import nn

    class Residual(nn.Module):
        def __init__(self, body):
            super().__init__()
            self.body = body

        def forward(self, x):
            return x + self.body(x)

    options = {key: value for key, value in description.items() if key not in ("kind", "gain", "layers", "body")}
    match description["kind"]:
        case "Sequential":
            return nn.Sequential(*map(built, description["layers"]))
        case "Residual":
            return Residual(built(description["body"]))
        case "BatchNorm2d":
            return nn.BatchNorm2d(options.pop("features"), **options)
        case kind:
            return getattr(nn, kind)(**options)


def flattened(problem):
    """The weights that come right after a Flatten, whose pixels PyTorch orders otherwise: name -> (H, W, C)."""
    from hellodl.autograd.tensor import Tensor

    model, found, shape = problem.network().eval(), {}, None
    x = Tensor(problem.images[:1])
    for name, layer in model.named_children():
        if shape is not None and type(layer).__name__ == "Linear":
            found[f"{name}.weight"], shape = shape, None
        if type(layer).__name__ == "Flatten":
            shape = x.shape[1:]
        x = layer(x)
    return found


def reordered(weight, shape, order):
    """(out, pixels in one order) -> (out, pixels in another)."""
    pixels = weight.reshape(len(weight), *shape).transpose(0, *(1 + axis for axis in order))
    return np.ascontiguousarray(pixels.reshape(len(weight), -1))
