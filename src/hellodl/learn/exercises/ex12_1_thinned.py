r"""12.1 A few points

A pen that is watched closely leaves far too many points, and in this chapter OpenCV has left most of them out. Write
`thinned(stroke, off)`, which does it without: of the points (n, 2) of a stroke it keeps the first and the last, and as
few between them as will do, so that no point that was left out is farther than `off` from the line between the two kept
ones on either side of it. (That line is a *piece*, from one kept point to the other. A ring ends where it began.)

Hint: Think of the whole stroke as one piece from its first point to its last. Which point is farthest from it? If even
that one is near enough, no other is needed. If not, it must stay, and cuts the stroke into two, each of which is the
same question again; the point in the middle belongs to both. For the distance to a piece, find how far along it the
nearest place is, as a share that `np.clip` keeps between 0 and 1. Of a piece without length that is anything.
"""

import numpy as np

from hellodl.learn.asking import Own


def thinned(stroke, off):
    """A stroke (n, 2) without the points that it can do without."""
    first, last = stroke[0], stroke[-1]
    piece = last - first
    along = np.clip((stroke - first) @ piece / max(piece @ piece, 1e-12), 0, 1)
    away = np.linalg.norm(stroke - first - along[:, None] * piece, axis=1)
    farthest = int(away.argmax())
    if away[farthest] <= off:
        return stroke[[0, -1]] if len(stroke) > 1 else stroke
    return np.concatenate([thinned(stroke[: farthest + 1], off)[:-1], thinned(stroke[farthest:], off)])


def check(own: Own) -> None:
    """A dot, a line, a corner, a way there and back, rings, and ink that trembles."""
    own.ask("thinned", np.array([[2.0, 1.0]]), 0.1).gives(np.array([[2.0, 1.0]]))
    line = np.linspace([0.0, 0.0], [3.0, 1.0], 7)
    own.ask("thinned", line, 0.1).gives(line[[0, -1]])
    corner = np.array([[0.0, 0.0], [1.0, 0.02], [2.0, 0.0], [2.0, 1.0], [2.01, 2.0]])
    own.ask("thinned", corner, 0.1).gives(corner[[0, 2, 4]])
    back = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [1.0, 0.0]])
    own.ask("thinned", back, 0.1).gives(back[[0, 3, 4]])
    turn = np.linspace(0, 2 * np.pi, 41)[:, None]
    ring = np.concatenate([np.sin(turn), -np.cos(turn)], axis=1)
    ring[-1] = ring[0]
    rng = np.random.default_rng(0)
    tremble = np.cumsum(rng.normal(size=(60, 2)), axis=0)
    for stroke, off in ((ring, 0.05), (ring, 0.3), (tremble, 0.5), (tremble, 1.0), (tremble, 3.0)):
        own.ask("thinned", stroke, off).gives(stroke[_kept(stroke, off, 0, len(stroke) - 1)])


def _kept(stroke: np.ndarray, off: float, first: int, last: int) -> list[int]:
    """The numbers of the points that stay."""
    farthest, most = first, off
    for k in range(first + 1, last):
        a, b, point = stroke[first], stroke[last], stroke[k]
        length = float((b - a) @ (b - a))
        share = min(max(float((point - a) @ (b - a)) / length, 0.0), 1.0) if length else 0.0
        far = float(np.hypot(*(point - a - share * (b - a))))
        if far > most:
            farthest, most = k, far
    if farthest == first:
        return [first, last]
    return [*_kept(stroke, off, first, farthest)[:-1], *_kept(stroke, off, farthest, last)]
