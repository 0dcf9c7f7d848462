"""`hellodl teach PHOTO --text TRUTH`: the reader learns its owner's hand.

Write a page, photograph it, and say what it says. The reader reads it, finds out which box is which character of the
text, keeps these characters in a folder of your own, and tunes itself to them in half a minute; from then on,
`hellodl read --mine` reads as one who knows you. Where it had better be told box by box, correct the letters in what
`hellodl read --json` printed, and give that file instead of the photo.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.commands import read
from hellodl.commands.show import harmless
from hellodl.commands.truth import taught_by_boxes, taught_by_text
from hellodl.console import log
from hellodl.data.collection import Collection, Lesson, collection, counted, digest, now
from hellodl.data.ink import Ink
from hellodl.errors import DataError
from hellodl.nn import Module
from hellodl.reading.align import Match, class_of
from hellodl.runs import machine
from hellodl.train.checkpoint import load_model, save_model
from hellodl.train.lanes import probabilities
from hellodl.train.personal import StepWatcher, known_to_ink, personalised

OTHERS = 1500  # characters by other hands on which is watched that nothing is forgotten


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The page, and the collection."""
    page = (
        "a photo of your writing, or the JSON of `hellodl read --json` with its letters corrected; "
        "without one, what is in the collection is learned anew"
    )
    parser.add_argument("page", nargs="?", type=Path, metavar="PHOTO", help=page)
    parser.add_argument("--text", metavar="TRUTH", help="what the photo says, or a file with it")
    folder = "the folder of the collection ($HELLODL_MINE, else among your own data)"
    parser.add_argument("--mine", type=Path, metavar="DIR", help=folder)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="show what would be learned, and learn nothing")
    what.add_argument("--show", action="store_true", help="list what is in the collection")
    what.add_argument("--undo", action="store_true", help="take the last lesson back")
    what.add_argument("--forget", action="store_true", help="delete the collection and its reader")
    parser.set_defaults(wrong_usage=parser.error)


def main(options: argparse.Namespace) -> int:
    """Do what was asked for, and say what came of it."""
    check(options)
    mine = collection(options.mine)
    if options.show:
        show(mine)
    elif options.forget:
        print(f"{mine.folder}: {mine.forget()} lessons forgotten")
    elif options.undo:
        lesson = mine.undo()
        say(options, f"took back {len(lesson.characters)} characters of {harmless(lesson.photo)}")
        learn(mine, options)
    elif options.page is None:
        if not mine.lessons():
            raise DataError(f"{mine.folder}: is empty, there is nothing to learn; give PHOTO --text TRUTH")
        learn(mine, options)
    else:
        teach(mine, options)
    return 0


def check(options: argparse.Namespace) -> None:
    """Refuse what makes no sense together."""
    instead = options.show or options.undo or options.forget
    corrected = options.page is not None and options.page.suffix == ".json"
    if instead and options.page is not None:
        options.wrong_usage("--show, --undo and --forget go without a photo")
    if options.page is None and (options.text is not None or options.dry_run):
        options.wrong_usage("there is no photo; give PHOTO --text TRUTH")
    if options.page is not None and (options.text is None) != corrected:
        options.wrong_usage("a photo needs --text, and corrected JSON says it itself")


def teach(mine: Collection, options: argparse.Namespace) -> None:
    """Compare the page with its truth, keep what is sure, and learn."""
    classify, classes = read.classifier(mine.reader if mine.reader.exists() else None, options.threads)
    if options.text is None:
        pages = taught_by_boxes(options.page, classify, classes)
    else:
        pages = [taught_by_text(options.page, truth_in(options.text), classify, classes)]
    for page in pages:
        say(options, f"{harmless(str(page.path))}:")
        for number, line in enumerate(page.lines, 1):
            say(options, f"  line {number}: {summary(line)}")
    if options.dry_run:
        return
    when = now()
    for page in pages:
        characters, was_read, pictures = page.sure()
        mine.add(Lesson(page.path.name, digest(page.path), when, characters, was_read, pictures))
    learn(mine, options)


def truth_in(text: str) -> str:
    """The text that was given, or that of the file of this name."""
    path = Path(text)
    try:
        return path.read_text("utf-8") if len(text) < 256 and path.is_file() else text
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: is no text in UTF-8 ({error}); save it as such") from error


def say(options: argparse.Namespace, line: str) -> None:
    """A line on standard output, unless that is for JSON."""
    (log.info if options.json else print)(line)


