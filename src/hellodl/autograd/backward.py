"""The way back: from a loss to the weights that made it, every node once.

A tensor knows its parents and, for each of them, the function that carries a gradient back to it. That is all the map
there is, and all that is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hellodl.autograd.arrays import as_array
from hellodl.autograd.mode import check, mode, unlock
from hellodl.errors import TrainingError

Array = np.ndarray
CarryBack = Callable[[Array], Array]
Node = Any  # a tensor, of which the walk needs `data`, `grad`, `_parents` (None once walked and freed) and `_saw`


def topological_order(root: Node) -> list[Node]:
    """All tensors that `root` was made from, each once and each after everything that was made from it.

    No recursion: an unrolled recurrent network is a thousand nodes deep, and Python's stack is not. And no
    walking along every path: a + a, b = a + a, ... twenty times has a million paths but twenty nodes.
    """
    order: list[Node] = []
    seen = {id(root)}
    stack = [(root, iter(root._parents or ()))]
    while stack:
        node, parents = stack[-1]
        for parent, _ in parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                stack.append((parent, iter(parent._parents or ())))
                break
        else:
            order.append(node)
            stack.pop()
    return order[::-1]


def walk_back(root: Node, gradient: Array, keep_graph: bool) -> None:
    """From `root` to its leaves: each node hands its gradient on once, when it has all of it."""
    gradients = {id(root): gradient}
    ours: set[int] = set()  # sums that we made and may add to in place; other arrays may be shared
    for node in topological_order(root):
        gradient = gradients.pop(id(node))
        if node._parents is None:
            raise TrainingError(
                "backward: this graph was walked before and is freed; compute the loss again, "
                "or call backward(keep_graph=True) the first time"
            )
        if not node._parents:
            if node.grad is None:
                node.grad = as_array(gradient).copy(order="K")
            else:
                node.grad += gradient
            if mode.whole is not None:
                mode.whole(node)
            continue
        for parent, array in node._saw:
            if parent.data is not array or parent._changed > node._made:
                raise TrainingError(
                    f"backward: a tensor of shape {parent.shape} was changed (by an optimiser's step?) after it had "
                    "been used to compute this; compute the loss again"
                )
        for parent, carry_back in node._parents:
            contribution = carry_back(gradient)
            if contribution.dtype != parent.data.dtype:  # integers were involved
                contribution = contribution.astype(parent.data.dtype)
            if mode.debug:
                check(contribution, "the gradient of " + carry_back.__qualname__.split(".")[0])
            key = id(parent)
            if key not in gradients:
                gradients[key] = contribution
            elif key in ours:
                gradients[key] += contribution
            else:
                gradients[key] = gradients[key] + contribution
                ours.add(key)
        if not keep_graph:
            node._parents, node._saw = None, ()
    if mode.debug and not keep_graph:
        unlock()
