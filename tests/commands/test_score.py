"""`hellodl score`: what it counts can be counted by hand, and each mistake on a made page has its cause."""

import json

import cv2
import numpy as np
import pytest
import says_h

from hellodl.commands import cli, eyes, read
from hellodl.commands.score import Mistake, Score, causes, mistakes
from hellodl.data.pages.layout import Box
from hellodl.data.pages.photograph import MILD, made_page
from hellodl.reading.page import Character, Page


def character(letter, left, top, right, bottom, probability=0.9):
    return Character(letter, probability, "x", 0.05, (left, top, right - left, bottom - top))


TRUE = [Box("A", 0, 0, 0, 20, 40), Box("b", 0, 30, 0, 50, 40), Box("3", 0, 60, 0, 80, 40)]
RIGHT = [character("A", 0, 0, 20, 40), character("b", 30, 0, 50, 40), character("3", 60, 0, 80, 40)]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (RIGHT, []),
        ([character("a", 1, 2, 22, 40), *RIGHT[1:]], []),  # case aside
        ([*RIGHT[:2], character("B", 60, 0, 80, 40)], ["misread"]),
        (RIGHT[:2], ["not found"]),
        ([], ["not found"] * 3),
        ([character("W", 0, 0, 50, 40), RIGHT[2]], ["merged", "merged"]),
        ([character("c", 0, 0, 9, 40), character("l", 10, 0, 20, 40), *RIGHT[1:]], ["split"]),
        ([*RIGHT, character("z", 200, 0, 220, 40)], ["invented"]),
        ([character("Q", 60, 100, 80, 140), *RIGHT[1:]], ["not found", "invented"]),
    ],
)
def test_each_mistake_has_its_cause(found, wanted):
    assert list(causes(TRUE, found)) == wanted


def test_a_mistake_says_which_boxes_it_is_about():
    found = [RIGHT[0], character("8", 30, 0, 80, 40), character("z", 200, 0, 220, 40)]
    assert list(mistakes(TRUE, found)) == [
        Mistake("merged", 1, 1),
        Mistake("merged", 2, 1),
        Mistake("invented", None, 2),
    ]


def test_where_nothing_is_written_everything_is_invented():
    assert list(causes([], RIGHT)) == ["invented"] * 3
    assert list(causes([], [])) == []


def page_saying(*lines, probability=0.9):
    rows, x = [], 0
    for line in lines:
        row = []
        for word in line.split():
            for place, letter in enumerate(word):
                row.append(Character(letter, probability, "x", 0.01, (x, 0, 5, 9), place == 0 and bool(row)))
                x += 10
        rows.append(row)
    return Page(rows, (x, 20))


def test_figures_are_those_worked_out_by_hand():
    score = Score()
    assert score.add("ann_1", "Hello world", page_saying("Hallo world"), None) == 0.9
    assert score.add("ann_2", "ab cd", page_saying("ab cd"), None) == 1.0
    assert score.add("bob_1", "wxyz", page_saying(""), None) == 0.0
    assert score.add("bob_2", "a", page_saying("very wrong"), None) == 0.0, "no page is worse than wrong"
    found = score.figures()
    assert (found["characters"], found["accuracy"]) == (19, 1 - 6 / 19)
    assert (found["writers"], found["writers_mean"]) == (2, pytest.approx((0.95 + 0) / 2))
    assert (found["words"], found["word_accuracy"]) == (6, 1 - 3 / 6)
    assert found["mixed_up"]["e as a"] == 1
    assert found["wrong_of_read"] == pytest.approx(10 / 23)


def test_case_and_spaces_count_strictly():
    score = Score()
    assert score.add("one", "Two words", page_saying("twowords"), None) == 1.0
    assert score.figures()["strict_accuracy"] == pytest.approx(1 - 2 / 9)
    assert score.figures()["word_accuracy"] == 0


