"""Whole pages in ink, whose hands no training saw, read by the networks that ship."""

import cv2
import numpy as np
import pytest

from hellodl import reading
from hellodl.commands.eyes import eyes
from hellodl.data.pages.layout import draw, lay_out, on_paper
from hellodl.reading.accuracy import character_accuracy
from hellodl.reading.apart import centred, pieces_of
from hellodl.reading.darkness import darkness

TEXT = "some words to read\nand 42 more\nLAST LINE"


@pytest.fixture(scope="module")
def look():
    return eyes(threads=1)


def ink(seed=3, **more):
    """How much ink is on each pixel of a page, (H, W) float32."""
    return draw(lay_out(TEXT, seed, width=900, **more)).astype(np.float32) / 255


def photo(ink, paper=225.0, pen=60.0, noise=2.0):
    grey = paper + (pen - paper) * ink + np.random.default_rng(5).normal(0, noise, ink.shape)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def right(look, picture):
    return character_accuracy(TEXT, look(picture).text)


def test_a_clean_page_is_read_line_by_line(look):
    page = look(photo(ink()))
    assert len(page.lines) == 3
    assert character_accuracy(TEXT, page.text) > 0.85
    assert "".join(c.letter for c in page.lines[0]).islower() and "".join(c.letter for c in page.lines[2]).isupper()


def test_boxes_stand_in_order_around_ink(look):
    dark = ink()
    for line in look(photo(dark)).lines:
        boxes = [character.box for character in line]
        assert [box[0] for box in boxes] == sorted(box[0] for box in boxes)
        for left, top, width, height in boxes:
            assert dark[max(top, 0) : top + height, max(left, 0) : left + width].max() > 0.5


@pytest.mark.parametrize(
    "spoil",
    [
        lambda ink: photo(ink, paper=40, pen=220),
        lambda ink: (photo(ink) * np.where(np.arange(ink.shape[1]) < 400, 1, 0.55)[None, :, None]).astype(np.uint8),
        lambda ink: photo(ink * np.where(np.arange(ink.shape[0]) < 150, 0.4, 1)[:, None], noise=1.0),
        lambda ink: np.minimum(photo(ink), ruled(ink.shape)),
        lambda ink: on_paper((255 * ink).astype(np.uint8), 3),
    ],
    ids=["chalk", "shadow", "pencil and pen", "ruled", "lamp"],
)
def test_paper_pens_and_lamps_may_be_anything(look, spoil):
    assert right(look, spoil(ink())) > 0.8


def ruled(shape):
    paper = np.full((*shape, 3), 255, np.uint8)
    for y in range(20, shape[0], 57):
        cv2.line(paper, (0, y), (shape[1], y + 8), (190, 150, 120), 2, cv2.LINE_AA)
    return paper


@pytest.mark.parametrize("degrees", [-8, 5])
def test_sloping_lines_stay_lines(look, degrees):
    dark = np.pad(ink(), 120)
    height, width = dark.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    page = look(photo(cv2.warpAffine(dark, turn, (width, height))))
    assert len(page.lines) == 3 and character_accuracy(TEXT, page.text) > 0.75


@pytest.mark.parametrize(
    "picture",
    [
        np.full((200, 300, 3), 255, np.uint8),
        np.zeros((120, 90, 3), np.uint8),
        np.full((8, 8, 3), 77, np.uint8),
        np.random.default_rng(1).integers(0, 256, (300, 400, 3)).astype(np.uint8),
    ],
    ids=["white", "black", "tiny", "noise"],
)
def test_where_nothing_is_written_nothing_is_read(look, picture):
    assert look(picture).text == ""


def test_a_watcher_sees_every_stage(look):
    seen = {}
    look(photo(ink()), watch=lambda stage, draw: seen.update({stage: draw()}))
    assert list(seen) == ["picture", "darkness", "lines", "ink", "strips"]
    assert all(shown.size for shown in seen.values())


def test_nothing_is_annotated_where_nothing_was_read():
    blank = np.full((40, 50, 3), 255, np.uint8)
    assert (reading.annotate(blank, reading.Page([], (50, 40))) == blank).all()


def test_darkness_is_none_on_paper_and_much_in_ink():
    dark = ink()
    seen = darkness(photo(dark))
    assert abs(float(np.median(seen[dark == 0]))) < 0.03 and np.median(seen[dark > 0.9]) > 0.5


def test_a_strip_comes_apart_where_there_is_no_ink():
    strip = np.zeros((64, 100), np.uint8)
    strip[20:60, 5:15] = strip[20:60, 30:60] = 255
    strip[5:12, 6:14] = 255  # a dot over its stem
    strip[30:32, 80:82] = 255  # dust
    assert pieces_of(strip) == [(5, 15), (30, 60)]
    letter = centred(strip[:, 30:60])
    assert letter.shape == (28, 28) and cv2.boundingRect(letter)[3] == 20
    assert not centred(np.zeros((64, 9), np.uint8)).any()
