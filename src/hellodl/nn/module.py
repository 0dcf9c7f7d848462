"""A module is a piece of a network: weights, and what is done with them.

Modules hold modules, so a network is a tree, and every weight has a name that says where it hangs
("0.weight", "body.3.bias"). The names, and the shapes of what `state_dict` gives, are PyTorch's, so that
weights can go back and forth.

A module also remembers how it was made. `describe` turns a network into plain JSON and `build` makes it again,
which lets a checkpoint be read without the code that trained it, and without pickle, which runs code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from hellodl.autograd.mode import mode, no_grad
from hellodl.autograd.tensor import Array, Tensor
from hellodl.errors import CheckpointError, HelloError

KINDS: dict[str, type[Module]] = {}


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
        KINDS[cls.__name__] = cls

    def __new__(cls, *args: Any, **keywords: Any) -> Self:
        """Note what the module was made with, for `describe`."""
        self = super().__new__(cls)
        bound = inspect.signature(cls.__init__).bind(self, *args, **keywords)
        self._arguments = {key: value for key, value in bound.arguments.items() if key not in ("self", "rng")}
        return self

    def forward(self, x: Tensor) -> Tensor:
        """What this module makes of x; each kind of module says."""
        raise TypeError(f"{type(self).__name__} has no forward yet; write `def forward(self, x)` in it")

    def __call__(self, *inputs: Any) -> Any:
        """`forward`; in debug mode the layer's name is noted, for the message of an error."""
        if not mode.debug:
            return self.forward(*inputs)
        mode.layers = (*mode.layers, self.name or type(self).__name__)
        try:
            return self.forward(*inputs)
        finally:
            mode.layers = mode.layers[:-1]

    def plain(self, x: Array) -> Array:
        """`forward` on a plain array and without a graph; what is asked for one row at a time has a quick one."""
        with no_grad():
            return self.forward(Tensor(x)).data

    def fused(self, following: Module) -> Callable[[Tensor], Tensor] | None:
        """What does this layer's work and the following one's in one go, where there is such a thing."""
        return None

    def children(self) -> Iterator[tuple[str, Module]]:
        """The parts of this module, by name."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all parts of parts, with their names from here."""
        yield prefix, self
        for name, child in self.children():
            yield from child.modules(f"{prefix}.{name}" if prefix else name)

    def named_parameters(self) -> dict[str, Parameter]:
        """All that is learned here, by name, in the order of making; what is used in two places comes once."""
        named: dict[int, tuple[str, Parameter]] = {}
        for name, parameter in self._all_parameters().items():
            named.setdefault(id(parameter), (name, parameter))
        return dict(named.values())

    def _all_parameters(self) -> dict[str, Parameter]:
        """The same with every name of what is used in several places, as in PyTorch's files."""
        return {
            f"{path}.{name}" if path else name: value
            for path, module in self.modules()
            for name, value in vars(module).items()
            if isinstance(value, Parameter)
        }

    def named_buffers(self) -> dict[str, Array]:
        """All arrays that are kept but not learned, by name."""
        return {
            f"{path}.{name}" if path else name: getattr(module, name)
            for path, module in self.modules()
            for name in module.buffers
        }

    def parameters(self) -> list[Parameter]:
        """All that is learned here."""
        return list(self.named_parameters().values())

    def weight_count(self) -> int:
        """How many numbers are learned."""
        return sum(parameter.size for parameter in self.parameters())

    def zero_grad(self) -> None:
        """Forget the gradients: call it before each step, for `backward` adds to what is there."""
        for parameter in self.parameters():
            parameter.grad = None

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
        return {name: np.array(a, order="C") for name, a in (state | self.named_buffers()).items()}

    def load_state_dict(self, state: dict[str, Array]) -> None:
        """Take over weights and buffers; all names and shapes must fit, or nothing is changed."""
        mine = {name: p.data for name, p in self._all_parameters().items()} | self.named_buffers()
        state = {name: np.asarray(array) for name, array in state.items()}
        if missing := sorted(mine.keys() - state.keys()):
            raise CheckpointError(
                f"these weights are for another model: '{missing[0]}' is not among them "
                f"({len(missing)} missing); build the model that they were saved from"
            )
        if extra := sorted(state.keys() - mine.keys()):
            raise CheckpointError(
                f"these weights are for another model: it has no '{extra[0]}' "
                f"({len(extra)} too many); build the model that they were saved from"
            )
        for name, array in mine.items():
            if array.shape != state[name].shape:
                raise CheckpointError(
                    f"these weights are for another model: '{name}' is {array.shape} here and "
                    f"{state[name].shape} there; build the one that was saved"
                )
            if state[name].dtype.kind not in "fiu":
                raise CheckpointError(f"'{name}' holds {state[name].dtype}, which are no weights; save them as float32")
        for name, array in mine.items():
            array[...] = state[name]  # in place: replicas in the lanes look at the same arrays

    def use_generator(self, generator: np.random.Generator) -> None:
        """Give every module that needs chance while it trains (dropout) the generator to draw it from."""
        for _, module in self.modules():
            if hasattr(module, "generator"):
                module.generator = generator

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Module) and not value.name:
            value.name = name
        super().__setattr__(name, value)

    def extra_repr(self) -> str:
        """What the printed module shows in its brackets."""
        return ", ".join(f"{k}={v}" for k, v in self._arguments.items() if not _holds_modules(v))

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__}({self.extra_repr()})"]
        for name, child in self.children():
            lines += [f"  ({name}) " + repr(child).replace("\n", "\n  ")]
        return "\n".join(lines)


