"""Open a photo, whatever it is, or say in one line why not: the one door through which all pictures come.

Phones turn pictures by a note in the file (EXIF) instead of turning the pixels, scanners write 16 bits,
drawing programs write transparency, and downloads break off half-way: a decoder often hands over such a half
picture with the rest in grey and no word of warning. And some files are traps: a few kilobytes that unpack to
gigabytes. So the file's head is asked first how large all this will be, and what does not say so, or too much, is
decoded by nobody. What comes out of here is always the same thing: upright, opaque, 8-bit blue-green-red, and no
larger than what reading needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hellodl.errors import PhotoError
from hellodl.storage.pictures import Head, head_of, is_whole

LONGEST_SIDE = 2400  # pixels: a page of 40 lines still has letters of 25 pixels, and 12 megapixels take no 2 s
BAND = 256  # rows that are made opaque at a time
SMALLEST_SIDE = 8  # pixels: under this nobody can read a letter
LONGEST_FILE = 400_000_000  # bytes
MOST_PIXELS = 101_000_000  # what the largest cameras take
MOST_UNPACKED = 6 * MOST_PIXELS  # bytes: all these pixels in 16 bits of each colour

# EXIF's orientations: whether there is a mirror, and then how it is to be turned.
TURNS = {3: cv2.ROTATE_180, 4: cv2.ROTATE_180, 5: cv2.ROTATE_90_COUNTERCLOCKWISE, 6: cv2.ROTATE_90_CLOCKWISE}
TURNS |= {7: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
MIRRORED = (2, 4, 5, 7)
FEW = 0.01  # of what shows in a transparent picture: less than that is dark in none that is of dark ink

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


@dataclass(frozen=True)
class Photo:
    """A picture (H, W, 3) uint8, blue-green-red, and how many pixels of the file each of its pixels stands for.

    `size` is the (width, height) that it has in the file, once turned.
    """

    picture: np.ndarray
    reduction: float
    size: tuple[int, int]


def load_photo(path: str | Path, longest_side: int = LONGEST_SIDE) -> Photo:
    """Open a photo file, turned as EXIF says and reduced to at most `longest_side` pixels.

    Transparent pictures are put on white, of animations the first frame is taken, 16 bits become 8.
    Raises PhotoError, one line that names the file, where there is no picture to be had.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_FILE + 1)
        return decoded_photo(data, str(path), longest_side)
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
    if len(data) > LONGEST_FILE:
        raise PhotoError(f"{name}: has over {LONGEST_FILE // 10**6} MB, which is too much; save it as a JPEG")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        raise PhotoError(
            f"{name}: is a HEIC photo, which OpenCV does not read; convert it to JPEG first, "
            "as in 'heif-convert photo.heic photo.jpg' or 'sips -s format jpeg photo.heic --out photo.jpg'"
        )
    if not is_whole(data):
        raise PhotoError(f"{name}: the file is cut short; copy or download it again")
    head = head_of(data)
    if head is None:
        raise PhotoError(f"{name}: is no picture that is read here; JPEG, PNG, TIFF, BMP, GIF, WebP and PNM are")
    _check_size(head, name, longest_side)
    try:
        picture = _decoded(data, head, longest_side)
        if picture is None or not picture.size:
            raise PhotoError(f"{name}: is damaged, or of a kind that OpenCV does not read; save it again")
        picture = _shrink(_turned(_opaque_colour(picture), head.orientation), longest_side)
        return Photo(picture, max(head.upright) / max(picture.shape[:2]), head.upright)
    except MemoryError:
        raise PhotoError(f"{name}: does not fit into memory; make it smaller, or close other programs") from None


def _check_size(head: Head, name: str, longest_side: int) -> None:
    """Raise PhotoError for a picture that is too large, too small or too long for anybody to read."""
    short, long = sorted(head.upright)
    size = f"{head.upright[0]}×{head.upright[1]}"
    if short * long > MOST_PIXELS or short * long * head.depth > MOST_UNPACKED:
        most = f"{MOST_PIXELS // 10**6} million pixels in {MOST_UNPACKED // 10**6} MB"
        raise PhotoError(f"{name}: is too large to be opened ({size}; at most {most}); make it smaller")
    if short < SMALLEST_SIDE:
        raise PhotoError(f"{name}: is only {size} pixels; letters need a picture of at least 12 pixels' height")
    if short * longest_side < SMALLEST_SIDE * long:
        raise PhotoError(f"{name}: is too long for its width ({size}); cut it into pieces")


