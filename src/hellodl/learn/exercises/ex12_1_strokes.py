r"""12.1 Back to ink

A pen's movements are rows of (right, down, lifts, last), as in this chapter. Write `strokes_of(moves)`, which makes
strokes of them: a list of arrays (n, 2) of the points where the pen was, from $(0, 0)$ on, cut wherever it lifted.

Hint: Where the pen is, is the sum of all movements so far: `np.cumsum(moves[:, :2], axis=0)`. A stroke ends with the
point after which the pen lifts, and the next one begins with the point after that. `np.split` cuts *before* the places
that it is given.
"""

import numpy as np

from hellodl.learn.asking import Own


def strokes_of(moves):
    """Movements (n, 4) as a list of strokes, each an array of points."""
    points = np.cumsum(moves[:, :2], axis=0)
    ends = np.flatnonzero(moves[:-1, 2]) + 1
    return np.split(points, ends)


def check(own: Own) -> None:
    """Points, cuts, a dot, and a word of one stroke."""
    rng = np.random.default_rng(0)
    for lifts in ((0, 0, 1), (1,), (0, 1, 0, 0, 1), (0, 0, 1, 1, 0, 1)):
        moves = np.zeros((len(lifts), 4))
        moves[:, :2] = rng.normal(size=(len(lifts), 2)).round(1)
        moves[:, 2], moves[-1, 3] = lifts, 1
        answer = own.ask("strokes_of", moves)
        points: list[list[np.ndarray]] = [[]]
        point = np.zeros(2)
        for x, y, lifted, _ in moves:
            point = point + np.array([x, y])
            points[-1].append(point)
            if lifted:
                points.append([])
        wanted = [np.array(stroke) for stroke in points if stroke]
        came = answer.value
        is_list = isinstance(came, list | tuple)
        lengths = [len(stroke) for stroke in came] if is_list else type(came).__name__
        expected = [len(stroke) for stroke in wanted]
        answer.is_true(lengths == expected, f"strokes of {expected} points", f"{lengths}")
        answer.value = np.concatenate(came)
        answer.gives(np.concatenate(wanted))
