"""A committee: several networks that learned alone and answer together (Hansen and Salamon 1990).

Networks that began with different weights are wrong in different places, so that their mean opinion is right more
often than any of them. It costs as many times the work, and is worth it where data is scarce.
"""

from __future__ import annotations

from hellodl import ops
from hellodl.autograd.tensor import Tensor
from hellodl.nn.containers import ModuleList
from hellodl.nn.module import Module

NEVER = 1e-30  # a belief of nothing at all has no logarithm


class Committee(ModuleList):
    """The logarithm of the members' mean belief: (N, ...) -> (N, classes), whose softmax is that mean.

    Teach the members each by its own loss (see `members`): a loss of the mean would let them divide the work,
    and none of them would be good alone.
    """

    def __init__(self, *members: Module):
        self.extend(members)

    @property
    def members(self) -> list[Module]:
        """The networks, in order."""
        return list(self.children())

    def forward(self, x: Tensor) -> Tensor:
        """log(mean of softmax(member(x)))."""
        members = self.members
        total = ops.softmax(members[0](x))
        for member in members[1:]:
            total = total + ops.softmax(member(x))
        return ops.log(total * (1 / len(members)) + NEVER)
