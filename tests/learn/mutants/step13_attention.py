"""Ways to get attention, and rows of a table, wrong."""

MUTANTS = [
    ("np.swapaxes(a, -1, -2)", "a.T"),
    ("np.swapaxes(a, -1, -2)", "np.swapaxes(a, 0, 1)"),
    ("1 / np.sqrt(q.data.shape[-1])", "1.0"),
    ("1 / np.sqrt(q.data.shape[-1])", "1 / q.data.shape[-1]"),
    ("1 / np.sqrt(q.data.shape[-1])", "1 / np.sqrt(q.data.shape[-2])"),
    ("1 / np.sqrt(q.data.shape[-1])", "1 / np.sqrt(v.data.shape[-1])"),
    ("1 / np.sqrt(q.data.shape[-1])", "np.sqrt(q.data.shape[-1])"),
    ("s = q.data @ swapped(k.data) * scale", "s = k.data @ swapped(q.data) * scale"),
    ("s = q.data @ swapped(k.data) * scale", "s = q.data @ swapped(q.data) * scale"),
    ("s = q.data @ swapped(k.data) * scale", "s = q.data @ swapped(k.data)"),
    ("    if causal:\n", "    if not causal:\n"),
    ("    if causal:\n", "    if True:\n"),
    ("    if causal:\n", "    if False:\n"),
    ("np.ones((t, t)), 1)", "np.ones((t, t)), 0)"),  # not even itself
    ("np.ones((t, t)), 1)", "np.ones((t, t)), 2)"),  # one place too many
    ("np.triu(np.ones((t, t)), 1)", "np.tril(np.ones((t, t)), -1)"),  # the future only
    ("-1e9, s)", "0.0, s)"),
    ("-1e9, s)", "-1.0, s)"),
    ("-1e9, s)", "1e9, s)"),
    ("    p = softmax(s)\n", "    p = softmax(swapped(s))\n"),
    ("    p = softmax(s)\n", "    p = swapped(softmax(swapped(s)))\n"),  # along the wrong axis
    (
        "    p = softmax(s)\n",
        "    p = np.exp(s) / np.exp(s).sum(axis=-1, keepdims=True)\n    p = np.where(p > 0.99, 1, p)\n",
    ),
    ("g_p = g @ swapped(v.data)", "g_p = g @ v.data"),
    ("return p * (g_p - (g_p * p).sum(axis=-1, keepdims=True))", "return g_p"),  # as if there were no softmax
    ("return p * (g_p - (g_p * p).sum(axis=-1, keepdims=True))", "return p * g_p"),
    ("return p * (g_p - (g_p * p).sum(axis=-1, keepdims=True))", "return p * (1 - p) * g_p"),  # as a sigmoid's
    ("(g_p * p).sum(axis=-1, keepdims=True)", "g_p.sum(axis=-1, keepdims=True)"),
    ("(g_p * p).sum(axis=-1, keepdims=True)", "(g_p * p).sum(axis=-2, keepdims=True)"),
    ("(g_p * p).sum(axis=-1, keepdims=True)", "(g_p * p).mean(axis=-1, keepdims=True)"),
    ("to_s(g) @ k.data * scale", "to_s(g) @ k.data"),
    ("to_s(g) @ k.data * scale", "to_s(g) @ q.data * scale"),
    ("to_s(g) @ k.data * scale", "swapped(to_s(g)) @ k.data * scale"),
    ("swapped(to_s(g)) @ q.data * scale", "to_s(g) @ q.data * scale"),
    ("swapped(to_s(g)) @ q.data * scale", "swapped(to_s(g)) @ q.data"),
    ("swapped(p) @ g", "p @ g"),
    ("swapped(p) @ g", "swapped(s) @ g"),
    ("p @ v.data, (", "swapped(p) @ v.data, ("),
    ("((q, to_q), (k, to_k), (v, to_v))", "((q, to_k), (k, to_q), (v, to_v))"),
    ("((q, to_q), (k, to_k), (v, to_v))", "((v, to_v),)"),
    ("np.add.at(back, numbers, g)", "back[numbers] += g"),  # the last of several
    ("np.add.at(back, numbers, g)", "back[numbers] = g"),
    ("np.add.at(back, numbers, g)", "np.add.at(back, numbers, 1.0)"),
    ("        return back\n", "        return g\n"),
    ("table.data[numbers]", "table.data[:, numbers]"),
    ("table.data[numbers]", "table.data[: len(numbers)]"),
    ("((table, pull),)", "()"),
]
