"""A photo that is sent is read as `hellodl read` reads it, and leaves nothing behind."""

import struct
import time

import cv2
import numpy as np
import pytest

pytest.importorskip("fastapi")

from hellodl.data.pages.layout import write_page
from hellodl.errors import PhotoError
from hellodl.web import photo
from hellodl.web.shapes import Read

WORDS = "make hay\nwhile"


@pytest.fixture(scope="module")
def page():
    return write_page(WORDS, 3, width=700)[0]


def encoded(picture, kind=".png"):
    return cv2.imencode(kind, picture)[1].tobytes()


def read(client, data, query="", kind="image/png"):
    return client.post(f"/api/read{query}", content=data, headers={"Content-Type": kind})


def test_a_photo_is_read(client, page, tmp_path):
    answer = read(client, encoded(page)).json()
    Read.model_validate(answer, strict=True)
    assert (answer["height"], answer["width"]) == page.shape[:2]
    assert answer["text"].count("\n") == 1 and len(answer["lines"]) == 2
    first = answer["lines"][0][0]
    assert set(first) == {"letter", "probability", "runner_up", "runner_up_probability", "box", "space"}
    x, y, width, height = first["box"]
    assert 0 <= x < x + width <= page.shape[1] and 0 <= y < y + height <= page.shape[0]
    assert [character["space"] for character in answer["lines"][0]].count(True) == 1
    written = "".join(" " * c["space"] + c["letter"] for c in answer["lines"][0])
    assert written == answer["text"].split("\n")[0]
    assert list(tmp_path.iterdir()) == [], "nothing is kept"


def test_letters_may_be_asked_for_in_one_case(client, page):
    assert read(client, encoded(page), "?case=upper").json()["text"].isupper()
    assert read(client, encoded(page), "?case=lower").json()["text"].islower()


def test_a_photo_upside_down_is_turned_if_asked_for(client, page):
    upright = read(client, encoded(page)).json()
    assert upright["turned"] == 0
    for turn, degrees in ((cv2.ROTATE_180, 180), (cv2.ROTATE_90_CLOCKWISE, 270)):
        turned = read(client, encoded(cv2.rotate(page, turn)), "?rotate=auto").json()
        assert turned == upright | {"turned": degrees}, "the same boxes, in the same picture"


def test_a_phones_photo_has_the_size_that_a_browser_shows(page):
    jpeg = encoded(page, ".jpg")
    note = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    turned = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(note) + 2) + note + jpeg[2:]
    height, width = page.shape[:2]
    assert photo.decoded_photo(jpeg, "page").size == (width, height)
    found = photo.decoded_photo(turned, "page")
    assert found.size == (height, width)
    assert found.picture.shape[:2] == (width, height)


def test_a_small_blank_picture_has_no_text(client):
    answer = read(client, encoded(np.full((60, 90, 3), 255, np.uint8)))
    assert answer.json() == {"width": 90, "height": 60, "turned": 0, "text": "", "lines": []}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"hello", "no picture"),
        (b"\xff\xd8\xff\xd9", "cut short"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "cut short"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "HEIC"),
        (b"\0\0\0\x18ftypavif" + bytes(20), "picture"),
        (encoded(np.zeros((60, 60, 3), np.uint8))[:-20], "cut short"),
        (encoded(np.zeros((3, 60, 3), np.uint8)), "only 60×3"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
        (b"II*\0" + bytes(60), "no picture"),
    ],
)
def test_what_is_no_photo_gets_one_line(client, data, says):
    answer = read(client, data)
    assert (answer.status_code, says in answer.json()["error"]) == (422, True), answer.text


def test_too_many_pixels_are_refused_by_the_head(client):
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIB", 13, b"IHDR", 60_000, 60_000, 8) + bytes(8)
    answer = read(client, bomb + struct.pack(">I4sI", 0, b"IEND", 0))
    assert answer.status_code == 422 and "60000×60000" in answer.json()["error"]


def test_only_pictures_are_photos(client, page):
    assert read(client, encoded(page), kind="text/plain").status_code == 415


@pytest.mark.parametrize("query", ["?case=title", "?rotate=90", "?personal=yes", "?personal=1"])
def test_wrong_wishes_are_refused(client, page, query):
    assert read(client, encoded(page), query).status_code in (409, 422)


def test_a_page_that_takes_too_long_is_given_up():
    slow = photo.in_time(lambda pictures: pictures, seconds=0.01)
    time.sleep(0.02)
    with pytest.raises(PhotoError, match="takes over"):
        slow(np.zeros((1, 28, 28), np.uint8))


def test_there_is_a_page_to_try(client):
    answer = client.get("/api/sample")
    assert answer.headers["content-type"] == "image/png"
    assert cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR).shape[1] == 1500
