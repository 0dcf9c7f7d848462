"""Which way up: what is turned comes back to where it was, and the way that reads best is found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.commands.eyes import eyes
from hellodl.data.pages.layout import write_page
from hellodl.reading.page import Character, Page
from hellodl.reading.turn import TRIED_SIDE, best_turn, legibility, turned, turned_back

WAYS = (0, 90, 180, 270)


def page_of(chances, size=(100, 50)):
    return Page([[Character("a", chance, "b", 0.0, (1, 2, 3, 4)) for chance in chances]], size)


@given(data=st.data(), degrees=st.sampled_from(WAYS), width=st.integers(1, 30), height=st.integers(1, 30))
def test_boxes_are_where_they_were_before_the_picture_was_turned(data, degrees, width, height):
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = left, top, data.draw(st.integers(1, width - left)), data.draw(st.integers(1, height - top))
    picture = np.zeros((height, width), np.uint8)
    picture[top : top + box[3], left : left + box[2]] = 1
    seen = turned(picture, degrees)
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    there = (int(columns[0]), int(rows[0]), len(columns), len(rows))
    page = Page([[Character("a", 0.9, "b", 0.1, there, True)]], seen.shape[::-1])
    back = turned_back(page, degrees)
    assert back.characters == [Character("a", 0.9, "b", 0.1, box, True)]
    assert back.size == (width, height)


@pytest.mark.parametrize("degrees", WAYS)
def test_the_way_in_which_characters_are_surest_is_found(degrees):
    picture = np.zeros((60, 90, 3), np.uint8)
    picture[:20, :20] = 255  # upright, the light is in the upper left

    def read(picture):
        return page_of([0.9 if picture[0, 0, 0] else 0.5] * 5)

    assert best_turn(turned(picture, (360 - degrees) % 360), read) == degrees


def test_a_large_picture_is_tried_small():
    seen = []
    best_turn(np.zeros((1500, 3000, 3), np.uint8), lambda picture: seen.append(picture.shape) or page_of([]))
    assert sorted(set(seen)) == [(TRIED_SIDE // 2, TRIED_SIDE, 3), (TRIED_SIDE, TRIED_SIDE // 2, 3)]


@pytest.mark.parametrize("degrees", WAYS)
def test_a_page_that_lies_on_its_side_is_read(degrees):
    picture = turned(write_page("some words to\nread in any way", 3, width=700)[0], (360 - degrees) % 360)
    assert best_turn(picture, eyes(threads=1)) == degrees


def test_surer_and_more_characters_are_more_legible():
    assert legibility(Page()) == 0
    assert legibility(page_of([0.9] * 8)) > legibility(page_of([0.6] * 8))
    assert legibility(page_of([0.9] * 30)) > legibility(page_of([0.9] * 2))
    assert legibility(page_of([0.95] * 10)) > legibility(page_of([0.4] * 60))
