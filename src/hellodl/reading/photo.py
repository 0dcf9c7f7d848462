"""Open a photo, whatever it is, or say in one line why not.

Phones turn pictures by a note in the file (EXIF) instead of turning the pixels, scanners write 16 bits,
drawing programs write transparency, and downloads break off half-way: a decoder often hands over such a half
picture with the rest in grey and no word of warning. What comes out of here is always the same thing:
upright, opaque, 8-bit blue-green-red, and no larger than what reading needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hellodl.errors import PhotoError
from hellodl.reading.header import is_whole, jpeg_size

LONGEST_SIDE = 2400  # pixels: a page of 40 lines still has letters of 25 pixels, and 12 megapixels take no 2 s
BAND = 256  # rows that are made opaque at a time
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
    if not is_whole(data):
        raise PhotoError(f"{name}: the file is cut short; copy or download it again")

    width, height = jpeg_size(data) or (0, 0)
    picture = _decode(data, max(width, height) / longest_side)
    if picture is None:
        raise PhotoError(f"{name}: is no picture that OpenCV reads; JPEG, PNG, TIFF, BMP and WebP work")
    full_side = max(width, height, *picture.shape[:2])
    if min(picture.shape[:2]) < SMALLEST_SIDE:
        size = f"{picture.shape[1]}×{picture.shape[0]}"
        raise PhotoError(f"{name}: is only {size} pixels; letters need a picture of at least 12 pixels' height")
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
    if picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3:
        return picture
    # 10 and 12 bits come in 16-bit files too, and floats in any range: the brightest pixel is white.
    largest = 255.0 if picture.dtype == np.uint8 else float(picture.max())
    out = np.empty((*picture.shape[:2], 3), np.uint8)
    for top in range(0, len(picture), BAND):  # of a large picture, floats would fill the memory
        out[top : top + BAND] = _opaque_rows(picture[top : top + BAND], largest)
    return out


def _opaque_rows(picture: np.ndarray, largest: float) -> np.ndarray:
    """Some rows of a picture whose brightest value is `largest`."""
    if picture.dtype != np.uint8:
        picture = (picture.astype(np.float32) * (255.0 / largest if largest > 0 else 1.0)).clip(0, 255)
        picture = picture.astype(np.uint8)
    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    if picture.shape[2] == 4:
        alpha = picture[..., 3:]
        if alpha.min() == 255:
            return picture[..., :3]
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
