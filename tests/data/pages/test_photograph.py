"""Photographed pages: the same from the same seed, no worse than was asked, and true in every box."""

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hellodl.data.pages import phrases
from hellodl.data.pages.camera import point_at
from hellodl.data.pages.conditions import Conditions
from hellodl.data.pages.hands import Hand
from hellodl.data.pages.layout import CELL, lay_out
from hellodl.data.pages.paper import View, ink, shine_through
from hellodl.data.pages.photograph import ANY, HARD, MILD, PRESETS, made_page, photograph, seen_boxes, written_page
from hellodl.data.pages.touching import edges
from hellodl.data.pages.writers import Writers
from hellodl.data.unipen import UnipenStrokes
from hellodl.errors import DataError

CLEAN = Conditions(slope=12.0, perspective=0.15)


def view_of(page, conditions, seed):
    return point_at(page, conditions, np.random.default_rng(seed))


@pytest.mark.parametrize("conditions", [MILD, HARD, ANY], ids=["mild", "hard", "any"])
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(conditions):
    first, again, other = (made_page(conditions, seed) for seed in (5, 5, 6))
    assert first.picture.tobytes() == again.picture.tobytes()
    assert first.boxes == again.boxes
    assert first.picture.tobytes() != other.picture.tobytes()
    assert first.picture.dtype == np.uint8
    assert first.picture.ndim == 3


@pytest.mark.parametrize("seed", range(3))
def test_each_box_holds_the_ink_of_its_character_and_touches_it_on_every_side(seed):
    """Each character is drawn alone, before the same camera."""
    page = lay_out("Every box 42\nfits Quay", seed, width=1200)
    view = view_of(page, CLEAN, seed)
    for strokes, box in zip(page.strokes, seen_boxes(page, view.strokes(page.strokes))):
        alone = ink(replace(page, strokes=[strokes]), view, CLEAN, np.random.default_rng(0)) > 0.4
        rows, columns = (np.flatnonzero(alone.any(axis=axis)) for axis in (1, 0))
        assert box.top - 1 <= rows[0] <= box.top + 3, box
        assert box.bottom - 4 <= rows[-1] <= box.bottom, box
        assert box.left - 1 <= columns[0] <= box.left + 3, box
        assert box.right - 4 <= columns[-1] <= box.right, box


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), conditions=st.sampled_from([MILD, HARD, ANY]))
def test_all_boxes_lie_in_the_picture_in_reading_order_and_spell_the_text(seed, conditions):
    page = written_page(conditions, seed)
    view = view_of(page, conditions, seed)
    boxes = seen_boxes(page, view.strokes(page.strokes))
    width, height = view.size
    assert "".join(box.character for box in boxes) == "".join(page.text.split())
    assert [box.line for box in boxes] == sorted(box.line for box in boxes)
    assert min(min(box.left, box.top) for box in boxes) >= 0
    assert max(box.right for box in boxes) <= width
    assert max(box.bottom for box in boxes) <= height


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), slope=st.floats(0, 15), perspective=st.floats(0, 0.15))
def test_no_line_slopes_more_than_was_asked(seed, slope, perspective):
    """But by what the camera's own lean adds, where no slope at all was asked."""
    page = lay_out("some words\non a page\nof some lines", 1)
    view = view_of(page, Conditions(slope=slope, perspective=perspective), seed)
    width, height = page.size
    for y in (0, height / 2, height):
        ends = view(np.array([[0.0, y], [float(width), y]]))
        steep = np.degrees(np.arctan2(*(ends[1] - ends[0])[::-1]))
        lean = np.degrees(perspective * height / width / 2)
        assert abs(steep) <= max(slope, lean) * 1.1 + 0.01


def test_slopes_reach_both_ways():
    page = lay_out("some words", 1)
    turns = [view_of(page, HARD, seed).matrix for seed in range(60)]
    angles = [np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])) for matrix in turns]
    assert min(angles) < -7
    assert max(angles) > 7


def touch(page, first, second):
    """Whether the ink of two characters meets in some row."""
    points = np.concatenate(page.strokes[first] + page.strokes[second])
    low = np.floor(points.min(axis=0) - page.pen)
    width, height = (3 * (np.ceil(points.max(axis=0) + page.pen) - low)).astype(int).tolist()
    _, right = edges(page.strokes[first], low, width, height, page.pen)
    left, _ = edges(page.strokes[second], low, width, height, page.pen)
    both = (left < width) & (right >= 0)
    return bool(((left - right)[both] <= 1).any())


