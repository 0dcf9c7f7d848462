"""A module is a piece of a network: weights, and what is done with them.

Modules hold modules, so a network is a tree, and every weight has a name that says where it hangs
("0.weight", "body.3.bias"). The names, and the shapes of what `state_dict` gives, are PyTorch's, so that
weights can go back and forth.

A module also remembers how it was made, so that `describing.py` can say so in a file. What modules are put together in,
one after the other or in a list, is in `containers.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from hellodl.autograd.elsewhere import no_such
from hellodl.autograd.mode import mode, no_grad
from hellodl.autograd.tensor import Array, Tensor
from hellodl.errors import CheckpointError
from hellodl.nn import init

KINDS: dict[str, type[Module]] = {}  # what a file calls each kind of module: see `kind_of`


class Parameter(Tensor):
    """A tensor that is learned: it requires a gradient, and `Module` finds it by its type."""

    __slots__ = ()

    def __init__(self, data: Any):
        super().__init__(data, requires_grad=True)


class Module:
    """The base of all layers and networks: subclass it, make parts in `__init__`, compute in `forward`.

    Attributes that are a `Parameter` are learned; a `Module` is a part; NumPy arrays named in `buffers` are
    kept with the weights but not learned (running statistics).
    """

    buffers: tuple[str, ...] = ()
    training = True
    name = ""
    _arguments: dict[str, Any]

    def __init_subclass__(cls, **keywords: Any):
        super().__init_subclass__(**keywords)
        KINDS[kind_of(cls)] = cls

    def __new__(cls, *args: Any, **keywords: Any) -> Self:
        """Note what the module was made with, for `describe`."""
        init.spend(parts=1)
        self = super().__new__(cls)
        signature = inspect.signature(cls.__init__)
        try:
            bound = signature.bind(self, *args, **keywords)
        except TypeError as error:
            if not (args or keywords):  # copies and pickle make it empty and fill it then; else __init__ will object
                return self
            taken = ", ".join(str(each) for each in list(signature.parameters.values())[1:]) or "nothing"
            raise TypeError(f"{cls.__name__} {error}; it takes {taken}") from None
        self._arguments = dict(list(bound.arguments.items())[1:])  # without self
        self._arguments.pop("rng", None)
        return self

    def __init__(self) -> None:
        """Nothing to make here; own modules may call it, or not."""

    def noted(self) -> dict[str, Any]:
        """What it was made with, by name."""
        return vars(self).get("_arguments", {})

    def forward(self, x: Tensor) -> Tensor:
        """What this module makes of x; each kind of module says."""
        raise TypeError(f"{type(self).__name__} has no forward yet; write `def forward(self, x)` in it")

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        """`forward`; in debug mode the layer's name is noted, for the message of an error."""
        if mode.watch is not None:
            mode.watch.module(self)
        if not mode.debug:
            return self.forward(*inputs, **keywords)
        mode.layers = (*mode.layers, self.name or type(self).__name__)
        try:
            return self.forward(*inputs, **keywords)
        finally:
            mode.layers = mode.layers[:-1]

    def plain(self, x: Array) -> Array:
        """`forward` on a plain array and without a graph; what is asked for one row at a time has a quick one."""
        with no_grad():
            return self.forward(Tensor(x)).data

    def fused(self, following: Module) -> Callable[[Tensor], Tensor] | None:
        """What does this layer's work and the following one's in one go, where there is such a thing."""
        return None

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The parts of this module, with their names."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def children(self) -> Iterator[Module]:
        """The parts of this module."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all parts of parts, with their names from here."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        """This module and all parts of parts."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """All that is learned here, with names, in the order of making; what is used in two places comes once."""
        seen: set[int] = set()
        for name, parameter in self._all_parameters().items():
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter

    def _all_parameters(self) -> dict[str, Parameter]:
        """The same with every name of what is used in several places, as in PyTorch's files."""
        return {
            f"{path}.{name}" if path else name: value
            for path, module in self.named_modules()
            for name, value in vars(module).items()
            if isinstance(value, Parameter)
        }

    def named_buffers(self) -> Iterator[tuple[str, Array]]:
        """All arrays that are kept but not learned, with names."""
        for path, module in self.named_modules():
            for name in module.buffers:
                yield f"{path}.{name}" if path else name, getattr(module, name)

    def parameters(self) -> Iterator[Parameter]:
        """All that is learned here."""
        return (parameter for _, parameter in self.named_parameters())

    def weight_count(self) -> int:
        """How many numbers are learned."""
        return sum(parameter.numel() for parameter in self.parameters())

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients: call it before each step, for `backward` adds to what is there."""
        for parameter in self.parameters():
            forget_gradient(parameter, set_to_none)

    def train(self, on: bool = True) -> Self:
        """Say that this is training (dropout drops, batch norm looks at the batch); `eval` says that it is not."""
        if self.training != on:
            self.training = on
        for value in vars(self).values():
            if isinstance(value, Module):
                value.train(on)
        return self

    def eval(self) -> Self:
        """Say that this is the real thing: every image gets the same answer whatever its company."""
        return self.train(False)

    def state_dict(self) -> dict[str, Array]:
        """Copies of all weights and buffers by name, in PyTorch's layouts, for saving."""
        state = {name: parameter.data for name, parameter in self._all_parameters().items()}
        return {name: np.array(a, order="C") for name, a in (state | dict(self.named_buffers())).items()}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Take over weights and buffers; all names and shapes must fit, or nothing is changed.

        Without `strict`, names that only one of both has are passed over; shapes must fit even so, as in PyTorch.

        Their values are arrays, or PyTorch's tensors. Of a weight with several names one is enough, and PyTorch's count
        of batches is passed over.
        """
        parameters = self._all_parameters()
        mine = {name: p.data for name, p in parameters.items()} | dict(self.named_buffers())
        counts = {name.removesuffix("running_mean") + "num_batches_tracked" for name in mine.keys() - parameters.keys()}
        given = {name: weights_of(name, array) for name, array in state.items() if name not in counts}
        untie(given, parameters)
        if not strict:
            mine = {name: array for name, array in mine.items() if name in given}
            given = {name: given[name] for name in mine}
        missing, extra = sorted(mine.keys() - given.keys()), sorted(given.keys() - mine.keys())
        unlike = [name for name in mine if name in given and mine[name].shape != given[name].shape]
        if missing or extra or unlike:
            if missing:
                what = f"'{missing[0]}' is not among them ({len(missing)} missing)"
            elif extra:
                what = f"it has no '{extra[0]}' ({len(extra)} too many)"
            else:
                what = f"'{unlike[0]}' is {mine[unlike[0]].shape} here and {given[unlike[0]].shape} there"
            raise CheckpointError(
                f"these weights are for another model: {what}; build the model that they were saved from"
            )
        for name, array in mine.items():
            array[...] = given[name]  # in place: replicas in the lanes look at the same arrays
        for parameter in parameters.values():
            parameter.changed()

    def use_generator(self, generator: np.random.Generator) -> None:
        """Give every module that needs chance while it trains (dropout) the generator to draw it from."""
        for module in self.modules():
            if hasattr(module, "generator"):
                module.generator = generator

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Module) and not value.name:
            value.name = name
        super().__setattr__(name, value)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise no_such("Module", name, whose=type(self).__name__)

    def extra_repr(self) -> str:
        """What the printed module shows in its brackets."""
        return ", ".join(f"{k}={v}" for k, v in self.noted().items() if not _holds_modules(v))

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__}({self.extra_repr()})"]
        for name, child in self.named_children():
            lines += [f"  ({name}) " + repr(child).replace("\n", "\n  ")]
        return "\n".join(lines)


def _holds_modules(value: Any) -> bool:
    return isinstance(value, Module) or (isinstance(value, tuple | list) and any(map(_holds_modules, value)))


def kind_of(cls: type[Module]) -> str:
    """What a file calls a kind of module: ours by their names, and others' with their module's, so that none is two."""
    return cls.__name__ if cls.__module__.startswith("hellodl.") else f"{cls.__module__}.{cls.__qualname__}"


@contextmanager
def evaluating(model: Module) -> Iterator[Module]:
    """Inside, the model is in its `eval` state; afterwards each part is as it was."""
    training = [module for module in model.modules() if module.training]
    if training:
        model.eval()
    try:
        yield model
    finally:
        for module in training:
            module.training = True


def forget_gradient(parameter: Tensor, set_to_none: bool = True) -> None:
    """No gradient, or one of zeros, as PyTorch lets one choose."""
    if set_to_none:
        parameter.grad = None
    elif parameter.grad is not None:
        parameter.grad = np.zeros_like(parameter.grad)


def weights_of(name: str, value: Any) -> Array:
    """An entry of a state as an array: also of PyTorch's tensors that are alive and learn."""
    try:
        array = np.asarray(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"'{name}' does not become an array ({error}); call .cpu().float() on it") from None
    if array.dtype.kind not in "fiu":
        raise CheckpointError(f"'{name}' holds {array.dtype}, which are no weights; save them as float32")
    return array


def untie(given: dict[str, Array], parameters: Mapping[str, Parameter]) -> None:
    """Let each name of a weight that has several have its array; an error where a state has two different ones."""
    names: dict[int, list[str]] = {}
    for name, parameter in parameters.items():
        names.setdefault(id(parameter), []).append(name)
    for alike in names.values():
        there = [name for name in alike if name in given]
        for name in there[1:]:
            if not np.array_equal(given[there[0]], given[name], equal_nan=True):
                raise CheckpointError(
                    f"'{there[0]}' and '{name}' are one weight in this model and two different ones in the file; "
                    "build the model that they were saved from"
                )
        given.update(dict.fromkeys(alike, given[there[0]]) if there else {})
