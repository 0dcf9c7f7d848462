"""Opening photos: whatever a phone, a scanner or a broken download may hand over."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from hellodl.errors import PhotoError
from hellodl.reading.photo import decoded_photo, load_photo


def corner_picture(height=60, width=80):
    """White, with a dark patch in the upper left corner, so that turns show."""
    picture = np.full((height, width, 3), 230, np.uint8)
    picture[: height // 3, : width // 3] = 20
    return picture


def written(path, picture, *options):
    assert cv2.imwrite(str(path), picture, list(options))
    return path


def with_exif_orientation(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF block that says how it is to be turned."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + struct.pack("<I", 0)
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def one_line(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tiff"])
def test_common_formats_come_out_as_colour_of_8_bits(tmp_path, suffix):
    photo = load_photo(written(tmp_path / f"page{suffix}", corner_picture()))
    assert photo.picture.dtype == np.uint8
    assert photo.picture.shape == (60, 80, 3)
    assert photo.picture[5, 5].max() < 60 < 200 < photo.picture[50, 70].min()
    assert photo.reduction == 1


def test_grey_pictures_work(tmp_path):
    photo = load_photo(written(tmp_path / "grey.png", corner_picture()[..., 0]))
    assert photo.picture.shape == (60, 80, 3)


def test_16_bits_become_8(tmp_path):
    photo = load_photo(written(tmp_path / "deep.png", corner_picture().astype(np.uint16) * 257))
    assert photo.picture.dtype == np.uint8
    assert photo.picture[5, 5].max() < 60 < 200 < photo.picture[50, 70].min()


def test_what_is_transparent_shows_white_paper(tmp_path):
    picture = np.zeros((60, 80, 4), np.uint8)  # black, and nothing of it visible
    picture[:20, :20, 3] = 255
    photo = load_photo(written(tmp_path / "ink.png", picture))
    assert (photo.picture[40, 50] == 255).all()
    assert (photo.picture[5, 5] == 0).all()


@pytest.mark.parametrize(("orientation", "corner"), [(1, "top left"), (3, "bottom right"), (6, "top right")])
def test_a_photo_is_turned_as_its_exif_says(tmp_path, orientation, corner):
    jpeg = written(tmp_path / "plain.jpg", corner_picture()).read_bytes()
    path = tmp_path / "turned.jpg"
    path.write_bytes(with_exif_orientation(jpeg, orientation))
    picture = load_photo(path).picture
    dark = {
        "top left": picture[5, 5],
        "top right": picture[5, -5],
        "bottom left": picture[-5, 5],
        "bottom right": picture[-5, -5],
    }
    assert [place for place, pixel in dark.items() if pixel.max() < 80] == [corner]


def test_a_large_photo_is_reduced_and_says_by_how_much(tmp_path):
    photo = load_photo(written(tmp_path / "large.jpg", corner_picture(3000, 5000)), longest_side=1000)
    assert photo.picture.shape == (600, 1000, 3)
    assert photo.reduction == pytest.approx(5.0)


def test_a_large_turned_photo_is_reduced_after_turning(tmp_path):
    jpeg = written(tmp_path / "plain.jpg", corner_picture(1500, 2500)).read_bytes()
    path = tmp_path / "turned.jpg"
    path.write_bytes(with_exif_orientation(jpeg, 6))
    photo = load_photo(path, longest_side=500)
    assert photo.picture.shape == (500, 300, 3)
    assert photo.picture[5, -5].max() < 80


def test_100_megapixels_work(tmp_path):
    path = written(tmp_path / "huge.jpg", np.full((10_000, 10_000), 200, np.uint8))
    photo = load_photo(path)
    assert max(photo.picture.shape) == 2400
    assert photo.reduction == pytest.approx(10_000 / 2400)


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    first = corner_picture()
    if not hasattr(cv2, "imwriteanimation"):
        pytest.skip("this OpenCV writes no animations")
    animation = cv2.Animation()
    animation.frames = [first, 255 - first]
    animation.durations = [100, 100]
    path = tmp_path / "moving.webp"
    assert cv2.imwriteanimation(str(path), animation)
    picture = load_photo(path).picture
    assert picture[5, 5].max() < 80 < 180 < picture[50, 70].min()


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(PhotoError) as error:
        load_photo(tmp_path / "nowhere.jpg")
    assert "nowhere.jpg" in one_line(error)


def test_a_folder_is_no_photo(tmp_path):
    with pytest.raises(PhotoError) as error:
        load_photo(tmp_path)
    assert "folder" in one_line(error)


def test_an_empty_file_says_so(tmp_path):
    path = tmp_path / "empty.jpg"
    path.write_bytes(b"")
    with pytest.raises(PhotoError) as error:
        load_photo(path)
    assert "empty" in one_line(error) and "empty.jpg" in one_line(error)


def test_a_text_is_no_picture(tmp_path):
    path = tmp_path / "letter.jpg"
    path.write_text("Dear Sir or Madam, this is no picture." * 20)
    with pytest.raises(PhotoError) as error:
        load_photo(path)
    assert "no picture" in one_line(error)


def test_heic_says_how_to_convert_it(tmp_path):
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(struct.pack(">I", 24) + b"ftypheic" + b"\0" * 400)
    with pytest.raises(PhotoError) as error:
        load_photo(path)
    assert "HEIC" in one_line(error) and "JPEG" in one_line(error)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tiff"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_a_file_cut_short_is_an_error_and_not_half_a_picture(tmp_path, suffix, share, rng):
    noisy = rng.integers(0, 255, (120, 160, 3), dtype=np.uint8)
    whole = written(tmp_path / f"whole{suffix}", noisy).read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(PhotoError) as error:
        load_photo(path)
    assert path.name in one_line(error)


def test_the_end_of_a_thumbnail_is_not_the_end_of_its_photo(tmp_path):
    whole = written(tmp_path / "whole.jpg", corner_picture(200, 300)).read_bytes()
    thumbnail = b"Exif\0\0" + whole
    head = whole[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    path = tmp_path / "cut.jpg"
    path.write_bytes(head + whole[2 : len(whole) * 2 // 3])
    with pytest.raises(PhotoError, match="cut short"):
        load_photo(path)


def test_one_pixel_is_too_small_to_read(tmp_path):
    with pytest.raises(PhotoError) as error:
        load_photo(written(tmp_path / "dot.png", np.zeros((1, 1, 3), np.uint8)))
    assert "1×1" in one_line(error)


def test_a_png_whose_picture_data_are_damaged_is_no_picture(tmp_path):
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", b"this was never compressed") + chunk(b"IEND", b"")
    path = tmp_path / "damaged.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    with pytest.raises(PhotoError) as error:
        load_photo(path)
    assert "damaged.png" in one_line(error)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def flat_png(width: int, height: int, bits: int = 8, colour: int = 2) -> bytes:
    """A PNG of one colour, packed as small as it goes."""
    row = bytes(1 + (width * bits * {0: 1, 2: 3, 6: 4}[colour] + 7) // 8)
    packer = zlib.compressobj(1)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height", "bits", "colour"), [(20_000, 20_000, 8, 2), (32_767, 32_767, 1, 0)])
def test_what_unpacks_to_gigabytes_is_refused_by_its_head(monkeypatch, width, height, bits, colour):
    bomb = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(PhotoError, match=f"{width}×{height}"):
        decoded_photo(bomb + png_chunk(b"IDAT", bytes(900_000)) + png_chunk(b"IEND", b""), "bomb.png")


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the most memory it had")
def test_100_megapixels_with_transparency_are_read_in_bounded_memory(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(flat_png(10_000, 10_000, colour=6))
    code = (
        "import re, sys; from hellodl.reading import load_photo; photo = load_photo(sys.argv[1]);"
        "print(*photo.picture.shape, re.search('VmHWM:.*?([0-9]+)', open('/proc/self/status').read())[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    *shape, kilobytes = map(int, done.stdout.split())
    assert shape == [2400, 2400, 3]
    assert kilobytes < 1_100_000


@pytest.mark.parametrize("size", [(20_000, 10), (10, 20_000), (65_535, 9), (7, 300)])
def test_what_nobody_can_read_for_its_shape_is_refused(size):
    with pytest.raises(PhotoError, match=f"{size[0]}×{size[1]}"):
        decoded_photo(flat_png(*size), "thin.png")


@pytest.mark.parametrize("kind", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"GIF89a", b"BM", b"II*\0", b"P6 "])
@pytest.mark.parametrize("length", [0, 1, 3, 8, 12, 17])
def test_a_file_of_a_few_bytes_is_no_picture(kind, length):
    with pytest.raises(PhotoError):
        decoded_photo(kind + bytes(length), "tiny")


def ink_on_nothing(grey: int) -> np.ndarray:
    """Strokes of this grey, and nothing else that shows."""
    picture = np.zeros((60, 80, 4), np.uint8)
    picture[20:24, 10:70] = grey, grey, grey, 255
    return picture


@pytest.mark.parametrize(("ink", "paper"), [(255, 0), (200, 0), (0, 255), (90, 255)])
def test_ink_without_paper_gets_paper_on_which_it_shows(tmp_path, ink, paper):
    picture = load_photo(written(tmp_path / "ink.png", ink_on_nothing(ink))).picture
    assert (picture[22, 40] == ink).all()
    assert (picture[50, 40] == paper).all()


def test_a_window_with_round_corners_stays_on_white(tmp_path):
    picture = np.full((60, 80, 4), 255, np.uint8)
    picture[:4, :4, 3] = 0
    assert (load_photo(written(tmp_path / "window.png", picture)).picture == 255).all()


def exif(orientation: int) -> bytes:
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


def png_turned(picture: np.ndarray, orientation: int) -> bytes:
    data = cv2.imencode(".png", picture)[1].tobytes()
    return data[:33] + png_chunk(b"eXIf", exif(orientation)) + data[33:]


def webp_turned(picture: np.ndarray, orientation: int) -> bytes:
    """An extended WebP: a head that says what is in it, the picture, the note."""
    height, width = picture.shape[:2]
    plain = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    image = plain[plain.index(b"VP8L") :]
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    alpha = 0x10 if picture.shape[2] == 4 else 0
    head = b"VP8X" + struct.pack("<IB3x", 10, 0x08 | alpha) + sizes
    note = exif(orientation)
    body = b"WEBP" + head + image + b"EXIF" + struct.pack("<I", len(note)) + note
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("turned", [png_turned, webp_turned])
def test_every_format_is_turned_as_a_jpeg_is(turned, channels, orientation):
    picture = np.full((60, 80, channels), 255, np.uint8)
    picture[:20, :20, :3], picture[:20, 60:, :3] = 20, 120
    jpeg = cv2.imencode(".jpg", picture[..., :3])[1].tobytes()
    wanted = cv2.imdecode(np.frombuffer(with_exif_orientation(jpeg, orientation), np.uint8), cv2.IMREAD_COLOR)
    photo = decoded_photo(turned(picture, orientation), "turned")
    assert photo.size == (wanted.shape[1], wanted.shape[0])
    assert np.abs(photo.picture.astype(int) - wanted).mean() < 3
    assert np.array_equal(decoded_photo(with_exif_orientation(jpeg, orientation), "turned").picture, wanted)


def test_numbers_that_are_none_are_black(tmp_path):
    picture = np.full((60, 80), 100, np.float32)
    picture[5:9], picture[20:24] = np.nan, np.inf
    photo = load_photo(written(tmp_path / "odd.tiff", picture)).picture
    assert (photo[7] == 0).all() and (photo[50] == 255).all()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such file")
def test_a_file_without_end_is_not_read_to_its_end():
    with pytest.raises(PhotoError):
        load_photo("/dev/zero")
