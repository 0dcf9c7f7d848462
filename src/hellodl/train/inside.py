"""A look inside a network while it learns: its weights, its gradients, and what its layers make of a few images.

A curve says that a training goes wrong; why, is to be seen inside: weights that do not move, gradients that
vanish on their way down, units that never fire again ("dead": Lu and others, 2019). So now and then the arrays of
every layer are summed up for the run log. The activations are those of a small batch that is always the same, so
that a change is one of the network.

Looking must change nothing. The batch runs through a twin of the network, which has the same arrays of weights
and statistics, but switches of its own: it is in its `eval` state, where it draws no random numbers and learns
nothing. And it must cost little: see `Pace`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from hellodl import nn
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Array, Tensor
from hellodl.nn.module import Module
from hellodl.runs.writer import Run
from hellodl.train.answers import as_input
from hellodl.train.lanes import replica

SHARE = 0.02  # of the time so far may go to the log, if a look is to follow
LAST_SHARE = 0.03  # the same before the last look, which shows what came out
LOOKS = 100  # in a run, at most: as many as a chart has room for
EVERY = 10  # looks are this many steps apart, or a multiple
PROBED = 32  # inputs that run through

SILENT = (nn.Sequential, nn.Flatten, nn.Dropout)  # what comes out of these came out of another layer already


class Pace:
    """Chooses the steps to look at: the first, the last, and between them as many as time and a chart allow.

    A look is taken where the log, with what the dearest of the last two looks took, would still have cost no more
    than its share of the time. The first is always taken: before it nobody knows what one takes.
    """

    def __init__(self, total: int):
        self.total = total
        self.every = EVERY * max(math.ceil(total / (EVERY * LOOKS)), 1)
        self.costs: list[float] = []

    def due(self, step: int, passed: float, spent: float) -> bool:
        """Whether to look at this step (from 1), when so many seconds have passed, so many of them for the log."""
        if not self.costs:
            return True
        if step % self.every and step != self.total:
            return False
        share = LAST_SHARE if step == self.total else SHARE
        return spent + max(self.costs[-2:]) <= share * passed

    def took(self, seconds: float) -> None:
        """Say what a look has cost."""
        self.costs.append(seconds)


class Every:
    """Chooses the first step and every so many after it, whatever a look may cost: for short runs, to be drawn."""

    def __init__(self, steps: int):
        self.steps = steps

    def due(self, step: int, passed: float, spent: float) -> bool:
        """Whether to look at this step (from 1)."""
        return step == 1 or step % self.steps == 0

    def took(self, seconds: float) -> None:
        """It does not matter."""


class Inside:
    """Looks into `model` while it trains for `total` steps, and writes what it sees into `run`.

    `before` and `after` are called around every step. `probe` is the batch that runs through: images (N, 28, 28)
    uint8 or whatever the model takes (None: activations are not looked at).
    """

    def __init__(self, model: Module, run: Run, total: int, probe: Array | None = None):
        self.model, self.run, self.probe = model, run, probe
        self.pace: Pace | Every = Pace(total)
        self._weights: dict[str, Array] | None = None
        self._spent = 0.0

    def before(self, step: int) -> None:
        """Keep the weights as they are before this step, if it is one to look at."""
        self._weights, self._spent = None, self.run.seconds_spent
        if self.run.writing and self.pace.due(step, self.run.seconds_passed, self.run.seconds_spent):
            with self.run.timed():
                self._weights = {name: p.data.copy() for name, p in self.model.named_parameters()}

    def after(self, step: int) -> None:
        """Write down what the step has made of the network."""
        if self._weights is None:
            return
        named = self.model.named_parameters()
        with self.run.timed():
            self.run.weights(step, ((name, p.data, p.grad) for name, p in named), self._weights)
            if self.probe is not None:
                look(self.model, self.probe, lambda name, made: self.run.activation(step, name, made))
        self._weights = None
        self.pace.took(self.run.seconds_spent - self._spent)


def some(count: int, of: int = PROBED) -> Array:
    """Which of `count` inputs to look at: `of` of them, spread evenly over all, always the same."""
    return np.unique(np.linspace(0, count - 1, of).astype(np.int64)) if count else np.arange(0)


def look(model: Module, probe: Array, see: Callable[[str, Array], None]) -> None:
    """Run a batch through a twin of the model, and show `see` what each layer makes of it, as it is made.

    `see` gets the layer's name and an array (N, ..., units), which it must not keep or change.
    """
    twin = replica(model).eval()

    def shown(name: str, forward: Callable[..., Any]) -> Callable[..., Any]:
        def through(*inputs: Any, **keywords: Any) -> Any:
            out = forward(*inputs, **keywords)
            see(name, (out[0] if isinstance(out, tuple) else out).data)  # recurrent layers add their state
            return out

        return through

    for name, module in twin.named_modules():
        if name and not isinstance(module, SILENT):
            vars(module)["forward"] = shown(name, module.forward)
            vars(module)["fused"] = lambda following: None  # two layers in one go would show but one
    with no_grad():
        twin(Tensor(as_input(probe)))
