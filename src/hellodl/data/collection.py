"""One's own handwriting in a folder of one's own: what `hellodl teach` has learned from, to look at and to delete.

Every lesson is two files. lesson-001.png shows the lines one above the other, and lesson-001.json says what they say,
what was read in them, which photo they are from, and the name of that picture; of words that were written with a pen on
a pad it has the strokes, too, from which `hellodl pen --mine` learns. Whoever deletes the two has deleted the
lesson. reader.safetensors is the reader that learned from it, and poster.png shows all that it learned; where a lesson
has come or gone since, there is none, for it is drawn when all are looked at anyway.

Several may teach at once, from a command line and from the page: whoever reads or changes the folder has it for himself
meanwhile (see `storage.locks`). A lesson is there when its JSON is; so who is killed on the way leaves the lessons that
there were, and perhaps a picture that none of them names, which the next lesson takes away.

Handwriting tells who one is, so nothing of it leaves the folder, and `forget` removes all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hellodl.data.home import user_folder
from hellodl.data.pages.letter import Word, points
from hellodl.errors import CheckpointError, DataError
from hellodl.storage.atomic import reason, write_whole
from hellodl.storage.locks import alone_in
from hellodl.storage.pictures import head_of, is_whole
from hellodl.storage.safetensors import load, one_line

KEYS = ("photo", "sha256", "when", "lines")  # of the JSON beside a sheet; "sheet" is the sheet's name
SHEETS = re.compile(r"lesson-\d+(-\d+)?\.png")
MOST_PIXELS = 50_000_000  # of a sheet
RULE = 96  # the grey between lines


@dataclass(frozen=True)
class Lesson:
    """Lines of one photo: `strips` (HEIGHT, W) uint8 each, what they truly say, and what was read in them.

    `photo` is the file's name, `digest` the SHA-256 of its bytes, `when` a time as ISO 8601 has it. Where no photo was
    taken, but a pen watched, `strokes` has those of each line, (n, 2) each, y downwards.
    """

    photo: str
    digest: str
    when: str
    texts: tuple[str, ...]
    read: tuple[str, ...]
    strips: tuple[np.ndarray, ...] = field(repr=False)
    strokes: tuple[list[np.ndarray], ...] = field(default=(), repr=False)

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
        with self._alone():
            return self._lessons()

    def characters(self) -> str:
        """All letters and signs of all lessons; no picture is looked at for that."""
        with self._alone():
            texts = [line["text"] for record in self._records().values() for line in record["lines"]]
        return "".join("".join(text.split()) for text in texts)

    def words(self) -> list[Word]:
        """What was written with a pen, in order: texts and their strokes; what photos show has none."""
        with self._alone():
            records = self._records()
            return [word for number, record in records.items() for word in self._words(number, record)]

    def drawn(self) -> dict[int, Lesson]:
        """All lessons by number, which are then all to be seen on the poster. Raises DataError as `lessons` does."""
        with self._alone():
            lessons = self._lessons()
            strips = [strip for lesson in lessons.values() for strip in lesson.strips]
            if strips and not self._poster.exists():
                write_whole(self._poster, png(stacked(strips)), "--mine", lasting=False)
            return lessons

    def add(self, lesson: Lesson) -> int:
        """Keep a lesson, in place of an earlier one on the same photo; its number."""
        with self._alone(make=True):
            records = self._records()
            earlier = [n for n, record in records.items() if record["sha256"] == lesson.digest]
            number = earlier[0] if earlier else max(records, default=0) + 1
            parts = zip(lesson.texts, lesson.read, lesson.strips, strict=True)
            lines = [{"text": text, "read": was_read, "width": strip.shape[1]} for text, was_read, strip in parts]
            for line, strokes in zip(lines, lesson.strokes):
                line["strokes"] = [stroke.tolist() for stroke in strokes]
            sheet = self._free_sheet(number, records)
            values = (lesson.photo, lesson.digest, lesson.when, lines)
            record = dict(zip(KEYS, values, strict=True)) | {"sheet": sheet}
            write_whole(self.folder / sheet, png(stacked(lesson.strips)), "--mine")
            write_whole(self._record(number), json.dumps(record, ensure_ascii=False, indent=1).encode(), "--mine")
            self._tidy(records | {number: record})
            return number

    def undo(self) -> Lesson:
        """Take the last lesson out again, and give it back. Raises DataError where there is none."""
        with self._alone():
            records = self._records()
            if not records:
                raise DataError(f"{self.folder}: has no lesson to undo")
            number, record = records.popitem()
            last = self._load(number, record)
            self._record(number).unlink()
            self._tidy(records)
            return last

    def forget(self) -> int:
        """Delete all lessons, the poster and the reader, and the folder if nothing else is in it; how many lessons."""
        with self._alone():
            numbers = self._numbers()
            ours = [*map(self._record, numbers), *self._sheets(), self._poster, self.reader]
            for path in ours:
                path.unlink(missing_ok=True)
            if self.folder.is_dir() and not any(self.folder.iterdir()):
                self.folder.rmdir()
            return len(numbers)

    def keep_reader(self, learned: Sequence[Lesson], save: Callable[[Path], None]) -> None:
        """Let `save` write the reader that learned these lessons; its card has their digests, as "learned".

        Not where the reader that is there by now learned all of them and more. DataError where one of them is there no
        more: somebody has forgotten it meanwhile, and forgetting is final.
        """
        with self._alone():
            there = {record["sha256"] for record in self._records().values()}
            ours = {lesson.digest for lesson in learned}
            if not ours <= there:
                raise DataError(
                    f"{self.folder}: a lesson was taken back while it was being learned, so that reader is not kept; "
                    "learn what is left by: hellodl teach"
                )
            if not ours < self._learned() & there:
                save(self.reader)

    def _learned(self) -> set[str]:
        """The digests of the lessons that the reader has learned, as far as it says so."""
        with suppress(CheckpointError, LookupError, TypeError):
            return {str(digest) for digest in load(self.reader)[1]["card"]["learned"]}
        return set()

    @contextmanager
    def _alone(self, make: bool = False) -> Iterator[None]:
        """Inside, no other process reads or changes the folder; where there is none there is nobody."""
        with ExitStack() as stack:
            try:
                while make or self.folder.exists():
                    if make:
                        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # for this user's eyes only
                    with suppress(FileNotFoundError):  # somebody forgets it just now
                        stack.enter_context(alone_in(self.folder))
                        break
            except OSError as error:
                raise DataError(
                    f"{self.folder}: cannot be written ({reason(error)}); choose a folder by --mine"
                ) from error
            yield

    @property
    def _poster(self) -> Path:
        return self.folder / "poster.png"

    def _record(self, number: int) -> Path:
        return self.folder / f"lesson-{number:03}.json"

    def _numbers(self) -> list[int]:
        stems = (path.stem.removeprefix("lesson-") for path in self.folder.glob("lesson-*.json"))
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def _lessons(self) -> dict[int, Lesson]:
        return {number: self._load(number, record) for number, record in self._records().items()}

    def _records(self) -> dict[int, dict[str, Any]]:
        return {number: self._read(number) for number in self._numbers()}

    def _read(self, number: int) -> dict[str, Any]:
        """What a lesson's JSON says."""
        try:
            record = json.loads(self._record(number).read_text("utf-8"))
            sheet = record.setdefault("sheet", f"lesson-{number:03}.png")
            texts = [line[key] for line in record["lines"] for key in ("text", "read")]
            if not all(isinstance(text, str) for text in (*(record[key] for key in KEYS[:3]), *texts, sheet)):
                raise ValueError("what it says does not go together")
            json.dumps(record, ensure_ascii=False).encode()  # half characters are no text
            if not SHEETS.fullmatch(sheet):
                raise ValueError("it names no picture of a lesson")
            return record
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise self._damaged(number, error) from error

    def _words(self, number: int, record: Mapping[str, Any]) -> list[Word]:
        """What was written with a pen in a lesson."""
        try:
            lines = [line for line in record["lines"] if "strokes" in line]
            return [(line["text"], [points(stroke) for stroke in line["strokes"]]) for line in lines]
        except (ValueError, TypeError, OverflowError) as error:
            raise self._damaged(number, error) from error

    def _load(self, number: int, record: Mapping[str, Any]) -> Lesson:
        """A lesson with its strips."""
        try:
            sheet = _picture((self.folder / record["sheet"]).read_bytes())
            strips = unstacked(sheet, [int(line["width"]) for line in record["lines"]])
        except (OSError, ValueError, KeyError, TypeError, OverflowError, cv2.error) as error:
            raise self._damaged(number, error) from error
        texts, read = (tuple(line[key] for line in record["lines"]) for key in ("text", "read"))
        strokes = tuple(own for _, own in self._words(number, record))
        return Lesson(record["photo"], record["sha256"], record["when"], texts, read, strips, strokes)

    def _damaged(self, number: int, error: Exception) -> DataError:
        return DataError(
            f"{self._record(number)}: is damaged, or its picture is ({one_line(error)}); delete both files "
            "of that name, and teach the photo again"
        )

    def _free_sheet(self, number: int, records: Mapping[int, Mapping[str, Any]]) -> str:
        """A name for a lesson's picture: another one than that of the picture which it has so far."""
        taken = {record["sheet"] for record in records.values()}
        names = (f"lesson-{number:03}{again}.png" for again in ("", *(f"-{k}" for k in range(2, len(taken) + 3))))
        return next(name for name in names if name not in taken)

    def _sheets(self) -> list[Path]:
        """All pictures of lessons, those that no lesson names too."""
        return [path for path in self.folder.glob("lesson-*.png") if SHEETS.fullmatch(path.name)]

    def _tidy(self, records: Mapping[int, Mapping[str, Any]]) -> None:
        """Delete pictures that no lesson names, and the poster of what has changed."""
        named = {record["sheet"] for record in records.values()}
        for path in self._sheets():
            if path.name not in named:
                path.unlink()
        self._poster.unlink(missing_ok=True)


def _picture(data: bytes) -> np.ndarray | None:
    """A sheet; ValueError for a file from which nobody should try to decode one."""
    head = head_of(data)
    if head is None or head.width * head.height > MOST_PIXELS or not is_whole(data):
        raise ValueError("its picture is none, or too large")
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


def counted(characters: str) -> str:
    """How often each character is there: `a×3, b×1`, in pieces that no line breaks."""
    return ", ".join(f"{c}×{n}" for c, n in sorted(Counter(characters).items()))


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