def touches(pages):
    """For each two neighbours within a word of some pages, whether they touch."""
    found = []
    for page in pages:
        place = 0
        for word in page.text.split():
            found += [touch(page, place + i, place + i + 1) for i in range(len(word) - 1)]
            place += len(word)
    return np.array(found)


def test_a_fifth_of_the_neighbours_touch_where_a_fifth_was_asked():
    found = touches(written_page(replace(HARD, boxed=0.0), seed) for seed in range(12))
    assert len(found) > 400
    assert 0.15 < found.mean() < 0.24


@pytest.mark.parametrize("conditions", [MILD, replace(HARD, boxed=1.0)], ids=["mild", "boxed"])
def test_none_touch_on_mild_pages_nor_in_printed_boxes(conditions):
    assert not touches(written_page(conditions, seed) for seed in range(12)).any()


def test_letters_that_touch_still_end_one_after_the_other():
    page = lay_out("illuminated hills fill Tolls", 3, pen=0.3, touching=1.0)
    rights = [(box.line, box.right) for box in page.boxes]
    assert rights == sorted(rights)
    assert touches([page]).mean() > 0.4


def test_each_letter_stands_within_its_printed_box():
    page = lay_out("Mimics Quay jWg 10", 2, pen=0.3, cells=CELL)
    assert len(page.cells) == len(page.boxes)
    for box, (left, top, right, bottom) in zip(page.boxes, page.cells):
        assert left < box.left < box.right < right, box
        assert top < box.top < box.bottom < bottom, box


def test_a_picture_shows_dark_ink_where_the_boxes_are():
    for seed in range(4):
        made = made_page(MILD, seed)
        grey = cv2.cvtColor(made.picture, cv2.COLOR_BGR2GRAY)
        for box in made.boxes:
            inside = grey[box.top : box.bottom, box.left : box.right]
            around = grey[max(0, box.top - 8) : box.bottom + 8, max(0, box.left - 8) : box.right + 8]
            assert inside.min() < 0.85 * np.median(around), box


def test_light_on_a_mild_page_is_even_to_a_fifth():
    blank = replace(MILD, noise=0, cast=0, grain=0, dust=0, exposure=(1.0, 1.0), papers=("white",))
    for seed in range(8):
        picture = photograph(lay_out("", seed), blank, seed).picture.astype(float)
        assert picture.max() > 215
        assert picture.min() / picture.max() > 0.78


def test_eased_conditions_lie_between_nothing_and_all():
    assert ANY.eased(1.0) == ANY
    half, none = ANY.eased(0.5), ANY.eased(0.0)
    assert half.slope == ANY.slope / 2
    assert 0 < half.noise < ANY.noise
    assert none.blur == (0, 0)
    assert none.exposure == (1, 1)
    assert none.shadow == none.print_through == 0
    assert none.pen == ANY.pen


def test_a_gap_of_a_dry_pen_takes_ink_away():
    page = lay_out("Hello lines of ink", 2)
    view = View(np.eye(3), page.size)
    amounts = [ink(page, view, Conditions(dry_pen=chance), np.random.default_rng(1)).sum() for chance in (0.0, 1.0)]
    assert 0.8 < amounts[1] / amounts[0] < 0.99


def test_an_empty_page_can_be_photographed_too():
    made = photograph(lay_out("", 1), HARD, 1)
    assert made.text == ""
    assert made.boxes == []


def test_texts_are_of_letters_digits_spaces_and_new_lines_alone(rng):
    for one_style in (False, True):
        for columns in (10, 25):
            for _ in range(60):
                text = phrases.page_text(rng, columns, one_style)
                lines = text.split("\n")
                assert 3 <= len(lines) <= 6
                assert all(line == " ".join(line.split()) and line for line in lines)
                assert "".join(text.split()).isalnum()
                assert text.isascii()


def test_lines_are_as_long_as_asked(rng):
    lengths = [len(line) for _ in range(200) for line in phrases.page_text(rng).split("\n")]
    assert max(lengths) <= 25
    assert np.mean([length >= 9 for length in lengths]) > 0.95


