"""Files that are written whole or not at all: nobody ever finds half of one."""

from __future__ import annotations

import os
from pathlib import Path

from hellodl.errors import HelloError


def write_whole(path: Path, data: bytes, option: str = "--out") -> None:
    """Write to a temporary name first, which then becomes `path`.

    HelloError where that cannot be done; it names the `option` by which one chooses where to write.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or error
        raise HelloError(f"{path}: cannot be written ({why}); choose a folder by {option}") from error
