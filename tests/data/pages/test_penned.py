"""Pages in a learned pen's hands: the truth of every letter is where its ink is."""

import numpy as np

from hellodl.data.pages.conditions import MILD
from hellodl.data.pages.layout import draw
from hellodl.data.pages.letter import Letter
from hellodl.data.pages.penned import page_of, parted
from hellodl.data.pages.photograph import photograph

JOINED = np.array([[1, 3.0], [1.5, 2], [2, 3], [2.5, 2], [3, 3]])
ALONE = np.array([[5, 3.0], [6, 2]])
BELOW = np.array([[1, 6.0], [2, 7], [2.5, 6]])


def a_letter():
    which = [np.array([0, 0, 1, 1, 1]), np.array([3, 3]), np.array([5, 5, 5]), np.array([0])]
    strokes = [JOINED, ALONE, BELOW, np.array([[1.2, 1.0]])]  # the last one is a dot on the first letter
    return Letter("ab c\nd", strokes, which, 8.0, 9.0, [0, 0, 1, 0], [3.0, 7.0])


def test_every_character_has_a_box_round_its_own_ink_and_its_line():
    page = page_of(a_letter(), 20.0, 0.1, 1)
    assert page.text == "ab c\nd"
    assert [(box.character, box.line) for box in page.boxes] == [("a", 0), ("b", 0), ("c", 0), ("d", 1)]
    a, b, c, d = page.boxes
    assert (a.left, a.right) == (19, 31) and a.top == 19  # with its dot
    assert 29 <= b.left <= 31 and b.right == 61
    assert (c.left, c.right, c.top) == (99, 121, 39) and d.top > 110
    assert page.size == (160, 180) and page.top_line == 60 and page.line_height == 80
    assert [feet[:, 1].tolist() for feet in page.baselines] == [[60.0] * 6, [140.0] * 2]


def test_pieces_of_a_joined_stroke_are_all_of_it():
    pieces = parted(JOINED, np.array([0, 0, 1, 1, 1]))
    assert [character for character, _ in pieces] == [0, 1]
    first, second = (part for _, part in pieces)
    assert (first[-1] == second[0]).all() and (first[-1] == JOINED[1]).all()
    assert (first[0] == JOINED[0]).all() and (second[-1] == JOINED[-1]).all()


def test_it_is_photographed_with_its_truth():
    page = page_of(a_letter(), 20.0, 0.1, 1)
    ink = draw(page).astype(float)
    assert ink[box_of_all(page)].sum() > 0.998 * ink.sum()  # a breadth of a hair beside it is the brush's
    photo = photograph(page, MILD, 3)
    assert photo.text == page.text and len(photo.boxes) == 4 and len(photo.zones) == 2


def box_of_all(page):
    left, top = (min(getattr(box, side) for box in page.boxes) for side in ("left", "top"))
    right, bottom = (max(getattr(box, side) for box in page.boxes) for side in ("right", "bottom"))
    return slice(top, bottom), slice(left, right)
