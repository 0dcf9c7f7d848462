"""Files that are written whole or not at all: nobody ever finds half of one."""

from __future__ import annotations

import os
from pathlib import Path

from hellodl.errors import HelloError


def write_whole(path: Path, data: bytes) -> None:
    """Write to a temporary name first, which then becomes `path`; HelloError where that cannot be done."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise HelloError(f"{path}: cannot be written ({error.strerror or error}); choose a folder by --out") from error
    finally:
        temporary.unlink(missing_ok=True)