def summary(line: list[Match]) -> str:
    """What one line teaches, such as `12 of 14 right; read 'a', is 'd'; left out: r`."""
    true = [match for match in line if match.true is not None]
    parts = [f"{sum(match.right for match in true)} of {len(true)} right"]
    parts += [f"read {m.read!r}, is {m.true!r}" for m in true if m.trusted and not m.right]
    unsure = "".join(str(match.true) for match in true if not match.trusted)
    extra = sum(match.true is None for match in line)
    parts += [f"left out: {unsure}"] if unsure else []
    parts += [f"{extra} boxes that are no character"] if extra else []
    return harmless("; ".join(parts))


def show(mine: Collection) -> None:
    """What is in the collection, a line for each lesson."""
    lessons = mine.lessons()
    if not lessons:
        print(f"{mine.folder}: is empty; fill it by: hellodl teach PHOTO --text TRUTH")
        return
    print(f"{mine.folder}:")
    for number, lesson in lessons.items():
        count = len(lesson.characters)
        print(harmless(f"  lesson {number}, {lesson.when}, {lesson.photo}: {count} characters"))
    print("  " + counted("".join(lesson.characters for lesson in lessons.values())))


def learn(mine: Collection, options: argparse.Namespace) -> None:
    """Tune the reader that ships to all that is in the collection, and put it there."""
    lessons = list(mine.lessons().values())
    if not lessons:
        mine.reader.unlink(missing_ok=True)
        return
    pupil = taught(lessons, options.seed, options.threads)
    pupil.save(mine.reader)
    figures = pupil.figures
    if options.json:
        print(json.dumps(figures | {"model": str(mine.reader)}))
        return
    print(
        f"learned {figures['characters']:,} characters in {figures['seconds']:.0f} s: of them "
        f"{figures['own_before']:.1%} were read right before, {figures['own_after']:.1%} are now; "
        f"of other hands (ink) {figures['others_before']:.1%} before, {figures['others_after']:.1%} now"
    )
    log.info(f"your reader is {mine.reader}; `hellodl read --mine PHOTO` reads with it")


@dataclass(frozen=True)
class Pupil:
    """A reader that has learned a hand: what it tells apart, how well before and after, and all of that as a card."""

    reader: Module
    classes: str
    figures: dict[str, float]
    card: dict[str, Any]

    def save(self, path: Path) -> None:
        """Keep it as a model file."""
        save_model(path, self.reader, classes=self.classes, card=self.card)


def taught(lessons: list[Lesson], seed: int = 0, threads: int | None = None, watch: StepWatcher | None = None) -> Pupil:
    """The reader that ships, tuned to lessons; `watch` is told of every step (see `personalised`)."""
    base, metadata = load_model(read.MODEL)
    classes = metadata["classes"]
    images, labels = samples(lessons, classes)
    began = time.perf_counter()
    reader = personalised(base, classes, images, labels, seed=seed, watch=watch)
    figures = {
        "characters": len(labels),
        "lessons": len(lessons),
        "own_before": accuracy(base, images, labels, threads),
        "own_after": accuracy(reader, images, labels, threads),
    }
    others, known = ink_by_others(classes)
    figures |= {
        "others_before": accuracy(base, others, known, threads),
        "others_after": accuracy(reader, others, known, threads),
        "seconds": time.perf_counter() - began,
    }
    photos = [lesson.photo for lesson in lessons]
    card = {"program": "teach", "base": digest(read.MODEL), "photos": photos, "when": now()}
    return Pupil(reader, classes, figures, {**card, "seed": seed, "source": machine.commit(), **figures})


def samples(lessons: list[Lesson], classes: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (N, 28, 28) uint8 and classes (N,) int64 of all characters that a reader of `classes` can learn."""
    images = np.concatenate([lesson.images for lesson in lessons])
    numbers = [class_of(character, classes) for lesson in lessons for character in lesson.characters]
    known = np.array([number is not None for number in numbers])
    if not known.any():
        raise DataError("none of the characters in the collection is one that the reader knows; teach it others")
    return images[known], np.array([number for number in numbers if number is not None], np.int64)


def accuracy(model: Module, images: np.ndarray, labels: np.ndarray, threads: int | None) -> float:
    """The share of pictures that a model takes for what they are."""
    return float((probabilities(model, images, threads).argmax(axis=1) == labels).mean())


def ink_by_others(classes: str) -> tuple[np.ndarray, np.ndarray]:
    """Characters in styles that are never learned from, and their classes."""
    ink = Ink.load().dataset(OTHERS, 0, classes=known_to_ink(classes), split="test")
    return ink.images, np.array([classes.index(name) for name in ink.classes])[ink.labels]
