"""Ways to get a slope wrong."""

MUTANTS = [
    ("(neuron(x, w, b) - target) ** 2", "neuron(x, w, b) - target"),
    ("(neuron(x, w, b) - target) ** 2", "(neuron(x, w, b) - target) ** 2 / 2"),
    ("(neuron(x, w, b) - target) ** 2", "abs(neuron(x, w, b) - target)"),
    ("(neuron(x, w, b) - target) ** 2", "neuron(x, w, b) ** 2 - target"),
    ("(neuron(x, w, b) - target) ** 2", "(x @ w + b - target) ** 2"),  # no neuron in it
    ("/ (2 * eps)", "/ eps"),
    ("/ (2 * eps)", "/ 2 * eps"),
    ("/ (2 * eps)", ""),
    ("f(w + move) - f(w - move)", "f(w - move) - f(w + move)"),
    ("(f(w + move) - f(w - move)) / (2 * eps)", "(f(w + move) - f(w)) / eps"),  # one side: less exact
    ("for i in range(len(w))", "for i in range(len(w) - 1)"),
    ("for i in range(len(w))", "for i in range(1, len(w))"),
    ("move[i] = eps", "move[:] = eps"),  # all at once
    ("move[i] = eps", "move[i] = 1e-5"),  # another step than was asked for
    ("move[i] = eps", "w[i] += eps; move[i] = eps"),  # left moved
    ("move[i] = eps", "w[i] += eps; w[i] -= eps; move[i] = eps"),  # back, but for a rounding
    ("dz = 2 * (y - target) * y * (1 - y)", "dz = (y - target) * y * (1 - y)"),
    ("dz = 2 * (y - target) * y * (1 - y)", "dz = 2 * (y - target)"),  # the sigmoid forgotten
    ("dz = 2 * (y - target) * y * (1 - y)", "dz = 2 * (target - y) * y * (1 - y)"),
    ("dz = 2 * (y - target) * y * (1 - y)", "dz = 2 * (y - target) * y * (y - 1)"),
    ("dz = 2 * (y - target) * y * (1 - y)", "dz = 2 * (y - target) * y"),
    ("dz = 2 * (y - target) * y * (1 - y)", "dz = (y - target) ** 2 * y * (1 - y)"),
    ("return dz * x, dz", "return dz * w, dz"),
    ("return dz * x, dz", "return dz, dz * x"),
    ("return dz * x, dz", "return dz * x"),
    ("return dz * x, dz", "return dz * x, 1.0"),
    ("return dz * x, dz", "return dz * np.sum(x), dz"),
    ("w - rate * dw", "w + rate * dw"),
    ("w - rate * dw", "w - dw"),
    ("b - rate * db", "b"),
    ("return w - rate * dw", "w -= rate * dw; return w"),
    ("return w - rate * dw, b - rate * db", "return rate * dw, rate * db"),
]
