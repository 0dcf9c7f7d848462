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
        own.ask("forward_table", p, np.array(path)).gives(a)
        own.ask("backward_table", p, np.array(path)).gives(b)

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
