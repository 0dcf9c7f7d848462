"""What `hellodl bench` times: tasks, the same numbers for all who take part, and how much work they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from hellodl import nn
from hellodl.autograd.mode import debug
from hellodl.autograd.tensor import Array, Tensor
from hellodl.models.networks import NETWORKS, TEXT_NETWORKS


@dataclass(frozen=True)
class Task:
    """What is timed: training steps, or answers, of a network on a batch of random images, or texts of a `length`.

    The answers to a text are given letter by letter, as in writing it. A pen's texts are movements.
    """

    name: str
    network: str
    batch: int
    training: bool
    micro_batch: int = 32
    classes: int = 26
    length: int = 0

    @property
    def count(self) -> int:
        """How many images, or letters, one run takes."""
        return self.batch * max(self.length, 1)

    @property
    def unit(self) -> str:
        """What they are."""
        if self.network == "pen":
            return "movements"
        return "letters" if self.length else "images"


HANDS, WORD = 345, 10  # of a pen's problem: how many hands it knows, and the letters of its longest word

TASKS = (
    Task("step-64", "hello-dl", 64, True),
    Task("step-256", "hello-dl", 256, True),
    Task("step-default", "residual", 128, True),
    Task("step-perceptron", "perceptron", 64, True, micro_batch=64, classes=10),
    Task("answer-256", "hello-dl", 256, False),
    Task("answer-1", "hello-dl", 1, False),
    Task("text-gru", "gru", 100, True, micro_batch=50, classes=95, length=75),
    Task("text-lstm", "lstm", 100, True, micro_batch=50, classes=95, length=75),
    Task("text-gpt", "gpt", 64, True, micro_batch=8, classes=65, length=64),
    Task("text-gpt-large", "gpt-large", 16, True, micro_batch=2, classes=65, length=256),
    Task("step-pen", "pen", 64, True, micro_batch=32, classes=84, length=60),
    Task("write-gru", "gru", 1, False, classes=95, length=64),
    Task("write-gpt", "gpt", 1, False, classes=65, length=64),
)


@dataclass(frozen=True)
class Problem:
    """A task with its numbers: the network's description and weights; images (N, 28, 28, 1) float32 and labels (N,).

    Of texts, the "images" are whole numbers (N, length), and so are the labels. Of a pen they are movements (N, length,
    4), and labels (N, 1 + U) are whose hand it is, and what it writes, filled up with zeros.
    """

    task: Task
    description: dict[str, Any]
    state: dict[str, Array]
    images: Array
    labels: Array

    def network(self) -> nn.Module:
        """hellodl's own network with these weights."""
        model = nn.build(self.description)
        model.load_state_dict(self.state)
        return model


def problem_of(task: Task, seed: int = 0) -> Problem:
    """The task with random images and starting weights."""
    rng = np.random.default_rng(seed)
    if task.network == "pen":
        return pen_problem(task, rng)
    model = (NETWORKS | TEXT_NETWORKS)[task.network](task.classes, rng)
    if task.length:
        images, labels = rng.integers(task.classes, size=(2, task.batch, task.length))
    else:
        images = rng.random((task.batch, 28, 28, 1), np.float32)
        labels = rng.integers(task.classes, size=task.batch)
    return Problem(task, nn.describe(model), model.state_dict(), images, labels)


def pen_problem(task: Task, rng: np.random.Generator) -> Problem:
    """Random movements that go to the right, and words for them: as large as the pen that ships."""
    model = nn.Pen(task.classes, HANDS, rng=rng)
    moves = rng.normal((0.5, 0), 1, (task.batch, task.length, 2))
    lifts = rng.random((task.batch, task.length, 2)) < (0.1, 0)
    lifts[:, -1] = True
    labels = rng.integers(1, task.classes, (task.batch, 2 + WORD))
    labels[:, 0] = rng.integers(HANDS, size=task.batch)
    labels[np.arange(2 + WORD) > rng.integers(WORD // 2, WORD, (task.batch, 1))] = 0
    return Problem(task, nn.describe(model), model.state_dict(), np.dstack([moves, lifts]).astype(np.float32), labels)


def flops(problem: Problem) -> float:
    """Floating-point operations of the products that one image, or letter, takes.

    Going back costs each product twice more (to the weights, and to the input, but for the first layer's). Looking
    into a table costs nothing.
    """
    if problem.task.length:
        once = letter_flops(problem.network(), problem.task.length)
        return 3 * once if problem.task.training else once
    found: list[float] = []

    def noting(layer: nn.Conv2d | nn.Linear) -> Callable[[Tensor], Tensor]:
        forward = layer.forward

        def noted(x: Tensor) -> Tensor:
            out = forward(x)
            found.append(2.0 * prod(out.shape[1:]) * prod(layer.weight.shape[1:]))
            return out

        return noted

    model = problem.network().eval()
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.forward = noting(module)  # type: ignore[method-assign, assignment]
    with debug():  # each layer by itself
        model(Tensor(problem.images[:1]))
    return 3 * sum(found) - found[0] if problem.task.training else sum(found)


def letter_flops(model: nn.Module, length: int) -> float:
    """What one letter takes on its way through a language model: each matrix once, and attention to those before it."""
    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    used = [p for p in model.parameters() if p.ndim == 2 and id(p) not in tables]
    for name, module in model.named_modules():
        if name == "head" and isinstance(module, nn.Linear) and id(module.weight) in tables:
            used.append(module.weight)  # a table that is a matrix too, for the way out
        if isinstance(module, nn.RecurrentText):  # the first layer looks letters up in a table
            used = [p for p in used if p is not module.cells.weights(0).ih]
    asking = [module for module in model.modules() if isinstance(module, nn.CausalSelfAttention)]
    seen = (length + 1) / 2  # letters on average; each is a product with its key and one with its value
    return 2.0 * sum(p.numel() for p in used) + sum(4.0 * seen * m.project.weight.shape[1] for m in asking)
