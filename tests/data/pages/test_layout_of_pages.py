"""Lines and pages in one hand, whose truth is known."""

import numpy as np
import pytest

from hellodl.data.pages import layout
from hellodl.data.pages.layout import Hand, box_of, draw, lay_out
from hellodl.errors import DataError


def test_a_page_is_dark_ink_on_light_paper_and_comes_with_its_text():
    image, text = layout.write_page("Hello you\nthere 42", seed=1)
    assert text == "Hello you\nthere 42"
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert np.median(image) > 150
    assert image.min() < 110


def test_the_same_seed_is_the_same_page_and_another_seed_another_hand():
    first, again, other = (layout.write_page("same words", seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_true_boxes_hold_all_ink_and_touch_it_on_every_side(seed):
    page = lay_out("Every box fits\nits jug Quay 17", seed, width=2000)
    ink = draw(page) > 100
    assert [box.character for box in page.boxes] == list("EveryboxfitsitsjugQuay17")
    outside = ink.copy()
    for box in page.boxes:
        outside[box.top - 1 : box.bottom + 1, box.left - 1 : box.right + 1] = False
        rows = np.flatnonzero(ink[box.top : box.bottom, box.left : box.right].any(axis=1))
        columns = np.flatnonzero(ink[box.top : box.bottom, box.left : box.right].any(axis=0))
        assert rows[0] <= 2, box
        assert rows[-1] >= box.bottom - box.top - 3, box
        assert columns[0] <= 2, box
        assert columns[-1] >= box.right - box.left - 3, box
    assert not outside.any()


def test_page_boxes_are_those_of_the_page_that_is_written():
    text = "one two"
    boxes, page = layout.page_boxes(text, seed=4, width=900), lay_out(text, seed=4, width=900)
    assert boxes == page.boxes


@pytest.mark.parametrize("seed", range(4))
def test_heights_are_those_of_writing(seed):
    """Capitals, digits and long letters stand above small ones; g, p, q and y hang below the line."""
    page = lay_out("aceno bdhk gpqy ABE 357", seed, width=2000)
    boxes = {box.character: box for box in page.boxes}
    line = np.median([boxes[character].bottom for character in "acenobdhkABE357"])
    small = np.median([boxes[character].bottom - boxes[character].top for character in "aceno"])
    for character in "bdhkABE357":
        tall = boxes[character].bottom - boxes[character].top
        assert tall > 1.3 * small, character
        assert abs(boxes[character].bottom - line) < 0.4 * small, character
    for character in "gpqy":
        assert boxes[character].bottom > line + 0.4 * small, character
        assert boxes[character].top > boxes["b"].top, character


def test_letters_do_not_touch_and_words_stand_apart():
    page = lay_out("mild winter", 3)
    gaps = [after.left - before.right for before, after in zip(page.boxes[:-1], page.boxes[1:])]
    between_words = gaps.pop(3)
    assert min(gaps) > -8  # boxes of slanted letters may overlap a little
    assert between_words > 2 * np.median(gaps)


def test_long_lines_are_broken_at_spaces_within_the_margins():
    text = "quite a few words that cannot stand on one line of this narrow page"
    page = lay_out(text, 5, width=700)
    assert page.text.replace("\n", " ") == text
    assert page.text.count("\n") >= 2
    assert max(box.right for box in page.boxes) < 700
    assert min(box.left for box in page.boxes) > 0
    assert max(box.line for box in page.boxes) == page.text.count("\n")


def test_a_hand_keeps_its_styles_and_still_never_writes_a_letter_twice_the_same():
    hand = Hand.of(7)
    first, second = (np.concatenate(hand.write("e")) for _ in range(2))
    assert first.shape == second.shape, "the same style"
    difference = np.abs(first - second).max()
    assert 0 < difference < 0.5


def test_test_hands_write_in_held_out_styles_and_training_hands_never_do():
    test, train = Hand.of(7, "test"), Hand.of(7, "train")
    assert all(test.ink.held_out[style] for style in test.styles.values())
    assert not any(train.ink.held_out[style] for style in train.styles.values())


def test_a_line_is_as_long_as_its_text():
    short, long = layout.write_line("a line", 1)[0], layout.write_line("a line that is longer", 1)[0]
    assert short.shape[1] * 2 < long.shape[1]
    assert layout.write_line("  two   words ", 1)[1] == "two words"


def test_an_empty_text_is_an_empty_page():
    image, text = layout.write_page("", 1)
    assert text == ""
    assert image.min() > 120


def test_what_a_hand_cannot_write_is_said():
    with pytest.raises(DataError, match="cannot write '!'"):
        layout.write_page("No!", 1)


def test_the_sample_page_greets_in_lines_that_fit():
    image, text = layout.sample_page()
    assert text == layout.SAMPLE
    assert text.startswith("Hello from hellodl")
    assert any(character.isdigit() for character in text)
    assert image.shape[1] == 1500


def test_a_box_is_the_pen_path_and_half_a_pen_around_it():
    box = box_of("l", 2, [np.array([[10.0, 20.0], [10.0, 40.0]])], width=4.0)
    assert (box.line, box.left, box.top, box.right, box.bottom) == (2, 8, 18, 12, 42)
