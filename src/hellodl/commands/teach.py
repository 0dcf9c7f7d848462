"""`hellodl teach PHOTO --text TRUTH`: the reader learns its owner's hand.

Write a page, photograph it, and say what it says. The reader reads it, finds out which line is which line of the text,
keeps these lines in a folder of your own, and tunes itself to them in half a minute; from then on, `read --mine`
reads as one who knows you. Where it had better be told letter by letter, correct the letters in what
`hellodl read --json` printed, and give that file instead of the photo.

Words as strokes of a pen (the page saves them, and `hellodl pen --out words.json`) are a lesson as well. They say more
than a photo does, namely how the pen moved: `hellodl pen --mine` then writes as you do.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.commands.eyes import LINES, closely, lines_of, reader
from hellodl.commands.show import harmless
from hellodl.commands.truth import Match, taught_by_boxes, taught_by_text, tells_strokes
from hellodl.console import log, some, tell
from hellodl.data.collection import Collection, Lesson, collection, counted, digest, now
from hellodl.data.pages.letter import Word, as_told, read_words
from hellodl.data.writing import as_strip, drawn
from hellodl.errors import DataError
from hellodl.nn import LineReader
from hellodl.reading.accuracy import edit_distance
from hellodl.reading.decoding import text_of
from hellodl.reading.looks import listened
from hellodl.runs import machine
from hellodl.train.checkpoint import save_model
from hellodl.train.personal import StepWatcher, personalised, rehearsal

OTHERS = 300  # strings by other hands on which is watched that nothing is forgotten


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The page, and the collection."""
    page = (
        "a photo of your writing, the JSON of `hellodl read --json` with its letters corrected, or words of yours as "
        "strokes (.json); without one, what is in the collection is learned anew"
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
        show(mine, options.json)
    elif options.forget:
        forgotten = mine.forget()
        say(options, f"{mine.folder}: {some(forgotten, 'lesson')} forgotten")
        if options.json:
            print(json.dumps({"folder": str(mine.folder), "forgotten": forgotten}))
    elif options.undo:
        lesson = mine.undo()
        say(options, f"took back {some(len(lesson.characters), 'character')} of {harmless(lesson.photo)}")
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
    who = ("your reader", mine.reader) if mine.reader.exists() else ("the reader that ships", LINES)
    network, symbols = lines_of(who[1])
    if options.text is None and tells_strokes(options.page):
        lesson = lesson_by_pen(read_words(options.page), options.page.name, network, symbols, options.threads)
        for number, (true, was_read) in enumerate(zip(lesson.texts, lesson.read), 1):
            say(options, f"  word {number}: {summary(Match(true, was_read, lesson.strips[number - 1], sure=True))}")
        if not options.dry_run:
            mine.add(lesson)
            learn(mine, options)
        return
    look = closely(network, symbols, options.threads)
    if options.text is None:
        pages = taught_by_boxes(options.page, look)
    else:
        pages = [taught_by_text(options.page, truth_in(options.text), look)]
    for page in pages:
        say(options, f"{harmless(str(page.path))}, by {who[0]}:")
        for number, line in enumerate(page.lines, 1):
            say(options, f"  line {number}: {summary(line)}")
    if options.dry_run:
        return
    when = now()
    for page in pages:
        mine.add(lesson_of(page.sure(), page.path.name, digest(page.path), when))
    learn(mine, options)


def lesson_of(lines: Sequence[Match], photo: str, sha256: str, when: str) -> Lesson:
    """Lines from which one can learn, as a lesson."""
    true, was_read = (tuple(str(getattr(match, name)) for match in lines) for name in ("true", "read"))
    strips = tuple(match.strip for match in lines if match.strip is not None)
    return Lesson(photo, sha256, when, true, was_read, strips)


def lesson_by_pen(
    words: Sequence[Word], name: str, network: LineReader, symbols: str, threads: int | None = None
) -> Lesson:
    """Words that a pen wrote on a pad, as a lesson with their strokes; `name` says where they are from.

    DataError where none of them has only signs that the reader knows.
    """
    known = [(text, strokes) for text, strokes in words if text and strokes and set(text) <= set(symbols)]
    if not known:
        raise DataError(f"{name}: has no word of signs that the reader knows ({symbols}); write others")
    texts, strokes = zip(*known)
    strips = tuple(as_strip(each) for each in strokes)
    was_read = tuple(text_of(heard.said, symbols) for heard in listened(strips, reader(network, threads)))
    return Lesson(name, hashlib.sha256(as_told(known).encode()).hexdigest(), now(), texts, was_read, strips, strokes)


def truth_in(text: str) -> str:
    """The text that was given, or that of the file of this name."""
    path = Path(text)
    try:
        return path.read_text("utf-8") if len(text) < 256 and path.is_file() else text
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: is no text in UTF-8 ({error}); save it as such") from error


def say(options: argparse.Namespace, line: str) -> None:
    """A line on standard output, unless that is for JSON."""
    (log.info if options.json else tell)(line)


def summary(line: Match) -> str:
    """What one line teaches, such as `7 of 8 right; read 'moke hay', is 'make hay'`."""
    if line.true is None:
        return harmless(f"read {line.read!r}, which is not in the text")
    count = len(line.true)
    parts = [f"{max(count - line.edits, 0)} of {count} right"]
    parts += [f"read {line.read!r}, is {line.true!r}"] if line.edits else []
    parts += [] if line.trusted else ["left out"]
    return harmless("; ".join(parts))


def show(mine: Collection, in_json: bool) -> None:
    """What is in the collection, a line for each lesson."""
    lessons = mine.lessons()
    if in_json:
        rows = [
            {"lesson": number, "when": lesson.when, "photo": lesson.photo, "lines": list(lesson.texts)}
            for number, lesson in lessons.items()
        ]
        print(json.dumps({"folder": str(mine.folder), "lessons": rows}, ensure_ascii=False))
        return
    if not lessons:
        tell(f"{mine.folder}: is empty; fill it by: hellodl teach PHOTO --text TRUTH")
        return
    tell(f"{mine.folder}:")
    for number, lesson in lessons.items():
        count = some(len(lesson.characters), "character")
        tell(harmless(f"  lesson {number}, {lesson.when}, {lesson.photo}: {count}"))
    tell("  " + counted("".join(lesson.characters for lesson in lessons.values())))


def learn(mine: Collection, options: argparse.Namespace) -> None:
    """Tune the reader that ships to all that is in the collection, and put it there."""
    lessons = list(mine.drawn().values())
    if not lessons:
        mine.reader.unlink(missing_ok=True)
        if options.json:
            print(json.dumps({"characters": 0, "lessons": 0, "model": None}))
        return
    pupil = taught(lessons, options.seed, options.threads)
    mine.keep_reader(lessons, pupil.save)
    figures = pupil.figures
    if options.json:
        print(json.dumps(figures | {"model": str(mine.reader)}))
        return
    tell(
        f"learned {some(int(figures['characters']), 'character')} of {some(int(figures['lessons']), 'lesson')} in "
        f"{figures['seconds']:.0f} s: the reader that ships reads {figures['own_before']:.1%} of them right, yours "
        f"{figures['own_after']:.1%}; of other hands (ink) {figures['others_before']:.1%} and "
        f"{figures['others_after']:.1%}"
    )
    log.info(f"your reader is {mine.reader}; `hellodl read --mine PHOTO` reads with it")


@dataclass(frozen=True)
class Pupil:
    """A reader that has learned a hand: how well it reads before and after, and all of that as a card."""

    reader: LineReader
    symbols: str
    figures: dict[str, float]
    card: dict[str, Any]

    def save(self, path: Path) -> None:
        """Keep it as a model file."""
        save_model(path, self.reader, classes=self.symbols, card=self.card)


def taught(lessons: list[Lesson], seed: int = 0, threads: int | None = None, watch: StepWatcher | None = None) -> Pupil:
    """The reader that ships, tuned to lessons; `watch` is told of every step (see `personalised`)."""
    base, symbols = lines_of(LINES)
    strips, texts = samples(lessons, symbols)
    others = rehearsal(OTHERS, seed, "test")
    rng = np.random.default_rng(seed)
    theirs = [drawn(others[item], rng, plain=True) for item in range(len(others))], [*others.texts]
    began = time.perf_counter()
    numbers = [[symbols.index(character) + 1 for character in text] for text in texts]
    pupil = personalised(base, strips, numbers, seed=seed, watch=watch)
    figures: dict[str, float] = {"characters": sum(map(len, texts)), "lessons": len(lessons)}
    for whose, pictures, truths in (("own", strips, texts), ("others", *theirs)):
        for when, network in (("before", base), ("after", pupil)):
            figures[f"{whose}_{when}"] = accuracy(network, symbols, pictures, truths, threads)
    figures["seconds"] = time.perf_counter() - began
    photos, learned = ([getattr(lesson, name) for lesson in lessons] for name in ("photo", "digest"))
    card = {"program": "teach", "base": digest(LINES), "photos": photos, "learned": learned, "when": now()}
    return Pupil(pupil, symbols, figures, {**card, "seed": seed, "source": machine.commit(), **figures})


def samples(lessons: list[Lesson], symbols: str) -> tuple[list[np.ndarray], list[str]]:
    """The strips (HEIGHT, W) uint8 of all lines that a reader of these symbols can learn, and what they say."""
    pairs = [pair for lesson in lessons for pair in zip(lesson.strips, lesson.texts) if set(pair[1]) <= set(symbols)]
    if not pairs:
        raise DataError("none of the lines in the collection has only signs that the reader knows; teach it others")
    return [strip for strip, _ in pairs], [text for _, text in pairs]


def accuracy(
    network: LineReader, symbols: str, strips: Sequence[np.ndarray], truths: Sequence[str], threads: int | None
) -> float:
    """The share of characters that a reader reads right in strips, looking at them as `read --language none` does."""
    wrong = 0
    for heard, truth in zip(listened(strips, reader(network, threads)), truths, strict=True):
        wrong += min(edit_distance(truth, text_of(heard.said, symbols)), len(truth))
    return 1 - wrong / max(sum(map(len, truths)), 1)
