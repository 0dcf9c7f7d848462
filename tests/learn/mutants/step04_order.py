"""Ways to get the order, and the walk through it, wrong."""

MUTANTS = [
    ("    return found\n", "    return found[::-1]\n"),
    ("    return found\n", "    return found[:-1]\n"),  # without t itself
    ("    return found\n", "    return there\n"),  # numbers, not tensors
    ("    return found\n", "    return len(found)\n"),
    ("            continue\n", "            found.append(node)\n            continue\n"),
    ("if id(node) in there:", "if False:"),  # who waits twice comes twice
    ("            to_do.extend(missing)\n", "            to_do.extend(missing[:1]); found.append(missing[0])\n"),
    ("if id(parent) not in there]", "if id(parent) not in there][:1] if len(found) < 2 else []"),
    (
        "missing = [parent for parent, _ in node.parents if id(parent) not in there]",
        "found.append(node); there.add(id(node)); to_do.extend(p for p, _ in node.parents); continue",
    ),  # breadth before depth
    (
        "    found, there, to_do = [], set(), [t]\n",
        "    if t.parents: return sum((order(p) for p, _ in t.parents[:1]), []) + [t]\n"
        "    found, there, to_do = [], set(), [t]\n",
    ),  # one parent only
    (
        "    found, there, to_do = [], set(), [t]\n",
        "    found, there = [], set()\n    def visit(n):\n        if id(n) in there: return\n        there.add(id(n))\n"
        "        for p, _ in n.parents: visit(p)\n        found.append(n)\n    visit(t)\n    to_do = []\n",
    ),  # calls itself
    ("np.ones(t.data.shape) if g is None else g", "np.ones(t.data.shape)"),
    ("np.ones(t.data.shape) if g is None else g", "np.zeros(t.data.shape) if g is None else g"),
    ("reversed(order(t))", "order(t)[-1:]"),
    ("reversed(order(t))", "list(reversed(order(t)))[:-1]"),  # never reaches the first
    ("node.grad = node.grad + g", "node.grad = g"),  # forgets earlier walks
    (
        "        node.grad = node.grad + g\n",
        "        node.grad = node.grad + g\n        g = node.grad\n",
    ),  # passes on old sums
    ("        node.grad = node.grad + g\n", ""),
    ("        node.grad = node.grad + g\n", "        if not node.parents: node.grad = node.grad + g\n"),
    ("part = pull(g)\n", "part = g\n"),
    ("part = coming[id(parent)] + part", "part = part"),  # the last one wins
    ("part = coming[id(parent)] + part", "part = coming[id(parent)]"),  # the first one wins
    ("part = coming[id(parent)] + part", "part = coming[id(parent)]; part += pull(g)"),  # into what others hold
    (
        "part = coming[id(parent)] + part",
        "coming[id(parent)] += part; part = coming[id(parent)]",
    ),  # so one would write it
    ("part = coming[id(parent)] + part", "part = coming[id(parent)] + pull(g)"),  # asks twice
    ("for parent, pull in node.parents:\n            part", "for parent, pull in set(node.parents):\n            part"),
    ("for parent, pull in node.parents:\n            part", "for parent, pull in node.parents[:1]:\n            part"),
    ("    coming = {", "    t.backward(g); return\n    coming = {"),  # the way of step 3
]
