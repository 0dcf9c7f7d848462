"""Pages whose truth is known pixel by pixel: lines where letters stand, ink where the pen was, nothing elsewhere."""

import cv2
import numpy as np
import pytest

from hellodl.data.pages.desk import desk, finger, on_a_desk, torn
from hellodl.data.pages.joined import joined_page, on_line, reach
from hellodl.data.pages.layout import lay_out
from hellodl.data.pages.marked import Marked
from hellodl.data.pages.photograph import MILD, photograph
from hellodl.data.writing import gathered

INK_ALONE = Marked(None, None, None)


def written(*texts):
    """Words of joined loops: each 500 high, as UNIPEN's are."""
    turn = np.linspace(0, 12, 60)
    pieces = [([np.stack([40 * turn, 250 + 250 * np.cos(turn)], axis=1).astype(np.int16)], text) for text in texts]
    return gathered(pieces)


@pytest.fixture(scope="module")
def pages():
    return [INK_ALONE(seed) for seed in range(12)]


def test_the_same_number_is_the_same_page():
    one, other = INK_ALONE(5), INK_ALONE(5)
    assert np.array_equal(one.picture, other.picture) and np.array_equal(one.truth, other.truth)
    assert one.texts == other.texts
    assert not np.array_equal(one.picture.shape, INK_ALONE(6).picture.shape) or one.texts != INK_ALONE(6).texts


def test_there_is_a_band_for_every_line_and_ink_in_it(pages):
    for page in pages:
        assert page.picture.dtype == page.truth.dtype == np.uint8
        assert page.truth.shape == (*page.picture.shape[:2], 2)
        assert len(page.zones) == len(page.texts)
        for zone in page.zones:
            band = np.zeros(page.picture.shape[:2], np.uint8)
            cv2.fillPoly(band, [np.rint(zone).astype(np.int32)], 1)
            inside = band > 0
            assert page.truth[inside, 0].mean() > 150 and page.truth[inside, 1].max() > 100


def test_true_ink_is_darker_than_the_paper_beside_it(pages):
    darker = 0
    for page in pages:
        grey = cv2.cvtColor(page.picture, cv2.COLOR_BGR2GRAY).astype(float)
        ink = page.truth[..., 1] > 200
        beside = cv2.dilate(ink.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool) & (page.truth[..., 1] == 0)
        darker += grey[ink].mean() < grey[beside].mean() - 5
    assert darker >= len(pages) - 1


def test_a_desk_goes_around_the_sheet_and_says_where_that_is(rng):
    sheet = np.full((200, 300, 3), 250, np.uint8)
    for _ in range(12):
        picture, (left, top) = on_a_desk(sheet, rng)
        assert picture.shape[0] >= 200 + top and picture.shape[1] >= 300 + left and picture.dtype == np.uint8
        middle = picture[top + 90 : top + 110, left + 140 : left + 160]
        assert middle.mean() > 200, "the sheet's middle is still there"
    assert desk(50, 70, rng).shape == (50, 70, 3)
    assert (finger(sheet, rng) != sheet).any()
    assert torn(np.array([[0, 0], [10, 0], [10, 10], [0, 10]], float), rng).shape == (160, 2)


def test_a_word_stands_on_its_line_by_what_it_says():
    assert reach("on") == (1.0, 0.0) and reach("lip") == (1.9, -0.8) and reach("...") == (1.0, 0.0)
    words = written("one", "lip")
    for item, (top, bottom) in enumerate([(1.0, 0.0), (1.9, -0.8)]):
        points = np.concatenate(on_line(words, item))
        assert points[:, 1].min() == pytest.approx(-top, abs=0.01) and points[:, 1].max() == pytest.approx(
            -bottom, abs=0.01
        )
        assert points[:, 0].min() == 0


def test_a_page_in_joined_hands():
    page = joined_page(written("one", "two", "lip"), np.arange(3), 4, 7, 600, 20.0, 0.15)
    assert len(page.text.split("\n")) == len(page.baselines) == 4
    assert set(page.text.split()) <= {"one", "two", "lip"}
    again = joined_page(written("one", "two", "lip"), np.arange(3), 4, 7, 600, 20.0, 0.15)
    assert again.text == page.text
    photo = photograph(page, MILD, 3)
    assert len(photo.zones) == 4 and len(photo.boxes) == len(page.text.split())


def test_zones_follow_the_lines_of_a_page():
    page = lay_out("one\ntwo three", 3, width=500, x_height=20)
    photo = photograph(page, MILD, 1)
    for zone, line in zip(photo.zones, range(2)):
        boxes = [box for box in photo.boxes if box.line == line]
        assert zone[:, 0].min() == pytest.approx(min(box.left for box in boxes), abs=8)
        assert zone[:, 0].max() == pytest.approx(max(box.right for box in boxes), abs=8)
