"""Pages that lie askew are seen to, made level, and their boxes put back."""

import cv2
import numpy as np
import pytest

from hellodl.commands.eyes import eyes
from hellodl.data.pages.layout import draw, lay_out, on_paper
from hellodl.reading.level import askew_again, levelled, slope_of
from hellodl.reading.page import Character, Page

TEXT = "Hand it over now\nthe road is long\nand winds round"


def askew(picture, degrees, paper=0):
    """A picture whose lines go down to the right by these degrees."""
    height, width = picture.shape[:2]
    side = int(np.hypot(height, width)) + 1
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    matrix[:, 2] += [(side - width) / 2, (side - height) / 2]
    return cv2.warpAffine(picture, matrix, (side, side), borderValue=(paper,) * 4), matrix


@pytest.mark.parametrize("degrees", [-33, -18, 14, 26, 39])
def test_the_slope_of_lines_is_found(degrees):
    ink, _ = askew(draw(lay_out(TEXT, 3, width=700)), degrees)
    assert slope_of(ink > 100, 30) == pytest.approx(degrees, abs=2.5)


@pytest.mark.parametrize("degrees", [-8, 0, 5])
def test_what_is_nearly_level_stays_as_it_is(degrees):
    ink, _ = askew(draw(lay_out(TEXT, 3, width=700)), degrees)
    assert slope_of(ink > 100, 30) == 0


def test_what_has_no_lines_has_no_slope(rng):
    assert slope_of(np.zeros((50, 80), bool), 10) == 0
    assert slope_of(rng.random((200, 300)) < 0.1, 10) == 0


def test_levelled_pictures_have_all_that_was_there_and_lead_back():
    picture = np.zeros((120, 300), np.float32)
    spots = [(3, 4), (295, 2), (297, 116), (5, 115), (150, 60)]
    for x, y in spots:
        cv2.circle(picture, (x, y), 2, 1.0, -1)
    level, back = levelled(picture, 25)
    count, _, _, centres = cv2.connectedComponentsWithStats((level > 0.3).astype(np.uint8))
    assert count == 1 + len(spots)
    found = np.column_stack([centres[1:], np.ones(len(spots))]) @ back.T
    np.testing.assert_allclose(sorted(found.tolist()), sorted(map(list, spots)), atol=1.0)


def test_boxes_are_put_back_around_what_they_hold():
    page = Page([[Character("a", 0.9, "o", 0.1, (10, 20, 30, 40))]], (100, 100))
    back = np.array([[0.0, -1.0, 200.0], [1.0, 0.0, 0.0]])  # a quarter turn
    assert askew_again(page, back).lines[0][0].box == (140, 10, 40, 30)


def test_a_page_askew_is_read_like_a_level_one():
    level = on_paper(draw(lay_out(TEXT, 3, width=700)), 3)
    aslant, matrix = askew(level, 24, paper=225)
    read = eyes()
    page = read(aslant)
    assert page.text.replace("\n", " ").lower() == read(level).text.replace("\n", " ").lower()
    for character, straight in zip(page.characters, read(level).characters):
        x, y, w, h = straight.box
        centre = matrix @ [x + w / 2, y + h / 2, 1]
        left, top, wide, high = character.box
        assert left - 25 < centre[0] < left + wide + 25
        assert top - 25 < centre[1] < top + high + 25
