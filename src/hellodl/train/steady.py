"""Work that does the same each time, and so can be done by a plan; and models whose answers can.

A plan (see `hellodl.plans`) spares a small network the time that Python takes. Its arrays are its own, so each thread
that learns has one, with a replica of the model, whichever lane it works for; what it found is then the lane's.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from hellodl.autograd.mode import no_grad, told_of
from hellodl.autograd.tensor import Array, Tensor
from hellodl.nn.module import Module, Parameter
from hellodl.nn.norm import BatchNorm2d
from hellodl.plans.plan import Plan

FEW = 8192  # numbers in images that are answered by a plan: for ten digits, Python takes longer than arithmetic


@dataclass(frozen=True, eq=False)
class Steady:
    """A lane's work in two parts: what is looked at, which may take chance and choice, and what is learned from it.

    `given(indices, generator)` makes arrays; `judge(model, *arrays)` gives the loss, and what is to be added up.
    """

    given: Callable[[Array, np.random.Generator], tuple[Array, ...]]
    judge: Callable[..., tuple[Tensor, Any]]

    def __call__(self, model: Module, which: Array, generator: np.random.Generator) -> tuple[Tensor, Any]:
        """Both, one after the other."""
        return self.judge(model, *self.given(which, generator))


def replica(model: Module) -> Module:
    """A copy of the model's tree with the same weight and buffer arrays, but gradients of its own."""
    twins: dict[int, Parameter] = {}  # a weight that is used in two places stays one

    def copied(module: Module) -> Module:
        twin = object.__new__(type(module))
        for name, value in vars(module).items():
            if isinstance(value, Module):
                value = copied(value)
            elif isinstance(value, Parameter):
                twin_of = twins.setdefault(id(value), Parameter(value.data))
                twin_of.requires_grad, value = value.requires_grad, twin_of
            vars(twin)[name] = value
        return twin

    return copied(model)


class Learner:
    """A replica of a model that learns from one micro-batch after the other, by a plan where there can be one."""

    def __init__(self, model: Module, work: Steady):
        self.model, self.work = replica(model).train(), work
        self.parameters = list(self.model.parameters())
        self.norms = [m for m in self.model.modules() if isinstance(m, BatchNorm2d)]
        self.chancy: list[Any] = [m for m in self.model.modules() if hasattr(m, "generator")]
        self._plan = Plan(self._learned, quiet=True)

    def learn(
        self,
        lane: Any,
        which: Array,
        generator: np.random.Generator,
        alone: bool,
        tell: Callable[[Tensor], None] | None = None,
    ) -> tuple[Tensor, Any]:
        """Add gradients and statistics to those of a lane; gives the loss, and the sums.

        The gradients of a micro-batch that is `alone` in its batch need not be copied. Where the lane's weights are
        waited for one by one, `tell` is told of each that has all of its gradient.
        """
        for module in self.chancy:
            module.generator = generator
        waiting = {id(mine): (mine, theirs) for mine, theirs in zip(self.parameters, lane.parameters.values())}

        def hand_over(leaf: Tensor) -> None:
            if id(leaf) not in waiting:  # once: a plan may be left and begin anew
                return
            mine, theirs = waiting.pop(id(leaf))
            if mine.grad is None:
                return
            if theirs.grad is None:
                theirs.grad = mine.grad if alone else mine.grad.copy("K")
            else:
                theirs.grad += mine.grad
            if tell:
                tell(theirs)

        with told_of(hand_over if tell else None):
            loss, sums, statistics = self._plan(*self.work.given(which, generator))
        for mine in self.parameters:
            hand_over(mine)
        for norm, waiting in zip(lane.norms, statistics, strict=True):
            norm.waiting += waiting
        return loss, sums

    def _learned(self, *given: Array) -> tuple[Tensor, Any, list[Any]]:
        for parameter in self.parameters:
            parameter.grad = None
        for norm in self.norms:
            norm.waiting = []
        loss, sums = self.work.judge(self.model, *given)
        loss.backward()
        return loss, sums, [norm.waiting for norm in self.norms]


class Answers:
    """A model's answers by a plan, for as long as the model is what it was: its parts and their settings, not weights.

    A replica of the model is what answers, so that nobody who uses the model in another thread meets a stand-in.
    """

    def __init__(self, model: Module):
        twin = replica(model).eval()
        self.to = Plan(lambda images: twin(Tensor(images)).data, quiet=True)
        self.parts = [(vars(module), dict(vars(module))) for module in model.modules()]
        self.weights = [(parameter, parameter.data) for parameter in model.parameters()]

    def hold(self) -> bool:
        """Whether the model is still what it was."""
        for now, before in self.parts:
            same = len(now) == len(before) and all(map(operator.is_, now.values(), before.values()))
            if not same and not alike_but_for_training(now, before):
                return False
        return all(weight.data is array for weight, array in self.weights)


_answers: WeakKeyDictionary[Module, Answers] = WeakKeyDictionary()


def alike_but_for_training(now: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether a part has the same settings, told to train or not: the replica that answers is never told to."""
    now, before = ({name: value for name, value in part.items() if name != "training"} for part in (now, before))
    return now.keys() == before.keys() and all(map(operator.is_, now.values(), before.values()))


def planned(model: Module, images: Array) -> Array:
    """What the model says of images in its `eval` state, whichever it is in; quicker from its fourth time on."""
    answers = _answers.get(model)
    if answers is None or not answers.hold():
        answers = _answers[model] = Answers(model)
    with no_grad():
        return answers.to(images)
