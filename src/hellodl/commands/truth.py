"""A photo beside what it says: what `hellodl teach` learns from, as boxes of which one knows what is in them.

The truth comes as a text, and then has to be brought together with the boxes (see reading/align.py), or as the
corrected JSON of `hellodl read --json`, which says of every box what is in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.errors import DataError, PhotoError
from hellodl.reading import Character, Classify, Photo, load_photo, read_closely
from hellodl.reading.align import Match, aligned, compared, written
from hellodl.reading.turn import turned, turned_back

FITS = 0.5  # of a text's characters that must be found on the page, or it is the text of another page
SAME = 0.5  # two boxes are one where they share so much of what they cover together

Box = tuple[int, int, int, int]  # left, top, width, height, in pixels of the photo


@dataclass(frozen=True)
class Taught:
    """A photo beside its truth: the matches of its lines, and the pictures of its boxes (N, 28, 28) uint8."""

    path: Path
    lines: list[list[Match]]
    pictures: np.ndarray

    def sure(self) -> tuple[str, str, np.ndarray]:
        """The characters of which one can be sure, what each was read as, and their pictures."""
        found = [(str(m.true), str(m.read), m.box) for line in self.lines for m in line if m.trusted]
        true, was_read, boxes = zip(*found, strict=True)
        return "".join(true), "".join(was_read), self.pictures[list(boxes)]


def taught_by_text(path: Path, text: str, classify: Classify, classes: str) -> Taught:
    """A photo and the text that it shows. Raises DataError where the two do not seem to belong together."""
    if not written(text):
        raise DataError(f"--text: has no letters or digits; say what stands in {path}")
    lines, probabilities, pictures = boxes_of(load_photo(path), str(path), classify, classes)
    letters = ["".join(character.letter for character in line) for line in lines]
    matches = aligned(text, letters, probabilities, classes)
    sure = sum(match.trusted for line in matches for match in line)
    if sure < FITS * len(written(text)):
        raise DataError(
            f"{path}: only {sure} of the text's {len(written(text))} characters were surely found there; check the "
            "text, and the boxes in the picture that `hellodl read` makes, or correct its JSON"
        )
    return Taught(path, matches, pictures)


def taught_by_boxes(path: Path, classify: Classify, classes: str) -> list[Taught]:
    """The photos of a JSON file as `hellodl read --json` prints it, with its letters corrected."""
    return [_by_boxes(_found(photo, path), boxes, classify, classes) for photo, boxes in corrected(path).items()]


def corrected(path: Path) -> dict[Path, list[tuple[str, Box]]]:
    """The photos of a JSON file, and what is said to be in which box; boxes whose letter was emptied are left out."""
    try:
        photos = json.loads(path.read_text("utf-8"))["photos"]
        return {Path(photo["photo"]): [*_boxes_in(photo)] for photo in photos}
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; check the name and the folder") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: is no JSON as `hellodl read --json` prints it ({type(error).__name__}: {error})"
        ) from error


def boxes_of(
    photo: Photo, name: str, classify: Classify, classes: str, degrees: int = 0
) -> tuple[list[list[Character]], list[np.ndarray], np.ndarray]:
    """What a photo's boxes were read as, line by line, what the network thought (n, K), and all pictures."""
    page, glyphs = read_closely(turned(photo.picture, degrees), classify, classes)
    if not page.characters:
        raise PhotoError(f"{name}: no writing was found there; take a sharper, lighter photo")
    probabilities = [np.stack([glyph.probabilities for glyph in line]) for line in glyphs]
    pictures = np.stack([glyph.picture for line in glyphs for glyph in line])
    return turned_back(page, degrees).enlarged(photo.reduction).lines, probabilities, pictures


def _boxes_in(photo: dict[str, Any]) -> list[tuple[str, Box]]:
    found = []
    for line in photo["lines"]:
        for character in line["characters"]:
            letter, (left, top, width, height) = character["letter"], character["box"]
            if not isinstance(letter, str) or len(letter) > 1:
                raise ValueError(f"{letter!r} is not one character")
            if letter:
                found.append((letter, (int(left), int(top), int(width), int(height))))
    return found


def _found(photo: Path, listing: Path) -> Path:
    """The photo as it was called, from here or from where the JSON lies."""
    beside = listing.parent / photo
    return beside if not photo.exists() and beside.exists() else photo


def _by_boxes(path: Path, truth: list[tuple[str, Box]], classify: Classify, classes: str) -> Taught:
    """The boxes found in a photo, each with what is said to be in it, or with nothing."""
    return corrected_photo(load_photo(path), str(path), truth, classify, classes)


def corrected_photo(
    photo: Photo, name: str, truth: list[tuple[str, Box]], classify: Classify, classes: str, degrees: int = 0
) -> Taught:
    """The boxes found in a photo, each with what is said to be in it, or with nothing.

    `name` is what errors call the photo; it is read turned to the right by so many degrees.
    """
    lines, _, pictures = boxes_of(photo, name, classify, classes, degrees)
    out, number = [], 0
    for line in lines:
        matches = []
        for character in line:
            true = next((letter for letter, box in truth if overlap(box, character.box) >= SAME), None)
            matches.append(compared(true, character.letter, number, classes, firm=True))
            number += 1
        out.append(matches)
    if not any(match.trusted for line in out for match in line):
        raise DataError(f"{name}: has none of the boxes that the JSON tells of; make that anew by hellodl read --json")
    return Taught(Path(name), out, pictures)


def overlap(one: Box, other: Box) -> float:
    """What two boxes share, as a part of all that they cover: 0 to 1."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(across, 0) * max(down, 0)
    return shared / max(one[2] * one[3] + other[2] * other[3] - shared, 1)
