"""One's own handwriting in a folder of one's own: what `hellodl teach` has learned from, to look at and to delete.

Every lesson is two files. lesson-001.png shows the lines one above the other, and lesson-001.json says what they say,
what was read in them, and which photo they are from. Whoever deletes the two has deleted the lesson. poster.png shows
all that is there, and reader.safetensors is the reader that learned from it.

Handwriting tells who one is, so nothing of it leaves the folder, and `forget` removes all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from hellodl.data.home import user_folder
from hellodl.errors import DataError
from hellodl.storage.atomic import write_whole
from hellodl.storage.safetensors import one_line

KEYS = ("photo", "sha256", "when", "lines")  # of the JSON beside a sheet
RULE = 96  # the grey between lines


@dataclass(frozen=True)
class Lesson:
    """Lines of one photo: `strips` (HEIGHT, W) uint8 each, what they truly say, and what was read in them.

    `photo` is the file's name, `digest` the SHA-256 of its bytes, `when` a time as ISO 8601 has it.
    """

    photo: str
    digest: str
    when: str
    texts: tuple[str, ...]
    read: tuple[str, ...]
    strips: tuple[np.ndarray, ...] = field(repr=False)

    @property
    def characters(self) -> str:
        """All letters and signs of its lines."""
        return "".join("".join(text.split()) for text in self.texts)


@dataclass(frozen=True)
class Collection:
    """The lessons in a folder, which need not be there yet."""

    folder: Path

    @property
    def reader(self) -> Path:
        """The file of the reader that learned from this collection."""
        return self.folder / "reader.safetensors"

    def lessons(self) -> dict[int, Lesson]:
        """All lessons by number, the first one first. Raises DataError where one's files are damaged."""
        return {number: self._load(number) for number in self._numbers()}

    def add(self, lesson: Lesson) -> int:
        """Keep a lesson, in place of an earlier one on the same photo; its number."""
        earlier = [n for n, other in self.lessons().items() if other.digest == lesson.digest]
        number = earlier[0] if earlier else max(self._numbers(), default=0) + 1
        parts = zip(lesson.texts, lesson.read, lesson.strips, strict=True)
        lines = [{"text": text, "read": was_read, "width": strip.shape[1]} for text, was_read, strip in parts]
        record = dict(zip(KEYS, (lesson.photo, lesson.digest, lesson.when, lines), strict=True))
        self._write(self._sheet(number), png(stacked(lesson.strips)))
        self._write(self._record(number), json.dumps(record, ensure_ascii=False, indent=1).encode())
        self._draw_poster()
        return number

    def undo(self) -> Lesson:
        """Take the last lesson out again, and give it back. Raises DataError where there is none."""
        numbers = self._numbers()
        if not numbers:
            raise DataError(f"{self.folder}: has no lesson to undo")
        last = self._load(numbers[-1])
        for path in (self._record(numbers[-1]), self._sheet(numbers[-1])):
            path.unlink(missing_ok=True)
        self._draw_poster()
        return last

    def forget(self) -> int:
        """Delete all lessons, the poster and the reader, and the folder if nothing else is in it; how many lessons."""
        numbers = self._numbers()
        ours = [path for number in numbers for path in (self._record(number), self._sheet(number))]
        for path in (*ours, self._poster, self.reader):
            path.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()
        return len(numbers)

    @property
    def _poster(self) -> Path:
        return self.folder / "poster.png"

    def _sheet(self, number: int) -> Path:
        return self.folder / f"lesson-{number:03}.png"

    def _record(self, number: int) -> Path:
        return self.folder / f"lesson-{number:03}.json"

    def _numbers(self) -> list[int]:
        stems = (path.stem.removeprefix("lesson-") for path in self.folder.glob("lesson-*.json"))
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def _load(self, number: int) -> Lesson:
        path = self._record(number)
        try:
            record = json.loads(path.read_text("utf-8"))
            photo, digest, when, lines = (record[key] for key in KEYS)
            texts, read = (tuple(line[key] for line in lines) for key in ("text", "read"))
            if not all(isinstance(text, str) for text in (photo, digest, when, *texts, *read)):
                raise ValueError("what it says does not go together")
            sheet = cv2.imdecode(np.fromfile(self._sheet(number), np.uint8), cv2.IMREAD_GRAYSCALE)
            return Lesson(photo, digest, when, texts, read, unstacked(sheet, [int(line["width"]) for line in lines]))
        except (OSError, ValueError, KeyError, TypeError, cv2.error) as error:
            raise DataError(
                f"{path}: is damaged, or its picture is ({one_line(error)}); delete both files "
                "of that name, and teach the photo again"
            ) from error

    def _draw_poster(self) -> None:
        """All lines one above the other."""
        strips = [strip for lesson in self.lessons().values() for strip in lesson.strips]
        if not strips:
            self._poster.unlink(missing_ok=True)
            return
        self._write(self._poster, png(stacked(strips)))

    def _write(self, path: Path, content: bytes) -> None:
        """A file whole or not at all, for this user's eyes only."""
        with suppress(OSError):  # without a folder it cannot be written, which says why
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, content, "--mine")


def counted(characters: str) -> str:
    """How often each character is there: `a 3, b 1`."""
    return ", ".join(f"{c} {n}" for c, n in sorted(Counter(characters).items()))


def stacked(strips: Sequence[np.ndarray]) -> np.ndarray:
    """Strips (HEIGHT, W) uint8 one above the other, blank on the right, with grey lines between them: (H, W) uint8."""
    widest = max(strip.shape[1] for strip in strips)
    rows = [np.pad(strip, ((0, 0), (0, widest - strip.shape[1]))) for strip in strips]
    return np.concatenate([np.pad(row, ((0, 1), (0, 0)), constant_values=RULE) for row in rows])[:-1]


def unstacked(sheet: np.ndarray | None, widths: Sequence[int]) -> tuple[np.ndarray, ...]:
    """The strips of these widths that `stacked` put on a sheet."""
    count = len(widths)
    if not count or min(widths) < 1 or sheet is None or sheet.shape[1] != max(widths) or (len(sheet) + 1) % count:
        raise ValueError(f"its picture does not show {count} lines")
    height = (len(sheet) + 1) // count
    return tuple(sheet[k * height : (k + 1) * height - 1, :width].copy() for k, width in enumerate(widths))


def png(picture: np.ndarray) -> bytes:
    """A grey picture (H, W) uint8 as the bytes of a PNG file."""
    return cv2.imencode(".png", picture)[1].tobytes()


def collection(mine: str | Path | None = None) -> Collection:
    """The collection in a folder: `mine` where it is given, else $HELLODL_MINE, else among the user's own data."""
    chosen = mine or os.environ.get("HELLODL_MINE")
    if chosen:
        return Collection(Path(chosen).expanduser())
    own = user_folder("XDG_DATA_HOME", "Application Support", ".local/share")  # what cannot be fetched again
    return Collection(own / "hellodl" / "mine")


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def now() -> str:
    """The time as a lesson has it, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
