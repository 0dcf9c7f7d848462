"""One's own handwriting in a folder of one's own: what `hellodl teach` has learned from, to look at and to delete.

Every lesson is two files. lesson-001.png shows the characters side by side, and lesson-001.json says which they are,
what they were read as, and which photo they are from. Whoever deletes the two has deleted the lesson. poster.png shows
all that is there in the order of the alphabet, and reader.safetensors is the reader that learned from it.

Handwriting tells who one is, so nothing of it leaves the folder, and `forget` removes all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from hellodl.data.augment import SIDE, poster
from hellodl.data.home import user_folder
from hellodl.errors import DataError
from hellodl.storage.atomic import write_whole
from hellodl.storage.safetensors import one_line

KEYS = ("photo", "sha256", "when", "characters", "read")  # of the JSON beside a sheet
COLUMNS = 16  # characters side by side on a sheet


@dataclass(frozen=True)
class Lesson:
    """The characters of one photo: `images` (N, 28, 28) uint8, and N true characters and what was read instead.

    `photo` is the file's name, `digest` the SHA-256 of its bytes, `when` a time as ISO 8601 has it.
    """

    photo: str
    digest: str
    when: str
    characters: str
    read: str
    images: np.ndarray = field(repr=False)


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
        texts = (lesson.photo, lesson.digest, lesson.when, lesson.characters, lesson.read)
        record = dict(zip(KEYS, texts, strict=True))
        self._write(self._sheet(number), png(poster(lesson.images, COLUMNS)))
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
            photo, digest, when, characters, was_read = (record[key] for key in KEYS)
            texts = (photo, digest, when, characters, was_read)
            if not all(isinstance(text, str) for text in texts) or len(characters) != len(was_read):
                raise ValueError("what it says does not go together")
            sheet = cv2.imdecode(np.fromfile(self._sheet(number), np.uint8), cv2.IMREAD_GRAYSCALE)
            return Lesson(photo, digest, when, characters, was_read, pictures_of(sheet, len(characters)))
        except (OSError, ValueError, KeyError, TypeError, cv2.error) as error:
            raise DataError(
                f"{path}: is damaged, or its picture is ({one_line(error)}); delete both files "
                "of that name, and teach the photo again"
            ) from error

    def _draw_poster(self) -> None:
        """All characters in the order of the alphabet."""
        lessons = self.lessons().values()
        characters = "".join(lesson.characters for lesson in lessons)
        if not characters:
            self._poster.unlink(missing_ok=True)
            return
        images = np.concatenate([lesson.images for lesson in lessons])
        order = sorted(range(len(characters)), key=lambda place: (characters[place].lower(), characters[place]))
        self._write(self._poster, png(poster(images[order], 2 * COLUMNS)))

    def _write(self, path: Path, content: bytes) -> None:
        """A file whole or not at all, for this user's eyes only."""
        with suppress(OSError):  # without a folder it cannot be written, which says why
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, content, "--mine")


def counted(characters: str) -> str:
    """How often each character is there: `a 3, b 1`."""
    return ", ".join(f"{c} {n}" for c, n in sorted(Counter(characters).items()))


def pictures_of(sheet: np.ndarray | None, count: int) -> np.ndarray:
    """The pictures (count, 28, 28) uint8 that `poster` put on a sheet of `COLUMNS` columns."""
    columns = max(1, min(COLUMNS, count))
    rows = -(-count // columns)
    cell = SIDE + 1
    if count == 0 or sheet is None or sheet.shape != (rows * cell - 1, columns * cell - 1):
        raise ValueError(f"its picture does not show {count} characters")
    cells = np.pad(sheet, ((0, 1), (0, 1))).reshape(rows, cell, columns, cell).swapaxes(1, 2)
    return np.ascontiguousarray(cells.reshape(rows * columns, cell, cell)[:count, :SIDE, :SIDE])


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
