"""Lines from marks: as many as were written, where they are, each with its own ink."""

import cv2
import numpy as np
import pytest

from hellodl.data.pages.layout import draw, lay_out
from hellodl.reading.lines import Marks, find_lines, look, marked
from hellodl.reading.strips import HEIGHT, SHARED, cut_strips, owners, stacked, written


def page_of(text, seed=1, x_height=20.0, width=900, **more):
    """Darkness (H, W) of a page, the bands of its lines, and the page."""
    page = lay_out(text, seed, width=width, x_height=x_height, **more)
    dark = draw(page).astype(np.float32) / 255
    bands = np.zeros(dark.shape, np.uint8)
    for feet in page.baselines:
        outline = np.concatenate([feet, feet[::-1] - [0, page.x_height]])
        cv2.fillPoly(bands, [np.rint(outline).astype(np.int32)], 255)
    return dark, bands, page


def oracle(dark, bands):
    """What a finder that is never wrong would mark, at whatever scale it is asked."""

    def mark(small):
        size = (small.shape[1] + 1) // 2, (small.shape[0] + 1) // 2
        line = cv2.resize(bands, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        ink = cv2.resize((dark > 0.1).astype(np.float32), size, interpolation=cv2.INTER_AREA)
        return np.stack([line, (ink > 0).astype(np.float32)], axis=-1)

    return mark


def found_on(text, **more):
    dark, bands, page = page_of(text, **more)
    return dark, look(dark, oracle(dark, bands)), page


def test_lines_are_found_where_they_are_from_top_to_bottom():
    _, found, page = found_on("first line\nand another\n42")
    assert len(found.lines) == 3
    for line, feet in zip(found.lines, page.baselines):
        assert line.left == pytest.approx(feet[:, 0].min(), abs=6) and line.right == pytest.approx(
            feet[:, 0].max(), abs=6
        )
        middle = np.interp((line.left + line.right) / 2, feet[:, 0], feet[:, 1]) - page.x_height / 2
        assert line.middle(np.array([(line.left + line.right) / 2]))[0] == pytest.approx(middle, abs=5)
        assert line.x_height == pytest.approx(page.x_height, rel=0.25)


def test_nothing_marked_is_no_line():
    nothing = np.zeros((60, 80), np.float32)
    found = find_lines(Marks(nothing, nothing, 0.5))
    assert found.lines == [] and found.x_height == 0 and cut_strips(np.zeros((120, 160), np.float32), found) == []
    assert stacked([]).shape == (HEIGHT, HEIGHT)


def test_a_finder_that_marks_what_is_lighter_than_paper_has_seen_nothing_and_no_more():
    dark, bands, _ = page_of("a line")
    found = look(-dark, oracle(dark, bands))
    assert found.seen(-dark) == 0


def test_marks_that_grow_faint_between_letters_are_one_line_and_faint_ones_beside_clear_ones_are_none():
    marks = np.zeros((80, 300), np.float32)
    marks[10:20, 10:290] = 0.4
    marks[10:20, 10:290:40] = 0.48
    marks[50:60, 10:290] = 0.9
    marks[60:70, 10:290] = 0.4
    found = find_lines(Marks(marks, np.ones_like(marks), 1.0))
    assert [(round(line.left), round(line.right)) for line in found.lines] == [(10, 290), (10, 290)]
    assert [line.x_height for line in found.lines] == [pytest.approx(10, abs=1)] * 2


def test_words_far_apart_are_one_line_and_specks_are_none():
    line = np.zeros((100, 400), np.float32)
    line[40:50, 20:120], line[41:51, 160:300] = 1, 1
    line[80:82, 300:303] = 1
    found = find_lines(Marks(line, line, 0.5))
    assert [(one.left, one.right) for one in found.lines] == [(40, 600)]
    line[40:50, 20:120] = 0
    line[20:30, 20:120] = 1
    assert len(find_lines(Marks(line, line, 0.5)).lines) == 2, "at different heights they are two"


@pytest.mark.parametrize(
    ("speck", "second"), [((51, 59), (46, 58)), ((44, 49), (39, 53))], ids=["nearer to what follows", "thin"]
)
def test_a_speck_between_them_does_not_keep_words_apart(speck, second):
    line = np.zeros((100, 500), np.float32)
    line[40:52, 20:140] = 1
    line[slice(*speck), 150:158] = 1
    line[slice(*second), 170:400] = 1
    assert (40, 800) in [(one.left, one.right) for one in find_lines(Marks(line, line, 0.5)).lines]


def test_a_line_that_bends_is_followed():
    x = np.arange(400)
    middle = 60 + 25 * np.sin(x / 130)
    line = (np.abs(np.arange(120)[:, None] - middle) < 6).astype(np.float32)
    (one,) = find_lines(Marks(line, line, 0.5)).lines
    assert np.abs(one.middle(2 * x + 1.0) / 2 - middle).max() < 4


def test_small_writing_is_looked_at_again_more_closely():
    dark, bands, _ = page_of("small writing here", x_height=5.0, width=1600)
    seen = []

    def mark(small):
        seen.append(small.shape[1])
        return oracle(dark, bands)(small)

    assert len(look(dark, mark).lines) == 1
    assert len(seen) == 4 and seen[-1] > max(seen[:-1])


def test_a_drawing_that_passes_for_large_letters_from_far_away_is_not_kept_to():
    dark, bands, page = page_of("small writing here\nand then some more", x_height=7.0, width=1600)
    top = int(page.baselines[0][:, 1].min()) - 30
    dark[top - 20 : top, 40 : 40 + int(0.3 * dark.sum() / 20)] = 1  # a drawing above, with a third of the writing's ink

    def mark(small):
        marks = oracle(dark, bands)(small)
        if max(small.shape) == 200:  # all of it one large line
            marks[:] = 0
            marks[2:8, :60] = 1
        return marks

    found = look(dark, mark)
    assert len(found.lines) == 2 and found.x_height == pytest.approx(page.x_height, rel=0.25)


def test_each_line_has_its_own_ink():
    dark, found, page = found_on("hello\nworld", line_height=3.0)
    strips = cut_strips(dark, found)
    assert len(strips) == 2 and all(strip.picture.shape[0] == HEIGHT for strip in strips)
    owner = owners(dark, found, 1.0)
    for number, line in enumerate(page.baselines, start=1):
        zone = owner[:, int(line[:, 0].min()) : int(line[:, 0].max())]
        rows = np.flatnonzero((zone == number).any(axis=1))
        assert (
            rows.min() > line[:, 1].min() - 2.6 * page.x_height and rows.max() < line[:, 1].max() + 1.4 * page.x_height
        )
    assert stacked(strips).dtype == np.uint8


def test_what_crosses_two_lines_is_shared_by_them():
    dark, bands, page = page_of("ill\nill", line_height=3.0)
    x = int(page.baselines[0][:, 0].min()) + 2
    dark[int(page.baselines[0][0, 1]) - 10 : int(page.baselines[1][0, 1]), x : x + 3] = 1
    found = look(dark, oracle(dark, bands))
    owner = owners(dark, found, 1.0)
    assert (owner[:, x + 1] == SHARED).any()
    assert len(cut_strips(dark, found)) == 2


def test_boxes_lead_back_to_the_page():
    dark, found, page = found_on("box")
    (strip,) = cut_strips(dark, found)
    left, top, width, height = strip.box(0, len(strip.x))
    true = page.boxes
    assert left == pytest.approx(min(b.left for b in true), abs=4) and top == pytest.approx(
        min(b.top for b in true), abs=4
    )
    assert left + width == pytest.approx(max(b.right for b in true), abs=4)
    assert top + height == pytest.approx(max(b.bottom for b in true), abs=4)


def test_marks_are_asked_for_at_the_scale():
    dark, bands, _ = page_of("scale")
    marks = marked(dark, oracle(dark, bands), 0.5)
    assert marks.scale == 0.25 and abs(marks.line.shape[1] - dark.shape[1] / 4) <= 1


def test_a_letter_is_ink_as_a_whole_or_not_at_all_and_of_a_large_piece_what_is_marked():
    dark, marks = np.zeros((200, 300), np.float32), np.zeros((200, 300), np.float32)
    dark[20:40, 20:23], marks[20:26, 20:23] = 0.9, 0.9  # a stroke of which a third is marked
    dark[20:40, 60:63], marks[20:22, 60:63] = 0.9, 0.9  # the corner of a box
    dark[100:103, 10:290], marks[100:103, 100:120] = 0.9, 0.9  # a rule
    ink = written(dark, marks, 20.0)
    np.testing.assert_array_equal(ink[:60, 20:23], dark[:60, 20:23])
    assert not ink[:60, 60:63].any()
    assert ink[101, 110] == np.float32(0.9) and ink[101, 200] == 0


def beside(*places):
    """Letters, 20 pixels high, from these places on, and a finder that marks a line along the first two alone."""
    dark = np.zeros((200, 1000), np.float32)
    for x, y in places:
        dark[y : y + 20, x : x + 8] = 0.9
    bands = np.zeros(dark.shape, np.uint8)
    bands[100:120, 400:440] = 255
    found = look(dark, oracle(dark, bands))
    return owners(dark, found, 1.0), found


def test_a_line_goes_on_from_letter_to_letter_on_both_sides_as_far_as_there_are_any():
    places = [(400, 100), (432, 100), (560, 100), (690, 102), (820, 98), (280, 100), (150, 100)]
    owner, found = beside(*places)
    assert len(found.lines) == 1
    assert [owner[110, x + 4] for x, _ in places] == [1] * len(places)


def test_a_line_goes_on_neither_too_far_nor_at_another_height():
    places = [(400, 100), (432, 100), (620 + 8 * 20, 100), (180, 20)]
    owner, _ = beside(*places)
    assert [owner[y + 10, x + 4] for x, y in places] == [1, 1, 0, 0]
