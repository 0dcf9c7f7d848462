"""A page before reading: straightened, its lines in order, and every place known in the picture."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.reading.parts import Box
from hellodl.reading.survey import Survey, draw_lines, survey

LINES = ["HAMBURG", "FAVE 2 CATS", "ZEBRA QUAKE"]
COUNTS = [7, 9, 10]


@given(
    angle=st.floats(-15, 15),
    zoom=st.floats(0.5, 4),
    left=st.integers(0, 500),
    top=st.integers(0, 500),
    width=st.integers(1, 90),
    height=st.integers(1, 90),
)
def test_what_a_box_holds_is_within_its_box_in_the_picture(angle, zoom, left, top, width, height):
    matrix = np.vstack([cv2.getRotationMatrix2D((300, 200), angle, zoom), [0, 0, 1]])
    page = Survey([], np.zeros((1, 1)), np.zeros((1, 1), int), 0.1, 20.0, matrix)
    box = Box(left, top, left + width, top + height)
    x0, y0, x1, y1 = page.in_picture(box)
    corners = page.from_picture(np.array([[x0, y0], [x1, y0], [x0, y1], [x1, y1]]))
    assert (corners.min(axis=0) <= (left + 1e-6, top + 1e-6)).all()
    assert (corners.max(axis=0) >= (left + width - 1e-6, top + height - 1e-6)).all()


def test_a_page_that_was_not_turned_keeps_its_boxes():
    page = Survey([], np.zeros((1, 1)), np.zeros((1, 1), int), 0.1, 20.0, np.diag([2.0, 2.0, 1.0]))
    assert page.in_picture(Box(10, 20, 30, 60)) == (5, 10, 15, 30)
    assert page.from_picture(np.array([[5.0, 10.0]])).tolist() == [[10, 20]]


@pytest.mark.parametrize("degrees", [-11, -5, 0, 7])
def test_lines_are_level_whatever_the_slope_of_the_page(desk, degrees):
    ink = np.roll(desk.ink(LINES, size=(900, 1100)), (200, 60), axis=(0, 1))
    turned = cv2.warpAffine(ink, cv2.getRotationMatrix2D((500, 400), -degrees, 1.0), (1100, 900))
    page = survey(desk.photo(turned))
    assert [len(line.atoms) for line in page.lines] == COUNTS
    for line in page.lines:
        bottoms = [atom.box.bottom for atom in line.atoms]
        assert np.ptp(bottoms) < 0.4 * page.letter
    for atom in page.lines[1].atoms:  # and each is found where it is in the picture
        left, top, right, bottom = (round(value) for value in page.in_picture(atom.box))
        assert turned[max(top, 0) : bottom, max(left, 0) : right].max() > 0.9


def test_a_small_picture_is_enlarged_and_places_lead_back(desk):
    small = cv2.resize(desk.photo(desk.ink(["HAK"])), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    page = survey(small)
    (line,) = page.lines
    assert page.dark.shape[1] >= 1000
    left, top, right, bottom = page.in_picture(line.atoms[0].box)
    assert abs(left - 20) < 3 and abs(bottom - 48) < 3, "the first letter's place on the page of 0.4"
    assert 18 < bottom - top < 30 and right > left


def test_ruled_paper_has_as_many_letters_as_plain(desk):
    picture = desk.photo(cv2.erode(desk.ink(LINES), np.ones((5, 5))))
    ruled = np.full_like(picture, 255)
    for y in range(20, 420, 60):
        cv2.line(ruled, (0, y), (999, y + 6), (200, 170, 150), 2, cv2.LINE_AA)
    page = survey(np.minimum(picture, ruled))
    assert [len(line.atoms) for line in page.lines] == COUNTS


def test_nothing_written_is_nothing_to_read():
    assert survey(np.full((300, 400, 3), 200, np.uint8)) is None


def test_each_line_is_drawn_in_a_colour_of_its_own(desk):
    page = survey(desk.photo(desk.ink(LINES)))
    shown = draw_lines(page)
    assert shown.shape == (*page.labels.shape, 3)
    part = page.lines[0].atoms[0].parts[0].label, page.lines[1].atoms[0].parts[0].label
    first, second = (shown[page.labels == label] for label in part)
    assert (np.median(first, axis=0) != np.median(second, axis=0)).any()
    assert (shown[page.labels == 0] == 255).all(axis=1).mean() > 0.9
