"""Ways to get a neuron wrong: a piece of the solution, and what stands in its place."""

MUTANTS = [
    ("x @ w + b", "x @ w"),  # the threshold forgotten
    ("x @ w + b", "x @ w - b"),
    ("x @ w + b", "x @ (w + b)"),
    ("x @ w + b", "x * w + b"),  # not added up
    ("x @ w + b", "np.sum(x * w) + b"),  # all rows in one sum
    ("x @ w + b", "w @ x + b"),  # one example only
    ("x @ w + b", "x @ x + b"),
    ("x @ w + b", "np.mean(x * w, axis=-1) + b"),
    ("x @ w + b", "np.round(x @ w + b, 2)"),
    ("x @ w + b", "(x @ w + b)[None]"),  # an axis too many
    ("x @ w + b", "x[..., 1:] @ w[1:] + b"),  # counted from 1
    ("x @ w + b", "np.abs(x) @ w + b"),
    ("return x @ w + b", "print(x @ w + b)"),
    ("return x @ w + b", "w += b; return x @ w"),  # writes into its argument
    ("np.exp(-z)", "np.exp(z)"),
    ("1 / (1 + np.exp(-z))", "1 / 1 + np.exp(-z)"),  # brackets
    ("1 / (1 + np.exp(-z))", "1 / (1 + 2.0**-z)"),  # another base
    ("1 / (1 + np.exp(-z))", "np.tanh(z)"),
    ("1 / (1 + np.exp(-z))", "1 / (1 + np.mean(np.exp(-z)))"),
    ("1 / (1 + np.exp(-z))", "max(0.0, min(1.0, 0.5 + z / 4))"),  # straight, and of one number
    ("sigmoid(weighted_sum(x, w, b))", "weighted_sum(x, w, b)"),
    ("sigmoid(weighted_sum(x, w, b))", "sigmoid(sigmoid(weighted_sum(x, w, b)))"),
    ("sigmoid(weighted_sum(x, w, b))", "sigmoid(weighted_sum(x, w, 0))"),
    ("sigmoid(weighted_sum(x, w, b))", "sigmoid(x @ w) + b"),
    (">= 0.5", "> 0.5"),
    (">= 0.5", ">= 0"),
    ("0.5, 1.0, 0.0)", "0.5, 0.0, 1.0)"),
    ("0.5, 1.0, 0.0)", "0.5, True, False)"),
]
