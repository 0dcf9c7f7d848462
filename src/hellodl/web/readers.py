"""The networks behind the page, each loaded when it is first asked for, and again when its file has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from hellodl.commands import read, write
from hellodl.data.collection import Collection
from hellodl.data.vocabulary import Vocabulary
from hellodl.errors import CheckpointError, DataError
from hellodl.nn import LanguageModel, Module
from hellodl.reading import Classify
from hellodl.train.checkpoint import load_model
from hellodl.train.lanes import probabilities

T = TypeVar("T")


@dataclass(frozen=True)
class Known:
    """A network that tells characters apart, and which: one character of `classes` for each of its K answers."""

    network: Module
    classes: str

    def classify(self, threads: int | None) -> Classify:
        """The function from pictures (N, 28, 28) uint8 to probabilities (N, K) float32 that reading wants."""
        return lambda pictures: probabilities(self.network, pictures, threads)


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


class Readers:
    """The reader that ships, the one that learned its owner's hand, and the model that writes."""

    def __init__(self, mine: Collection):
        self.mine = mine
        self._ours, self._own = Fresh(known), Fresh(known)
        self._text = Fresh(write.load)

    def reader(self, personal: bool = False) -> Known:
        """Who reads. Raises DataError where a personal reader is wanted and there is none."""
        if not personal:
            return self._ours(read.MODEL)
        try:
            return self._own(self.mine.reader)
        except OSError:
            raise DataError("there is no reader of your own yet; teach it some characters, and let it learn") from None

    @property
    def personal(self) -> bool:
        """Whether there is a reader that learned its owner's hand."""
        return self.mine.reader.is_file()

    def writer(self) -> tuple[LanguageModel, Vocabulary]:
        """Who writes, and the vocabulary in which. Raises DataError without one."""
        return self._text(write.find_model(None))

    def writer_name(self) -> str:
        """What to call who writes; nothing where there is none."""
        try:
            return write.find_model(None).stem
        except DataError:
            return ""


def known(path: Path) -> Known:
    """A reader from its file."""
    network, metadata = load_model(path)
    classes = metadata.get("classes")
    if not classes:
        raise CheckpointError(f"{path}: is no reader of characters; give a model from 'hellodl train reader'")
    return Known(network.eval(), classes)
