"""Runs as files that TensorBoard draws, for those who have it: written by hand, for the format is small.

A file of events is a row of records (TensorFlow calls them TFRecord), and each record is a message (Protocol
Buffers): fields one after the other, each begun by its number and how it is stored. So a few bytes in the right
order do what two large libraries are asked for elsewhere. Every record carries a checksum, CRC-32C (Castagnoli and
others, 1993), "masked" as TensorFlow does it, so that a checksum of data with checksums in it stays a good one.

Of the messages, `Event` and `Summary` with plain numbers and with histograms are all that is used:
https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto and summary.proto
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.console import progress_bar
from hellodl.errors import DataError
from hellodl.runs.log import RunLog

CURVES = {"loss": "loss", "accuracy": "accuracy", "learning_rate": "learning_rate", "images": "images_per_second"}
FIGURES = ("step_ratio", "dead", "zeros")  # of a layer, drawn as curves beside its histograms


def export(log: RunLog, run: Mapping[str, Any], folder: Path) -> Path:
    """Write all of a run (a row of `log.runs()`) to a file of events in this folder, and return its path.

    The same run is the same file again. Raises DataError if it cannot be written.
    """
    began = datetime.fromisoformat(run["started"]).timestamp()
    path = folder / f"events.out.tfevents.{began:.0f}.hellodl-{run['id']}"
    training, validation = log.train_rows(run["id"]), log.validation_rows(run["id"])
    layers = log.layers(run["id"])
    steps, seconds = [0.0], [0.0]  # when a layer was looked at is told by the rows around it
    for row in training:
        if row["seconds"] is not None:
            steps.append(row["step"])
            seconds.append(row["seconds"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file, progress_bar("exporting", len(training) + len(validation) + len(layers)) as bar:
            file.write(record(double(1, began) + text(3, "brain.Event:2")))
            for part, rows in (("training", training), ("validation", validation)):
                for row in rows:
                    values = [
                        scalar(f"{tag}/{part}", row[name]) for name, tag in CURVES.items() if row.get(name) is not None
                    ]
                    file.write(record(event(began + (row["seconds"] or 0), row["step"], values)))
                    bar.advance()
            for row in layers:
                when = began + float(np.interp(row["step"], steps, seconds))
                file.write(record(event(when, row["step"], of_layer(row))))
                bar.advance()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}); choose another folder by --tensorboard"
        ) from error
    return path


def of_layer(row: Mapping[str, Any]) -> Iterator[bytes]:
    """The values of one row of the table `layers`."""
    name, kind = row["name"], row["kind"]
    for figure in FIGURES:
        if row[figure] is not None:
            yield scalar(f"{figure}/{name}/{kind}", row[figure])
    if row["histogram"]:
        yield histogram(f"{kind}/{name}", row)


# ---- messages ----


def event(when: float, step: int, values: Iterable[bytes]) -> bytes:
    """Event: the time (seconds since 1970), the step, and a Summary of values."""
    return double(1, when) + whole(2, step) + message(5, b"".join(message(1, value) for value in values))


def scalar(tag: str, value: float) -> bytes:
    """Summary.Value: a number with a name."""
    return text(1, tag) + key(2, 5) + struct.pack("<f", value)


def histogram(tag: str, row: Mapping[str, Any]) -> bytes:
    """Summary.Value: a histogram with a name; the counts of a sample are scaled to all numbers of the array."""
    counts = np.array(row["histogram"], np.float64)
    counts *= row["size"] / counts.sum()
    limits = np.linspace(row["low"], row["high"], len(counts) + 1)[1:]
    squares = (row["spread"] ** 2 + row["mean"] ** 2) * row["size"]
    figures = (row["low"], row["high"], row["size"], row["mean"] * row["size"], squares)
    fields = b"".join(double(number, figure) for number, figure in enumerate(figures, 1))
    fields += message(6, limits.astype("<f8").tobytes()) + message(7, counts.astype("<f8").tobytes())
    return text(1, tag) + message(5, fields)


def key(number: int, kind: int) -> bytes:
    """What begins a field: its number, and 0 for a whole number, 1 for 8 bytes, 2 for a length, 5 for 4 bytes."""
    return varint(number << 3 | kind)


def varint(value: int) -> bytes:
    """A whole number from 0 up, seven bits a byte, the lowest first; the eighth bit says that more follow."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def whole(number: int, value: int) -> bytes:
    """A field with a whole number."""
    return key(number, 0) + varint(value)


def double(number: int, value: float) -> bytes:
    """A field with a float64."""
    return key(number, 1) + struct.pack("<d", value)


def message(number: int, content: bytes) -> bytes:
    """A field with a message in it, or with numbers side by side."""
    return key(number, 2) + varint(len(content)) + content


def text(number: int, words: str) -> bytes:
    """A field with text."""
    return message(number, words.encode())


# ---- records ----


def record(content: bytes) -> bytes:
    """Content with its length before it, each followed by its checksum."""
    length = struct.pack("<Q", len(content))
    return length + masked(crc32c(length)) + content + masked(crc32c(content))


def masked(checksum: int) -> bytes:
    """A checksum as it is stored: turned by 15 bits, and a constant added."""
    return struct.pack("<I", ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def crc32c(content: bytes) -> int:
    """CRC-32C: the remainder of a division of polynomials over bits, a byte at a time by a table."""
    table, remainder = crc_table(), 0xFFFFFFFF
    for byte in content:
        remainder = table[(remainder ^ byte) & 255] ^ remainder >> 8
    return remainder ^ 0xFFFFFFFF


@cache
def crc_table() -> list[int]:
    """What each byte contributes."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table
