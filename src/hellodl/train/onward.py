"""Gradients that travel while others are still being made.

The way back begins at the loss, so the last layer's gradients are whole long before the first layer's. Whoever sends
all of them in the end lets the wire idle until then, and then the cores. So each rank has a courier, a thread that
takes weights in parcels, from the last to the first: as soon as a rank's lanes have all that a parcel needs, it goes to
the other ranks, and their sums come back. (Li et al., "PyTorch Distributed", 2020, has the idea in its buckets.)

Each number is added in the order of the same tree whatever parcel it came in, so no bit depends on it. All ranks send
the same parcels in the same order, also those that have nothing to do, or that met with an error.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

import numpy as np

from hellodl.autograd.arrays import laid_out, places_of
from hellodl.autograd.tensor import Array
from hellodl.nn.module import Parameter
from hellodl.ranks import Ranks, tree
from hellodl.train.processes import room_for

PARCEL = 2**16  # numbers at least: what is smaller costs more for being sent than for being long
NAP = 1e-3  # seconds between two looks, while lanes need the core

# A lane's number and a weight's name, to the gradient that the lane has; None where it has none, or another has its.
Leaf = Callable[[int, str], Array | None]


class Onward:
    """A rank's courier: `begin` a step, be `told` of whole gradients, `hurry` when lanes are done, and `end` it.

    `waited` are the seconds for which it alone kept this rank, in all steps so far.
    """

    def __init__(self, ranks: Ranks, parameters: Mapping[str, Parameter], lanes: int):
        self.ranks, self.parameters, self.waited = ranks, parameters, 0.0
        self.parcels = parcels_of(parameters)
        self._column = {name: number for number, name in enumerate(chain(*self.parcels))}
        self._whole = room_for(np.zeros((lanes, len(self._column)), np.uint8))  # helpers tell, too
        self._hurry = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="onward")
        self._sums: Future[dict[str, Array]]

    def begin(self, shares: Sequence[range], leaf: Leaf) -> None:
        """Send what is whole, from now on; `shares` are everybody's lanes."""
        self._whole[...] = False
        self._hurry.clear()
        self._sums = self._pool.submit(self._send, shares, leaf)

    def told(self, lane: int, name: str) -> None:
        """A lane's gradient of a weight is whole."""
        if name in self._column:
            self._whole[lane, self._column[name]] = True

    def hurry(self) -> None:
        """All lanes have all that they will have."""
        self._whole[...] = True
        self._hurry.set()

    def end(self) -> dict[str, Array]:
        """The sums over all ranks, by the weights' names."""
        self.hurry()
        began = time.perf_counter()
        try:
            return self._sums.result()
        finally:
            self.waited += time.perf_counter() - began

    def close(self) -> None:
        """No more steps."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _send(self, shares: Sequence[range], leaf: Leaf) -> dict[str, Array]:
        """What no lane of a branch has learned is -0.0 there: the number that changes nothing when it is added."""
        whole, own = tree.root(shares[-1].stop), shares[self.ranks.number]
        every = [tree.branches(whole, share) for share in shares]
        sums: dict[str, Array] = {}
        for names in self.parcels:
            first, last = self._column[names[0]], self._column[names[-1]]
            while not self._whole[own.start : own.stop, first : last + 1].all():
                self._hurry.wait(NAP)
            data = [self.parameters[name].data for name in names]
            places, size = places_of(data)
            rows = [np.full(size, -0.0, data[0].dtype) for _ in every[self.ranks.number] or [whole]]
            for branch, row in zip(every[self.ranks.number], rows):
                for name, like, place in zip(names, data, places):
                    if (total := tree.total(branch, {(n, 1): leaf(n, name) for n in own})) is not None:
                        laid_out(row[place], like)[...] = total
            flat = self.ranks.add_branches(rows, every, whole, self._hurry)
            sums |= {name: laid_out(flat[place], like) for name, like, place in zip(names, data, places)}
        return sums


def parcels_of(parameters: Mapping[str, Parameter]) -> list[list[str]]:
    """The weights that learn, from the last to the first, some together: alike, and not too few numbers."""
    parcels: list[list[str]] = []
    size, kind = 0, None
    for name, parameter in reversed([*parameters.items()]):
        if not parameter.requires_grad:
            continue
        if kind != parameter.data.dtype or size >= PARCEL:
            size, kind = 0, parameter.data.dtype
            parcels.append([])
        parcels[-1].append(name)
        size += parameter.data.size
    return parcels
