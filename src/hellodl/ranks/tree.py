"""A sum whose order never changes, and which can be shared out: a binary tree over numbered leaves.

Floating-point sums depend on their order. Added from left to right, eight gradients wait for one another. Added as
((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)), whoever has a whole branch adds it up alone, and the branches meet later:
which thread, process or machine that was, no bit of the sum can tell.

A branch is (its first leaf, how many leaves it spans: a power of two). Leaves that are not there change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise, zip_longest

import numpy as np

Array = np.ndarray
Branch = tuple[int, int]


def tree_sum_reference(leaves: Sequence[Array | None]) -> Array | None:
    """The sum in plain words: neighbours are added, then neighbouring sums, until one is left; None is nothing."""
    while len(leaves) > 1:
        pairs = zip_longest(leaves[::2], leaves[1::2])
        leaves = [a if b is None else b if a is None else a + b for a, b in pairs]
    return leaves[0] if leaves else None


def root(leaves: int) -> Branch:
    """The branch that has so many leaves, all of them."""
    return 0, 1 << max(leaves - 1, 0).bit_length()


def total(branch: Branch, known: Mapping[Branch, Array | None]) -> Array | None:
    """The sum of a branch, of which leaves or whole smaller branches are known; None where there is nothing.

    Sums are made in the place of their left halves.
    """
    if branch in known:
        return known[branch]
    first, size = branch
    if size == 1:
        return None
    size //= 2
    left, right = total((first, size), known), total((first + size, size), known)
    if left is None or right is None:
        return right if left is None else left
    left += right
    return left


def branches(of: Branch, leaves: range) -> list[Branch]:
    """The largest branches whose leaves are all among some neighbouring ones; together they have just these."""
    first, size = of
    if first in leaves and first + size - 1 in leaves:
        return [of]
    if first >= leaves.stop or first + size <= leaves.start or size == 1:
        return []
    size //= 2
    return branches((first, size), leaves) + branches((first + size, size), leaves)


def shares(leaves: int, count: int) -> list[range]:
    """Leaves dealt out to so many, neighbours together: as evenly as whole leaves allow."""
    bounds = [leaves * number // count for number in range(count + 1)]
    return [range(a, b) for a, b in pairwise(bounds)]
