"""What the file of a picture says about itself before it is decoded: how large the picture is, whether all is there.

A file of a few kilobytes may unpack to gigabytes, and a decoder finds out too late; but every format writes the
size of its picture into its first bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"


def picture_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels as the head of a JPEG, PNG, WebP, GIF or BMP says; None for all else.

    EXIF may turn the picture later on, so the two may change places.
    """
    try:
        if data[:8] == PNG:
            return struct.unpack(">II", data[16:24])
        if data[:4] == b"GIF8":
            return struct.unpack("<HH", data[6:10])
        if data[:2] == b"BM":
            return _bmp_size(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp_size(data)
        return jpeg_size(data)
    except struct.error:
        return None


def _bmp_size(data: bytes) -> tuple[int, int]:
    if struct.unpack("<I", data[14:18])[0] == 12:  # the oldest kind of head
        return struct.unpack("<HH", data[18:22])
    width, height = struct.unpack("<ii", data[18:26])
    return abs(width), abs(height)  # from the bottom up, or from the top down


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Of its three kinds: with extras (and perhaps several frames), without loss, and with loss."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def is_whole(data: bytes) -> bool:
    """Whether a file has its end: decoders return half a picture in silence. Formats not known here pass."""
    if data[:2] == b"\xff\xd8":
        start = _jpeg_scan(data)
        return start is not None and data.rfind(b"\xff\xd9", start) >= 0
    if data[:8] == PNG:
        return _png_is_whole(data)
    if data[:4] == b"RIFF":
        return len(data) >= 12 and len(data) >= struct.unpack("<I", data[4:8])[0] + 8
    if data[:2] == b"BM" and len(data) >= 6:
        return len(data) >= struct.unpack("<I", data[2:6])[0]
    return True


def _png_is_whole(data: bytes) -> bool:
    """Walk the chunks of a PNG up to its IEND."""
    place = 8
    while place + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        if kind == b"IEND":
            return True
        place += 12 + length
    return False


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The (marker, start, end) of each segment of a JPEG's head, up to where the first scan's data begin."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # padding before a marker
            place += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD9:  # stands alone
            place += 2
            continue
        end = place + 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
        yield marker, place + 4, end
        if marker == 0xDA:
            return
        place = end


def _jpeg_scan(data: bytes) -> int | None:
    """Where a JPEG's picture data begin, past the head and any thumbnail in it."""
    for marker, _, end in _jpeg_segments(data):
        if marker == 0xDA:
            return end
    return None


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) as a JPEG's frame header says, before any turning; None for what is no JPEG."""
    if data[:2] != b"\xff\xd8":
        return None
    for marker, start, _ in _jpeg_segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and start + 5 <= len(data):
            height, width = struct.unpack(">HH", data[start + 1 : start + 5])
            return width, height
    return None
