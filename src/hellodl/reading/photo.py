"""Open a photo, whatever it is, or say in one line why not.

Phones turn pictures by a note in the file (EXIF) instead of turning the pixels, scanners write 16 bits,
drawing programs write transparency, and downloads break off half-way: a decoder often hands over such a half
picture with the rest in grey and no word of warning. What comes out of here is always the same thing:
upright, opaque, 8-bit blue-green-red, and no larger than what reading needs.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hellodl.errors import PhotoError

LONGEST_SIDE = (
    2400  # pixels: a page of 40 lines still has letters of 25 pixels, and 12 megapixels take no 2 s
)
SMALLEST_SIDE = 8  # pixels: under this nobody can read a letter

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


@dataclass(frozen=True)
class Photo:
    """A picture (H, W, 3) uint8, blue-green-red, and how many pixels of the file each of its pixels stands
    for."""

    picture: np.ndarray
    reduction: float


def load_photo(path: str | Path, longest_side: int = LONGEST_SIDE) -> Photo:
    """Open a photo file, turned as EXIF says and reduced to at most `longest_side` pixels.

    Transparent pictures are put on white, of animations the first frame is taken, 16 bits become 8.
    Raises PhotoError, one line that names the file, where there is no picture to be had.
    """
    path = Path(path)
    try:
        return decoded_photo(path.read_bytes(), str(path), longest_side)
    except FileNotFoundError:
        raise PhotoError(f"{path}: no such file; check the name and the folder") from None
    except IsADirectoryError:
        raise PhotoError(f"{path}: is a folder; name the photos in it, as in {path}/*.jpg") from None
    except OSError as error:
        raise PhotoError(f"{path}: cannot be opened ({error.strerror or error})") from None


def decoded_photo(data: bytes, name: str, longest_side: int = LONGEST_SIDE) -> Photo:
    """`load_photo` for the bytes of a file that is called `name` in errors; nothing is written anywhere."""
    if not data:
        raise PhotoError(f"{name}: the file is empty; copy it again from where it came from")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        raise PhotoError(
            f"{name}: is a HEIC photo, which OpenCV does not read; convert it to JPEG first, "
            "as in 'heif-convert photo.heic photo.jpg' or 'sips -s format jpeg photo.heic --out photo.jpg'"
        )
    if not _is_whole(data):
        raise PhotoError(f"{name}: the file is cut short; copy or download it again")

    width, height = _jpeg_size(data) or (0, 0)
    picture = _decode(data, max(width, height) / longest_side)
    if picture is None:
        raise PhotoError(f"{name}: is no picture that OpenCV reads; JPEG, PNG, TIFF, BMP and WebP work")
    full_side = max(width, height, *picture.shape[:2])
    if min(picture.shape[:2]) < SMALLEST_SIDE:
        size = f"{picture.shape[1]}×{picture.shape[0]}"
        raise PhotoError(
            f"{name}: is only {size} pixels; letters need a picture of at least 12 pixels' height"
        )
    picture = _shrink(_opaque_colour(picture), longest_side)
    return Photo(picture, full_side / max(picture.shape[:2]))


def _decode(data: bytes, reduction: float) -> np.ndarray | None:
    """Decode the bytes of a file; a large JPEG at a half, a quarter or an eighth, which is much faster."""
    buffer = np.frombuffer(data, np.uint8)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # the error line is ours to say
    try:
        if _may_have_alpha(data):
            whole = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
            if whole is not None and whole.ndim == 3 and whole.shape[2] == 4:
                return whole
        if reduction >= 8:
            return cv2.imdecode(buffer, cv2.IMREAD_REDUCED_COLOR_8)
        if reduction >= 4:
            return cv2.imdecode(buffer, cv2.IMREAD_REDUCED_COLOR_4)
        if reduction >= 2:
            return cv2.imdecode(buffer, cv2.IMREAD_REDUCED_COLOR_2)
        return cv2.imdecode(buffer, cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error:
        return None


def _may_have_alpha(data: bytes) -> bool:
    """Whether this kind of file can be transparent (such are read raw, without a look at EXIF)."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return data[25] in (4, 6) or b"tRNS" in data[:4096]
    return (data[:4] == b"RIFF" and data[8:12] == b"WEBP") or data[:4] in (b"II*\0", b"MM\0*", b"GIF8")


def _opaque_colour(picture: np.ndarray) -> np.ndarray:
    """Any depth and any number of channels -> (H, W, 3) uint8; what is transparent shows white paper."""
    if picture.dtype != np.uint8:
        largest = float(picture.max())
        # 10 and 12 bits come in 16-bit files too, and floats in any range: the brightest pixel is white.
        picture = (picture.astype(np.float32) * (255.0 / largest if largest > 0 else 1.0)).clip(0, 255)
        picture = picture.astype(np.uint8)
    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    if picture.shape[2] == 4:
        alpha = picture[..., 3:]
        if alpha.min() == 255:
            return np.ascontiguousarray(picture[..., :3])
        part = alpha.astype(np.float32) / 255
        return (picture[..., :3] * part + 255 * (1 - part) + 0.5).astype(np.uint8)
    return picture


def _shrink(picture: np.ndarray, longest_side: int) -> np.ndarray:
    """At most this many pixels on the longest side, each the mean of those that it stands for."""
    factor = longest_side / max(picture.shape[:2])
    if factor >= 1:
        return picture
    size = max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _is_whole(data: bytes) -> bool:
    """Whether a file has its end: decoders return half a picture in silence. Formats not known here pass."""
    if data[:2] == b"\xff\xd8":
        start = _jpeg_scan(data)
        return start is not None and data.rfind(b"\xff\xd9", start) >= 0
    if data[:8] == b"\x89PNG\r\n\x1a\n":
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


def _jpeg_segments(data: bytes):
    """The (marker, start, end) of each segment of a JPEG's head, up to where the first scan's data begin."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # padding before a marker
            place += 1
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


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) as a JPEG's frame header says, before any turning; None for what is no JPEG."""
    if data[:2] != b"\xff\xd8":
        return None
    for marker, start, _ in _jpeg_segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and start + 5 <= len(data):
            height, width = struct.unpack(">HH", data[start + 1 : start + 5])
            return width, height
    return None
