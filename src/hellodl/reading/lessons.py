"""What to learn reading from: the very pieces into which reading cuts a page whose truth is known.

Letters that were drawn one by one teach a network letters; photos show it something else: edges that the threshold
ate, the foot of a neighbour, half of a broken K, two letters in one piece. So a made page is taken apart exactly as
a photo would be, and every candidate of the lattice is held against the true boxes. What covers one character is
that character; what covers half of one, two at once, or none, is what LeCun and others (1998) taught their reader
of cheques to refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from hellodl.reading.segment import UNKNOWN, Candidate, lattice
from hellodl.reading.survey import survey


class TrueBox(Protocol):
    """Where a character really is, in pixels of the picture; right and bottom exclusive."""

    character: str
    left: int
    top: int
    right: int
    bottom: int


SAME, OTHER = 0.7, 0.5  # shares of both boxes' union: from here on it is the character, up to here it is not
WHOLE = 0.6  # of a character's box: a candidate that covers so much of two has both in it


def lessons(picture: np.ndarray, boxes: Sequence[TrueBox]) -> tuple[np.ndarray, list[str]]:
    """A picture (H, W, 3) uint8 taken apart: pieces (N, 28, 28) uint8, and which character each is.

    UNKNOWN is what is none. Doubtful cases are left out.
    """
    page = survey(picture)
    if page is None or not boxes:
        return np.zeros((0, 28, 28), np.uint8), []
    true = np.array([there(page, box) for box in boxes])
    pictures, names = [], []
    for candidate in (candidate for line in lattice(page) for candidate in line):
        name = truth_of(candidate, true, boxes)
        if name is not None:
            pictures.append(candidate.picture)
            names.append(name)
    return np.array(pictures, np.uint8).reshape(-1, 28, 28), names


def truth_of(candidate: Candidate, true: np.ndarray, boxes: Sequence[TrueBox]) -> str | None:
    """What a candidate is, by true boxes (M, 4) in the survey's pixels; None where that is a matter of taste."""
    box = candidate.box
    shared = np.minimum(true[:, 2:], (box.right, box.bottom)) - np.maximum(true[:, :2], (box.left, box.top))
    common = np.maximum(shared, 0).prod(axis=1)
    sizes = np.maximum((true[:, 2:] - true[:, :2]).prod(axis=1), 1)
    alike = common / (sizes + box.width * box.height - common)
    best = int(alike.argmax())
    covered = common / sizes
    covered[best] = 0
    if alike[best] > SAME and covered.max(initial=0) < WHOLE:
        return boxes[best].character
    if alike[best] < OTHER or covered.max(initial=0) > WHOLE:
        return UNKNOWN
    return None
