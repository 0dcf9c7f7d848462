"""`hellodl score`: how well photos are read, where the truth is known.

PAGES is a folder of photos with the text of each in a .txt beside it, or one of the kinds of pages that hellodl
makes itself (mild, hard, any): handwriting in styles that no training saw, photographed well or badly. Of made
pages the place of every character is known too, so that each mistake has a cause: not found, taken for two, run
into its neighbour, or found and misread.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from hellodl.commands import read
from hellodl.commands.arguments import at_least, share
from hellodl.console import progress_bar, show_table, tell
from hellodl.errors import HelloError
from hellodl.nn.calibration import reliability
from hellodl.reading.accuracy import aligned, edit_distance, plain, strict
from hellodl.reading.page import Character, Page

if TYPE_CHECKING:
    from hellodl.data.pages.layout import Box

MADE = ("mild", "hard", "any")
DOUBTFUL = 0.05  # the share of characters, the least sure ones, that is left out to see what that helps
CAUSES = ("misread", "not found", "merged", "split", "invented")
COVERED = 0.5  # of a true box, from which on a read box has it


@dataclass
class Score:
    """What came out of some pages; counts are of characters."""

    wrong: int = 0  # edits over letters and digits, case aside
    length: int = 0
    strictly_wrong: int = 0  # edits with case and spaces
    strict_length: int = 0
    words_wrong: int = 0
    words: int = 0
    writers: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    confidence: list[float] = field(default_factory=list)  # of each character that was read
    right: list[bool] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    mixed_up: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, truth: str, page: Page, boxes: list[Box] | None) -> float:
        """Count one page; the share of its characters that was read right."""
        wanted = plain(truth)
        wrong = min(self._judge(wanted, [c for c in page.characters if plain(c.letter)]), len(wanted))
        self.wrong, self.length = self.wrong + wrong, self.length + len(wanted)
        wanted_strictly, got_strictly = strict(truth), strict(page.text)
        self.strictly_wrong += min(edit_distance(wanted_strictly, got_strictly), len(wanted_strictly))
        self.strict_length += len(wanted_strictly)
        words = wanted_strictly.split()
        self.words_wrong += min(edit_distance(words, got_strictly.split()), len(words))
        self.words += len(words)
        share = 1 - wrong / max(len(wanted), 1)
        self.writers[name.split("_")[0]].append(share)
        if boxes is not None:
            self.causes.update(causes(boxes, page.characters))
        return share

    def _judge(self, wanted: str, characters: list[Character]) -> int:
        """Which characters were right, and how sure the reading was of them; how many edits would mend it."""
        got = "".join(plain(character.letter) for character in characters)
        edits = 0
        for i, j in aligned(wanted, got):
            same = i is not None and j is not None and wanted[i] == got[j]
            edits += not same
            if j is not None:
                self.confidence.append(characters[j].probability)
                self.right.append(same)
                if i is not None and not same:
                    self.mixed_up[f"{wanted[i]} as {got[j]}"] += 1
        return edits

    def figures(self) -> dict[str, Any]:
        """Shares from 0 to 1, and counts."""
        sure, right = np.array(self.confidence), np.array(self.right, bool)
        error, bins = reliability(np.clip(sure, 0, 1), right)
        kept = np.argsort(sure)[int(DOUBTFUL * len(sure)) :]
        return {
            "characters": self.length,
            "accuracy": 1 - self.wrong / max(self.length, 1),
            "writers": len(self.writers),
            "writers_mean": float(np.mean([np.mean(shares) for shares in self.writers.values()])),
            "strict_accuracy": 1 - self.strictly_wrong / max(self.strict_length, 1),
            "words": self.words,
            "word_accuracy": 1 - self.words_wrong / max(self.words, 1),
            "calibration_error": error,
            "calibration": [b._asdict() for b in bins],
            "wrong_of_read": float((~right).mean()) if len(right) else 0.0,
            "wrong_of_sure": float((~right[kept]).mean()) if len(kept) else 0.0,
            "causes": {cause: self.causes[cause] for cause in CAUSES if self.causes[cause]},
            "mixed_up": dict(self.mixed_up.most_common(12)),
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which pages, and which reader."""
    option = parser.add_argument
    option("pages", metavar="PAGES", help=f"a folder of photos with a .txt beside each, or {', '.join(MADE)}")
    option("--count", type=at_least(1), default=100, metavar="N", help="how many pages are made (100)")
    option("--least", type=share, metavar="SHARE", help="exit with 1 if fewer characters are right (0 to 1)")
    other = "score another reader: a command that prints what it reads; {} is the picture"
    option("--command", metavar="COMMAND", help=other)
    read.add_reader_arguments(parser)


