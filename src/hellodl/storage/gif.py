"""GIF, written from scratch: a few colours, and frames that say only what has changed.

CompuServe's "Graphics Interchange Format, version 89a" (1990). Its numbers are packed by LZW (Welch, "A technique for
high-performance data compression", 1984): runs that were seen before get a code of their own, and whoever unpacks can
work out the same list of runs without being told it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np

LONGEST = 12  # bits of a code


def animated(frames: Iterable[np.ndarray], seconds: Iterable[float], palette: np.ndarray) -> bytes:
    """Frames (H, W) uint8 of colours in `palette` (2, 4, ... or 256, 3) uint8, each shown so long, over and over."""
    bits = max(int(len(palette) - 1).bit_length(), 1)
    out = bytearray()
    before: np.ndarray | None = None
    for frame, time in zip(frames, seconds, strict=True):
        if before is None:
            height, width = frame.shape
            out += b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80 | (bits - 1), 0, 0)
            colours = np.zeros((1 << bits, 3), np.uint8)
            colours[: len(palette)] = palette
            out += colours.tobytes() + b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
        top, left, part = changed(before, frame)
        out += b"\x21\xf9\x04\x04" + struct.pack("<HBB", max(round(100 * time), 2), 0, 0)
        out += b"\x2c" + struct.pack("<HHHHB", left, top, part.shape[1], part.shape[0], 0)
        out += bytes([max(bits, 2)]) + in_blocks(packed(part.tobytes(), max(bits, 2))) + b"\x00"
        before = frame
    return bytes(out + b"\x3b")


def changed(before: np.ndarray | None, frame: np.ndarray) -> tuple[int, int, np.ndarray]:
    """The smallest part of a frame that has all that is new in it, and where it lies: top, left, (h, w)."""
    if before is None:
        return 0, 0, frame
    rows, columns = (np.flatnonzero((before != frame).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return 0, 0, frame[:1, :1]
    top, left = int(rows[0]), int(columns[0])
    return top, left, frame[top : rows[-1] + 1, left : columns[-1] + 1]


def packed(data: bytes, bits: int) -> bytes:
    """Numbers below 2^bits by LZW, as GIF has it: codes grow from bits + 1 to 12, and then the list starts anew."""
    clear, end = 1 << bits, (1 << bits) + 1
    out, waiting, held = bytearray(), 0, 0

    def say(code: int, size: int) -> None:
        nonlocal waiting, held
        waiting |= code << held
        held += size
        while held >= 8:
            out.append(waiting & 255)
            waiting >>= 8
            held -= 8

    known: dict[tuple[int, int], int] = {}  # a run of which all but the last number has a code
    size, count = bits + 1, end + 1
    say(clear, size)
    prefix = -1
    for number in data:
        if prefix < 0:
            prefix = number
            continue
        longer = known.get((prefix, number))
        if longer is not None:
            prefix = longer
            continue
        say(prefix, size)
        if count == 1 << LONGEST:
            say(clear, size)
            size, count, known = bits + 1, end + 1, {}
        else:
            known[prefix, number] = count
            if count == 1 << size:
                size += 1
            count += 1
        prefix = number
    if prefix >= 0:
        say(prefix, size)
        if count == 1 << size and size < LONGEST:  # whoever unpacks has one run more by now
            size += 1
    say(end, size)
    if held:
        out.append(waiting & 255)
    return bytes(out)


def in_blocks(data: bytes) -> bytes:
    """Bytes in pieces of at most 255, each with its length before it."""
    return b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
