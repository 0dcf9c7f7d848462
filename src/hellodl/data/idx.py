"""idx files: the plain format in which MNIST, and all sets that came after it, keep their arrays.

Yann LeCun's page of 1998 describes it: two zero bytes, a byte for the type of number, a byte for the count of
dimensions, the size of each dimension (four bytes, largest first), and then the numbers, largest byte first.
Everybody ships the files gzipped, and some people unpack them, so both are read. The format has no checksum:
what is cut short or not idx at all is noticed here, so that it ends in one line and not in a strange
training.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hellodl.errors import DataError

# The third byte of the file says what the numbers are.
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
DTYPES = {code: np.dtype(name) for code, name in TYPES.items()}
CODES = {dtype.newbyteorder("="): code for code, dtype in DTYPES.items()}
MOST_DIMENSIONS = 32  # what every NumPy can do
MOST_NUMBERS = 2**48  # more than any disk holds; a 0 must not hide what stands beside it
MOST_PACKED, ALWAYS = 100, 2**26  # times its size that a gzip file may unpack to, and bytes that it always may
AGAIN = "fetch it again (`hellodl data get NAME`)"


def read(path: str | Path) -> np.ndarray:
    """The array in an idx file, gzipped or not (the first bytes tell, not the name), in the machine's byte
    order.

    Raises DataError, naming the file, when it is missing, cut short, too long or no idx file.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not packed:
                return _read(path, file, os.fstat(file.fileno()).st_size)
            with gzip.open(file) as unpacked:
                most = max(MOST_PACKED * os.fstat(file.fileno()).st_size, ALWAYS)
                return _read(path, unpacked, most)  # type: ignore[arg-type]
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError(f"{path}: its gzip data is damaged or cut short; {AGAIN}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}); {AGAIN}") from None


def _read(path: Path, file: BinaryIO, most: int) -> np.ndarray:
    """The array in an open file that can hold so many bytes at `most`: no more is read than its header promises."""
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in DTYPES:
        raise DataError(f"{path}: not an idx file (it begins with {start.hex(' ') or 'nothing'}); {AGAIN}")
    dtype, dimensions = DTYPES[start[2]], start[3]
    if dimensions > MOST_DIMENSIONS:
        raise DataError(f"{path}: its header promises {dimensions} dimensions, which nothing has; {AGAIN}")
    header = file.read(4 * dimensions)
    if len(header) < 4 * dimensions:
        raise DataError(f"{path}: cut short within its header; {AGAIN}")
    shape = struct.unpack(f">{dimensions}I", header)
    expected = math.prod(shape) * dtype.itemsize
    if expected > most or math.prod(max(size, 1) for size in shape) > MOST_NUMBERS:
        raise DataError(f"{path}: cut short: its header promises {shape}, more than the file can hold; {AGAIN}")
    content = file.read(expected)
    if len(content) < expected:
        raise DataError(f"{path}: cut short: its header promises {expected:,} bytes, it has {len(content):,}; {AGAIN}")
    if file.read(1):
        raise DataError(f"{path}: too long: its header promises {expected:,} bytes, it has more; {AGAIN}")
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def write(path: str | Path, values: np.ndarray) -> None:
    """Write an array as an idx file; gzipped when the name ends in .gz (always to the same bytes)."""
    path = Path(path)
    dtype = values.dtype.newbyteorder("=")
    if dtype not in CODES:
        names = ", ".join(str(known) for known in CODES)
        raise DataError(f"{path}: idx files cannot hold {values.dtype}; convert to one of {names}")
    code = CODES[dtype]
    content = struct.pack(f">BBBB{values.ndim}I", 0, 0, code, values.ndim, *values.shape)
    content += values.astype(DTYPES[code]).tobytes()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def read_labelled_images(images_path: str | Path, labels_path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28) uint8 and their labels (N,) uint8, from two idx files that belong together.

    Raises DataError when either is damaged, is something else, or when their counts disagree.
    """
    images, labels = read(images_path), read(labels_path)
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        raise DataError(
            f"{images_path}: holds {images.dtype} numbers of shape {images.shape}, "
            f"where images (N, 28, 28) of bytes belong; is it another set's file?"
        )
    if labels.ndim != 1 or labels.dtype != np.uint8:
        raise DataError(
            f"{labels_path}: holds {labels.dtype} numbers of shape {labels.shape}, "
            f"where labels (N,) of bytes belong; is it another set's file?"
        )
    if len(images) != len(labels):
        raise DataError(
            f"{labels_path}: {len(labels):,} labels for the {len(images):,} images of {Path(images_path).name}; "
            "take both files from the same set"
        )
    return images, labels


def existing(folder: str | Path, name: str) -> Path | None:
    """The file of this name in a folder, as it is, without its .gz, or with one; None where there is none."""
    plain = name.removesuffix(".gz")
    for candidate in (name, plain, f"{plain}.gz"):
        path = Path(folder) / candidate
        if path.is_file():
            return path
    return None