def test_the_least_sure_are_left_out_to_see_what_that_helps():
    score = Score()
    page = page_saying("a" * 19 + "b")
    page.lines[0][-1] = Character("b", 0.2, "a", 0.1, (0, 0, 5, 9))
    score.add("one", "a" * 20, page, None)
    found = score.figures()
    assert (found["wrong_of_read"], found["wrong_of_sure"]) == (0.05, 0.0)


@pytest.fixture
def reader(monkeypatch):
    monkeypatch.setattr(eyes, "eyes", says_h.eyes)


@pytest.fixture
def photos(tmp_path):
    """Two photos of three and two H, whose texts say so; one more without a text, and a text without a photo."""
    for name, letters in (("ann_1", 3), ("bob_1", 2), ("alone", 1)):
        picture = np.full((160, 400, 3), 230, np.uint8)
        for i in range(letters):
            left = 40 + 80 * i
            for start, end in (
                ((left, 50), (left, 110)),
                ((left + 30, 50), (left + 30, 110)),
                ((left, 80), (left + 30, 80)),
            ):
                cv2.line(picture, start, end, (40, 40, 40), 5)
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
    (tmp_path / "ann_1.txt").write_text("HHH\n", "utf-8")
    (tmp_path / "ann_1.json").write_text("{}", "utf-8")
    (tmp_path / "bob_1.txt").write_text("HX\n", "utf-8")
    (tmp_path / "lost.txt").write_text("H\n", "utf-8")
    return tmp_path


KEYS = {
    *("program", "pages", "count", "seed", "characters", "accuracy", "writers", "writers_mean", "strict_accuracy"),
    *("words", "word_accuracy", "calibration_error", "calibration", "wrong_of_read", "wrong_of_sure", "causes"),
    *("mixed_up", "each", "seconds"),
}


def test_a_folder_of_photos_is_read_and_compared(reader, photos, capsys):
    assert cli.main(["score", str(photos), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == KEYS
    assert found["each"] == {"ann_1": 1.0, "bob_1": 0.5}
    assert (found["accuracy"], found["count"], found["writers"]) == (0.8, 2, 2)
    assert found["mixed_up"] == {"x as h": 1}
    assert found["causes"] == {}


def test_people_get_the_same_in_words_and_too_little_is_1(reader, photos, capsys):
    assert cli.main(["score", str(photos), "--least", "0.8"]) == 0
    out = capsys.readouterr().out
    assert "80.00% of 5 characters right; mean over 2 writers 75.00%" in out
    assert "bob_1" in out and "50.0%" in out
    assert cli.main(["score", str(photos), "--least", "0.81"]) == 1


def test_a_made_page_is_read_and_its_mistakes_have_causes(reader, capsys):
    assert cli.main(["score", "mild", "--count", "1", "--json", "--seed", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == KEYS
    assert found["characters"] > 20 and found["accuracy"] < 0.5
    assert found["causes"]["misread"] > 10


def test_who_reads_all_characters_where_they_are_is_all_right(monkeypatch, capsys):
    def perfect(picture):
        made = made_page(MILD, 3000)
        assert (picture == made.picture).all()
        lines = [[] for _ in made.text.split("\n")]
        for box in made.boxes:
            lines[box.line].append(character(box.character, box.left, box.top, box.right, box.bottom))
        return Page(lines, picture.shape[1::-1])

    monkeypatch.setattr(read, "reader_of", lambda options: perfect)
    assert cli.main(["score", "mild", "--count", "1", "--json", "--seed", "3"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["accuracy"], found["causes"]) == (1.0, {})


@pytest.mark.parametrize(
    ("words", "status", "hint"),
    [
        (["no-such-folder"], 1, "is no folder of photos and none of mild, hard, any"),
        (["EMPTY"], 1, "has no photo with its text"),
        (["mild", "--count", "0"], 2, "'0' is no whole number of at least 1"),
        (["mild", "--least", "80"], 2, "--least"),
        (["mild", "--rotate", "45"], 2, "--rotate"),
    ],
)
def test_what_cannot_be_scored_is_one_line(reader, tmp_path, capsys, words, status, hint):
    assert cli.main(["score", *(str(tmp_path) if word == "EMPTY" else word for word in words)]) == status
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert hint in err
