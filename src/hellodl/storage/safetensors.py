"""Files of named arrays: the safetensors format (Hugging Face, 2022), a reader and a writer of our own.

A header in JSON names every array with its type, shape and place; then come the plain numbers, one array
after another. The format was made to replace pickle, which runs whatever program a file brings along. Reading
one of these can do no more than fail, and PyTorch, JAX and others open the same file.

    8 bytes      length of the header, little-endian
    header       {"__metadata__": {"card": "..."}, "fc1.weight": {"dtype": "F32", "shape": [64, 512],
                 "data_offsets": [0, 131072]}, ...}
    the rest     the tensors' bytes, little-endian, rows first, with no gaps

A file is taken for hostile until every number in its header was checked. A save is all or nothing (see `atomic`).
"""

from __future__ import annotations

import json
import math
import os
import stat
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from hellodl.errors import CheckpointError
from hellodl.storage.atomic import reason, whole

# The newest that is read; raised when a file written today could no longer be understood by the hellodl of yesterday.
FORMAT = 2  # 2: the weights may be quantised
PLAIN = 1  # what most files are, and every hellodl reads

LONGEST_HEADER = 16 * 2**20  # bytes
MOST_TENSORS = 50_000  # of one file: of more, the header alone takes over a second to check
MOST_ELEMENTS = 2**48  # of one tensor; more than any disk holds, and NumPy can still count it
MOST_DIMENSIONS = 32  # what every NumPy can do

# BF16 is the upper half of a float32; it is unknown to NumPy, so it is widened when read.
FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
WHOLE = {"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"}
DTYPES = {name: np.dtype(code) for name, code in (FLOATS | WHOLE | {"BOOL": "bool"}).items()}
NAMES = {dtype: name for name, dtype in DTYPES.items() if name != "BF16"}


def save(
    path: str | Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, Any], file_format: int = PLAIN
) -> None:
    """Write named arrays and metadata to one file, or leave what was there before.

    Arrays are of the types in `DTYPES`, of any shape. Metadata values are text, or anything that JSON can say
    (NumPy numbers too); `load` gives them back as they were. `file_format` is what a hellodl must know to make
    sense of the file: one that does not says that it is too old. Folders on the way are made. Raises
    CheckpointError when the file cannot be written; then, as after Ctrl-C, the previous file is whole and no
    half-written one is left.
    """
    header, arrays = _layout(path, tensors, metadata, file_format)
    try:
        Path(os.path.realpath(path)).parent.mkdir(parents=True, exist_ok=True)  # a link points to its target's folder
        with whole(path) as file:
            _write(file, header, arrays)
    except OSError as error:
        raise CheckpointError(
            f"{path}: not saved: {reason(error)}; make room or choose another place (a previous file is left as it was)"
        ) from error


def _write(file: BinaryIO, header: bytes, arrays: Iterable[np.ndarray]) -> None:
    """Header and numbers."""
    file.write(struct.pack("<Q", len(header)))
    file.write(header)
    for array in arrays:
        file.write(array.reshape(-1).view(np.uint8).data)


