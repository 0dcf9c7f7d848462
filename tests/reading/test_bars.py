"""Printed boxes in a row are taken away, and the letters in them stay."""

import cv2
import numpy as np
import pytest

from hellodl.reading.bars import squared, without_boxes
from hellodl.reading.clean import rows_of_boxes, without_frames
from hellodl.reading.parts import find_parts
from hellodl.reading.rules import Rule

TOP, BOTTOM, LEFT, SIDE, COUNT = 60, 160, 50, 80, 6
LETTER = 50
DEPTH = 0.4


def rule(y, x0=0, x1=599):
    x = np.arange(x0, x1 + 1)
    return Rule(x, np.full(len(x), float(y)), 4, share=-float(np.log1p(-DEPTH)), extent=(x1 - x0) / 600)


def letters():
    """Six upright strokes with a bar across, one in each box, (H, W) float32."""
    ink = np.zeros((240, 600), np.float32)
    for i in range(COUNT):
        x = LEFT + i * SIDE + SIDE // 2
        cv2.line(ink, (x, TOP + 22), (x, BOTTOM - 22), 0.8, 6)
        cv2.line(ink, (x - 15, TOP + 40), (x + 15, TOP + 40), 0.8, 6)
    return ink


def bars(ink, slant=0.0):
    """The page with the boxes' upright lines, and without their level ones."""
    page = ink.copy()
    for i in range(COUNT + 1):
        x = LEFT + i * SIDE
        lean = round(slant * (BOTTOM - TOP))
        line = np.zeros(ink.shape, np.float32)
        cv2.line(line, (x - lean // 2, TOP), (x + lean - lean // 2, BOTTOM), DEPTH, 3)
        page = 1 - (1 - page) * (1 - line)
    return page.astype(np.float32)


@pytest.mark.parametrize("slant", [0.0, 0.08, -0.1])
def test_bars_from_line_to_line_are_taken_away_and_strokes_stay(slant):
    ink = letters()
    page = bars(ink, slant)
    cleaned = without_boxes(page, [rule(TOP), rule(BOTTOM)], [], LETTER)
    assert np.abs(cleaned - ink)[ink > 0.5].mean() < 0.05
    assert (cleaned > 0.3)[ink < 0.1].sum() < 0.08 * (page > 0.3)[ink < 0.1].sum()


def test_strokes_alone_are_left_as_they_are():
    ink = letters()
    assert (without_boxes(ink, [rule(TOP), rule(BOTTOM)], [], LETTER) == ink).all()


def test_lids_are_found_between_bars():
    ink = letters()
    page = bars(ink)
    lid = np.zeros(ink.shape, np.float32)
    cv2.line(lid, (LEFT, TOP), (LEFT + SIDE, TOP), DEPTH, 3)
    page = (1 - (1 - page) * (1 - lid)).astype(np.float32)
    above = rule(TOP - 8)  # the nearest line that was found
    cleaned = without_boxes(page, [above, rule(BOTTOM)], [], LETTER)
    inner = lid > 0
    inner[:, : LEFT + 8] = inner[:, LEFT + SIDE - 8 :] = False
    assert (cleaned[inner] > 0.3).mean() < 0.2


def test_squared_paper_is_told_by_lines_that_go_to_the_edges():
    level, upright = [rule(y) for y in range(20, 240, 40)], [rule(y) for y in range(20, 600, 40)]
    assert squared(level, upright)
    assert not squared(level[:2], upright), "a few lines are no squares"
    assert not squared([rule(y, 50, 300) for y in range(20, 240, 40)], [rule(y, 50, 250) for y in range(20, 240, 40)])


def test_a_row_of_boxes_in_one_piece_is_rubbed_out_and_its_letters_stay():
    ink = letters() > 0.5
    page = ink.copy()
    canvas = np.zeros(ink.shape, np.uint8)
    for i in range(COUNT):
        cv2.rectangle(canvas, (LEFT + i * SIDE, TOP), (LEFT + (i + 1) * SIDE, BOTTOM), 1, 3)
    page |= canvas > 0
    labels, parts = find_parts(page)
    assert len(rows_of_boxes(labels, parts)) == 1
    assert (without_frames(page) == ink).all()


def test_rings_with_dots_inside_are_no_boxes():
    square = np.zeros((200, 200), np.uint8)
    cv2.rectangle(square, (40, 40), (150, 150), 1, 5)
    assert rows_of_boxes(*find_parts(square > 0)) == [], "nothing is in it: a broad D may look so"
    canvas = np.zeros((200, 400), np.uint8)
    for x in (60, 160, 260):
        cv2.circle(canvas, (x, 100), 45, 1, 5)
        cv2.circle(canvas, (x, 100), 8, 1, -1)
    cv2.line(canvas, (60, 145), (260, 145), 1, 5)
    labels, parts = find_parts(canvas > 0)
    assert rows_of_boxes(labels, parts) == []
