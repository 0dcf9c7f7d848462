"""Which pieces make one character: the lattice, its cheapest path, and the judge's say."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.reading import read_page
from hellodl.reading.glyph import normalise
from hellodl.reading.layout import Atom
from hellodl.reading.parts import Box, find_parts
from hellodl.reading.segment import (
    UNKNOWN,
    Candidate,
    Piece,
    candidates_of,
    cheapest_path,
    known_and_unknown,
    odds_against,
    surprise,
)


def candidate(start, stop, cost):
    alone = Atom([]) if stop - start == 1 else None
    return Candidate(start, stop, Box(0, 0, 1, 1), np.zeros((28, 28), np.uint8), cost, 1.0, alone)


@given(st.data())
def test_the_cheapest_path_is_as_cheap_as_the_best_of_all_paths(data):
    pieces = data.draw(st.integers(1, 6))
    spans = [(i, j) for i in range(pieces) for j in range(i + 1, min(pieces, i + 3) + 1)]
    costs = {span: data.draw(st.floats(-0.5, 5)) for span in spans}
    candidates = [candidate(*span, cost) for span, cost in costs.items()]
    chosen = cheapest_path(candidates, np.zeros(len(candidates)))
    path = [(candidates[i].start, candidates[i].stop) for i in chosen]
    assert [start for start, _ in path] == [0, *[stop for _, stop in path[:-1]]]
    assert path[-1][1] == pieces
    every = []
    for cuts in itertools.product([False, True], repeat=pieces - 1):
        edges = [0, *[i + 1 for i, cut in enumerate(cuts) if cut], pieces]
        steps = list(itertools.pairwise(edges))
        if all(step in costs for step in steps):
            every.append(sum(costs[step] for step in steps))
    assert abs(sum(costs[step] for step in path) - min(every)) < 1e-9


def test_what_the_judge_finds_strange_is_not_chosen():
    whole, halves = candidate(0, 2, 0.0), [candidate(0, 1, 0.0), candidate(1, 2, 0.0)]
    assert cheapest_path([*halves, whole], np.array([3.0, 3.0, 0.1])) == [2]
    assert cheapest_path([*halves, whole], np.array([0.1, 0.1, 3.0])) == [0, 1]


def text_of(desk, ink):
    return read_page(desk.photo(ink), desk.classify, desk.classes).text


def test_a_letter_that_is_broken_in_two_is_read_as_one(desk):
    ink = desk.ink(["ZHAKE"])
    x = read_page(desk.photo(ink), desk.classify, desk.classes).characters[1].box
    ink[:, x[0] + x[2] // 2 - 2 : x[0] + x[2] // 2 + 2] = 0  # through the bar of the H
    assert text_of(desk, ink) == "ZHAKE"


def test_the_foot_of_an_l_is_not_cut_off(desk):
    assert text_of(desk, desk.ink(["LALL", "HOLLE"])).upper() == "LALL\nHOLLE"  # this judge knows no case


def test_a_low_crumb_that_was_cut_off_costs_more_than_a_whole_letter_would():
    mask = np.zeros((70, 80), bool)
    mask[5:65, 5:10] = mask[60:65, 5:70] = True
    labels, (part,) = find_parts(mask)
    atom = Atom([part])
    stem, foot = Box(5, 5, 35, 65), Box(35, 60, 70, 65)
    halves = [Piece(atom, stem, mask[stem.slices()], last=False), Piece(atom, foot, mask[foot.slices()], first=False)]
    found = candidates_of(halves, mask.astype(np.float32), labels, 0.3, 60, 0.4)
    cost = {(c.start, c.stop): c.cost for c in found}
    assert cost[1, 2] > cost[0, 1] + 1


@pytest.mark.parametrize("word", ["ZHLAKE", "ZHAAKE"])
def test_two_letters_that_touch_are_read_as_two(desk, word):
    before, after = desk.ink([word[:3]]), desk.ink([word[3:]])
    end = int(np.flatnonzero(before.max(axis=0) > 0.5)[-1])
    begin = int(np.flatnonzero(after.max(axis=0) > 0.5)[0])
    touching = np.maximum(before, np.roll(after, end - begin - 3, axis=1))
    count, _ = cv2.connectedComponents((touching > 0.5).astype(np.uint8))
    assert count - 1 == 5, "paper is one, and two letters are one"
    assert text_of(desk, touching) == word


def test_a_character_fills_20_pixels_and_stands_in_the_middle(desk):
    for height, width in [(80, 30), (31, 97), (12, 9)]:
        ink = np.zeros((height + 4, width + 4), np.float32)
        cv2.ellipse(ink, (width // 2 + 2, height // 2 + 2), (width // 2 - 1, height // 2 - 1), 0, 0, 360, 1.0, 2)
        picture = normalise(ink, 0.5)
        rows, columns = np.flatnonzero(picture.max(1) > 40), np.flatnonzero(picture.max(0) > 40)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
        assert abs(rows[0] + rows[-1] - 27) <= 1 and abs(columns[0] + columns[-1] - 27) <= 1


def ring(pen):
    ink = np.zeros((204, 204), np.float32)
    cv2.circle(ink, (102, 102), 100 - pen // 2 - 1, 1.0, pen)
    return normalise(ink, 0.5)


def test_a_hair_thin_pen_is_made_as_thick_as_those_that_were_learned_from():
    thin = ring(2)
    assert thin.max() > 200, "left alone, a hundredth of the letter would be a grey shadow"
    across = thin[14].astype(float).sum() / 255 / 2
    assert 1.5 < across < 2.8


def test_a_very_thick_pen_is_made_thinner():
    across = ring(62)[14].astype(float).sum() / 255 / 2
    assert across < 5.2


def test_a_picture_without_ink_stays_black():
    assert normalise(np.zeros((20, 30), np.float32), 0.3).max() == 0


@given(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), st.integers(0, 2))
def test_what_is_no_character_is_taken_out_and_the_rest_adds_up_to_one(shares, place):
    classes = "ab"[:place] + UNKNOWN + "ab"[place:]
    row = np.array([shares]) / sum(shares)
    known, character = known_and_unknown(row, classes)
    assert known[0, place] == 0 and known.sum() == pytest.approx(1)
    assert character[0] == pytest.approx(1 - row[0, place])
    rest = [i for i in range(3) if i != place]
    np.testing.assert_allclose(known[0, rest], row[0, rest] / row[0, rest].sum())


def test_a_network_that_knows_characters_alone_takes_everything_for_one():
    row = np.array([[0.2, 0.8]], np.float32)
    known, character = known_and_unknown(row, "ab")
    assert (known == row).all() and character.tolist() == [1.0]


def test_odds_against_a_character_fall_as_it_is_likelier_and_are_never_infinite():
    odds = odds_against(np.linspace(0, 1, 21))
    assert np.isfinite(odds).all() and (np.diff(odds) < 0).all()
    assert odds[10] == pytest.approx(0)
    assert odds_against(np.array([0.1]))[0] == pytest.approx(np.log(9))


def test_a_network_that_was_taught_what_is_no_character_is_asked_for_the_odds():
    row = np.array([[0.01, 0.02, 0.97], [0.5, 0.49, 0.01]])
    odds = surprise([candidate(0, 1, 0.0)] * 2, row, "ab" + UNKNOWN)
    np.testing.assert_allclose(odds, [np.log(0.97 / 0.03), -np.log(99)], rtol=1e-6)


def knows_blots(desk, blot):
    """The desk's judge, who takes what fills its box for no character with probability `blot`, all else hardly."""

    def classify(images):
        seen = desk.classify(images)
        filled = [cut.mean() > 0.7 for cut in (image[np.ix_(image.any(1), image.any(0))] > 128 for image in images)]
        unknown = np.where(filled, blot, 0.01)[:, None]
        return np.concatenate([seen / seen.sum(axis=1, keepdims=True) * (1 - unknown), unknown], axis=1)

    return classify


def test_a_stain_is_left_out_and_what_may_be_a_character_is_doubted(desk):
    ink = cv2.erode(desk.ink(["LLL"], size=(220, 600)), np.ones((5, 5)))
    cv2.ellipse(ink, (480, 90), (9, 22), 0, 0, 360, 1.0, -1)
    picture = desk.photo(ink)
    assert len(read_page(picture, desk.classify, desk.classes).characters) == 4
    page = read_page(picture, knows_blots(desk, 0.999), desk.classes + UNKNOWN)
    assert len(page.characters) == 3
    assert all(character.probability > 0.5 for character in page.characters)
    doubtful = read_page(picture, knows_blots(desk, 0.97), desk.classes + UNKNOWN).characters
    assert len(doubtful) == 4
    assert doubtful[3].probability < 0.8 * max(character.probability for character in doubtful[:3])


def test_a_page_of_stains_alone_is_empty(desk):
    ink = np.zeros((220, 600), np.float32)
    for x in (100, 250, 400):
        cv2.ellipse(ink, (x, 100), (9, 22), 0, 0, 360, 1.0, -1)
    assert read_page(desk.photo(ink), knows_blots(desk, 0.999), desk.classes + UNKNOWN).lines == []
