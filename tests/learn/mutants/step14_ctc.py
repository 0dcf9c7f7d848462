"""Ways to get CTC wrong."""

MUTANTS = [
    ("2 * len(labels) + 1, dtype=int", "2 * len(labels), dtype=int"),
    ("path[1::2] = labels", "path[1:] = np.repeat(labels, 2)"),
    ("path[1::2] = labels", "path[1::2] = labels[::-1]"),
    ("    path[1::2] = labels\n", "    path[::2][: len(labels)] = labels\n"),
    ("s >= 2 and path[s] != 0 and path[s] != path[s - 2]", "s >= 2 and path[s] != 0"),  # equal letters melt
    ("s >= 2 and path[s] != 0 and path[s] != path[s - 2]", "s >= 2 and path[s] == 0"),
    ("s >= 2 and path[s] != 0 and path[s] != path[s - 2]", "s >= 2"),  # leaves letters out
    ("s >= 2 and path[s] != 0 and path[s] != path[s - 2]", "False"),  # never leaves a blank out
    ("a[0, :2] = p[0, path[:2]]", "a[0, :1] = p[0, path[:1]]"),
    ("a[0, :2] = p[0, path[:2]]", "a[0, :] = p[0, path]"),
    ("a[0, :2] = p[0, path[:2]]", "a[0, :2] = 1"),
    ("a[0, :2] = p[0, path[:2]]", "a[0, :2] = p[0, :2]"),  # classes for places
    ("a[0, :2] = p[0, path[:2]]", "a[0, :3] = p[0, path[:3]]"),
    ("come = a[t - 1, s]\n", "come = 0.0\n"),  # never stays
    ("            if s >= 1:\n                come += a[t - 1, s - 1]\n", ""),
    ("come += a[t - 1, s - 1]", "come += a[t, s - 1]"),  # two places in one step
    ("come += a[t - 1, s - 2]", "come = max(come, a[t - 1, s - 2])"),
    ("            if s >= 1:\n", "            if True:\n"),  # place -1 is the last one
    ("a[t, s] = come * p[t, path[s]]", "a[t, s] = come"),
    ("a[t, s] = come * p[t, path[s]]", "a[t, s] = come * p[t - 1, path[s]]"),
    ("a[t, s] = come * p[t, path[s]]", "a[t, s] = come + p[t, path[s]]"),
    ("a[t, s] = come * p[t, path[s]]", "a[t, s] = come * p[t, s % p.shape[1]]"),
    ("b[-1, -2:] = 1", "b[-1, -1] = 1"),
    ("b[-1, -2:] = 1", "b[-1, :] = 1"),
    ("b[-1, -2:] = 1", "b[-1, -2:] = p[-1, path[-2:]]"),  # this step's own p, which is in a
    ("after = b[t + 1] * p[t + 1, path]", "after = b[t + 1]"),
    ("after = b[t + 1] * p[t + 1, path]", "after = b[t + 1] * p[t, path]"),
    ("may_skip(path, s + 2)", "may_skip(path, s)"),  # from here, not to there
    ("b[t, s] += after[s + 1]", "b[t, s] = after[s + 1]"),
    ("b[t, s] += after[s + 2]", "pass"),
    ("range(len(p) - 2, -1, -1)", "range(len(p) - 2, 0, -1)"),
    ("a[-1, -2:].sum()", "a[-1, -1]"),
    ("a[-1, -2:].sum()", "a[-1].sum()"),
    ("a[-1, -2:].sum()", "a[-1, -2:].max()"),
    ("q[:, number] += a[:, s] * b[:, s] / chance", "q[:, number] = a[:, s] * b[:, s] / chance"),  # blanks are many
    ("q[:, number] += a[:, s] * b[:, s] / chance", "q[:, number] += a[:, s] * b[:, s]"),
    ("q[:, number] += a[:, s] * b[:, s] / chance", "q[:, number] += a[:, s] / chance"),
    ("q[:, number] += a[:, s] * b[:, s] / chance", "q[:, number] += a[:, s] * b[:, s] / a.sum()"),
    ("g * (p - q)", "g * (q - p)"),
    ("g * (p - q)", "p - q"),
    ("g * (p - q)", "g * (p - q) / len(p)"),
    ("Tensor(-np.log(chance)", "Tensor(np.log(chance)"),
    ("Tensor(-np.log(chance)", "Tensor(-np.log(chance) / len(p)"),
    ("Tensor(-np.log(chance)", "Tensor(1 - chance"),
    ("number != before and number != 0", "number != 0"),  # does not melt
    ("number != before and number != 0", "number != before"),
    ("        before = number\n", "        before = number if number != 0 else before\n"),  # melts across blanks
    ("logits.argmax(axis=1)", "logits.argmax(axis=0)"),
    ("logits.argmax(axis=1)", "np.abs(logits).argmax(axis=1)"),
]
