"""What modules are put together in: one after the other, in a list, or beside a shortcut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self

from hellodl.autograd.mode import mode
from hellodl.autograd.tensor import Tensor
from hellodl.nn.module import Module


class ModuleList(Module):
    """Modules in a list, found by everything that looks for weights; calling them is up to whoever has it."""

    def __init__(self, modules: Iterable[Module] = ()):
        self.extend(modules)

    def append(self, module: Module) -> Self:
        """One more at the end."""
        return self.extend([module])

    def extend(self, modules: Iterable[Module]) -> Self:
        """More at the end, by the names "0", "1" and so on, as in PyTorch."""
        for number, module in enumerate(modules, len(self)):
            if not isinstance(module, Module):
                kind = type(self).__name__
                raise TypeError(f"{kind} takes modules, not a {type(module).__name__}; of a list, {kind}(*layers)")
            setattr(self, str(number), module)
        return self

    def noted(self) -> dict[str, Any]:
        """Its parts as they are now."""
        key = {ModuleList: "modules", Sequential: "layers"}.get(type(self))
        return {key: tuple(self)} if key else super().noted()

    def __getitem__(self, number: Any) -> Any:
        """One, or with a slice several, which are the same modules."""
        found = list(self.children())[number]
        if not isinstance(number, slice):
            return found
        return Sequential(*found) if isinstance(self, Sequential) else ModuleList(found)

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __len__(self) -> int:
        return len(list(self.children()))


class Sequential(ModuleList):
    """Modules one after the other: what one makes is what the next one gets."""

    def __init__(self, *layers: Module):
        self.extend(layers)

    def forward(self, x: Tensor) -> Tensor:
        """x through every layer in turn; two in one go where that is faster (but not when debugging)."""
        layers = list(self.children())
        while layers:
            layer = layers.pop(0)
            both = layer.fused(layers[0]) if layers and not mode.debug else None
            if both:
                layers.pop(0)
            x = both(x) if both else layer(x)
        return x


class Residual(Module):
    """x + body(x): the body only has to learn what to change (He et al. 2015).  It must keep the shape."""

    def __init__(self, body: Module):
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        """x + body(x)."""
        return x + self.body(x)
