"""Ruled lines are taken away, and the pen stays: where it crosses them, stands on them, and where there are none."""

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hellodl.reading.parts import stroke_width
from hellodl.reading.rules import Rule, joined, subtract, without_rules

PEN, PRINT = 0.8, 0.5
WORDS = ["HAVE ZEBRA", "FIT QUAKES"]


def letters(desk, lines=None, size=(420, 1000)):
    """How dark the page of a thin pen is (H, W) float32, and where the letters are, (H, W) bool."""
    ink = desk.ink(WORDS if lines is None else lines, size)
    ink = cv2.erode(ink, np.ones((5, 5)))
    return (PEN * ink).astype(np.float32), ink > 0.5


def over(dark, rules, depth=PRINT, thickness=3):
    """The page with lines ((x0, y0), (x1, y1)) printed on its paper: what two inks let through multiplies."""
    canvas = np.zeros(dark.shape, np.uint8)
    for start, end in rules:
        cv2.line(canvas, start, end, 255, thickness, cv2.LINE_AA)
    return (1 - (1 - dark) * (1 - depth * canvas.astype(np.float32) / 255)).astype(np.float32)


def check(desk, rules, depth=PRINT, found=(None, None)):
    """Lines are found and vanish; letters are as they were without them."""
    bare, written = letters(desk)
    page = over(bare, rules, depth)
    before = page.copy()
    cleaned, level, upright = without_rules(page, page > 0.3)
    assert (page == before).all(), "the page itself is left alone"
    assert (len(level), len(upright)) == found
    assert (cleaned > 0.3)[written].mean() > 0.97, "next to nothing of the letters is gone"
    assert np.abs(cleaned - bare)[written].mean() < 0.05
    away = cv2.dilate(written.astype(np.uint8), np.ones((9, 9))) == 0
    assert (cleaned > depth / 2)[away].sum() < 0.08 * (page > depth / 2)[away].sum()


def test_lines_that_cross_letters_are_taken_away_and_the_letters_stay(desk):
    check(desk, [((0, y), (999, y)) for y in (95, 210, 350)], found=(3, 0))


@pytest.mark.parametrize("rise", [-25, 12, 40])
def test_so_are_sloping_ones(desk, rise):
    check(desk, [((0, y), (999, y + rise)) for y in (80, 200, 330)], found=(3, 0))


def test_so_are_faint_ones_that_are_no_ink_by_themselves(desk):
    check(desk, [((0, y), (999, y)) for y in (100, 160, 220, 280)], depth=0.18, found=(4, 0))


def test_so_are_upright_ones_and_squares(desk):
    check(desk, [((30, 0), (30, 419)), ((260, 0), (260, 419))], found=(0, 2))
    squares = [((0, y), (999, y)) for y in range(20, 420, 60)]
    squares += [((x, 0), (x, 419)) for x in range(20, 1000, 60)]
    check(desk, squares, found=(7, 17))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.text("AEFHIKLMNTVWXZ OSUZ27", min_size=6, max_size=12), min_size=1, max_size=3))
def test_a_page_without_lines_is_left_exactly_as_it_is(lines, desk):
    bare, _ = letters(desk, lines)
    cleaned, level, upright = without_rules(bare, bare > 0.3)
    assert level == upright == []
    assert (cleaned == bare).all()


def test_a_page_of_nothing_has_no_lines():
    blank = np.zeros((300, 400), np.float32)
    cleaned, level, upright = without_rules(blank, blank > 1)
    assert (cleaned == blank).all() and level == upright == []


def test_a_stroke_as_short_as_a_dash_is_no_line(desk):
    bare, _ = letters(desk)
    page = over(bare, [((300, 330), (420, 330))], depth=PEN)
    cleaned, level, _ = without_rules(page, page > 0.3)
    assert level == [] and (cleaned == page).all()


def test_pieces_of_a_line_are_one_line_and_neighbours_are_two():
    pieces = [(0.0, 50.0, 400.0, 52.0), (500.0, 52.5, 900.0, 54.5), (0.0, 90.0, 900.0, 94.5), (0.0, 51.0, 300.0, 52.5)]
    found = sorted(joined(pieces, 3.0), key=lambda line: line[1])
    assert [(line[0], line[2]) for line in found] == [(0.0, 900.0), (0.0, 900.0)]


@pytest.mark.parametrize("width", [3, 6, 9])
def test_the_width_of_a_stroke_is_measured(width):
    mask = np.zeros((100, 300), bool)
    mask[40 : 40 + width, 20:280] = True
    assert abs(stroke_width(mask) - width) < 1.5


def test_what_was_found_nowhere_on_the_page_is_no_line():
    dark = np.full((40, 60), 0.5, np.float32)
    rule = Rule(np.arange(60), np.full(60, 20.0), 2)
    assert subtract(dark, rule, (50.0, 0.0, 10.0, 0.0)) == 0  # a bar that is shorter than its own ends
    assert (dark == 0.5).all()
