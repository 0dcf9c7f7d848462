"""FASTA: the plain text in which everybody keeps sequences (Pearson and Lipman 1988).

A line that begins with > names a sequence; the letters follow on as many lines as one likes, capital or small. A
chromosome has hundreds of millions of them, so they are handed out in pieces, and memory does not grow with the
sequence: not even where all of it stands on one line.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from hellodl.data.dna import encode, unknown
from hellodl.errors import DataError

PIECE = 1 << 16  # letters


class Piece(NamedTuple):
    """Letters that follow each other: `codes` (n,) uint8 of the sequence `name`, from number `start` (0 is the first).

    A sequence is one piece or more; `read` is how many bytes of the file it took up to here, of those on disk.
    """

    name: str
    start: int
    codes: np.ndarray
    read: int


def pieces(path: str | Path, size: int = PIECE) -> Iterator[Piece]:
    """All sequences of a FASTA file, gzipped or not, in pieces of up to about `size` letters.

    Letters may stand for several bases (R, N, ...); anything else is a DataError that names the line, and so is
    a file that is missing, empty, damaged or no FASTA.
    """
    path = Path(path)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                with gzip.open(raw) as unpacked:
                    yield from _pieces(path, unpacked, raw, size)  # type: ignore[arg-type]
            else:
                yield from _pieces(path, raw, raw, size)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError(f"{path}: its gzip data is damaged or cut short; fetch it again") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}); check the name") from None


def _pieces(path: Path, file: BinaryIO, raw: BinaryIO, size: int) -> Iterator[Piece]:
    name: str | None = None
    begun = 0  # the line of the last >
    start = held = 0  # letters of this sequence that were handed out, and that wait
    waiting: list[np.ndarray] = []
    number, whole = 0, True  # of this line, and whether the last one ended

    while True:
        line = file.readline(size)
        heads = whole and line.startswith(b">")
        if heads or not line:
            if name is not None and start + held == 0:
                raise DataError(
                    f"{path}: line {begun}: there are no letters after '>{name}'; "
                    "give the sequence or take the name out"
                )
            if held:
                yield Piece(name or "", start, np.concatenate(waiting), raw.tell())
            start, held, waiting = 0, 0, []
        if not line:
            break
        number += whole
        whole = line.endswith(b"\n")
        if heads:
            name, begun = _name(line, number), number
            while not whole:
                whole = (rest := file.readline(size)).endswith(b"\n") or not rest
            continue
        letters = encode(line.strip())
        if not len(letters) or line.startswith(b";"):
            continue
        if name is None:
            raise DataError(f"{path}: line {number}: a FASTA file begins with '>' and a name; is this one?")
        if len(wrong := unknown(letters)):
            raise DataError(
                f"{path}: line {number}: {chr(letters[wrong[0]])!r} stands for no base; "
                "letters are A, C, G, T, U and IUPAC's R Y S W K M B D H V N"
            )
        waiting.append(letters)
        held += len(letters)
        if held >= size:
            yield Piece(name, start, np.concatenate(waiting), raw.tell())
            start, held, waiting = start + held, 0, []
    if name is None:
        raise DataError(f"{path}: holds no sequence; a FASTA file begins with '>' and a name")


def _name(line: bytes, number: int) -> str:
    """The first word after >; a sequence without one is called by its line."""
    words = line[1:].split()
    return words[0].decode("utf-8", "replace") if words else f"line-{number}"
