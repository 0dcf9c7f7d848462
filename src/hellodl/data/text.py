"""Text to learn from: Python's own standard library, which every reader has, two sets by download, or your files.

A corpus is one long string. Its last tenth is kept for validation. A folder is read in an order that the names of
its files decide but that mixes them (by a hash of each name), because the last tenth of an alphabet would be no
fair sample of the rest. Line ends become "\\n".

A network sees the corpus through windows of a fixed length. One pass cuts the whole corpus into windows that touch
and visits them in a random order; the next pass cuts at other places, so that no character stands at the edge
of a window for ever. Which window comes when follows from the seed and the number of the pass alone, so a
training that was killed goes on with the very windows that it would have seen.
"""

from __future__ import annotations

import hashlib
import os
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hellodl.console import log
from hellodl.data.dataset import Brief
from hellodl.data.home import folder_of
from hellodl.data.mapped import Mapped, mixed
from hellodl.errors import DataError

CORPORA = ("python", "tinyshakespeare", "names")
VALIDATION_SHARE = 10  # one character in so many, at the end
MOST_BYTES = 256 * 2**20  # of a corpus; more would not fit into memory beside its tokens
MOST_WINDOWS = 2**22  # whose order is made as a whole
WINDOW_STREAM = 0x7E87  # mixed into the seed, so that windows share no random numbers with starting weights

# Of the standard library: tests (three quarters of it), what other people wrote, tables that a program wrote
# (encodings, pydoc_data, _sysconfigdata), and packages that only some versions and systems have.
NOT_OF_THE_LIBRARY = {
    *("test", "tests", "idle_test", "site-packages", "dist-packages", "encodings", "pydoc_data"),
    *("idlelib", "lib2to3", "turtledemo", "distutils", "ensurepip"),
}


@dataclass(frozen=True, repr=False)
class Corpus(Brief):
    """A text and what it is called."""

    name: str
    text: str

    @property
    def train(self) -> str:
        """The part to learn from."""
        return self.text[: self._cut]

    @property
    def validation(self) -> str:
        """The part to watch: the last tenth."""
        return self.text[self._cut :]

    @property
    def _cut(self) -> int:
        return len(self.text) - len(self.text) // VALIDATION_SHARE


def large_text(source: str) -> Mapped | None:
    """A file that is too large to be read as a whole, mapped; None for anything else."""
    path = Path(source).expanduser()
    if source in CORPORA or not path.is_file() or path.stat().st_size <= MOST_BYTES:
        return None
    return Mapped(path.name, path)


def load_text(source: str = "python", data: str | Path | None = None) -> Corpus:
    """A corpus by its name, or from a file, or from all text files in a folder and in its folders.

    'python' is the source of this Python's standard library (about 8 MB; it differs from version to version, and
    the run log notes a fingerprint); 'tinyshakespeare' and 'names' lie in the data home, which `data` may name.
    Anything else is a path. Raises DataError for what is missing, empty, binary or not UTF-8.
    """
    if source == "python":
        text = _standard_library()
    elif source in CORPORA:
        text = _read(folder_of(source, data) / f"{source}.txt")
        if source == "names":
            text = _mixed_lines(text)
    elif not source:
        raise DataError(f"--corpus is empty; give a path, or one of {', '.join(CORPORA)}")
    else:
        path = Path(source).expanduser()
        text = _read_folder(path, _files_in(path)) if path.is_dir() else _read(path)
        source = path.resolve().name or str(path)
    if len(set(text)) < 2:
        what = f"nothing but {text[0]!r}" if text else "no text"
        raise DataError(f"{source}: holds {what}, of which nothing can be learned; give another text")
    return Corpus(source, text)


def window_starts(length: int, context: int, seed: int, first: int, count: int) -> np.ndarray:
    """Windows number `first` to `first + count` of an endless stream: where each begins, (count,) int64.

    A window is `context` tokens and the one after them, so it begins at 0 to length - context - 1.
    """
    if length <= context:
        raise DataError(
            f"{length:,} tokens are too few for a window of {context} and the token after it; "
            "give more text, or a smaller --context"
        )
    # One window less than would fit leaves room for the cuts to move by a whole window.
    each = max((length - 1) // context - 1, 1)
    starts = []
    while count > 0:
        number, skipped = divmod(first, each)
        rng = np.random.default_rng([WINDOW_STREAM, seed, number])
        phase = rng.integers(length - each * context)
        if each <= MOST_WINDOWS:
            order = rng.permutation(each)[skipped : skipped + count]
        else:
            order = mixed(np.arange(skipped, min(skipped + count, each)), each, rng)
        part = phase + context * order
        starts.append(part)
        first, count = first + len(part), count - len(part)
    return np.concatenate([*starts, np.empty(0, np.int64)]).astype(np.int64)


def _standard_library() -> str:
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = [path for path in _files_in(folder) if path.suffix == ".py" and not path.name.startswith("_sysconfigdata")]
    files = [path for path in files if not NOT_OF_THE_LIBRARY & {*path.relative_to(folder).parts}]
    if not files:
        raise DataError(
            f"{folder}: this Python came without the source of its library; give a --corpus, any file or folder of text"
        )
    return _read_folder(folder, files, quiet=True)


def _files_in(folder: Path) -> Iterator[Path]:
    """All files below a folder, but for hidden ones and Python's caches; links to folders are not followed."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        yield from (Path(place, name) for name in names if not name.startswith("."))


def _read_folder(folder: Path, files: Iterable[Path], quiet: bool = False) -> str:
    """The texts of these files, one after the other; those that are no text are left out."""

    def mixed(path: Path) -> bytes:
        name = path.relative_to(folder).as_posix()
        return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()

    texts, left_out, total = [], 0, 0
    for path in sorted(files, key=mixed):
        try:
            texts.append(_read(path))
        except DataError:
            left_out += 1
            continue
        total += len(texts[-1])
        if total > MOST_BYTES:
            raise _too_much(folder)
    if not texts:
        raise DataError(f"{folder}: has no text files; give a file or a folder of UTF-8 text")
    if left_out and not quiet:
        log.info(f"{folder}: {len(texts):,} text files (left out, as they are none: {left_out:,})")
    return "\n".join(texts)


def _read(path: Path) -> str:
    """The text of one file, or one line on why it has none."""
    try:
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: is no file or folder of text; give one that is")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise DataError(
            f"{path}: there is no such file or folder; give a path, or one of {', '.join(CORPORA)}"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read ({reason}); check the name and its rights") from error
    if len(raw) > MOST_BYTES:
        raise _too_much(path)
    if b"\0" in raw:
        raise DataError(f"{path}: is a binary file; give a file of text")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: is not UTF-8 text (byte {error.start:,} is no part of a character); "
            "save it as UTF-8, or give another file"
        ) from None
    return text.replace("\r\n", "\n")


def _too_much(path: Path) -> DataError:
    return DataError(
        f"{path}: is more than {MOST_BYTES >> 20} MB of text; give a part of it, or one file and --tokens bytes"
    )


def _mixed_lines(text: str) -> str:
    """Lines in a fixed random order: the list of names ends with the rarest, which would all be validation."""
    lines = text.splitlines()
    order = np.random.default_rng(0).permutation(len(lines))
    return "\n".join([lines[number] for number in order]) + "\n"
