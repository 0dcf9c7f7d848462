"""Locks that end with their holder: the system frees them, whatever it was that killed the process.

A file that says "somebody is at work" stays behind when that somebody is killed, and then locks everybody out. So
what is locked here is an open file, by `flock` (or what Windows has for it): no process, no lock.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hellodl.errors import DataError

PATIENCE = 30.0  # seconds to wait for others who do nothing
LOOK_AGAIN = 0.001  # often, or whoever comes back at once would have it again before us

if sys.platform == "win32":
    import hashlib
    import msvcrt
    import tempfile

    def lock(handle: int) -> bool:
        """Lock an open file; False where another holds it."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _opened(folder: Path) -> int:
        """A folder cannot be opened, so a file stands for it, elsewhere."""
        place = folder.resolve(strict=True)
        name = hashlib.sha256(str(place).lower().encode()).hexdigest()[:16]
        return os.open(Path(tempfile.gettempdir()) / f"hellodl-{name}.lock", os.O_RDWR | os.O_CREAT)

    def _let_go(handle: int) -> None:
        """Windows frees the lock of a file that was closed some time later, so it is freed first."""
        try:
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        finally:
            os.close(handle)

else:
    if sys.platform != "emscripten":
        import fcntl

    def lock(handle: int) -> bool:
        """Lock an open file or folder; False where another holds it. Where there are no locks, everybody gets one."""
        if sys.platform == "emscripten":  # a browser, in which nobody else is
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def _opened(folder: Path) -> int:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    _let_go = os.close  # nobody but us has it open, so that its lock ends with it


@contextmanager
def alone_in(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Inside, nobody else who asks for the same is in this folder: no other thread, and no other process.

    OSError where the folder cannot be opened, DataError where another stays too long in it and changes nothing.
    """
    changed, end = None, 0.0
    while (handle := _locked(folder)) is None:
        if (now := folder.stat().st_mtime_ns) != changed:  # somebody gets on with his work: others take turns
            changed, end = now, time.monotonic() + patience
        if time.monotonic() > end:
            raise DataError(f"{folder}: another hellodl has been busy in it for {patience:g} s; try again later")
        time.sleep(LOOK_AGAIN)
    try:
        yield
    finally:
        _let_go(handle)


def _locked(folder: Path) -> int | None:
    """The folder, opened and locked; None where another has it, or it was taken away and made anew meanwhile."""
    handle = _opened(folder)
    with suppress(OSError):
        if lock(handle) and (sys.platform == "win32" or os.path.samestat(os.fstat(handle), folder.stat())):
            return handle
    os.close(handle)
    return None
