"""A model that is the average of what it was: steadier than its last weights, which still sway with every batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from hellodl.autograd.tensor import Array
from hellodl.nn.module import Module


class WeightAverage:
    """A running average of the weights, which is often a better model than the last ones (Polyak 1990).

    average = d·average + (1 - d)·weights after each step, with d growing to `decay` as (1 + steps)/(10 + steps),
    so that the beginning is soon forgotten. Buffers (running statistics) are averaged alike.
    """

    def __init__(self, model: Module, decay: float = 0.999):
        self.model, self.decay, self.steps = model, decay, 0
        self.arrays = {name: a.copy(order="K") for name, a in self.live().items()}

    def live(self) -> dict[str, Array]:
        """The model's own weights and buffers, as they are now."""
        return {name: p.data for name, p in self.model.named_parameters()} | dict(self.model.named_buffers())

    def update(self) -> None:
        """Take in the weights as they are now."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, array in self.live().items():
            average = self.arrays[name]
            average += np.float32(1 - decay) * (array - average)

    @contextmanager
    def applied(self) -> Iterator[Module]:
        """Inside, the model has the averaged weights; afterwards its own again."""
        live = self.live()
        own = {name: array.copy(order="K") for name, array in live.items()}
        for name, array in live.items():
            array[...] = self.arrays[name]
        try:
            yield self.model
        finally:
            for name, array in live.items():
                array[...] = own[name]

    def state_dict(self) -> dict[str, Array]:
        """The averages and the number of steps, for saving."""
        return {"steps": np.array(self.steps)} | {n: np.array(a, order="C") for n, a in self.arrays.items()}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Go on where `state_dict` was taken."""
        for name, array in self.arrays.items():
            array[...] = state[name]
        self.steps = int(state["steps"])
