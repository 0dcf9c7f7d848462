"""The networks behind the page, each loaded when it is first asked for, and again when its file has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from hellodl.commands import eyes, write
from hellodl.data.collection import Collection
from hellodl.data.vocabulary import Vocabulary
from hellodl.errors import DataError, HelloError
from hellodl.nn import LanguageModel, LineReader
from hellodl.storage.safetensors import load

T = TypeVar("T")


class Fresh(Generic[T]):
    """What a file holds, as it is now."""

    def __init__(self, load: Callable[[Path], T]):
        self._load, self._lock = load, threading.Lock()
        self._stamp: tuple[Path, int, int, int] | None = None
        self._value: T | None = None

    def __call__(self, path: Path) -> T:
        """The value, loaded again only where the file is not the one of last time. Raises OSError without one."""
        with self._lock:
            now = path.stat()
            stamp = (path, now.st_mtime_ns, now.st_size, now.st_ino)
            if self._value is None or stamp != self._stamp:
                self._value, self._stamp = self._load(path), stamp
            return self._value


_lines: dict[Path, Fresh[tuple[LineReader, str]]] = {}  # of this process


def lines_in(path: Path) -> tuple[LineReader, str]:
    """Who reads photos with the model in a file, and its symbols."""
    return _lines.setdefault(path, Fresh(eyes.lines_of))(path)


def learned_from(path: Path) -> str:
    """The name of the text that a model of text learned from, as its card has it."""
    try:
        card = load(path)[1].get("card")
    except HelloError:
        return ""
    return str(card.get("corpus", "")) if isinstance(card, dict) else ""


class Readers:
    """The reader that ships, the one that learned its owner's hand, and the model that writes."""

    def __init__(self, mine: Collection):
        self.mine = mine
        self._text = Fresh(write.load)
        self._card = Fresh(learned_from)

    def lines(self, personal: bool = False) -> tuple[LineReader, str]:
        """Who reads photos, and its symbols. Raises DataError where a personal reader is wanted and there is none."""
        return lines_in(self.path(personal))

    def path(self, personal: bool = False) -> Path:
        """The file of who reads. Raises DataError as `lines` does."""
        if personal and not self.personal:
            raise DataError("there is no reader of your own yet; teach it some characters, and let it learn")
        return self.mine.reader if personal else eyes.LINES

    @property
    def personal(self) -> bool:
        """Whether there is a reader that learned its owner's hand."""
        return self.mine.reader.is_file()

    def writer(self) -> tuple[LanguageModel, Vocabulary]:
        """Who writes, and the vocabulary in which. Raises DataError without one."""
        return self._text(write.find_model(None))

    def writer_card(self) -> tuple[str, str]:
        """What to call who writes, and the text from which that learned; nothing where there is none."""
        try:
            path = write.find_model(None)
        except DataError:
            return "", ""
        return path.stem, self._card(path)
