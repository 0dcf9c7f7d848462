"""What a picture's file says of its size, held against what the decoder finds."""

import struct

import cv2
import numpy as np
import pytest

from hellodl.storage.pictures import head_of


def encoded(kind: str, width: int = 37, height: int = 23, channels: int = 3, *options: int) -> bytes:
    picture = np.full((height, width, channels), 200, np.uint8)
    return cv2.imencode(kind, picture, options)[1].tobytes()


def size(data: bytes) -> tuple[int, int] | None:
    head = head_of(data)
    return head and (head.width, head.height)


@pytest.mark.parametrize(
    "data",
    [
        encoded(".png"),
        encoded(".jpg"),
        encoded(".bmp"),
        encoded(".gif"),
        encoded(".tiff"),
        encoded(".ppm"),
        encoded(".webp", 37, 23, 3, cv2.IMWRITE_WEBP_QUALITY, 50),
        encoded(".webp", 37, 23, 3, cv2.IMWRITE_WEBP_QUALITY, 101),
        encoded(".webp", 37, 23, 4, cv2.IMWRITE_WEBP_QUALITY, 50),
    ],
    ids=["png", "jpeg", "bmp", "gif", "tiff", "pnm", "lossy webp", "webp without loss", "webp with alpha"],
)
def test_the_size_is_known_before_decoding(data):
    assert size(data) == (37, 23)
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2] == (23, 37)


def test_a_bitmap_from_the_top_down_has_a_negative_height():
    assert size(b"BM" + bytes(12) + struct.pack("<Iii", 40, 30, -20)) == (30, 20)


def test_markers_that_stand_alone_hide_no_size():
    jpeg = encoded(".jpg")
    assert size(jpeg[:2] + b"\xff\x01\xff\xd0" + jpeg[2:]) == (37, 23)


@pytest.mark.parametrize("length", range(0, 30, 3))
@pytest.mark.parametrize("kind", [".png", ".jpg", ".bmp", ".gif", ".webp", ".tiff", ".ppm"])
def test_what_is_cut_short_has_no_size_or_the_right_one(kind, length):
    assert size(encoded(kind)[:length]) in (None, (37, 23))


@pytest.mark.parametrize("data", [b"", b"hello", b"II*\0" + bytes(40), b"\xff\xd8\xff\xd9"])
def test_other_files_have_none(data):
    assert size(data) is None
