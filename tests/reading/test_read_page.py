"""Whole pages: from a picture to text. The letters are OpenCV's own, and their judge compares templates."""

import cv2
import numpy as np
import pytest

from hellodl import reading

LINES = ["HAMBURG", "FAVE 2 CATS", "ZEBRA QUAKE"]
TEXT = "\n".join(LINES)


def read(desk, picture):
    return reading.read_page(picture, desk.classify, desk.classes)


def test_a_clean_page_is_read_letter_by_letter_and_word_by_word(desk):
    assert read(desk, desk.photo(desk.ink(LINES))).text == TEXT


def test_white_chalk_on_a_blackboard_is_read_too(desk):
    assert read(desk, desk.photo(desk.ink(LINES), paper=40, pen=220)).text == TEXT


def test_a_shadow_across_the_page_is_no_ink(desk):
    picture = desk.photo(desk.ink(LINES)).astype(np.float32)
    picture[:, 400:] *= 0.55
    assert read(desk, cv2.GaussianBlur(picture, (0, 0), 1).astype(np.uint8)).text == TEXT


def test_faint_pencil_in_one_line_and_marker_in_the_next(desk):
    ink = desk.ink(LINES)
    ink[:150] *= 0.45
    assert read(desk, desk.photo(ink, noise=1.0)).text == TEXT


def test_what_shines_through_from_the_other_side_is_left_out(desk):
    behind = cv2.GaussianBlur(desk.ink(["", "", "", "WMWMWM"], size=(520, 1000))[:, ::-1], (0, 0), 2)
    front = desk.ink(LINES, size=(520, 1000))
    assert read(desk, desk.photo(np.maximum(front, 0.12 * behind), noise=1.0)).text == TEXT


@pytest.mark.parametrize("degrees", [-6, 4, 9])
def test_sloping_lines_stay_lines(desk, degrees):
    ink = desk.ink(LINES, size=(900, 1100))
    turn = cv2.getRotationMatrix2D((500, 300), -degrees, 1.0)
    turned = cv2.warpAffine(np.roll(ink, 200, axis=0), turn, (1100, 900))
    lines = read(desk, desk.photo(turned)).lines
    assert [len(line) for line in lines] == [len(line.replace(" ", "")) for line in LINES]


def test_ruled_paper_does_not_disturb(desk):
    ink = desk.ink(LINES)
    picture = desk.photo(ink)
    ruled = np.full_like(picture, 255)
    for y in range(20, 420, 57):
        cv2.line(ruled, (0, y), (999, y + 8), (190, 150, 120), 2, cv2.LINE_AA)
    assert read(desk, np.minimum(picture, ruled)).text == TEXT


def test_letters_in_printed_boxes_are_read_without_their_boxes(desk):
    picture = desk.photo(desk.ink(["A K R M", "Z E B F"], size=(420, 700)))
    for character in read(desk, picture).characters:
        x, y, width, height = character.box
        cv2.rectangle(picture, (x - 18, y - 16), (x + width + 18, y + height + 16), (60, 60, 60), 2)
    assert [c.letter for c in read(desk, picture).characters] == list("AKRMZEBF")


def test_a_row_of_boxes_that_share_their_sides_is_taken_away(desk):
    picture = desk.photo(desk.ink(["A K R M"], size=(300, 800)))
    boxes = [character.box for character in read(desk, picture).characters]
    top, bottom = boxes[0][1] - 25, boxes[0][1] + boxes[0][3] + 25
    edges = [boxes[0][0] - 40] + [x + width + 40 for x, _, width, _ in boxes]
    for y in (top, bottom):
        cv2.line(picture, (edges[0], y), (edges[-1], y), (60, 60, 60), 2)
    for x in edges:
        cv2.line(picture, (x, top), (x, bottom), (60, 60, 60), 2)
    assert [c.letter for c in read(desk, picture).characters] == list("AKRM")


def test_boxes_are_in_the_pixels_of_the_picture_even_if_it_was_enlarged(desk):
    small = cv2.resize(desk.photo(desk.ink(["HAK"])), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    page = read(desk, small)
    assert page.text == "HAK"
    assert page.size == (small.shape[1], small.shape[0])
    for character in page.characters:
        left, top, width, height = character.box
        inside = small[top : top + height, left : left + width]
        assert inside.min() < 120, "a letter's box holds its ink"
        assert abs(height - 0.4 * 60) < 6


def test_every_character_has_a_probability_and_a_runner_up(desk):
    for character in read(desk, desk.photo(desk.ink(LINES))).characters:
        assert 0 <= character.runner_up_probability <= character.probability <= 1
        assert character.runner_up != character.letter


@pytest.mark.parametrize("grey", [0, 90, 255])
def test_a_blank_page_has_no_text(desk, grey):
    page = read(desk, np.full((300, 400, 3), grey, np.uint8))
    assert page.text == ""
    assert page.lines == []


def test_a_noisy_blank_page_has_no_text(desk, rng):
    noisy = np.clip(rng.normal(180, 6, (600, 800, 3)), 0, 255).astype(np.uint8)
    assert read(desk, noisy).text == ""


def test_json_says_what_the_page_says(desk):
    page = read(desk, desk.photo(desk.ink(["KA 2"])))
    record = page.to_json()
    assert record["text"] == page.text
    characters = record["lines"][0]["characters"]
    assert [c["letter"] for c in characters] == [c.letter for c in page.characters]
    assert characters[2]["space_before"] is True
    assert all(len(c["box"]) == 4 for c in characters)


def test_an_enlarged_page_has_larger_boxes_and_the_same_text(desk):
    page = read(desk, desk.photo(desk.ink(["HAK"])))
    larger = page.enlarged(2.5)
    assert larger.text == page.text
    assert larger.size == (2500, 1050)
    assert larger.characters[1].box[0] == round(page.characters[1].box[0] * 2.5)


def test_the_annotated_picture_has_a_frame_around_each_letter_and_leaves_the_original_alone(desk):
    picture = desk.photo(desk.ink(["HAK"]))
    before = picture.copy()
    page = read(desk, picture)
    shown = reading.annotate(picture, page)
    assert (picture == before).all()
    assert shown.shape == picture.shape
    for character in page.characters:
        left, top, width, height = character.box
        corner = shown[top + height, left + width // 2].astype(int)
        assert np.ptp(corner) > 40, "frames are coloured, the page was grey"


def test_a_page_of_nothing_is_annotated_with_nothing():
    blank = np.full((40, 50, 3), 200, np.uint8)
    assert (reading.annotate(blank, reading.Page([], (50, 40))) == blank).all()
