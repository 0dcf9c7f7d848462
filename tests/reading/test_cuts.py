"""Cuts between touching letters: paths that cross the least ink."""

import itertools

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hellodl.reading.cuts import ASIDE, paths, slices_of, ways_down


def cost_of(ink, path):
    return sum(float(ink[row, column]) for row, column in enumerate(path)) + ASIDE * np.abs(np.diff(path)).sum()


@given(arrays(np.float32, st.tuples(st.integers(2, 5), st.integers(1, 4)), elements=st.integers(0, 4)))
def test_the_way_down_costs_what_the_cheapest_of_all_ways_does(ink):
    height, width = ink.shape
    ways = [way for way in itertools.product(range(width), repeat=height) if np.abs(np.diff(way)).max(initial=0) <= 1]
    cost, _ = ways_down(ink)
    for column in range(width):
        best = min(cost_of(ink, way) for way in ways if way[-1] == column)
        assert abs(cost[-1, column] - best) < 1e-5


def leaning():
    """Two bars that lean the same way and touch in the middle: no column lies between them."""
    ink = np.zeros((60, 90), np.uint8)
    for x in (8, 40):
        cv2.line(ink, (x + 30, 2), (x, 57), 1, 7)
    cv2.line(ink, (24, 30), (56, 30), 1, 5)
    return ink > 0


def test_letters_that_lean_are_parted_along_their_slope():
    ink = leaning()
    slices = slices_of(ink, 60)
    crossed = slices[2:58, :]
    left, right = np.zeros(ink.shape, np.uint8), np.zeros(ink.shape, np.uint8)
    cv2.line(left, (38, 2), (8, 57), 1, 3)
    cv2.line(right, (70, 2), (40, 57), 1, 3)
    assert slices[left > 0].max() < slices[right > 0].min(), "each bar keeps to its side of some cut"
    assert crossed.max() >= 1


def test_slices_are_numbered_from_left_to_right_and_a_narrow_stroke_is_not_cut():
    slices = slices_of(leaning(), 60)
    assert (np.diff(slices.astype(int), axis=1) >= 0).all()
    bar = np.ones((60, 6), bool)
    assert slices_of(bar, 60).max() == 0


def test_who_would_cross_much_ink_does_not_cut():
    solid = np.ones((28, 28), np.float32)
    assert paths(solid, 28) == []


@given(st.integers(1, 6), st.integers(1, 300), st.floats(5, 400))
def test_ink_of_any_shape_can_be_asked_for(height, width, letter):
    assert slices_of(np.ones((height, width), bool), letter).shape == (height, width)
