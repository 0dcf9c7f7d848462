"""What all optimisers have in common: weights in groups, settings that make sense, and a memory for each weight.

What an optimiser remembers of a weight is kept by the weight itself, not by its name, which two networks may share;
and each weight's steps are counted by themselves, for one that waits a thousand steps for its first gradient takes its
first step then. Groups are PyTorch's (`param_groups`), and so are the words in them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from hellodl.autograd.mode import as_it_is
from hellodl.autograd.tensor import Array, Tensor
from hellodl.errors import CheckpointError
from hellodl.nn.module import forget_gradient

Group = dict[str, Any]
Memory = dict[str, Any]  # of a weight: arrays like it by their kind, and "steps", how often it was stepped
Weights = Mapping[str, Tensor] | Iterable[Any]  # names to tensors, pairs of both, tensors alone, or groups of these
ABOUT = {"params", "param_names", "lr", "learning_rate", "rate"}  # what a group has besides its settings


class Optimizer:
    """The base of all: holds groups of weights, each with its settings, and a little memory for each weight.

    `parameters` is what `model.parameters()` or `model.named_parameters()` gives (with names, a saved state can say
    which weight is whose), or a list of groups {"params": ..., "lr": ..., "weight_decay": ...} whose settings override
    the optimiser's own; "rate" in a group is a share of the optimiser's rate instead. `param_groups` are those groups,
    complete, whose settings may be changed at any time; setting `learning_rate` sets all rates, in their proportions.
    """

    options: tuple[str, ...] = ()  # settings that a group may have though the optimiser has none

    def __init__(self, parameters: Weights, learning_rate: float, weight_decay: float = 0.0, **settings: Any):
        self._learning_rate = learning_rate
        self.settings = {"weight_decay": weight_decay, **settings}
        self.param_groups: list[Group] = []
        self.steps = 0
        self.memory: dict[Tensor, Memory] = {}
        if isinstance(parameters, Tensor):
            raise TypeError(f"{type(self).__name__} takes several weights, got one tensor; give it in a list")
        given: Any = parameters if isinstance(parameters, Mapping) else list(parameters)
        grouped = isinstance(given, list) and any(isinstance(each, Mapping) for each in given)
        self._check({"lr": learning_rate, **self.settings})
        for group in given if grouped else [{"params": given}]:
            self.add_param_group(group)
        if not any(group["params"] for group in self.param_groups):
            raise ValueError(f"{type(self).__name__} got no weights; was model.parameters() walked over before?")

    def add_param_group(self, group: Group) -> None:
        """More weights, with settings of their own, also in the middle of a training."""
        kind = type(self).__name__
        if not isinstance(group, Mapping) or "params" not in group:
            raise TypeError(f"{kind}: a group is {{'params': weights, ...}}; beside groups there are no weights alone")
        if unknown := group.keys() - self.settings.keys() - ABOUT - {*self.options}:
            known = ", ".join(sorted({*self.settings, "lr", *self.options}))
            raise ValueError(f"{kind}: a group has no '{min(unknown)}'; it has {known}")
        before = {id(parameter): name for name, parameter, _ in self.named_parameters()}
        named = _named(kind, group["params"], first=len(before))
        for name, parameter in named:
            if id(parameter) in before:
                raise ValueError(f"{kind}: '{name}' was given before, as '{before[id(parameter)]}'; give it once")
            before[id(parameter)] = name
        rate, own = group.get("rate", 1.0), group.get("lr", group.get("learning_rate"))
        if own is None:
            own = self._learning_rate * rate
        elif self._learning_rate:
            rate = own / self._learning_rate
        settings = self.settings | {key: value for key, value in group.items() if key not in ABOUT}
        self._check(settings | {"lr": own, "rate": rate})
        names, weights = zip(*named) if named else ((), ())
        self.param_groups.append(
            {"params": list(weights), "param_names": list(names), **settings, "rate": rate, "lr": own}
        )

    def _check(self, settings: Group) -> None:
        """ValueError for a setting that would not learn, or never stop growing."""
        for key in ("lr", "rate", "weight_decay", "momentum", "eps"):
            value = settings.get(key, 0)
            if not (isinstance(value, int | float | np.number) and 0 <= value < math.inf):
                raise ValueError(f"{type(self).__name__}: {key} is a number from 0 on, not {value!r}")
        betas = settings.get("betas", (0, 0))
        if not isinstance(betas, tuple | list) or len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"{type(self).__name__}: betas are two numbers from 0 to under 1, not {betas!r}")
        if settings.get("nesterov") and not settings.get("momentum"):
            raise ValueError("nesterov needs a momentum; give it one such as 0.9")

    @property
    def learning_rate(self) -> float:
        """The rate of a group that has no rate of its own."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = rate
        for group in self.param_groups:
            group["lr"] = rate * group["rate"]

    def named_parameters(self) -> Iterator[tuple[str, Tensor, Group]]:
        """Every weight with its group and a name, by which the state has it: two networks' may have the same."""
        seen: set[str] = set()
        for number, group in enumerate(self.param_groups):
            for name, parameter in zip(group["param_names"], group["params"]):
                name = f"{name} (group {number})" if name in seen else name
                seen.add(name)
                yield name, parameter, group

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        for group in self.param_groups:
            for parameter in group["params"]:
                forget_gradient(parameter, set_to_none)

    @as_it_is
    def step(self) -> None:
        """Change every weight that has a gradient."""
        self.steps += 1
        for parameter, group in self.waiting():
            self.change(parameter, group)

    def waiting(self) -> list[tuple[Tensor, Group]]:
        """The weights that have a gradient, each with its group."""
        return [(p, group) for group in self.param_groups for p in group["params"] if p.grad is not None]

    def change(self, parameter: Tensor, group: Group) -> None:
        """Change one weight, with the settings of its group and what is remembered of it."""
        memory = self.memory.setdefault(parameter, {})
        memory["steps"] = memory.get("steps", 0) + 1
        weight, gradient = flat_if_single(parameter.data), flat_if_single(parameter.grad)
        self.update(weight, gradient, group["lr"], group, memory)
        parameter.changed()

    def update(self, weight: Array, gradient: Array, rate: float, group: Group, memory: Memory) -> None:
        """Change one weight array in place; each optimiser says how. memory["steps"] counts, this time included."""
        raise TypeError(f"{type(self).__name__} has no update yet; write one that changes `weight` in place")

    def state_dict(self) -> dict[str, Array]:
        """All that a later resume needs, as arrays: "steps", "momentum.<name>" and such, but no rates and settings.

        Where a weight was stepped less often than others, "steps.<name>" says how often.
        """
        state: dict[str, Any] = {"steps": self.steps}
        for name, parameter, _ in self.named_parameters():
            kept = {"steps": 0} | self.memory.get(parameter, {})
            state |= {f"{kind}.{name}": a for kind, a in kept.items() if kind != "steps" or a != self.steps}
        return {key: np.array(a, order="C") for key, a in state.items()}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Go on where `state_dict` was taken."""
        if "steps" not in state:
            raise CheckpointError("this is no optimiser's state, for it has no 'steps'; save what state_dict() gives")
        if any(np.size(array) != 1 for key, array in state.items() if key.partition(".")[0] == "steps"):
            raise CheckpointError("this optimiser state counts its steps in no number; save what state_dict() gives")
        parameters = {name: parameter for name, parameter, _ in self.named_parameters()}
        steps = int(np.asarray(state["steps"]).item())
        memory: dict[Tensor, Memory] = {parameter: {"steps": steps} for parameter in parameters.values()}
        for key in state.keys() - {"steps"}:
            kind, _, name = key.partition(".")
            parameter, array = parameters.get(name), state[key]
            like = np.zeros(()) if kind == "steps" or parameter is None else zeros_for(flat_if_single(parameter.data))
            if parameter is None or like.shape != array.shape:
                raise CheckpointError(
                    f"this optimiser state is for another model: it has '{name}' {array.shape}; "
                    "resume with the settings that the run was started with"
                )
            like[...] = array
            memory[parameter][kind] = int(array) if kind == "steps" else like
        self.memory, self.steps = memory, steps


def _named(kind: str, weights: Any, first: int) -> list[tuple[str, Tensor]]:
    """Weights in any form as pairs; those without a name are numbered, from `first` on."""
    if isinstance(weights, Tensor):
        weights = [weights]
    pairs = []
    for number, each in enumerate(weights.items() if isinstance(weights, Mapping) else weights, first):
        name, tensor = each if isinstance(each, tuple) and len(each) == 2 else (str(number), each)
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{kind} steps tensors, not a {type(tensor).__name__}; give it model.parameters()")
        if tensor._parents:
            raise ValueError(f"{kind}: '{name}' was computed from others, and cannot be stepped; give it leaves")
        pairs.append((name, tensor))
    return pairs


def flat_if_single(array: Any) -> Array:
    """A view of one axis of an array that has none, for in-place work on which NumPy would give numbers."""
    return array if array.ndim else array.reshape(1)


def rate_of(learning_rate: float | None, lr: float | None, otherwise: float = 1e-3) -> float:
    """The rate by either of its names."""
    if learning_rate is not None and lr is not None:
        raise TypeError("'lr' and 'learning_rate' are one thing; give one of them")
    return next((rate for rate in (learning_rate, lr) if rate is not None), otherwise)


def zeros_for(weight: Array) -> Array:
    """Zeros of a weight's shape and memory layout, so that the two can be walked side by side."""
    return np.zeros_like(weight, order="K")
