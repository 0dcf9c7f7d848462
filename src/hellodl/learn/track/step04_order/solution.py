"""Step 4: topological order."""

import numpy as np


def order(t):
    """A list of t and all that it was made from, each once, and after all of its parents."""
    found, there, to_do = [], set(), [t]
    while to_do:
        node = to_do.pop()
        if id(node) in there:
            continue
        missing = [parent for parent, _ in node.parents if id(parent) not in there]
        if missing:
            to_do.append(node)
            to_do.extend(missing)
        else:
            found.append(node)
            there.add(id(node))
    return found


def backward(t, g=None):
    """Add to the grad of t, and of all that it was made from, each visited once."""
    coming = {id(t): np.ones(t.data.shape) if g is None else g}
    for node in reversed(order(t)):
        g = coming[id(node)]
        node.grad = node.grad + g
        for parent, pull in node.parents:
            part = pull(g)
            if id(parent) in coming:
                part = coming[id(parent)] + part
            coming[id(parent)] = part