def test_pages_in_one_style_come_in_their_shares(rng):
    texts = [phrases.page_text(rng, one_style=True) for _ in range(400)]
    digits = [any(c.isdigit() for c in text) for text in texts]
    capitals = [text.isupper() and not digit for text, digit in zip(texts, digits)]
    small = [text.islower() and not digit for text, digit in zip(texts, digits)]
    assert np.mean(digits) == pytest.approx(0.15, abs=0.05)
    assert np.mean(capitals) == pytest.approx(0.20, abs=0.06)
    assert np.mean(small) == pytest.approx(0.20, abs=0.06)


def little_unipen(characters="abi", writers=(7, 8, 9), test=(9,)):
    """Three writers; each drew these characters but the last, which 8 alone drew."""
    items = [(w, c) for w in writers for c in characters if c != characters[-1] or w == 8]
    stroke = np.array([[0, 0], [4, -9], [8, 0]], np.float32)
    points = np.concatenate([stroke + w for w, _ in items])
    count = len(items)
    return UnipenStrokes(
        points=points,
        stroke_start=np.arange(count + 1) * 3,
        item_start=np.arange(count + 1),
        labels=np.array([c for _, c in items]),
        writers=np.array([w for w, _ in items]),
        is_test=np.array([w in test for w, _ in items]),
        duplicate=np.zeros(count, bool),
        good=np.ones(count, bool),
    )


def test_a_writers_hand_stands_on_the_line_and_borrows_what_its_writer_never_drew(rng):
    writers = Writers(little_unipen())
    assert set(writers.of) == {7, 8}
    hand = writers.hand(rng, 7)
    for character, high in (("a", 1.0), ("b", 1 + 0.9 * hand.tallness), ("i", 1.0)):  # this i has no dot
        points = np.concatenate(hand.write(character))
        assert points[:, 0].min() == pytest.approx(0, abs=0.1)
        assert points[:, 1].max() == pytest.approx(0, abs=0.1)
        assert -points[:, 1].min() == pytest.approx(high, rel=0.1)
    assert "i" not in writers.of[7]


def test_a_writers_hand_takes_no_test_writer_and_says_what_nobody_wrote(rng):
    writers = Writers(little_unipen())
    with pytest.raises(DataError, match="9 is no training writer"):
        writers.hand(rng, 9)
    with pytest.raises(DataError, match="wrote 'z'"):
        writers.hand(rng, 7).write("z")


def test_any_hand_can_write_a_page(rng):
    made = made_page(HARD, 3, "train", "ab ba\nbib", Writers(little_unipen()).hand(rng))
    assert made.text == "ab ba\nbib"
    assert [box.character for box in made.boxes] == list("abbabib")


def test_a_dot_of_a_single_point_is_drawn(rng):
    drawings = little_unipen()
    drawings.points[:] = drawings.points[0]
    for stroke in Writers(drawings).hand(rng, 7).write("a"):
        assert len(stroke) > 1
        assert np.isfinite(stroke).all()


def test_a_page_of_another_pen_keeps_its_hand():
    thin, thick = (lay_out("same hand", 4, pen=pen) for pen in (0.1, 0.3))
    assert thick.pen == pytest.approx(3 * thin.pen)
    same = SimpleNamespace(pen=0.1, spacing=1.0, rng=np.random.default_rng(1), write=Hand.of(4).write)
    assert len(lay_out("same hand", 4, hand=same).boxes) == len(thin.boxes)


def test_every_preset_is_known_by_name():
    assert {name: PRESETS[name] for name in ("mild", "hard", "any")} == PRESETS


def test_what_shines_through_from_behind_the_camera_is_left_out():
    # Such as the foot of a back that is much longer than its front, seen aslant: it would be infinitely far away.
    page = lay_out("x\n" * 40, 1, "train", 300, 20.0)
    horizon = page.strokes[30][0][0, 1] + 1e-6
    leaning = View(np.array([[1, 0, 0], [0, 1, 0], [0, -1 / horizon, 1.0]]), (300, 300))
    seen = shine_through(page, leaning)
    assert np.isfinite(seen).all()
    assert seen.max() > 0
