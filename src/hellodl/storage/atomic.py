"""Files that are written whole or not at all: nobody ever finds half of one.

What is written has another name until it is whole and on the disk. Whoever is killed on the way leaves a file with that
other name; the next one who writes into the same folder takes it away. Who is still at work there is left alone: he
holds a lock on what he writes, which ends with him.
"""

from __future__ import annotations

import errno
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

from hellodl.errors import HelloError
from hellodl.storage.locks import lock

PARTS = ".hellodl-*.part"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no room: on the disk, for this user, in one file
NOBODYS = 3600.0  # seconds after which a part that cannot be locked is nobody's


@contextmanager
def whole(path: str | Path, lasting: bool = True) -> Iterator[BinaryIO]:
    """A file to write into, which gets the name `path` when the block has ended well.

    Otherwise, as after Ctrl-C, what was there before is left as it was, and nothing else is. Where the path is a link,
    its target is what gets replaced. Unless it is `lasting`, a power cut may take it. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "is not a file")
    _sweep(target.parent)
    part, file = _part(target.parent)
    try:
        with file:
            yield file
            file.flush()
            if lasting:
                os.fsync(file.fileno())
            if sys.platform != "win32":  # in there, while it is still locked
                part.replace(target)
        if sys.platform == "win32":
            part.replace(target)
    except BaseException:  # Ctrl-C too
        part.unlink(missing_ok=True)
        raise
    if lasting:
        _sync(target.parent)


def write_whole(path: Path, data: bytes, option: str = "--out", lasting: bool = True) -> None:
    """Write a file whole or not at all; see `whole`.

    HelloError where that cannot be done; it names the `option` by which one chooses where to write.
    """
    try:
        with whole(path, lasting) as file:
            file.write(data)
    except OSError as error:
        raise HelloError(f"{path}: cannot be written ({reason(error)}); choose a folder by {option}") from error


def make_folder(folder: Path, mend: str = "choose another by --out") -> None:
    """Make a folder where there is none, and see whether one can write there: better to fail before the work.

    HelloError where that cannot be done; it says how to `mend` that.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise HelloError(
            f"{folder}: is no folder to write to, and cannot be made one ({reason(error)}); {mend}"
        ) from error


def reason(error: OSError) -> str:
    """Why something cannot be written, in words."""
    if error.errno in FULL:
        return "the disk is full"
    return str(error.strerror or error)


def _part(folder: Path) -> tuple[Path, BinaryIO]:
    """A new file under another name, locked."""
    while True:
        part = folder / f".hellodl-{secrets.token_hex(6)}.part"
        file = part.open("xb")
        if sys.platform == "win32" or (lock(file.fileno()) and part.exists()):
            return part, file
        file.close()  # somebody swept just now, and took it for a dead one's


@cache
def _sweep(folder: Path) -> None:
    """Take away what killed processes have left in a folder; once a process."""
    with suppress(OSError):
        for part in folder.glob(PARTS):
            with suppress(OSError):
                _take_away(part)


def _take_away(part: Path) -> None:
    if sys.platform == "win32":
        if time.time() - part.stat().st_mtime > NOBODYS:
            part.unlink()
        return
    with part.open("rb") as file:
        if lock(file.fileno()):
            part.unlink()


def _sync(folder: Path) -> None:
    """Bring the new name to the disk as well; where that is not possible (Windows) it is not needed."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
