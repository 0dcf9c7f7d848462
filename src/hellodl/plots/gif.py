"""Moving pictures as GIF files, the format that every browser and every chat shows (CompuServe 1989).

A GIF has at most 256 colours, here chosen once for all frames: the most frequent ones. Each frame holds only the
rectangle that differs from the frame before, as numbers of colours, compressed by the method of Lempel, Ziv and
Welch (1984): whatever sequence of pixels was seen gets a number of its own, and the next time that number is written
instead. The reader builds the same list as it goes, so that the list need not be stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hellodl.console import progress_bar
from hellodl.errors import HelloError
from hellodl.storage.whole import write_whole

COLOURS = 256
CLEAR, END = COLOURS, COLOURS + 1  # codes that mean "forget the list" and "that was all"
MOST_CODES = 4096  # 12 bits


def save(
    path: str | Path, frames: Sequence[np.ndarray], seconds: float | Sequence[float], description: str = ""
) -> Path:
    """Write frames (H, W, 3) uint8, red-green-blue, that are shown for so many seconds each, over and over.

    `description`, for those who cannot see it, becomes a comment in the file.
    """
    path = Path(path)
    if path.suffix.lower() != ".gif":
        raise HelloError(f"{path}: moving pictures are written as .gif; give --out such a name")
    write_whole(path, as_bytes(frames, seconds, description))
    return path


def as_bytes(frames: Sequence[np.ndarray], seconds: float | Sequence[float], description: str = "") -> bytes:
    """What is in such a file."""
    shown = list(seconds) if isinstance(seconds, Sequence) else [seconds] * len(frames)
    numbers, palette = in_few_colours(np.stack(frames))
    height, width = numbers.shape[1:]
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    parts = [b"GIF89a", size, b"\xf7\x00\x00", palette.tobytes()]  # 0xf7: 256 colours for all frames
    parts += [b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"]  # over and over
    if description:
        parts += [b"\x21\xfe", blocks(description.encode())]
    before = None
    with progress_bar("writing", len(numbers)) as bar:
        for frame, time in zip(numbers, shown):
            top, left, part = changed(frame, before)
            place = b"".join(value.to_bytes(2, "little") for value in (left, top, part.shape[1], part.shape[0]))
            wait = max(round(100 * time), 2).to_bytes(2, "little")
            parts += [b"\x21\xf9\x04\x04", wait, b"\x00\x00", b"\x2c", place, b"\x00\x08"]
            parts += [blocks(compressed(part.ravel().tolist()))]
            before = frame
            bar.advance()
    return b"".join([*parts, b"\x3b"])


def in_few_colours(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frames (T, H, W, 3) as numbers (T, H, W) of at most 256 colours, and these, (256, 3) uint8.

    Colours are first put into 32 × 32 × 32 drawers; the fullest drawers' mean colours are kept, and what lies in
    the others gets the nearest of them.
    """
    drawers = frames >> 3
    drawer = (drawers[..., 0].astype(np.intp) << 10) | (drawers[..., 1].astype(np.intp) << 5) | drawers[..., 2]
    counts = np.bincount(drawer.ravel(), minlength=32**3)
    used = np.flatnonzero(counts)
    means = np.stack([np.bincount(drawer.ravel(), frames[..., c].ravel(), 32**3) for c in range(3)], axis=1)
    colours = means[used] / counts[used, None]
    kept = np.argsort(-counts[used], kind="stable")[:COLOURS]
    palette = np.zeros((COLOURS, 3), np.uint8)
    palette[: len(kept)] = np.rint(colours[kept])
    nearest = np.zeros(32**3, np.uint8)
    for start in range(0, len(used), 1024):
        part = colours[start : start + 1024, None] - colours[kept]
        nearest[used[start : start + 1024]] = (part**2).sum(axis=2).argmin(axis=1)
    return nearest[drawer], palette


def changed(frame: np.ndarray, before: np.ndarray | None) -> tuple[int, int, np.ndarray]:
    """The rectangle of a frame (H, W) that is not as before, with its top and left edge (one pixel if all is)."""
    if before is None:
        return 0, 0, frame
    rows = np.flatnonzero((frame != before).any(axis=1))
    columns = np.flatnonzero((frame != before).any(axis=0))
    if not len(rows):
        return 0, 0, frame[:1, :1]
    return int(rows[0]), int(columns[0]), frame[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def compressed(pixels: Sequence[int]) -> bytes:
    """Numbers from 0 to 255 as a stream of codes, the lowest bit first; codes get longer as the list grows."""
    out, bits, length = bytearray(), CLEAR, 9  # what waits to be written, and how many bits that is
    width, following = 9, END + 1
    known: dict[int, int] = {}  # (code of a sequence) · 256 + next pixel -> code of the longer sequence
    code = pixels[0]
    for pixel in pixels[1:]:
        longer = known.get(code << 8 | pixel)
        if longer is not None:
            code = longer
            continue
        bits |= code << length
        length += width
        if following < MOST_CODES:
            known[code << 8 | pixel] = following
            if following >> width:
                width += 1
            following += 1
        else:
            bits |= CLEAR << length
            length += width
            known, width, following = {}, 9, END + 1
        code = pixel
        if length >= 256:
            whole = length // 8
            out += (bits & ((1 << 8 * whole) - 1)).to_bytes(whole, "little")
            bits >>= 8 * whole
            length -= 8 * whole
    bits |= code << length
    length += width
    if following >> width and width < 12:  # the reader's list grows by what it just read
        width += 1
    bits |= END << length
    return bytes(out + bits.to_bytes((length + width + 7) // 8, "little"))


def blocks(data: bytes) -> bytes:
    """Data as GIF wants it: pieces of at most 255 bytes, each with its length before it, and an empty one."""
    pieces = [data[start : start + 255] for start in range(0, len(data), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\x00"