def main(options: argparse.Namespace) -> int:
    """Read all pages, compare, report."""
    reader = other_reader(options.command) if options.command else read.reader_of(options)
    score = Score()
    began = time.perf_counter()
    pages: Iterator[Sample]
    if options.pages in MADE:
        pages, count = made(options.pages, options.count, options.seed), options.count
    else:
        photos = photos_in(Path(options.pages))
        pages, count = from_files(photos), len(photos)
    shares = {}
    with progress_bar("reading", count) as bar:
        for sample in pages:
            page = reader(sample.picture).enlarged(sample.reduction)
            boxes = None if options.command else sample.boxes
            shares[sample.name] = score.add(sample.name, sample.truth, page, boxes)
            bar.advance(1)
    about = {"program": "score", "pages": options.pages, "count": count, "seed": options.seed}
    figures = about | score.figures() | {"each": shares, "seconds": time.perf_counter() - began}
    if options.json:
        print(json.dumps(figures))
    else:
        show(figures)
    return int(options.least is not None and figures["accuracy"] < options.least)


def other_reader(command: str) -> Callable[[np.ndarray], Page]:
    """Any program that prints what it reads in a picture; where and how sure it does not say."""
    words = shlex.split(command)
    if not words or shutil.which(words[0]) is None:
        raise HelloError(f"{command}: there is no such command here; install it, or check its name")

    def read_by(picture: np.ndarray) -> Page:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "page.png")
            cv2.imwrite(path, picture)
            call = [word.replace("{}", path) for word in words]
            done = subprocess.run(call, capture_output=True, text=True, errors="replace", check=False)
        lines = []
        for line in done.stdout.splitlines():
            characters = []
            for i, letter in enumerate(line):
                begins = i > 0 and line[i - 1].isspace() and bool(line[:i].strip())  # a word, but not the line
                if not letter.isspace():
                    characters.append(Character(letter, 1.0, letter, 0.0, (0, 0, 0, 0), begins))
            lines.append(characters)
        return Page([line for line in lines if line], (picture.shape[1], picture.shape[0]))

    return read_by


@dataclass(frozen=True)
class Sample:
    """A picture to read (H, W, 3) uint8, what it says, and where its characters are if that is known."""

    name: str
    picture: np.ndarray
    truth: str
    boxes: list[Box] | None = None
    reduction: float = 1.0


def made(kind: str, count: int, seed: int) -> Iterator[Sample]:
    """Pages in the built-in handwriting's test styles, each by another hand."""
    from hellodl.data.pages.photograph import PRESETS, made_page

    for number in range(count):
        page = made_page(PRESETS[kind], 1000 * seed + number, "test")
        yield Sample(f"{number}", page.picture, page.text, page.boxes)


def photos_in(folder: Path) -> list[tuple[Path, Path]]:
    """The photos of a folder that have a .txt beside them, each with it."""
    if not folder.is_dir():
        raise HelloError(f"{folder}: is no folder of photos and none of {', '.join(MADE)}")
    pairs = []
    for truth in sorted(folder.glob("*.txt")):
        photos = [path for path in sorted(folder.glob(truth.stem + ".*")) if path.suffix not in (".txt", ".json")]
        if photos and plain(truth.read_text(encoding="utf-8")):
            pairs.append((photos[0], truth))
    if not pairs:
        raise HelloError(f"{folder}: has no photo with its text in a .txt of the same name beside it")
    return pairs


