"""What to learn reading from: the very pieces into which reading cuts a page whose truth is known.

Letters that were drawn one by one teach a network letters; photos show it something else: edges that the threshold
ate, the foot of a neighbour, half of a broken K, two letters in one piece. So a made page is taken apart exactly as
a photo would be, and every candidate of the lattice is held against the true boxes. What covers one character is
that character; what covers half of one, two at once, or none, is what LeCun and others (1998) taught their reader
of cheques to refuse.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hellodl.reading.parts import Box
from hellodl.reading.segment import UNKNOWN, lattice
from hellodl.reading.survey import survey

SAME, OTHER = 0.7, 0.5  # shares of both boxes' union: from here on it is the character, up to here it is not
WHOLE = 0.6  # of a character's box: a candidate that covers so much of two has both in it


def lessons(
    picture: np.ndarray, characters: Sequence[str], strokes: Sequence[list[np.ndarray]], pen: float
) -> tuple[np.ndarray, list[str]]:
    """A picture (H, W, 3) uint8 taken apart: pieces (N, 28, 28) uint8, and which character each is.

    What is written there is `characters`, each with the paths of the pen in the picture's pixels, (n, 2), and how
    wide the pen is. UNKNOWN is what is no character. Doubtful cases are left out.
    """
    page = survey(picture)
    if page is None or not characters:
        return np.zeros((0, 28, 28), np.uint8), []
    reach = pen / 2 * float(np.sqrt(abs(np.linalg.det(page.matrix[:2, :2]))))
    places = [page.from_picture(np.concatenate(paths)) for paths in strokes]
    true = np.array([[*place.min(axis=0) - reach, *place.max(axis=0) + reach] for place in places])
    pictures, names = [], []
    for candidate in (candidate for line in lattice(page) for candidate in line):
        name = truth_of(candidate.box, true, characters)
        if name is not None:
            pictures.append(candidate.picture)
            names.append(name)
    return np.array(pictures, np.uint8).reshape(-1, 28, 28), names


def truth_of(box: Box, true: np.ndarray, characters: Sequence[str]) -> str | None:
    """Which character fills a box, by the true boxes (M, 4) of all; None where that is a matter of taste."""
    shared = np.minimum(true[:, 2:], (box.right, box.bottom)) - np.maximum(true[:, :2], (box.left, box.top))
    common = np.maximum(shared, 0).prod(axis=1)
    sizes = np.maximum((true[:, 2:] - true[:, :2]).prod(axis=1), 1)
    alike = common / (sizes + box.width * box.height - common)
    best = int(alike.argmax())
    covered = common / sizes
    covered[best] = 0
    if alike[best] > SAME and covered.max(initial=0) < WHOLE:
        return characters[best]
    if alike[best] < OTHER or covered.max(initial=0) > WHOLE:
        return UNKNOWN
    return None
