"""Capital or small? The network that reads has merged both, so the page has to tell.

In small letters an x is two thirds as high as an h, and a p hangs below the line; capitals are all of one
height. Each line is judged by that, or the whole page where a line is too short; and in a line of small
letters, one that stands as high as its tall neighbours though its small form would not is a capital.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hellodl.reading.parts import Box

TALL, SHORT, HANGING = "bdfhklt", "acemnorsuvwxz", "gpqy"


@dataclass(frozen=True)
class Votes:
    """Heights, as shares of the usual one, of letters whose small forms are tall, short, and how far some
    hang."""

    tall: list[float]
    short: list[float]
    hang: list[float]

    def small(self) -> float:
        """Above 0: small letters; below: capitals; 0 where there is nothing to tell by."""
        vote = 0.0
        if self.tall and self.short:
            # Small: 0.6 to 0.7; capitals: 0.9 to 1.1.
            vote += (
                (0.82 - float(np.median(self.short) / np.median(self.tall)))
                * 6
                * min(1.0, min(len(self.tall), len(self.short)) / 3)
            )
        if self.hang:
            # Small: a third of a tall letter below the line; capitals: nothing.
            vote += (float(np.median(self.hang)) - 0.14) * 6 * min(1.0, len(self.hang) / 3)
        return vote


def votes_of(letters: str, boxes: list[Box]) -> Votes:
    """What the heights in one line tell; digits are left out."""
    known = [(letter, box) for letter, box in zip(letters, boxes) if letter.isalpha()]
    if not known:
        return Votes([], [], [])
    usual = float(np.median([box.height for _, box in known]))
    standing = [box for letter, box in known if letter in TALL + SHORT]
    hang = []
    for letter, box in known:
        near = sorted(standing, key=lambda other: abs(other.left - box.left))[:3]
        if letter in HANGING and near:
            hang.append((box.bottom - float(np.median([other.bottom for other in near]))) / usual)
    return Votes(
        [box.height / usual for letter, box in known if letter in TALL],
        [box.height / usual for letter, box in known if letter in SHORT],
        hang,
    )


def with_case(lines: list[str], boxes: list[list[Box]], starts: list[np.ndarray] | None = None) -> list[str]:
    """The lines of a page, given in small letters, in the case that the page shows.

    `starts` says of each letter whether a word begins with it; without it, only lines begin words.
    """
    if starts is None:
        starts = [np.arange(len(line)) == 0 for line in lines]
    votes = [votes_of(line, line_boxes) for line, line_boxes in zip(lines, boxes)]
    page = Votes(
        [value for vote in votes for value in vote.tall],
        [value for vote in votes for value in vote.short],
        [value for vote in votes for value in vote.hang],
    ).small()
    out = []
    for line, line_boxes, vote, begins in zip(lines, boxes, votes, starts):
        # A page's lines mostly agree, but a headline may be in capitals.
        small = vote.small() + 0.3 * page
        out.append(
            _small_line(line, line_boxes, vote, begins) if small > 0 else _capital_line(line, line_boxes)
        )
    return out


def _small_line(line: str, boxes: list[Box], vote: Votes, begins: np.ndarray) -> str:
    """Small letters, but for those that stand too high for theirs, and a word's first l, if it has a foot."""
    heights = [box.height for letter, box in zip(line, boxes) if letter in SHORT]
    limit = 1.3 * float(np.median(heights)) if heights and vote.tall else np.inf

    def capital(letter: str, box: Box, begins_word: bool) -> bool:
        if letter == "l":  # within a word, what makes it wide is a loop
            return begins_word and box.width > 0.45 * box.height
        return letter in SHORT and box.height > limit

    marked = zip(line, boxes, begins)
    return "".join(letter.upper() if capital(letter, box, first) else letter for letter, box, first in marked)


def _capital_line(line: str, boxes: list[Box]) -> str:
    """Capitals. A mere upright stroke that was taken for a small l is an I: a capital L has a foot."""
    return "".join(
        "I" if letter == "l" and box.width < 0.3 * box.height else letter.upper()
        for letter, box in zip(line, boxes)
    )
