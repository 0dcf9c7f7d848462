"""Which box on a page is which character of a text that one knows to be there?

To learn from a page whose text is given, every box needs its true character, though the reader took some boxes for
something else, split some characters in two and ran others together. The cheapest way to turn what stands in the
boxes into the text says which is which (Wagner and Fischer 1974). To take a box for a character costs as much as the
network was surprised: of a box that is "perhaps a d, perhaps an a" either is cheap. And a wrong pair would teach
something wrong, so only pairs that stand on firm ground are trusted: the ones beside a gap are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hellodl.reading.accuracy import cheapest, plain

GAP = 4.0  # nats: a character without a box, or a box without a character
LEAST = 1e-3  # no character is less probable than this: a strange one still costs less than two gaps
POSSIBLE = 0.05  # a truth of this probability is no surprise, whatever its neighbours are


@dataclass(frozen=True)
class Match:
    """One step of an alignment: a true character, a box, or both, and whether the two surely belong together.

    `box` is the number of a box in reading order, `read` what it was read as. Without a box both are None; without
    a character `true` is. Never trusted is a pair that lacks either, or whose character the reader has no class for.
    `right` says whether the box was read as the class of what it is.
    """

    true: str | None
    read: str | None
    box: int | None
    trusted: bool = False
    right: bool = False


def compared(true: str | None, read: str | None, box: int | None, classes: str, firm: bool) -> Match:
    """The match of a character with a box; trusted where it stands on firm ground and has a class."""
    number = None if true is None or box is None else class_of(true, classes)
    known = number is not None
    return Match(true, read, box, firm and known, known and number == class_of(str(read), classes))


def aligned(text: str, lines: Sequence[str], probabilities: Sequence[np.ndarray], classes: str) -> list[list[Match]]:
    """The alignment of a page, a list of matches for each of its lines.

    `text` is what is written there; `lines` is what was read, a character a box (no spaces), `probabilities` what
    the network thought, (n, K) for each line, of the K `classes`. Where the text has as many lines as the page, line
    is compared with line; the whole with the whole where they are not as many, or where that leaves so many gaps fewer
    that lines must have been broken elsewhere.
    """
    wanted = [written(line) for line in text.splitlines() if written(line)]
    everything = _matches("".join(wanted), "".join(lines), _stacked(probabilities, classes), classes)
    if len(wanted) == len(lines):
        each = [_matches(true, read, p, classes) for true, read, p in zip(wanted, lines, probabilities, strict=True)]
        if sum(map(_gaps, each)) <= _gaps(everything) + len(lines):
            return _numbered(each)
    return _by_line(everything, lines)


def written(line: str) -> str:
    """What of a line gets boxes to be read: its letters and digits."""
    return "".join(c for c in line if c.isalnum())


def class_of(character: str, classes: str) -> int | None:
    """The class of a character, by its other case where classes have but one; None where there is none."""
    for name in (character, character.swapcase()):
        if len(name) == 1 and name in classes:
            return classes.index(name)
    return None


def _matches(true: str, read: str, probabilities: np.ndarray, classes: str) -> list[Match]:
    """The alignment of a true text (n characters) with what was read, (m,) and (m, K); boxes from 0."""
    numbers = [class_of(character, classes) for character in true]
    chances = np.full((len(true), len(read)), LEAST)
    for row, number in zip(chances, numbers):
        if number is not None:
            np.maximum(probabilities[:, number], LEAST, out=row)
    for row, character in zip(chances, true):  # what was read in the end: context decided, or a person
        row[[other == character for other in read]] = 1.0
    path = cheapest(-np.log(chances), GAP)
    agreed = [i is not None and j is not None and plain(true[i]) == plain(read[j]) for i, j in path]
    found = []
    for place, (i, j) in enumerate(path):
        wanted, got = None if i is None else true[i], None if j is None else read[j]
        firm = i is not None and j is not None and _firm(path, agreed, place, float(chances[i, j]))
        found.append(compared(wanted, got, j, classes, firm))
    return found


def _firm(path: list[tuple[int | None, int | None]], agreed: list[bool], place: int, chance: float) -> bool:
    """Whether a pair stands beside no gap and is no mere guess.

    Beside a gap, a box may be half a character, or one and a half. A character that was read as another one is
    believed where its neighbours were read right, or where the network had thought it possible.
    """
    beside = [p for p in (place - 1, place + 1) if 0 <= p < len(path)]
    if any(None in path[p] for p in beside):
        return False
    return agreed[place] or chance >= POSSIBLE or all(agreed[p] for p in beside)


def _stacked(probabilities: Sequence[np.ndarray], classes: str) -> np.ndarray:
    return np.concatenate([np.zeros((0, len(classes)), np.float32), *probabilities])


def _gaps(matches: list[Match]) -> int:
    return sum(match.true is None or match.box is None for match in matches)


def _numbered(each: list[list[Match]]) -> list[list[Match]]:
    """Lines whose boxes are numbered from 0 each, with the boxes numbered through the page."""
    out, first = [], 0
    for matches in each:
        out.append([_moved(match, first) for match in matches])
        first += sum(match.box is not None for match in matches)
    return out


def _moved(match: Match, first: int) -> Match:
    return match if match.box is None else replace(match, box=match.box + first)


def _by_line(matches: list[Match], lines: Sequence[str]) -> list[list[Match]]:
    """One alignment of a whole page cut where its lines end; characters without a box go with those before them."""
    ends = np.cumsum([len(line) for line in lines])
    out: list[list[Match]] = [[] for _ in lines] or [[]]
    line = 0
    for match in matches:
        if match.box is not None:
            line = int(np.searchsorted(ends, match.box, side="right"))
        out[line].append(match)
    return out
