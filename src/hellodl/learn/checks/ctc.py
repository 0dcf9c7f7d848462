"""Step 14: against all ways, written out one by one."""

from itertools import product

import numpy as np

from hellodl.learn.asking import Own
from hellodl.learn.checks.gradients import Engine, operation

READ = [([0, 1, 1, 0, 1, 2], [1, 1, 2]), ([0, 0], []), ([2, 2, 2], [2]), ([1, 2, 1, 0, 0, 1], [1, 2, 1, 1])]
READ += [([3, 0, 0, 3], [3, 3])]


def said_by(way: tuple[int, ...]) -> list[int]:
    """What a way says."""
    return [c for c, before in zip(way, (0, *way)) if c not in (0, before)]


def probability(p: np.ndarray, labels: list[int]) -> float:
    """Of all ways that say it."""
    ways = product(range(p.shape[1]), repeat=len(p))
    return float(sum(np.prod([row[c] for row, c in zip(p, way)]) for way in ways if said_by(way) == labels))


def walks(path: list[int], steps: int) -> list[tuple[int, ...]]:
    """All walks over a path's places in so many steps, wherever they begin and end."""
    found: list[tuple[int, ...]] = [(s,) for s in range(len(path))]
    for _ in range(steps - 1):
        found = [
            (*walk, s)
            for walk in found
            for s in range(walk[-1], min(walk[-1] + 3, len(path)))
            if s - walk[-1] < 2 or (path[s] != 0 and path[s] != path[s - 2])
        ]
    return found


def jumped(p: np.ndarray, path: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Both tables of walks that may also jump over the blank between two equal letters: a fault that has a name."""
    a, b = np.zeros((2, len(p), len(path)))
    a[0, :2], b[-1, -2:] = p[0, path[:2]], 1
    onto = np.array([s for s in range(2, len(path)) if path[s] != 0], dtype=int)
    for t in range(1, len(p)):
        come, left = a[t - 1].copy(), b[-t] * p[-t, path]
        come[1:] += a[t - 1, :-1]
        come[onto] += a[t - 1, onto - 2]
        a[t] = come * p[t, path]
        b[-t - 1] = left
        b[-t - 1, :-1] += left[1:]
        b[-t - 1, onto - 2] += left[onto]
    return a, b


def table(own: Own, name: str, p: np.ndarray, path: list[int], wanted: np.ndarray, fault: np.ndarray) -> None:
    """Ask for one of the tables; where the walk jumped between equal letters, say so."""
    answer = own.ask(name, p, np.array(path))
    got = answer.value
    numbers = isinstance(got, np.ndarray) and got.shape == wanted.shape and got.dtype.kind == "f"
    if numbers and np.allclose(got, fault) and not np.allclose(wanted, fault):
        answer.wrong(
            f"on the path {path}, the walk jumped between equal letters, over the blank that has to be there",
            "by two only onto a letter that differs from the one two places before: path[s] != path[s - 2]",
        )
    answer.gives(wanted)


def tables(p: np.ndarray, path: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Both tables, walk by walk."""
    a, b = np.zeros((2, len(p), len(path)))
    for t in range(len(p)):
        for walk in walks(path, t + 1):
            if walk[0] < 2:
                a[t, walk[-1]] += np.prod([p[i, path[s]] for i, s in enumerate(walk)])
        for walk in walks(path, len(p) - t):
            if walk[-1] >= len(path) - 2:
                b[t, walk[0]] += np.prod([p[t + i, path[s]] for i, s in enumerate(walk) if i])
    return a, b


def check(own: Own, tensor: Own, order: Own, loss: Own) -> None:
    """Short strips: those have few ways."""
    engine, rng = Engine(tensor, order), np.random.default_rng(14)
    for labels, path in (([1, 2, 2], [0, 1, 0, 2, 0, 2, 0]), ([3], [0, 3, 0]), ([], [0])):
        own.ask("with_blanks", labels).gives(path)
    half = np.full((2, 2), 0.5)
    own.ask("forward_table", half, np.array([0, 1, 0])).gives([[0.5, 0.5, 0], [0.25, 0.5, 0.25]])
    own.ask("backward_table", half, np.array([0, 1, 0])).gives([[0.5, 1, 0.5], [0, 1, 1]])
    for steps, path in (
        (3, [0, 1, 0]),
        (4, [0, 1, 0, 2, 0]),
        (4, [0, 2, 0, 2, 0]),
        (3, [0]),
        (1, [0, 1, 0]),
        (5, [0, 1, 0, 1, 0, 2, 0]),
    ):
        p = rng.uniform(0.1, 1, size=(steps, 3))
        p = np.round(p / p.sum(axis=1, keepdims=True), 3)
        a, b = tables(p, path)
        over_a, over_b = jumped(p, path)
        table(own, "forward_table", p, path, a, over_a)
        table(own, "backward_table", p, path, b, over_b)

    def value(z: np.ndarray, labels: list[int]) -> float:
        e = np.e**z
        return -float(np.log(probability(e / e.sum(axis=1, keepdims=True), labels)))

    operation(own, engine, "ctc_loss", value, [np.zeros((2, 2))], [1])
    for steps, labels in ((2, [1]), (3, [1, 2]), (4, [2, 2]), (4, [1, 2]), (3, [])):
        operation(own, engine, "ctc_loss", value, [np.round(rng.normal(size=(steps, 3)), 1)], labels)
    for classes, said in READ:
        logits = 3.0 * np.eye(4)[classes] + np.round(rng.normal(size=(len(classes), 4)), 1) - 5
        logits[np.arange(len(classes)), classes] += 8
        question = f"best_path(logits), the likeliest classes are {classes}"
        answer = own.run("best_path", question, own.has("best_path"), logits)
        answer.is_true([*answer.value] == said, f"{said}", f"{answer.value}")
