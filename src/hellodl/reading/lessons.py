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

# Shares of both boxes' union: from here on it may be the character, up to here it is not.
SAME, OTHER = 0.65, 0.5
# So much less than the best that there is of this character: it as well, or what is cut.
AS_GOOD, WORSE = 0.08, 0.18
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
    candidates = [candidate for line in lattice(page) for candidate in line]
    names = truths_of([candidate.box for candidate in candidates], true, characters)
    known = [(candidate.picture, name) for candidate, name in zip(candidates, names) if name is not None]
    pictures = np.array([picture for picture, _ in known], np.uint8).reshape(-1, 28, 28)
    return pictures, [name for _, name in known]


def truths_of(boxes: Sequence[Box], true: np.ndarray, characters: Sequence[str]) -> list[str | None]:
    """Which character fills each box, by the true boxes (M, 4) of all; None where that is a matter of taste.

    Of all that might be the same character the best are; a letter without its last stroke is none, if there is the
    whole one too.
    """
    if not boxes:
        return []
    seen = np.array([[box.left, box.top, box.right, box.bottom] for box in boxes])
    low = np.maximum(true[None, :, :2], seen[:, None, :2])
    high = np.minimum(true[None, :, 2:], seen[:, None, 2:])
    common = np.maximum(high - low, 0).prod(axis=2)  # (boxes, characters)
    sizes = np.maximum((true[:, 2:] - true[:, :2]).prod(axis=1), 1)
    alike = common / (sizes + (seen[:, 2:] - seen[:, :2]).prod(axis=1)[:, None] - common)
    covered = common / sizes
    best = alike.argmax(axis=1)
    at = np.arange(len(boxes))
    own = alike[at, best]
    covered[at, best] = 0
    both = covered.max(axis=1) >= WHOLE
    most = alike.max(axis=0)[best]  # the most alike of all that there is of this character
    is_it = (own > SAME) & (own >= most - AS_GOOD) & ~both
    is_not = both | (own < OTHER) | ((own < most - WORSE) & (most > SAME))
    return [characters[k] if yes else UNKNOWN if no else None for k, yes, no in zip(best, is_it, is_not)]