def _layout(
    path: str | Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, Any], file_format: int
) -> tuple[bytes, list[np.ndarray]]:
    """The header, and the arrays in the order in which it lists them: the widest types first.

    So, with the header padded to eight bytes, every number lies at a multiple of its own size.
    """
    entries: dict[str, Any] = {"__metadata__": _text_metadata(path, metadata, file_format)}
    arrays = []
    offset = 0
    for name, given in sorted(tensors.items(), key=lambda item: -np.asarray(item[1]).dtype.itemsize):
        array = np.asarray(given, order="C")
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        if name == "__metadata__":
            raise CheckpointError(f"{path}: no tensor can be called '__metadata__'; name it otherwise")
        if array.dtype not in NAMES:
            raise CheckpointError(
                f"{path}: {quoted(name)} is of type {array.dtype}, which safetensors lacks; convert it"
            )
        place = [offset, offset + array.nbytes]
        entries[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": place}
        arrays.append(array)
        offset += array.nbytes
    header = json.dumps(entries, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    if len(arrays) > MOST_TENSORS:
        raise CheckpointError(
            f"{path}: {len(arrays):,} tensors are more than the {MOST_TENSORS:,} of a file; stack them"
        )
    if len(header) > LONGEST_HEADER:
        raise CheckpointError(
            f"{path}: names and metadata take {len(header):,} bytes, more than fit; save less metadata"
        )
    return header, arrays


def _text_metadata(path: str | Path, metadata: Mapping[str, Any], file_format: int) -> dict[str, str]:
    """safetensors allows text only, so the rest becomes JSON; 'hellodl' remembers which values were JSON."""
    if "hellodl" in metadata:
        raise CheckpointError(f"{path}: metadata 'hellodl' is the format's own; call yours otherwise")
    not_text = [key for key, value in metadata.items() if not isinstance(value, str)]
    try:
        texts = {
            key: value if isinstance(value, str) else json.dumps(value, default=_plain)
            for key, value in metadata.items()
        }
    except (TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: metadata that JSON cannot say ({one_line(error)}); make it plain") from error
    return {"hellodl": json.dumps({"format": file_format, "json": not_text}), **texts}


def _plain(value: object) -> object:
    """What JSON can say of a NumPy number or array, or of a path."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a {type(value).__name__}")


def load(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read the named arrays and the metadata of a safetensors file.

    The arrays are the caller's own (writable, not shared with the file), bfloat16 widened to float32.
    Metadata of files that hellodl wrote comes back as it was given; that of others stays text. Raises
    CheckpointError for a file that is missing, cut short, or says anything that does not add up.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116  (a path with a NUL must end below, too)
            raise CheckpointError(f"{path}: is not a file; give the name of a .safetensors file")
        with Path(path).open("rb") as file:
            header, data_size = _read_header(path, file)
            metadata = _metadata(path, header.pop("__metadata__", {}))
            if len(header) > MOST_TENSORS:
                raise CheckpointError(
                    f"{path}: names {len(header):,} tensors, and files of up to {MOST_TENSORS:,} are read; take another"
                )
            places = [_Place(path, name, entry) for name, entry in header.items()]
            _check_places(path, places, data_size)
            return {place.name: place.read(path, file) for place in places}, metadata
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: there is no such file; check the name") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or one_line(error)
        raise CheckpointError(f"{path!s}: cannot be opened ({reason}); check the name and its rights") from error
    except MemoryError as error:
        raise CheckpointError(f"{path}: does not fit into memory; close other programs") from error


def _read_header(path: str | Path, file: BinaryIO) -> tuple[dict[str, Any], int]:
    """The header as a dict, and how many bytes of data follow it."""
    file_size = os.fstat(file.fileno()).st_size
    start = file.read(8)
    if len(start) < 8:
        raise _damaged(path, "is empty" if not start else "is cut short")
    (length,) = struct.unpack("<Q", start)
    if length > LONGEST_HEADER:
        if start.startswith((b"PK\x03\x04", b"\x80\x02")):  # a ZIP, or a bare pickle, as PyTorch wrote before 2020
            raise CheckpointError(
                f"{path}: is one of torch.save's, which may run programs; in PyTorch, save it by "
                "safetensors.torch.save_file"
            )
        raise CheckpointError(
            f"{path}: is no safetensors file (its header would be {length:,} bytes); "
            "give a .safetensors file, or download it again"
        )
    if 8 + length > file_size:
        raise _damaged(path, f"is cut short: its header is {length:,} bytes, the whole file {file_size:,}")
    text = file.read(length)
    try:
        header = json.loads(text.decode(), object_pairs_hook=_no_duplicates, parse_constant=_no_constants)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"has a header that is no clean JSON ({one_line(error)})") from error
    if not isinstance(header, dict):
        raise _damaged(path, "has a header that is no JSON object")
    return header, file_size - 8 - length


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice")
    return found


def _no_constants(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _metadata(path: str | Path, texts: object) -> dict[str, Any]:
    """The metadata with what hellodl had turned into JSON turned back."""
    if not isinstance(texts, dict) or not all(isinstance(value, str) for value in texts.values()):
        raise _damaged(path, "has metadata that is not text")
    found: dict[str, Any] = dict(texts)
    if "hellodl" not in found:
        return found
    try:
        about = json.loads(found.pop("hellodl"))
        if about["format"] > FORMAT:
            raise CheckpointError(f"{path}: was written by a newer hellodl; update with: pip install -U hellodl")
        for key in about["json"]:
            found[key] = json.loads(found[key])
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise _damaged(path, f"has metadata that does not read ({one_line(error)})") from error
    return found


class _Place:
    """Where one tensor lies, what it is made of; every number checked."""

    def __init__(self, path: str | Path, name: str, entry: object):
        if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
            raise _damaged(path, f"does not say what {quoted(name)} is")
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(dtype, str) or dtype not in DTYPES:
            raise CheckpointError(
                f"{path}: {quoted(name)} is of type {quoted(dtype)}, which hellodl does not read; make it F32"
            )
        if not _are_counts(shape) or len(shape) > MOST_DIMENSIONS:
            raise _damaged(path, f"has an impossible shape for {quoted(name)}")
        # A zero must not hide what stands beside it: (2**60, 0) has no elements, and NumPy refuses it too.
        if math.prod(max(size, 1) for size in shape) > MOST_ELEMENTS:
            raise _damaged(path, f"has an impossible shape for {quoted(name)}")
        if not _are_counts(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
            raise _damaged(path, f"has impossible offsets for {quoted(name)}")
        self.name, self.type, self.shape = name, dtype, tuple(shape)
        self.begin, self.end = offsets
        size = math.prod(shape) * DTYPES[dtype].itemsize
        if self.end - self.begin != size:
            given = self.end - self.begin
            raise _damaged(path, f"gives {quoted(name)} {given:,} bytes where its shape needs {size:,}")

    def read(self, path: str | Path, file: BinaryIO) -> np.ndarray:
        """The tensor itself. The file stands at its first byte, as places are read in order."""
        raw = np.empty(self.end - self.begin, np.uint8)
        if file.readinto(raw.data) != raw.size:  # type: ignore[attr-defined]
            raise _damaged(path, f"is cut short: {quoted(self.name)} is not all there")
        if self.type == "BOOL":
            return (raw != 0).reshape(self.shape)  # a byte of 2 is no bool that NumPy could live with
        if self.type == "BF16":
            wide = raw.view("<u2").astype(np.uint32) << 16
            return wide.view(np.float32).reshape(self.shape)
        array = raw.view(DTYPES[self.type])
        return array.astype(array.dtype.newbyteorder("="), copy=False).reshape(self.shape)


def _are_counts(values: object) -> bool:
    """A list of whole numbers from zero up (True is none, though Python counts it as 1)."""
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)


def _check_places(path: str | Path, places: list[_Place], data_size: int) -> None:
    """Sort tensors as they lie in the file; together they must cover its data exactly once."""
    places.sort(key=lambda place: (place.begin, place.end))
    reached = 0
    for place in places:
        if place.begin != reached:
            raise _damaged(path, f"{'overlaps' if place.begin < reached else 'leaves a gap'} at {quoted(place.name)}")
        reached = place.end
    if reached > data_size:
        raise _damaged(path, f"is cut short: {reached:,} bytes of data are named, {data_size:,} are there")
    if reached < data_size:
        raise _damaged(path, f"has {data_size - reached:,} bytes that belong to no tensor")


def _damaged(path: str | Path, what: str) -> CheckpointError:
    return CheckpointError(f"{path}: {what}; the file is damaged: download or save it again")


def quoted(name: object) -> str:
    """A name out of a file, fit for a message: short, and without anything that a terminal would obey."""
    text = ascii(name)
    return text if len(text) <= 80 else f"{text[:77]}..."


def one_line(error: BaseException) -> str:
    """An error's own words, short and on one line."""
    return ascii(" ".join(str(error).split()))[1:-1][:120] or type(error).__name__