def from_files(pairs: list[tuple[Path, Path]]) -> Iterator[Sample]:
    """Photos and their truths, opened one by one."""
    from hellodl.reading import load_photo

    for path, truth in pairs:
        photo = load_photo(path)
        yield Sample(path.stem, photo.picture, truth.read_text(encoding="utf-8"), None, photo.reduction)


@dataclass(frozen=True)
class Mistake:
    """What went wrong: the cause, of `CAUSES`, and the numbers of the true box and of the box that was read."""

    cause: str
    true: int | None
    found: int | None


def causes(boxes: list[Box], characters: list[Character]) -> Iterator[str]:
    """What went wrong with each character of a made page, and what was read where nothing is."""
    return (mistake.cause for mistake in mistakes(boxes, characters))


def mistakes(boxes: list[Box], characters: list[Character]) -> Iterator[Mistake]:
    """`causes`, and where: of several boxes that were read for one, the first."""
    true = np.array([[box.left, box.top, box.right, box.bottom] for box in boxes], np.float64).reshape(-1, 4)
    found = np.array([[x, y, x + w, y + h] for x, y, w, h in (c.box for c in characters)], np.float64).reshape(-1, 4)
    low, high = np.maximum(true[:, None, :2], found[None, :, :2]), np.minimum(true[:, None, 2:], found[None, :, 2:])
    common = np.maximum(high - low, 0).prod(axis=2)  # (true, found)
    of_true = common / np.maximum((true[:, 2:] - true[:, :2]).prod(axis=1), 1)[:, None]
    of_found = common / np.maximum((found[:, 2:] - found[:, :2]).prod(axis=1), 1)[None]
    merged = (of_true > COVERED).sum(axis=0) > 1  # this read box has several true ones
    for i, box in enumerate(boxes):
        inside = np.flatnonzero(of_found[i] > COVERED)
        if not len(inside):
            has_it = np.flatnonzero(of_true[i] > COVERED)
            yield Mistake("merged", i, int(has_it[0])) if len(has_it) else Mistake("not found", i, None)
        elif len(inside) > 1:
            yield Mistake("split", i, int(inside[0]))
        elif merged[inside[0]]:
            yield Mistake("merged", i, int(inside[0]))
        elif plain(characters[inside[0]].letter) != plain(box.character):
            yield Mistake("misread", i, int(inside[0]))
    for j in range(len(characters)):
        if of_found[:, j].max(initial=0) < 0.1:
            yield Mistake("invented", None, j)


def show(figures: dict[str, Any]) -> None:
    """The figures for a person."""
    if figures["pages"] not in MADE:
        show_table(("photo", "right"), [(name, f"{share:.1%}") for name, share in figures["each"].items()])
    tell(
        f"{figures['accuracy']:.2%} of {figures['characters']:,} characters right; "
        f"mean over {figures['writers']} writers {figures['writers_mean']:.2%}"
    )
    tell(
        f"case and spaces counted: {figures['strict_accuracy']:.2%} of the characters, "
        f"{figures['word_accuracy']:.2%} of {figures['words']:,} words"
    )
    tell(
        f"when it says how sure it is, it is off by {figures['calibration_error']:.1%}; "
        f"{figures['wrong_of_read']:.2%} of what it read is wrong, "
        f"{figures['wrong_of_sure']:.2%} without the least sure {DOUBTFUL:.0%}"
    )
    if figures["causes"]:
        tell(", ".join(f"{count} {cause}" for cause, count in figures["causes"].items()))
    if figures["mixed_up"]:
        tell("most mixed up: " + ", ".join(f"{pair} {n}" for pair, n in figures["mixed_up"].items()))
