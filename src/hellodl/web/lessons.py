"""Teaching the reader one's hand from the page: characters come into the collection, and the reader learns them.

The collection is that of `hellodl teach` (see `data.collection`), and so is the learning; here it runs in the
background, tells how it goes on, and can be called off. One learns at a time.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import threading
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import HTTPException

from hellodl.commands import teach
from hellodl.commands.eyes import closely, reader
from hellodl.commands.truth import SAME, Box, Match, overlap
from hellodl.data.collection import Collection, Lesson, now
from hellodl.data.pages.letter import Word
from hellodl.errors import DataError, HelloError, PhotoError
from hellodl.reading.decoding import best_path, text_of
from hellodl.reading.page import line_text
from hellodl.reading.photo import decoded_photo
from hellodl.reading.turn import best_turn, turned
from hellodl.web.accepted import DrawnLesson, OwnWord, PenLesson, PhotoLesson
from hellodl.web.answers import STILL_HERE, event, tell
from hellodl.web.apart import Here
from hellodl.web.draw import MOST_POINTS, as_strip
from hellodl.web.photo import NAME, in_time
from hellodl.web.readers import Readers, lines_in

CALLED_OFF = "The lesson was called off; what it had learned is forgotten"
REMEMBERED = 8  # jobs that one can still ask about
SEED = 0
LOOK_EVERY, SPEAK_EVERY = 0.1, 15.0  # seconds


class Busy(HelloError):
    """Somebody learns already."""


@dataclass
class Job:
    """One learning: how far it is, and how it ended (`done` or `failed`, with what there is to say about it)."""

    number: str = field(default_factory=lambda: secrets.token_hex(8))
    steps: list[dict[str, Any]] = field(default_factory=list)
    ended: tuple[str, dict[str, Any]] | None = None
    called_off: bool = False

    def watch(self, step: int, steps: int, loss: float) -> None:
        """Is told of every step."""
        if self.called_off:
            raise HelloError(CALLED_OFF)
        self.steps.append({"step": step, "steps": steps, "loss": loss})

    async def events(self, after: int) -> AsyncIterator[str]:
        """All steps after that one, those to come too, and how it ends."""
        silent = 0.0
        sent = min(max(after, 0), len(self.steps))
        while True:
            ended = self.ended  # looked at first: what comes after its last step is its end
            for row in self.steps[sent:]:
                yield event(row, number=row["step"])
                sent, silent = row["step"], 0.0
            if ended is not None:
                yield event(ended[1], ended[0])
                return
            await asyncio.sleep(LOOK_EVERY)
            silent += LOOK_EVERY
            if silent >= SPEAK_EVERY:
                yield STILL_HERE
                silent = 0.0


def lesson_in(data: bytes, path: Path, truth: list[tuple[str, Box]], turn: bool, threads: int | None) -> Lesson:
    """What a photo teaches of which some lines are known; `path` is the file of who reads.

    A line is known again by the box around its characters, in the photo as it was read: upright, if it was turned.
    """
    photo = decoded_photo(data, NAME)
    look = closely(*lines_in(path), threads, minded=in_time)
    degrees = best_turn(photo.picture, lambda picture: look(picture)[0]) if turn else 0
    page, strips = look(turned(photo.picture, degrees))
    matches = []
    for line, strip in zip(page.enlarged(photo.reduction).lines, strips, strict=True):
        here = around([character.box for character in line])
        said = next((text for text, box in truth if overlap(box, here) >= SAME), None)
        matches += [Match(said, line_text(line), strip, sure=True)] if said else []
    known = [match for match in matches if match.trusted]
    if not known:
        raise DataError("none of these lines is in the photo with letters that the reader knows; read it again")
    return teach.lesson_of(known, "a photo", hashlib.sha256(data).hexdigest(), now())


def as_words(sent: list[OwnWord]) -> list[Word]:
    """Words as they came, with their strokes (n, 2). Raises DataError for what is no writing."""
    words = [(word.text, [np.array(one, np.float64) for one in word.strokes if one]) for word in sent]
    if sum(len(stroke) for _, strokes in words for stroke in strokes) > MOST_POINTS:
        raise DataError(f"that is no writing: {MOST_POINTS:,} points are many; write the words again")
    return words


def around(boxes: list[Box]) -> Box:
    """The box around some."""
    left, top = (min(box[side] for box in boxes) for side in (0, 1))
    right, foot = (max(box[side] + box[side + 2] for box in boxes) for side in (0, 1))
    return left, top, right - left, foot - top


class Lessons:
    """The collection and its jobs. Whatever changes files holds the lock, so that forgetting is final."""

    def __init__(self, mine: Collection, readers: Readers, threads: int | None, apart: Here):
        self.mine, self.readers, self.threads, self.apart = mine, readers, threads, apart
        self.jobs: dict[str, Job] = {}
        self._counted: tuple[int | None, dict[str, int]] = None, {}
        self._words: tuple[int | None, list[Word]] = None, []
        self._lock = threading.Lock()

    @property
    def job(self) -> Job | None:
        """The learning that goes on."""
        return next((job for job in self.jobs.values() if job.ended is None), None)

    def counts(self) -> dict[str, int]:
        """How often each character is in the collection: counted anew where something in its folder has changed."""
        with self._lock:
            stamp = self.mine.folder.stat().st_mtime_ns if self.mine.folder.exists() else None
            if stamp is None or stamp != self._counted[0]:
                self._counted = stamp, dict(sorted(Counter(self.mine.characters()).items()))
            return self._counted[1]

    def words(self) -> list[Word]:
        """What was written with a pen, to learn a hand from: looked at anew where its folder has changed."""
        with self._lock:
            stamp = self.mine.folder.stat().st_mtime_ns if self.mine.folder.exists() else None
            if stamp is None or stamp != self._words[0]:
                self._words = stamp, self.mine.words()
            return self._words[1]

    def add_drawing(self, drawn: DrawnLesson) -> dict[str, int]:
        """Keep a drawn character. Raises DataError for one that the reader has no class for."""
        network, symbols = self.readers.lines()
        letter = drawn.letter
        if letter not in symbols:
            raise DataError(f"the reader does not know {letter!a}; it knows {symbols}")
        try:
            strip = as_strip(drawn.strokes)
        except ValueError as error:
            raise DataError(str(error)) from None
        was_read = text_of(best_path(reader(network, 1)([strip])[0]), symbols)
        digest = hashlib.sha256(json.dumps(drawn.strokes).encode()).hexdigest()
        return self.add(Lesson("a drawing", digest, now(), (letter,), (was_read,), (strip,)))

    def add_words(self, sent: PenLesson) -> dict[str, int]:
        """Keep words with their strokes."""
        network, symbols = self.readers.lines()
        return self.add(teach.lesson_by_pen(as_words(sent.words), "words of a pen", network, symbols, 1))

    def read_photo(self, sent: PhotoLesson, reader: Here) -> Lesson:
        """Lines of a photo, each with the box in which it was found and what it says, as a lesson to `add`.

        The photo is read once more, as it was read before, so that what is learned is what reading will see.
        """
        try:
            data = base64.b64decode(sent.photo, validate=True)
        except ValueError:  # also for what is no ASCII
            raise PhotoError("the photo is no base64; send its bytes in that form") from None
        truth = [(" ".join(line.text.split()), line.whole_box()) for line in sent.lines]
        if not any(text for text, _ in truth):
            raise DataError("no letter was given; say what stands in at least one line")
        path = self.readers.path(sent.personal)
        return reader.do(lesson_in, data, path, truth, sent.rotate == "auto", self.threads)

    def add(self, lesson: Lesson) -> dict[str, int]:
        """Keep a lesson."""
        with self._lock:
            self.mine.add(lesson)
        return {"added": len(lesson.characters), "lessons": sum(self.counts().values())}

    def undo(self) -> dict[str, int]:
        """Take the last lesson back; the reader that learned it goes with the last one of all, or with the next job."""
        with self._lock:
            self.mine.undo()
            if not self.mine.lessons():
                self._call_off()
                self.mine.reader.unlink(missing_ok=True)
        return {"lessons": sum(self.counts().values())}

    def forget(self) -> dict[str, int]:
        """Forget all of it, also what is being learned."""
        with self._lock:
            self._call_off()
            self.mine.forget()
        return {"lessons": 0}

    def _call_off(self) -> None:
        if self.job is not None:
            self.job.called_off = True

    def begin(self) -> Job:
        """A new job, to be done by `learn`. Raises Busy while there is another, DataError with nothing to learn."""
        if self.job is not None:
            raise Busy("it learns already; wait for its end, or call it off")
        if not self.counts():
            raise DataError("there is nothing to learn yet; teach it some characters first")
        job = Job()
        self.jobs[job.number] = job
        for old in [*self.jobs][:-REMEMBERED]:
            del self.jobs[old]
        return job

    def learn(self, job: Job) -> None:
        """Learn all that is in the collection, and keep the reader unless it was called off."""
        try:
            with self._lock:
                lessons = [*self.mine.drawn().values()]
            pupil = self.apart.do(teach.taught, lessons, SEED, self.threads, watch=job.watch)
            with self._lock:
                if job.called_off:
                    raise HelloError(CALLED_OFF)
                self.mine.keep_reader(lessons, pupil.save)
            figures = pupil.figures
            job.ended = ("done", {"before": figures["own_before"], "after": figures["own_after"]} | figures)
        except HelloError as error:
            job.ended = ("failed", {"error": str(error)})
        except HTTPException as refused:  # the process ended: it was stopped with the page, or memory was short
            job.ended = ("failed", {"error": CALLED_OFF if job.called_off else refused.detail})
        except Exception as error:
            tell("a lesson", error)
            job.ended = ("failed", {"error": f"unexpected {type(error).__name__}: {error}"})
        finally:
            self.apart.close()  # it needs much memory, and is seldom needed
