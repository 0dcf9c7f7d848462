"""What the file of a picture says about itself before it is decoded: its size, how it is turned, whether all is there.

A file of a few kilobytes may unpack to gigabytes, and a decoder finds out too late; but every format writes the
size of its picture into its first bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

PNG = b"\x89PNG\r\n\x1a\n"
TIFF = (b"II*\0", b"MM\0*")
SPARE = 2_000_000  # pixels, that tiles may be larger than their picture
WHOLE = {1: "B", 3: "H", 4: "I"}  # TIFF's kinds of whole numbers


@dataclass(frozen=True)
class Head:
    """What a file says of its picture: `width` and `height` as it lies there, and the `depth` of a pixel in bytes.

    `orientation` is EXIF's: 1 as it lies, 3 upside down, 6 a quarter turn to the right, 8 to the left, and 2, 4, 5
    and 7 the same in a mirror.
    """

    width: int
    height: int
    depth: int = 4  # as much as 8 bits of colour and transparency take
    orientation: int = 1

    @property
    def upright(self) -> tuple[int, int]:
        """(width, height) once it is turned."""
        return (self.width, self.height) if self.orientation < 5 else (self.height, self.width)


def head_of(data: bytes) -> Head | None:
    """The head of a JPEG, PNG, WebP, GIF, BMP, TIFF or PNM; None for all else, and for what has no sound head."""
    try:
        return _head_of(data)
    except (struct.error, LookupError, ValueError):
        return None


def _head_of(data: bytes) -> Head | None:
    if data[:8] == PNG:
        width, height, bits, colour = struct.unpack(">IIBB", data[16:26])
        return Head(width, height, {0: 1, 2: 3}.get(colour, 4) * max(bits // 8, 1), _orientation(_png_exif(data)))
    if data[:4] == b"GIF8":
        return Head(*struct.unpack("<HH", data[6:10]))
    if data[:2] == b"BM":
        return Head(*_bmp_size(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        size = _webp_size(data)
        return size and Head(*size, orientation=_orientation(_webp_exif(data)))
    if data[:4] in TIFF:
        return _tiff_head(data)
    if data[:2] in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"):
        return _pnm_head(data)
    size = jpeg_size(data)
    return size and Head(*size, orientation=_orientation(_jpeg_exif(data)))


def _tiff_head(data: bytes) -> Head:
    """The first of a TIFF's pictures, upright at once: OpenCV turns these itself, whatever it is told."""
    tags = _tags(data)
    if tags.get(0x142, 0) * tags.get(0x143, 0) > SPARE + 4 * tags[0x100] * tags[0x101]:
        raise ValueError("tiles larger than the whole")
    size = (tags[0x100], tags[0x101]) if _orientation(data) < 5 else (tags[0x101], tags[0x100])
    return Head(*size, max(tags.get(0x115, 1), 1) * max(tags.get(0x102, 8) // 8, 1))


def _pnm_head(data: bytes) -> Head:
    """Numbers in words, with remarks between them."""
    words = re.sub(rb"#[^\n]*", b" ", data[2:1024]).split()
    deep = data[1:2] not in b"14" and int(words[2]) > 255
    return Head(int(words[0]), int(words[1]), 6 if deep else 3)


def _tags(tiff: bytes) -> dict[int, int]:
    """The first directory of a TIFF, which EXIF is as well: each tag's first number, where it has a small one."""
    order = ">" if tiff[:1] == b"M" else "<"
    (place,) = struct.unpack(f"{order}I", tiff[4:8])
    (count,) = struct.unpack(f"{order}H", tiff[place : place + 2])
    found: dict[int, int] = {}
    for number in range(count):
        at = place + 2 + 12 * number
        tag, kind, values = struct.unpack(f"{order}HHI", tiff[at : at + 8])
        if kind not in WHOLE:
            continue
        size = struct.calcsize(WHOLE[kind])
        if size * values > 4:  # they lie elsewhere
            (at,) = struct.unpack(f"{order}I", tiff[at + 8 : at + 12])
        else:
            at += 8
        (found[tag],) = struct.unpack(order + WHOLE[kind], tiff[at : at + size])
    return found


def _orientation(exif: bytes) -> int:
    """How EXIF wants the picture turned; as it lies, where it says nothing or nonsense."""
    try:
        found = _tags(exif).get(0x112, 1) if exif[:4] in TIFF else 1
    except struct.error:
        return 1
    return found if 1 <= found <= 8 else 1


def _jpeg_exif(data: bytes) -> bytes:
    for marker, start, end in _jpeg_segments(data):
        if marker == 0xE1 and data[start : start + 6] == b"Exif\0\0":
            return data[start + 6 : end]
    return b""


def _png_exif(data: bytes) -> bytes:
    return next((data[start:end] for kind, start, end in _png_chunks(data) if kind == b"eXIf"), b"")


def _webp_exif(data: bytes) -> bytes:
    """WebP is in chunks, too: a name, the length, and what there is, with an even length."""
    place = 12
    while place + 8 <= len(data):
        kind, length = struct.unpack("<4sI", data[place : place + 8])
        if kind == b"EXIF":
            return data[place + 8 : place + 8 + length].removeprefix(b"Exif\0\0")
        place += 8 + length + length % 2
    return b""


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
    return any(kind == b"IEND" for kind, _, _ in _png_chunks(data))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The (kind, start, end) of each chunk of a PNG, up to its IEND."""
    place = 8
    while place + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        yield kind, place + 8, place + 8 + length
        if kind == b"IEND":
            return
        place += 12 + length


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
