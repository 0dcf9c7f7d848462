"""Parts into lines, and small parts to where they belong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.reading.layout import find_lines, page_slope
from hellodl.reading.parts import Box, Part, letter_height
from hellodl.reading.words import gap_limit, word_starts


def part(number, left, top, width, height):
    return Part(number, Box(left, top, left + width, top + height), width * height // 3)


def rows_of(counts, slope=0.0, pitch=110, height=50, rng=None):
    """Rows of letters as parts, numbered in reading order from 1."""
    rng = rng or np.random.default_rng(1)
    parts = []
    for row, count in enumerate(counts):
        for column in range(count):
            left = 40 + column * 60
            top = round(400 + row * pitch + slope * left + rng.normal(0, 3))
            parts.append(part(len(parts) + 1, left, top, int(rng.integers(20, 40)), height))
    return parts


def read_order(lines):
    return [piece.label for line in lines for atom in line.atoms for piece in atom.parts]


@given(counts=st.lists(st.integers(4, 12), min_size=1, max_size=6), degrees=st.floats(-9, 9), seed=st.integers(0, 1000))
def test_letters_are_put_into_reading_order_whatever_the_slope(counts, degrees, seed):
    rng = np.random.default_rng(seed)
    parts = rows_of(counts, float(np.tan(np.radians(degrees))), rng=rng)
    shuffled = [parts[i] for i in rng.permutation(len(parts))]
    lines = find_lines(shuffled, 50)
    assert [len(line.atoms) for line in lines] == counts
    assert read_order(lines) == list(range(1, len(parts) + 1))


@pytest.mark.parametrize("degrees", [-6, 6])
def test_a_sloping_line_goes_on_after_a_wide_gap(degrees):
    slope = float(np.tan(np.radians(degrees)))
    parts = rows_of([20, 20, 20], slope, pitch=100)
    kept = [p for p in parts if not 6 <= (p.label - 1) % 20 < 14]
    assert [len(line.atoms) for line in find_lines(kept, 50)] == [12, 12, 12]


def test_the_slope_of_a_page_is_measured():
    parts = rows_of([10, 10, 10], slope=0.1)
    assert abs(page_slope(parts, 50) - 0.1) < 0.02


def test_small_and_tall_letters_of_a_line_stay_together():
    boxes = [(40, 100, 30, 60), (80, 125, 30, 35), (120, 125, 28, 35), (160, 100, 10, 60), (180, 125, 30, 55)]
    lines = find_lines([part(i + 1, *box) for i, box in enumerate(boxes)], 50)
    assert [read_order([line]) for line in lines] == [[1, 2, 3, 4, 5]]


def test_a_dot_belongs_to_the_letter_below_it_even_if_it_flew_aside():
    letters = rows_of([6])
    stem = letters[3]
    dot = part(99, stem.box.left + 12, stem.box.top - 22, 7, 7)
    lines = find_lines([*letters, dot], 50)
    owner = [atom for atom in lines[0].atoms if any(piece.label == 99 for piece in atom.parts)]
    assert len(owner) == 1 and owner[0].parts[0].label == stem.label


def test_a_full_stop_is_no_letter():
    letters = rows_of([6])
    last = letters[-1].box
    stop = part(99, last.right + 22, last.bottom - 8, 8, 8)
    assert 99 not in read_order(find_lines([*letters, stop], 50))


def test_a_short_upright_stroke_in_a_line_is_a_letter_of_its_own():
    letters = [*rows_of([3]), part(50, 40 + 4 * 60, 422, 5, 18), part(60, 40 + 5 * 60, 400, 30, 50)]
    assert 50 in read_order(find_lines(letters, 50))


def test_the_three_bars_of_a_broken_letter_are_one_atom():
    letters = rows_of([4])
    x = 40 + 4 * 60
    bars = [part(90 + i, x, 402 + 20 * i, 28, 6) for i in range(3)]
    lines = find_lines([*letters, *bars], 50)
    assert len(lines) == 1
    assert [len(atom.parts) for atom in lines[0].atoms] == [1, 1, 1, 1, 3]


def test_the_letter_height_is_that_of_most_ink_not_of_most_parts():
    specks = [part(i, 10 * i, 10, 3, 3) for i in range(1, 60)]
    assert letter_height(specks + rows_of([12])) == 50


def boxes_with_gaps(gaps, width=30, height=50):
    boxes, x = [], 0
    for gap in [0, *gaps]:
        x += gap
        boxes.append(Box(x, 0, x + width, height))
        x += width
    return boxes


@given(
    words=st.lists(st.integers(2, 7), min_size=2, max_size=8),
    letter_gap=st.integers(5, 30),
    times=st.floats(3.0, 6.0),
    seed=st.integers(0, 99),
)
def test_words_end_at_the_wide_gaps_however_far_apart_letters_are(words, letter_gap, times, seed):
    rng = np.random.default_rng(seed)
    space = max(round(letter_gap * times), letter_gap + 30)
    gaps, truth = [], [False]
    for i, length in enumerate(words):
        for letter in range(length):
            if i or letter:
                gaps.append((space if letter == 0 else letter_gap) + int(rng.integers(-2, 3)))
                truth.append(letter == 0)
    assert word_starts([boxes_with_gaps(gaps)]) == [truth]


def test_evenly_spaced_letters_are_one_word():
    assert word_starts([boxes_with_gaps([60, 55, 65, 58, 61, 70])]) == [[False] * 7]


def test_a_line_of_single_letters_under_lines_of_words_has_no_spaces():
    words = boxes_with_gaps([10, 10, 10, 50, 10, 10, 50, 10, 10, 10])
    letters = boxes_with_gaps([45, 50, 55, 52, 48])
    starts = word_starts([words, words, letters])
    assert starts[0].count(True) == 2
    assert starts[2] == [False] * 6


def test_no_gaps_at_all_are_no_spaces():
    assert word_starts([]) == []
    assert word_starts([[Box(0, 0, 5, 9)]]) == [[False]]
    assert gap_limit(np.array([])) == np.inf
