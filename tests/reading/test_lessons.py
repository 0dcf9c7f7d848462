"""Pages taken apart for learning: every piece has the name of what it shows."""

from collections import Counter

import numpy as np
import pytest

from hellodl.data.pages.layout import draw, lay_out, on_paper
from hellodl.reading.lessons import lessons, truths_of
from hellodl.reading.parts import Box
from hellodl.reading.segment import UNKNOWN

TEXT = "Have a quick\nbrown fox 42\nJUMPS over W"


def taken_apart(text, seed):
    page = lay_out(text, seed, width=1000)
    names = [box.character for box in page.boxes]
    return names, *lessons(on_paper(draw(page), seed), names, page.strokes, page.pen)


@pytest.mark.parametrize("seed", [1, 2])
def test_on_a_clean_page_nearly_every_character_appears_once_with_its_own_name(seed):
    characters, pictures, names = taken_apart(TEXT, seed)
    assert pictures.shape == (len(names), 28, 28) and pictures.dtype == np.uint8
    found = Counter(name for name in names if name != UNKNOWN)
    assert sum((Counter(characters) - found).values()) <= 0.1 * len(characters), "missing"
    assert sum((found - Counter(characters)).values()) <= 0.6 * len(characters), "cut, and still itself"
    assert names.count(UNKNOWN) > 5, "neighbours taken together"


def test_the_pictures_are_of_their_names():
    _, pictures, names = taken_apart("oooooo llllll", 3)
    wide = {
        name: np.array(
            [np.ptp(np.flatnonzero(picture.any(axis=0))) for picture, other in zip(pictures, names) if other == name]
        )
        for name in "ol"
    }
    assert len(wide["o"]) >= 5 and len(wide["l"]) >= 4
    assert np.median(wide["o"]) > np.median(wide["l"]) + 3


def test_a_blank_page_teaches_nothing():
    blank = np.full((300, 400, 3), 230, np.uint8)
    for characters, strokes in (([], []), (["a"], [[np.array([[9.0, 9.0], [20.0, 20.0]])]])):
        pictures, names = lessons(blank, characters, strokes, 3.0)
        assert pictures.shape == (0, 28, 28) and names == []


TRUE = np.array([[0, 0, 20, 40], [24, 0, 44, 40], [100, 0, 120, 40]], float)


@pytest.mark.parametrize(
    ("box", "name"),
    [
        ((0, 0, 20, 40), "a"),
        ((1, 2, 22, 41), "a"),
        ((24, 0, 44, 40), "b"),
        ((0, 0, 44, 40), UNKNOWN),  # two at once
        ((0, 0, 9, 40), UNKNOWN),  # half of one
        ((60, 0, 80, 40), UNKNOWN),  # none
        ((0, 0, 12, 40), None),  # more than half of one
        ((0, 0, 34, 40), None),  # one, and half of the next
        ((100, -2, 122, 43), "c"),
    ],
)
def test_what_covers_one_character_is_that_one_and_what_does_not_is_none(box, name):
    assert truths_of([Box(*box)], TRUE, "abc") == [name]


def test_a_small_character_inside_of_a_large_box_makes_two():
    true = np.array([[0, 0, 40, 40], [30, 30, 38, 40]], float)
    assert truths_of([Box(0, 0, 40, 40)], true, "ab") == [UNKNOWN]


def test_a_character_without_its_last_stroke_is_none_where_the_whole_one_is_there():
    whole, nearly, less = Box(0, 0, 20, 40), Box(0, 0, 19, 40), Box(0, 0, 15, 40)
    assert truths_of([whole, nearly, less], TRUE, "abc") == ["a", "a", UNKNOWN]
    assert truths_of([less], TRUE, "abc") == ["a"], "the best that there is"


def test_no_boxes_have_no_truth():
    assert truths_of([], TRUE, "abc") == []