def _decoded(data: bytes, head: Head, longest_side: int) -> np.ndarray | None:
    """The picture as it lies in the file; a large JPEG at a half, a quarter or an eighth, which is much faster."""
    reduction = max(head.upright) / longest_side
    how = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
    if _may_have_alpha(data):
        how = cv2.IMREAD_UNCHANGED
    elif reduction >= 2:
        how = cv2.IMREAD_REDUCED_COLOR_2 if reduction < 4 else cv2.IMREAD_REDUCED_COLOR_4
        how = cv2.IMREAD_REDUCED_COLOR_8 if reduction >= 8 else how
    if how != cv2.IMREAD_UNCHANGED:
        how |= cv2.IMREAD_IGNORE_ORIENTATION
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # the error line is ours to say
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), how)
    except cv2.error:
        return None


def _may_have_alpha(data: bytes) -> bool:
    """Whether this kind of file can be transparent: such are taken as they are."""
    return data[:4] in (b"\x89PNG", b"RIFF", b"II*\0", b"MM\0*", b"GIF8")


def _turned(picture: np.ndarray, orientation: int) -> np.ndarray:
    """The picture upright, by EXIF's note on how it lies."""
    if orientation in MIRRORED:
        picture = cv2.flip(picture, 1)
    return cv2.rotate(picture, TURNS[orientation]) if orientation in TURNS else picture


def _opaque_colour(picture: np.ndarray) -> np.ndarray:
    """Any depth and any number of channels -> (H, W, 3) uint8; what is transparent shows paper."""
    if picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3:
        return picture
    # 10 and 12 bits come in 16-bit files too, and floats in any range: the brightest pixel is white.
    largest = 255.0 if picture.dtype == np.uint8 else _largest(picture)
    paper = _paper(_bytes_of(picture[:: -(-len(picture) // BAND), :: -(-picture.shape[1] // BAND)], largest))
    out = np.empty((*picture.shape[:2], 3), np.uint8)
    for top in range(0, len(picture), BAND):  # of a large picture, floats would fill the memory
        out[top : top + BAND] = _opaque_rows(_bytes_of(picture[top : top + BAND], largest), paper)
    return out


def _largest(picture: np.ndarray) -> float:
    """The brightest value that is a number."""
    if picture.dtype.kind != "f":
        return float(picture.max())
    return max(float(np.nan_to_num(row, posinf=0, neginf=0).max()) for row in picture)  # by rows, for the memory


def _bytes_of(rows: np.ndarray, largest: float) -> np.ndarray:
    """Some rows of a picture in 8 bits, where its brightest value is `largest`; what is no number is black."""
    if rows.dtype == np.uint8:
        return rows
    with np.errstate(over="ignore"):
        numbers = np.nan_to_num(rows.astype(np.float32), copy=False, posinf=0, neginf=0)
        numbers *= 255.0 / largest if largest > 0 else 1.0
    return numbers.clip(0, 255).astype(np.uint8)


def _paper(sample: np.ndarray) -> int:
    """White for what is transparent; but black where all that shows is light: on white, nobody would see it."""
    if sample.ndim != 3 or sample.shape[2] != 4:
        return 255
    shown = sample[..., :3][sample[..., 3] >= 128]  # (N, 3)
    hidden = float((sample[..., 3] < 128).mean())
    return 0 if hidden > 0.5 and len(shown) and (shown.mean(axis=1) < 128).mean() < FEW else 255


def _opaque_rows(rows: np.ndarray, paper: int) -> np.ndarray:
    """Some rows in 8 bits, on paper of this grey."""
    if rows.ndim == 2 or rows.shape[2] < 3:
        return cv2.cvtColor(rows if rows.ndim == 2 else rows[..., 0], cv2.COLOR_GRAY2BGR)
    if rows.shape[2] != 4 or rows[..., 3].min() == 255:
        return rows[..., :3]
    part = rows[..., 3:].astype(np.float32) / 255
    return (rows[..., :3] * part + paper * (1 - part) + 0.5).astype(np.uint8)


def _shrink(picture: np.ndarray, longest_side: int) -> np.ndarray:
    """At most this many pixels on the longest side, each the mean of those that it stands for."""
    factor = longest_side / max(picture.shape[:2])
    if factor >= 1:
        return picture
    size = max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
