"""Bringing a true text together with the boxes of a page: what is paired, and which pairs are trusted."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hellodl.reading.align import GAP, aligned, cheapest, class_of

CLASSES = "0123456789abcdefghijklmnopqrstuvwxyz"
letters = st.text("abcdelmnor01", max_size=12)


def sure(read, classes=CLASSES, second="", chance=0.3):
    """Probabilities (n, K) of a network that is sure of what it read; `second` are its second guesses."""
    out = np.full((len(read), len(classes)), 1e-6, np.float32)
    for place, letter in enumerate(read):
        out[place, class_of(letter, classes)] = 1.0
    for place, letter in enumerate(second):
        out[place, class_of(letter, classes)] = chance
    return out / out.sum(axis=1, keepdims=True)


def align_line(text, read, classes=CLASSES, **guesses):
    (line,) = aligned(text, [read], [sure(read, classes, **guesses)], classes)
    return line


def trusted(line):
    return [(match.true, match.read) for match in line if match.trusted]


def cheapest_reference(costs, gap):
    """The least cost of pairing all rows and columns, by the recursion as it stands in the books."""
    rows, columns = costs.shape
    table = np.zeros((rows + 1, columns + 1))
    for i in range(rows + 1):
        for j in range(columns + 1):
            ways = [table[i - 1, j] + gap] * (i > 0) + [table[i, j - 1] + gap] * (j > 0)
            ways += [table[i - 1, j - 1] + costs[i - 1, j - 1]] if i and j else []
            table[i, j] = min(ways, default=0.0)
    return table[rows, columns]


@given(arrays(np.float64, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=7), elements=st.floats(0, 9)))
def test_every_row_and_column_comes_once_in_order_at_the_least_cost(costs):
    path = cheapest(costs, GAP)
    assert [i for i, _ in path if i is not None] == list(range(costs.shape[0]))
    assert [j for _, j in path if j is not None] == list(range(costs.shape[1]))
    cost = sum(GAP if i is None or j is None else costs[i, j] for i, j in path)
    np.testing.assert_allclose(cost, cheapest_reference(costs, GAP), atol=1e-6)


@given(st.lists(letters, max_size=4), st.lists(letters.filter(len), max_size=4))
def test_boxes_are_numbered_through_the_page_and_each_comes_once(truth, lines):
    matches = aligned("\n".join(truth), lines, [sure(line) for line in lines], CLASSES)
    if lines:
        assert len(matches) == len(lines)
    flat = [match for line in matches for match in line]
    assert [m.box for m in flat if m.box is not None] == list(range(sum(map(len, lines))))
    assert "".join(m.true for m in flat if m.true is not None) == "".join(truth)
    assert all(m.true is not None and m.box is not None for m in flat if m.trusted)
    for line, read in zip(matches, lines):
        assert "".join(m.read for m in line if m.read is not None) == read


@given(letters.filter(len))
def test_what_was_read_right_is_all_trusted(text):
    line = align_line(text, text)
    assert trusted(line) == [(c, c) for c in text]
    assert all(match.right for match in line)


def test_a_wrong_character_between_right_ones_is_believed_however_surprising():
    line = align_line("made", "mabe")
    assert trusted(line) == [("m", "m"), ("a", "a"), ("d", "b"), ("e", "e")]
    assert [match.right for match in line] == [True, True, False, True]


def test_spaces_and_punctuation_have_no_boxes():
    assert trusted(align_line("Do, re: mi!", "doremi")) == [*zip("Doremi", "doremi")]


def test_a_character_in_two_boxes_is_not_trusted_nor_are_its_neighbours():
    line = align_line("some", "sonne")
    assert trusted(line) == [("s", "s"), ("o", "o")] or trusted(line) == [("s", "s"), ("e", "e")]


def test_two_characters_in_one_box_are_not_trusted():
    assert trusted(align_line("acornba", "acomba")) in (
        [*zip("ac", "ac"), *zip("ba", "ba")],
        [*zip("aco", "aco"), ("a", "a")],
        [*zip("ac", "ac"), ("b", "b"), ("a", "a")],
    )


def test_two_wrong_ones_side_by_side_are_trusted_only_where_the_network_had_thought_so():
    assert trusted(align_line("sand", "smod")) == [("s", "s"), ("d", "d")]
    assert trusted(align_line("sand", "smod", second="sand")) == [("s", "s"), ("a", "m"), ("n", "o"), ("d", "d")]


def test_probabilities_say_which_of_two_places_a_character_belongs_to():
    read = "aa"
    probabilities = sure(read)
    probabilities[1, CLASSES.index("b")] = 0.4
    (line,) = aligned("b", [read], [probabilities], CLASSES)
    assert [(match.true, match.box) for match in line] == [(None, 0), ("b", 1)]


def test_a_character_that_the_reader_has_no_class_for_is_left_out():
    line = align_line("caffè", "caffe")
    assert trusted(line) == [*zip("caff", "caff")]
    assert line[-1].true == "è" and not line[-1].right


def test_the_true_case_counts_where_classes_have_both():
    both = CLASSES + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    line = align_line("Sos", "sOs", both)
    assert trusted(line) == [("S", "s"), ("o", "O"), ("s", "s")]
    assert [match.right for match in line] == [False, False, True]
    assert all(match.right for match in align_line("Sos", "sOs"))


def test_a_missing_line_of_the_text_is_found_by_comparing_the_whole():
    lines = ["first", "second", "third"]
    first, second, third = aligned("first\nthird", lines, [sure(line) for line in lines], CLASSES)
    assert trusted(first) == [*zip("firs", "firs")]
    assert trusted(third) == [*zip("hird", "hird")]
    assert trusted(second) == []


def test_lines_broken_elsewhere_are_aligned_all_the_same():
    lines = ["abcde", "fghij"]
    matches = aligned("abc\ndefghij", lines, [sure(line) for line in lines], CLASSES)
    assert [trusted(line) for line in matches] == [[*zip(line, line)] for line in lines]


def test_a_blank_page_has_no_lines_to_align():
    assert [m.true for line in aligned("abc", [], [], CLASSES) for m in line] == ["a", "b", "c"]
