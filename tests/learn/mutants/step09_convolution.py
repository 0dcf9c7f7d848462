"""Ways to get a convolution and its gradients wrong."""

LOOKED = "x[:, a : a + oh, b : b + ow] @ k[a, b]"

MUTANTS = [
    (LOOKED, "x[:, a : a + oh, b : b + ow] @ k[b, a]"),
    (LOOKED, "x[:, a : a + oh, b : b + ow] @ k[-1 - a, -1 - b]"),  # a mirrored kernel
    (LOOKED, "x[:, b : b + oh, a : a + ow] @ k[a, b]"),
    (LOOKED, "x[:, :oh, :ow] @ k[a, b]"),
    (LOOKED, "x[:, a : a + oh, b : b + ow] @ k[a, b] / (kh * kw)"),
    (LOOKED, "x[:, a : a + oh, b : b + ow] @ k[a, b].T"),
    (LOOKED, "x[:, a : oh, b : ow] @ k[a, b]"),
    (LOOKED, "x[:, a : a + oh, b : b + ow].sum(axis=-1, keepdims=True) @ k[a, b, :1]"),  # channels mixed
    ("out += x", "out = x"),
    ("oh, ow = x.shape[1] - kh + 1, x.shape[2] - kw + 1", "oh, ow = x.shape[1] - kh, x.shape[2] - kw"),
    ("oh, ow = x.shape[1] - kh + 1, x.shape[2] - kw + 1", "oh, ow = x.shape[2] - kw + 1, x.shape[1] - kh + 1"),
    ("oh, ow = x.shape[1] - kh + 1, x.shape[2] - kw + 1", "oh, ow = x.shape[1:3]"),
    ("    return out\n", "    return np.maximum(out, 0)\n"),
    ("    return out\n", "    return out.transpose(0, 3, 1, 2)\n"),  # channels first
    ("    return out\n", "    return out.sum(axis=-1, keepdims=True)\n"),
    (
        "    out = np.zeros((len(x), oh, ow, k.shape[3]))\n",
        "    out = np.zeros((len(x), oh, ow, k.shape[3]))\n    for n, i, j, d in np.ndindex(out.shape):\n"
        "        for a, b, c in np.ndindex(k.shape[:3]):\n"
        "            out[n, i, j, d] += x[n, i + a, j + b, c] * k[a, b, c, d]\n"
        "    return out\n",
    ),  # right, and takes for ever
    ("g @ k[a, b].T", "g @ k[-1 - a, -1 - b].T"),
    ("g @ k[a, b].T", "g @ k[b, a].T"),
    ("g @ k[a, b].T", "g @ k[a, b]"),
    ("g @ k[a, b].T", "g.sum(axis=-1, keepdims=True) @ k[a, b].T[:1]"),
    ("back[:, a : a + oh, b : b + ow] += g", "back[:, a : a + oh, b : b + ow] = g"),  # windows overlap
    ("back[:, a : a + oh, b : b + ow] += g", "back[:, :oh, :ow] += g"),
    ("oh + kh - 1, ow + kw - 1, k.shape[2]", "oh + kh, ow + kw, k.shape[2]"),
    ("oh + kh - 1, ow + kw - 1, k.shape[2]", "oh + kw - 1, ow + kh - 1, k.shape[2]"),
    ("part.T @ g.reshape(-1, g.shape[3])", "g.reshape(-1, g.shape[3]).T @ part"),
    ("part.T @ g.reshape(-1, g.shape[3])", "part.T @ g.reshape(-1, g.shape[3]) / len(part)"),
    ("part.T @ g.reshape(-1, g.shape[3])", "part.T @ g.reshape(-1, g.shape[3]) / len(x)"),
    ("part.T @ g.reshape(-1, g.shape[3])", "part[:1].T @ g.reshape(-1, g.shape[3])[:1]"),  # the first place only
    ("part.T @ g.reshape(-1, g.shape[3])", "part.T @ g.reshape(g.shape[3], -1).T"),  # channels where places are
    ("part = x[:, a : a + oh, b : b + ow]", "part = x[:, b : b + oh, a : a + ow]"),
    ("part = x[:, a : a + oh, b : b + ow]", "part = x[:, :oh, :ow]"),
    ("back[a, b] = part", "back[-1 - a, -1 - b] = part"),
    ("size = (x.shape[1] - oh + 1, x.shape[2] - ow + 1)", "size = (x.shape[1] - oh, x.shape[2] - ow)"),
    ("size = (x.shape[1] - oh + 1, x.shape[2] - ow + 1)", "size = (2, 2)"),
    ("((x, to_x), (k, to_k))", "((x, to_k), (k, to_x))"),
    ("((x, to_x), (k, to_k))", "((x, to_x),)"),
    ("((x, to_x), (k, to_k))", "((k, to_k),)"),
    ("to_x = lambda g: back_to_picture(g, k.data)", "to_x = lambda g: convolve(g, k.data)"),
]
