"""Ways to get a tensor, its way back and its operations wrong."""

MUTANTS = [
    ("np.asarray(data, dtype=np.float64)", "np.asarray(data)"),
    ("np.asarray(data, dtype=np.float64)", "np.asarray(data, dtype=np.float32)"),
    ("np.zeros(self.data.shape)", "np.ones(self.data.shape)"),
    ("np.zeros(self.data.shape)", "0.0"),  # no shape before anything comes back
    ("self.parents = parents", "self.parents = None"),
    ("g = np.ones(self.data.shape)", "g = np.zeros(self.data.shape)"),
    ("g = np.ones(self.data.shape)", "g = self.data"),
    ("self.grad = self.grad + g", "self.grad = g"),  # the last one wins
    ("self.grad = self.grad + g", "self.grad = self.grad - g"),
    ("self.grad = self.grad + g", "self.grad = self.grad + self.data * g"),
    ("        self.grad = self.grad + g\n", ""),
    ("parent.backward(pull(g))", "parent.backward(pull(self.grad))"),  # sends the first part twice
    ("parent.backward(pull(g))", "parent.backward(g)"),
    ("parent.backward(pull(g))", "parent.grad = parent.grad + pull(g)"),  # goes back one generation
    ("for parent, pull in self.parents:", "for parent, pull in self.parents[:1]:"),
    ("for parent, pull in self.parents:", "for parent, pull in dict(self.parents).items():"),  # a parent once only
    ("a.data + b.data, ((a, lambda g: g), (b, lambda g: g))", "a.data + b.data, ((a, lambda g: g),)"),
    ("a.data + b.data, ((a, lambda g: g), (b, lambda g: g))", "a.data + b.data"),
    ("a.data + b.data, ((a, lambda g: g)", "a.data + b.data, ((a, lambda g: -g)"),
    ("(a, lambda g: g * b.data), (b, lambda g: g * a.data)", "(a, lambda g: g * a.data), (b, lambda g: g * b.data)"),
    ("(a, lambda g: g * b.data), (b, lambda g: g * a.data)", "(a, lambda g: b.data), (b, lambda g: a.data)"),
    ("a.data * b.data", "a.data @ b.data"),
    ("a.data @ b.data", "a.data * b.data"),
    ("a.data @ b.data", "b.data @ a.data"),
    ("g @ b.data.T", "g @ b.data"),
    ("g @ b.data.T", "b.data.T @ g"),
    ("a.data.T @ g", "g @ a.data.T"),
    ("a.data.T @ g", "g.T @ a.data"),  # its transpose
    ("g * (a.data > 0)", "g"),
    ("g * (a.data > 0)", "g * (a.data >= 0)"),
    ("g * (a.data > 0)", "1.0 * (a.data > 0)"),
    ("g * (a.data > 0)", "g * (a.data < 0)"),
    ("g * (a.data > 0)", "np.maximum(g, 0)"),  # the gradient's own sign
    ("np.maximum(a.data, 0)", "np.abs(a.data)"),
    ("np.full(a.data.shape, g)", "g"),  # not a's shape
    ("np.full(a.data.shape, g)", "np.ones(a.data.shape)"),
    ("np.full(a.data.shape, g)", "np.full(a.data.shape, g / a.data.size)"),  # a mean's
    ("Tensor(a.data.sum(),", "Tensor(a.data.mean(),"),
    ("Tensor(a.data.sum(),", "Tensor(a.data.sum(axis=0),"),
    ("Tensor(a.data.sum(),", "Tensor([a.data.sum()],"),
]
