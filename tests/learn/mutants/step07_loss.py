"""Ways to get softmax and cross-entropy wrong."""

MUTANTS = [
    ("np.exp(z - z.max(axis=-1, keepdims=True))", "np.exp(z)"),  # overflows
    (
        "np.exp(z - z.max(axis=-1, keepdims=True))",
        "np.exp(z - z.max())",
    ),  # a row far below the largest has nothing left
    ("np.exp(z - z.max(axis=-1, keepdims=True))", "np.exp(z - z.min(axis=-1, keepdims=True))"),
    ("np.exp(z - z.max(axis=-1, keepdims=True))", "np.exp(z / z.max(axis=-1, keepdims=True))"),
    ("np.exp(z - z.max(axis=-1, keepdims=True))", "np.exp(z.max(axis=-1, keepdims=True) - z)"),
    ("np.exp(z - z.max(axis=-1, keepdims=True))", "2.0 ** (z - z.max(axis=-1, keepdims=True))"),
    ("np.exp(z - z.max(axis=-1, keepdims=True))", "np.exp(z - z.max(axis=0, keepdims=True))"),
    ("e / e.sum(axis=-1, keepdims=True)", "e / e.sum()"),  # all rows together
    ("e / e.sum(axis=-1, keepdims=True)", "e / e.sum(axis=0, keepdims=True)"),
    ("e / e.sum(axis=-1, keepdims=True)", "e / e.sum(axis=-1)"),
    ("e / e.sum(axis=-1, keepdims=True)", "e / e.max(axis=-1, keepdims=True)"),
    ("e / e.sum(axis=-1, keepdims=True)", "np.log(e / e.sum(axis=-1, keepdims=True))"),
    ("e / e.sum(axis=-1, keepdims=True)", "np.round(e / e.sum(axis=-1, keepdims=True), 4)"),
    ("np.log(np.exp(z).sum(axis=1)) - z[each, labels]", "-np.log(softmax(logits.data)[each, labels])"),  # log 0
    ("np.log(np.exp(z).sum(axis=1)) - z[each, labels]", "z[each, labels] - np.log(np.exp(z).sum(axis=1))"),
    ("np.log(np.exp(z).sum(axis=1)) - z[each, labels]", "-z[each, labels]"),
    ("np.log(np.exp(z).sum(axis=1)) - z[each, labels]", "np.log(np.exp(z).sum(axis=1)) - logits.data[each, labels]"),
    ("np.log(np.exp(z).sum(axis=1)) - z[each, labels]", "np.log2(np.exp(z).sum(axis=1)) - z[each, labels]"),
    ("np.log(np.exp(z).sum(axis=1)) - z[each, labels]", "1 - softmax(logits.data)[each, labels]"),
    ("np.log(np.exp(z).sum(axis=1)) - z[each, labels]", "np.log(np.exp(z).sum()) - z[each, labels]"),
    ("z = logits.data - logits.data.max(axis=1, keepdims=True)", "z = logits.data"),
    ("        p[each, labels] -= 1\n", ""),
    ("p[each, labels] -= 1", "p[each, labels] += 1"),
    ("p[each, labels] -= 1", "p[:, labels] -= 1"),
    ("p[each, labels] -= 1", "p = p - 1"),
    ("p[each, labels] -= 1", "p[each, labels] = -1"),
    ("p = softmax(logits.data)", "p = logits.data"),  # writes into the logits
    ("p = softmax(logits.data)", "p = logits.data.copy()"),
    ("g * p / len(labels)", "g * p"),
    ("g * p / len(labels)", "p / len(labels)"),  # whatever comes back
    ("g * p / len(labels)", "-g * p / len(labels)"),
    ("g * p / len(labels)", "g * p / p.size"),
    ("losses.mean()", "losses.sum()"),
    ("losses.mean()", "losses"),
    ("losses.mean()", "losses[0]"),
    ("((logits, pull),)", "()"),
]
