"""A photo beside what it says: what `hellodl teach` learns from, line by line.

The truth comes as a text, whose lines then have to be brought together with those that were found, or as the corrected
JSON of `hellodl read --json`, which says of every box what is in it. Where each letter of a line is need not be known:
the network finds that out by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.data.writing import ALPHABET
from hellodl.errors import DataError, PhotoError
from hellodl.reading import Character, Page, Photo, load_photo
from hellodl.reading.accuracy import cheapest, edit_distance, plain
from hellodl.reading.page import line_text

FITS = 0.5  # of a text's characters that must be in lines that were found, or it is the text of another page
ALIKE = 0.6  # edits for each character: a line that was read so wrongly is another one
GAP = 0.5  # the cost of a line that is only on the page, or only in the text
SAME = 0.5  # two boxes are one where they share so much of what they cover together

Box = tuple[int, int, int, int]  # left, top, width, height, in pixels of the photo
Look = Callable[[np.ndarray], tuple[Page, list[np.ndarray]]]  # a picture -> the page, and its lines' strips


@dataclass(frozen=True)
class Match:
    """A line: what it truly says, what was read in it, and its strip; None for what there is not.

    `sure` is a line that somebody corrected letter by letter; a text may be that of another one.
    """

    true: str | None
    read: str | None
    strip: np.ndarray | None = None
    sure: bool = False

    @property
    def edits(self) -> int:
        """How many edits would mend what was read."""
        return edit_distance(self.true or "", self.read or "")

    @property
    def trusted(self) -> bool:
        """Whether one can learn from it: text and strip surely belong together, and the alphabet has all its signs."""
        if not self.true or self.strip is None:
            return False
        alike = edit_distance(plain(self.true), plain(self.read or "")) <= ALIKE * len(plain(self.true))
        return (self.sure or alike) and set(self.true) <= set(ALPHABET)


@dataclass(frozen=True)
class Taught:
    """A photo beside its truth."""

    path: Path
    lines: list[Match]

    def sure(self) -> list[Match]:
        """The lines from which one can learn."""
        return [match for match in self.lines if match.trusted]


def taught_by_text(path: Path, text: str, look: Look) -> Taught:
    """A photo and the text that it shows. Raises DataError where the two do not seem to belong together."""
    wanted = [" ".join(line.split()) for line in text.splitlines() if written(line)]
    if not wanted:
        raise DataError(f"--text: has no letters or digits; say what stands in {path}")
    lines, strips = seen(load_photo(path), str(path), look)
    taught = Taught(path, side_by_side(wanted, [line_text(line) for line in lines], strips))
    sure, all_ = (sum(len(written(line)) for line in part) for part in ([str(m.true) for m in taught.sure()], wanted))
    if sure < FITS * all_:
        raise DataError(
            f"{path}: only {sure} of the text's {all_} characters are in lines that were surely found there; check the "
            "text, and the boxes in the picture of `hellodl read --picture`, or correct its JSON"
        )
    return taught


def written(line: str) -> str:
    """The letters and digits of a line."""
    return "".join(c for c in line if c.isalnum())


def side_by_side(wanted: Sequence[str], read: Sequence[str], strips: Sequence[np.ndarray]) -> list[Match]:
    """The cheapest way to put the lines of a text beside those that were read, in order."""
    costs = np.array([[edit_distance(plain(a), plain(b)) / max(len(plain(a)), 1) for b in read] for a in wanted])
    out = []
    for i, j in cheapest(costs.reshape(len(wanted), len(read)), GAP):
        strip = None if j is None else strips[j]
        out.append(Match(None if i is None else wanted[i], None if j is None else read[j], strip))
    return out


def taught_by_boxes(path: Path, look: Look) -> list[Taught]:
    """The photos of a JSON file as `hellodl read --json` prints it, with its letters corrected."""
    found = [(_found(photo, path), boxes) for photo, boxes in corrected(path).items()]
    return [corrected_photo(load_photo(photo), str(photo), boxes, look) for photo, boxes in found]


def tells_strokes(path: Path) -> bool:
    """Whether a JSON file is words as strokes of a pen (see `pages.letter.read_words`), and no list of photos."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, list) or (isinstance(told, dict) and "strokes" in told)


def corrected(path: Path) -> dict[Path, list[tuple[str, Box]]]:
    """The photos of a JSON file, and what is said to be in which box; nothing is in boxes whose letter was emptied."""
    try:
        photos = json.loads(path.read_text("utf-8"))["photos"]
        return {Path(photo["photo"]): [*_boxes_in(photo)] for photo in photos}
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; check the name and the folder") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: is no JSON as `hellodl read --json` prints it ({type(error).__name__}: {error})"
        ) from error


def seen(photo: Photo, name: str, look: Look) -> tuple[list[list[Character]], list[np.ndarray]]:
    """What was read in the lines of a photo, and their strips."""
    page, strips = look(photo.picture)
    if not page.characters:
        raise PhotoError(f"{name}: no writing was found there; take a sharper, lighter photo")
    return page.enlarged(photo.reduction).lines, strips


def _boxes_in(photo: dict[str, Any]) -> list[tuple[str, Box]]:
    found = []
    for line in photo["lines"]:
        for character in line["characters"]:
            letter, (left, top, width, height) = character["letter"], character["box"]
            if not isinstance(letter, str) or len(letter) > 1:
                raise ValueError(f"{letter!r} is not one character")
            found.append((letter, (int(left), int(top), int(width), int(height))))
    return found


def _found(photo: Path, listing: Path) -> Path:
    """The photo as it was called, from here or from where the JSON lies."""
    beside = listing.parent / photo
    return beside if not photo.exists() and beside.exists() else photo


def corrected_photo(photo: Photo, name: str, truth: list[tuple[str, Box]], look: Look) -> Taught:
    """The lines of a photo in which something is said to be in a box; the rest of such a line was read right.

    A letter "" says that there is no character in a box. `name` is what errors call the photo.
    """
    lines, strips = seen(photo, name, look)
    matches = []
    for line, strip in zip(lines, strips, strict=True):
        true, touched, space = "", False, False
        for character in line:
            said = next((letter for letter, box in truth if overlap(box, character.box) >= SAME), None)
            touched |= said is not None
            letter = character.letter if said is None else said
            space |= character.space_before
            true += " " * (space and bool(true)) * bool(letter) + letter
            space &= not letter
        if touched:
            matches.append(Match(true, line_text(line), strip, sure=True))
    if not any(match.trusted for match in matches):
        raise DataError(f"{name}: has none of the boxes that the JSON tells of; make that anew by hellodl read --json")
    return Taught(Path(name), matches)


def overlap(one: Box, other: Box) -> float:
    """What two boxes share, as a part of all that they cover: 0 to 1."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(across, 0) * max(down, 0)
    return shared / max(one[2] * one[3] + other[2] * other[3] - shared, 1)
