"""tinygrad at the same problems: the step captured once (TinyJit) and replayed.

Its kernels are C that it writes and has clang compile, so clang must be there. There is one contestant, with as
many threads as tinygrad takes when it starts. Training steps with convolutions are left out: without a search for
better kernels one takes it seconds, and the search takes longer than the race.
"""

from __future__ import annotations

import os

import numpy as np

LIBRARY, NAME = "tinygrad", "tinygrad"


def version():
    """What is installed."""
    from importlib.metadata import version

    return version("tinygrad")


def ways(task, thread_counts):
    """tinygrad with as many threads as it takes, where that is a matter of milliseconds; texts are not for here."""
    quick = not task.length and (not task.training or task.network == "perceptron")
    return [(NAME, max(thread_counts))] if quick else []


def contestant(problem, library, threads, rate):
    """tinygrad at any problem."""
    os.environ.setdefault("DEV", "CPU")
    from tinygrad import Context, Tensor, TinyJit, nn

    training = problem.task.training
    model = built(problem.description)
    # A copy each: tinygrad may go on reading from an array that it was given.
    state = {name: Tensor(np.array(array)) for name, array in problem.state.items()}
    nn.state.load_state_dict(model, state, strict=False, verbose=False)
    images = Tensor(np.ascontiguousarray(problem.images.transpose(0, 3, 1, 2))).realize()
    labels = Tensor(problem.labels).realize()
    parameters = {name: p for name, p in nn.state.get_state_dict(model).items() if name in trained(problem)}
    optimizer = nn.optim.AdamW(list(parameters.values()), lr=rate, weight_decay=0.01) if training else None

    def logits():
        return images.sequential(model)

    @TinyJit
    def step():
        with Context(TRAINING=1):
            optimizer.zero_grad()
            loss = logits().cross_entropy(labels).backward()
            return loss.realize(*optimizer.schedule_step())

    @TinyJit
    def answer():
        return logits().realize()

    def show():
        if not training:
            return logits().numpy(), {}
        with Context(TRAINING=1):
            shown = logits()
            shown.cross_entropy(labels).backward()
            shown.realize(*(p.grad for p in parameters.values()))
        return shown.numpy(), {name: p.grad.numpy() for name, p in parameters.items()}

    def run():
        (step if training else answer)().numpy()  # to look at the result is to wait for it

    return run, show


def trained(problem):
    """The names of what is learned: all of the state but running statistics."""
    return dict(problem.network().named_parameters()).keys()


def built(description):
    """hellodl's description of a layer as tinygrad has it: a list of functions."""
    from tinygrad import Tensor, nn

    class Residual:
        def __init__(self, body):
            self.body = body

        def __call__(self, x):
            return x + x.sequential(self.body)

    options = {key: value for key, value in description.items() if key not in ("kind", "gain", "layers", "body")}
    match description["kind"]:
        case "Sequential":
            return [built(layer) for layer in description["layers"]]
        case "Residual":
            return Residual(built(description["body"]))
        case "Conv2d":
            return nn.Conv2d(**options)
        case "Linear":
            return nn.Linear(**options)
        case "BatchNorm2d":
            return nn.BatchNorm(options.pop("features"), **options)
        case "MaxPool2d":
            return lambda x: x.max_pool2d(**options)
        case "Flatten":  # pixel by pixel, as hellodl flattens
            return lambda x: x.permute(0, 2, 3, 1).flatten(1)
        case "ReLU":
            return Tensor.relu
        case "GELU":
            return Tensor.gelu  # by tanh
        case kind:
            raise ValueError(f"there is no {kind} here yet")
