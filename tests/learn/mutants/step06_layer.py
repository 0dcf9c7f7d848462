"""Ways to get a layer, and a network, wrong."""

MUTANTS = [
    ("size=(n_in, n_out)", "size=(n_out, n_in)"),
    (" * np.sqrt(2 / n_in)", ""),
    ("np.sqrt(2 / n_in)", "np.sqrt(1 / n_in)"),
    ("np.sqrt(2 / n_in)", "np.sqrt(2 / n_out)"),
    ("np.sqrt(2 / n_in)", "2 / n_in"),
    ("np.sqrt(2 / n_in)", "np.sqrt(2 / (n_in + n_out))"),
    ("rng.normal(size=(n_in, n_out))", "np.zeros((n_in, n_out))"),
    ("rng.normal(size=(n_in, n_out))", "np.random.normal(size=(n_in, n_out))"),  # not from `rng`
    ("rng.normal(size=(n_in, n_out))", "rng.uniform(-1.732, 1.732, size=(n_in, n_out))"),
    ("rng.normal(size=(n_in, n_out))", "np.random.default_rng(0).normal(size=(n_in, n_out))"),  # all layers alike
    ("rng.normal(size=(n_in, n_out))", "np.abs(rng.normal(size=(n_in, n_out)))"),
    ("Tensor(np.zeros(n_out))", "Tensor(np.ones(n_out))"),
    ("Tensor(np.zeros(n_out))", "Tensor(np.zeros(n_in))"),
    ("Tensor(np.zeros(n_out))", "Tensor(0.0)"),
    ("Tensor(np.zeros(n_out))", "np.zeros(n_out)"),
    ("add(matmul(x, self.w), self.b)", "matmul(x, self.w)"),
    ("add(matmul(x, self.w), self.b)", "relu(add(matmul(x, self.w), self.b))"),
    ("add(matmul(x, self.w), self.b)", "matmul(add(x, self.b), self.w)"),
    ("add(matmul(x, self.w), self.b)", "Tensor(matmul(x, self.w).data + self.b.data)"),  # forgets where it is from
    ("add(matmul(x, self.w), self.b)", "add(matmul(x, Tensor(self.w.data)), self.b)"),  # learns nothing
    ("return [self.w, self.b]", "return [self.w]"),
    ("return [self.w, self.b]", "return [self.b, self.w]"),
    ("return [self.w, self.b]", "return [self.w.data, self.b.data]"),
    ("return [self.w, self.b]", "return self.w, self.b"),
    ("x = relu(layer(x))", "x = layer(x)"),
    ("x = relu(layer(x))", "x = layer(relu(x))"),
    ("return self.layers[-1](x)", "return relu(self.layers[-1](x))"),
    ("return self.layers[-1](x)", "return x"),
    ("for layer in self.layers[:-1]:", "for layer in self.layers[:1]:"),
    ("zip(sizes[:-1], sizes[1:])", "zip(sizes[1:], sizes[:-1])"),
    ("zip(sizes[:-1], sizes[1:])", "zip(sizes[::2], sizes[1::2])"),
    (
        "parameter for layer in self.layers for parameter in layer.parameters()",
        "layer.parameters() for layer in self.layers",
    ),
    ("parameter for layer in self.layers for parameter", "parameter for layer in self.layers[:1] for parameter"),
    ("parameter for layer in self.layers for parameter", "parameter for layer in self.layers[::-1] for parameter"),
]