class Sequential(Module):
    """Modules one after the other: what one makes is what the next one gets."""

    def __init__(self, *layers: Module):
        for number, layer in enumerate(layers):
            setattr(self, str(number), layer)

    def forward(self, x: Tensor) -> Tensor:
        """x through every layer in turn; two in one go where that is faster (but not when debugging)."""
        layers = [layer for _, layer in self.children()]
        while layers:
            layer = layers.pop(0)
            both = layer.fused(layers[0]) if layers and not mode.debug else None
            if both:
                layers.pop(0)
            x = both(x) if both else layer(x)
        return x

    def __getitem__(self, number: int) -> Module:
        return [layer for _, layer in self.children()][number]

    def __len__(self) -> int:
        return len(list(self.children()))


class Residual(Module):
    """x + body(x): the body only has to learn what to change (He et al. 2015).  It must keep the shape."""

    def __init__(self, body: Module):
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        """x + body(x)."""
        return x + self.body(x)


def describe(module: Module) -> dict[str, Any]:
    """How to make this module again, as plain JSON: its kind and what it was made with."""
    description: dict[str, Any] = {"kind": type(module).__name__}
    for key, value in module._arguments.items():
        if isinstance(value, Module):
            value = describe(value)
        elif isinstance(value, tuple | list):
            value = [describe(v) if isinstance(v, Module) else v for v in value]
        elif isinstance(value, np.generic):
            value = value.item()
        description[key] = value
    return description


def build(description: dict[str, Any]) -> Module:
    """The module that a description is of, with weights of zero, to be loaded. Only known kinds are made."""
    try:
        kind = KINDS[description["kind"]]
        signature = inspect.signature(kind)
        positional: list[Any] = []
        keywords: dict[str, Any] = {"rng": None} if "rng" in signature.parameters else {}
        for key, value in description.items():
            if key == "kind":
                continue
            if isinstance(value, dict):
                value = build(value)
            elif isinstance(value, list):
                value = tuple(build(v) if isinstance(v, dict) else v for v in value)
            if signature.parameters[key].kind is inspect.Parameter.VAR_POSITIONAL:
                positional += value
            else:
                keywords[key] = value
        return kind(*positional, **keywords)
    except HelloError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"the model's description cannot be understood ({type(error).__name__}: {error}); "
            "it may come from a newer hellodl: upgrade, or train it again"
        ) from None


def _holds_modules(value: Any) -> bool:
    return isinstance(value, Module) or (isinstance(value, tuple | list) and any(map(_holds_modules, value)))
