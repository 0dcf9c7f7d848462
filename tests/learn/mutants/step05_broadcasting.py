"""Ways to get broadcasting wrong."""

MUTANTS = [
    ("x if isinstance(x, Tensor) else Tensor(x)", "Tensor(x)"),
    ("x if isinstance(x, Tensor) else Tensor(x)", "x"),
    ("x if isinstance(x, Tensor) else Tensor(x)", "Tensor(x.data) if isinstance(x, Tensor) else Tensor(x)"),
    ("g = g.sum(axis=0)", "g = g[0]"),  # one of many
    ("g = g.sum(axis=0)", "g = g.mean(axis=0)"),
    ("g = g.sum(axis=0)", "g = g.sum(axis=-1)"),  # from the wrong end
    ("while g.ndim > len(shape)", "if g.ndim > len(shape)"),  # one axis only
    ("    while g.ndim > len(shape):\n        g = g.sum(axis=0)\n", ""),
    ("g = g.sum(axis=axis, keepdims=True)", "g = g.sum(axis=axis)"),
    ("g = g.sum(axis=axis, keepdims=True)", "g = g.mean(axis=axis, keepdims=True)"),
    ("g = g.sum(axis=axis, keepdims=True)", "g = g.sum(axis=0, keepdims=True)"),
    ("g = g.sum(axis=axis, keepdims=True)", "return g.sum(axis=axis, keepdims=True)"),  # the first one only
    ("if size == 1:", "if size != 1:"),
    ("if size == 1:", "if size == 1 and axis == 0:"),
    ("    return g\n", "    return g.reshape(shape) if g.size > 3 else g / 2\n"),
    ("lambda g: unbroadcast(g, a.data.shape)", "lambda g: g"),
    ("lambda g: unbroadcast(g, a.data.shape)", "lambda g: unbroadcast(g, b.data.shape)"),
    ("lambda g: unbroadcast(g, b.data.shape)", "lambda g: g"),
    (
        "    a, b = as_tensor(a), as_tensor(b)\n    to_a = lambda g: unbroadcast(g, a",
        "    to_a = lambda g: unbroadcast(g, a",
    ),
    ("unbroadcast(g * b.data, a.data.shape)", "unbroadcast(g, a.data.shape) * b.data"),  # summed too early
    ("unbroadcast(g * b.data, a.data.shape)", "unbroadcast(g * a.data, a.data.shape)"),
    ("unbroadcast(g * a.data, b.data.shape)", "g * a.data"),
    ("unbroadcast(g * a.data, b.data.shape)", "unbroadcast(g, b.data.shape)"),
    ("Tensor(a.data * b.data, ((a, to_a), (b, to_b)))", "Tensor(a.data * b.data, ((a, to_b), (b, to_a)))"),
    ("Tensor(a.data + b.data, ((a, to_a), (b, to_b)))", "Tensor(a.data + b.data, ((a, to_a),))"),
    ("g @ np.swapaxes(b.data, -1, -2)", "g @ b.data.T"),  # all axes turned
    ("np.swapaxes(a.data, -1, -2) @ g", "a.data.T @ g"),
    ("g @ np.swapaxes(b.data, -1, -2)", "g @ np.swapaxes(b.data, 0, 1)"),
    ("unbroadcast(np.swapaxes(a.data, -1, -2) @ g, b.data.shape)", "np.swapaxes(a.data, -1, -2) @ g"),
    ("unbroadcast(g @ np.swapaxes(b.data, -1, -2), a.data.shape)", "g @ np.swapaxes(b.data, -1, -2)"),
    ("lambda g: g.reshape(a.data.shape)", "lambda g: g"),
    ("lambda g: g.reshape(a.data.shape)", "lambda g: g.reshape(shape)"),
    ("a.data.reshape(shape)", "np.resize(a.data, shape)"),
    ("a.data.reshape(shape)", "a.data.T.reshape(shape)"),
]
