"""`hellodl read`: what it prints, what it leaves behind, and how it takes bad photos."""

import argparse
import errno
import io
import json

import cv2
import numpy as np
import pytest
import says_h

from hellodl import nn
from hellodl.commands import cli, eyes
from hellodl.commands import read as program
from hellodl.data.pages.photograph import MILD, made_page
from hellodl.errors import CheckpointError, HelloError
from hellodl.storage import atomic
from hellodl.train.checkpoint import save_model


@pytest.fixture
def reader(monkeypatch):
    monkeypatch.setattr(eyes, "eyes", says_h.eyes)


def photo(path, letters=3, size=(160, 400)):
    """Some upright bars on paper: letters enough for a reader that sees an H in everything."""
    picture = np.full((*size, 3), 230, np.uint8)
    for i in range(letters):
        left = 40 + 80 * i
        cv2.line(picture, (left, 50), (left, 110), (40, 40, 40), 5)
        cv2.line(picture, (left + 30, 50), (left + 30, 110), (40, 40, 40), 5)
        cv2.line(picture, (left, 80), (left + 30, 80), (40, 40, 40), 5)
    assert cv2.imwrite(str(path), picture)
    return path


def run(*arguments):
    parser = argparse.ArgumentParser()
    program.add_arguments(parser)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--threads", type=int)
    return program.main(parser.parse_args([str(argument) for argument in arguments]))


def test_one_photo_gives_its_text_alone_and_with_picture_one_beside_it(reader, tmp_path, capsys):
    path = photo(tmp_path / "note.png")
    assert run(path, "--picture") == 0
    assert capsys.readouterr().out == "HHH\n"
    shown = cv2.imread(str(tmp_path / "note-read.png"))
    assert shown.shape == (160, 400, 3)
    assert (shown != cv2.imread(str(path))).any()


def test_nothing_is_left_where_nobody_asked_for_it(reader, tmp_path, monkeypatch):
    path = photo(tmp_path / "note.png")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    run(path)
    assert not [*elsewhere.iterdir()] and [*tmp_path.glob("*.png")] == [path]


def test_a_picture_that_cannot_be_left_is_a_warning_after_the_text(reader, tmp_path, capsys, caplog):
    path = photo(tmp_path / "note.png")
    assert run(path, "--out", path / "below") == 1
    assert capsys.readouterr().out == "HHH\n"
    assert "choose another by --out" in caplog.text


def test_several_photos_are_told_apart_by_their_names(reader, tmp_path, capsys):
    first, second = photo(tmp_path / "a.png"), photo(tmp_path / "b.png", letters=2)
    assert run(first, second, "--out", tmp_path / "new" / "folder") == 0
    assert capsys.readouterr().out == f"{first}:\nHHH\n\n{second}:\nHH\n"
    assert (tmp_path / "new" / "folder" / "b-read.png").exists()


def test_photos_of_one_name_in_two_formats_do_not_overwrite_each_other(reader, tmp_path):
    run(photo(tmp_path / "a.png"), photo(tmp_path / "a.jpg"), "--out", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.jpg-read.png", "a.png-read.png"]


def test_photos_of_one_name_in_two_folders_do_not_overwrite_each_other(reader, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    run(photo(tmp_path / "one/a.png"), photo(tmp_path / "two/a.png", 2), "--out", tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_json_has_every_character_with_its_box_and_probability(reader, tmp_path, capsys):
    run(photo(tmp_path / "note.png"), "--json", "--out", tmp_path)
    (record,) = json.loads(capsys.readouterr().out)["photos"]
    assert record["text"] == "HHH"
    character = record["lines"][0]["characters"][0]
    assert character["letter"] == "H"
    assert character["probability"] > 0.5
    left, top, width, height = character["box"]
    assert abs(left - 38) < 5 and abs(top - 48) < 5 and abs(width - 35) < 8 and abs(height - 65) < 8


def test_boxes_of_a_large_photo_are_in_its_own_pixels(reader, tmp_path, capsys):
    small = cv2.imread(str(photo(tmp_path / "small.png")))
    cv2.imwrite(str(tmp_path / "large.jpg"), cv2.resize(small, None, fx=12, fy=12))
    run(tmp_path / "large.jpg", "--json", "--out", tmp_path)
    (record,) = json.loads(capsys.readouterr().out)["photos"]
    assert record["width"] == 4800
    left, top, *_ = record["lines"][0]["characters"][0]["box"]
    assert abs(left - 38 * 12) < 60 and abs(top - 48 * 12) < 60


def test_a_bad_photo_gets_its_line_and_the_others_are_read(reader, tmp_path, capsys):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"")
    assert run(bad, photo(tmp_path / "good.png")) == 1
    said = capsys.readouterr()
    assert said.out == f"{tmp_path / 'good.png'}:\nHHH\n"
    assert said.err.count("\n") == 1 and "bad.jpg" in said.err
    assert not (tmp_path / "bad-read.png").exists()


@pytest.mark.parametrize("error", [MemoryError(), IndexError("3"), cv2.error("OpenCV: no")])
def test_a_photo_that_fails_as_nobody_foresaw_does_not_end_the_call(reader, tmp_path, capsys, monkeypatch, error):
    good, bad = photo(tmp_path / "good.png"), photo(tmp_path / "bad.png")
    look, errors = program.Reader.__call__, [error]

    def first_fails(self, *arguments):
        if errors:
            raise errors.pop()
        return look(self, *arguments)

    monkeypatch.setattr(program.Reader, "__call__", first_fails)
    assert run(bad, good, "--out", tmp_path) == 1
    said = capsys.readouterr()
    assert f"{bad}: cannot be read ({type(error).__name__}" in said.err
    assert "HHH" in said.out


def test_a_blank_page_is_no_failure_and_has_no_text(reader, tmp_path, capsys):
    path = tmp_path / "blank.png"
    cv2.imwrite(str(path), np.full((300, 300, 3), 255, np.uint8))
    assert run(path, "--out", tmp_path) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "blank-read.png").exists()


def test_a_picture_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    class FullDisk(io.FileIO):
        def write(self, data):
            super().write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

    def part(folder):
        path = folder / ".hellodl-1.part"
        return path, FullDisk(path, "xb")

    monkeypatch.setattr(atomic, "_part", part)
    with pytest.raises(HelloError, match=r"x-read\.png.*the disk is full"):
        program.save_picture(tmp_path / "x-read.png", np.zeros((50, 50, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_reads_no_lines_is_refused(tmp_path, rng):
    path = tmp_path / "other.safetensors"
    save_model(path, nn.Sequential(nn.Flatten(), nn.Linear(784, 2, rng=rng)), classes="ab", card={})
    with pytest.raises(CheckpointError, match=r"other\.safetensors: reads no lines"):
        eyes.eyes(path)


def test_strips_are_read_alone_as_in_company_and_in_any_order(rng):
    network, symbols = eyes.lines_of(eyes.LINES)
    strips = [rng.integers(0, 256, (32, width), dtype=np.uint8) for width in (40, 13, 90, 8, 64, 33, 21, 57, 44)]
    read = eyes.reader(network, 1)
    together = read(strips)
    assert [len(one) for one in together] == [-(-strip.shape[1] // 4) for strip in strips]
    for said in together:
        assert said.shape[1] == len(symbols) + 1
        np.testing.assert_allclose(np.exp(said).sum(axis=1), 1, rtol=1e-4)
    assert read([]) == []


def test_read_photo_is_the_python_twin(reader, tmp_path):
    page = program.read_photo(photo(tmp_path / "note.png"))
    assert page.text == "HHH"
    assert page.size == (400, 160)


def test_the_letters_of_one_case_if_asked(reader, tmp_path, capsys):
    path = photo(tmp_path / "note.png")
    run(path, "--out", tmp_path, "--case", "lower")
    run(path, "--out", tmp_path, "--case", "upper")
    assert capsys.readouterr().out == "hhh\nHHH\n"


def test_what_is_less_sure_than_asked_is_a_question_mark_with_its_letter_second(reader, tmp_path, capsys):
    path = photo(tmp_path / "note.png")
    assert run(path, "--out", tmp_path, "--min-confidence", "1", "--case", "lower", "--json") == 0
    (record,) = json.loads(capsys.readouterr().out)["photos"]
    assert record["text"] == "???"
    assert {c["runner_up"] for c in record["lines"][0]["characters"]} == {"h"}
    run(path, "--out", tmp_path, "--min-confidence", "0.3")
    assert capsys.readouterr().out == "HHH\n"


@pytest.mark.parametrize(
    "words",
    [
        "--min-confidence 2",
        "--min-confidence -0.1",
        "--min-confidence nan",
        "--min-confidence much",
        "--rotate 45",
        "--case Upper",
    ],
)
def test_options_that_make_no_sense_are_wrong_usage(words, tmp_path, capsys):
    assert cli.main(["read", str(photo(tmp_path / "note.png")), *words.split()]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert words.split()[0] in err


def test_every_stage_of_every_photo_is_kept_if_asked(reader, tmp_path):
    (tmp_path / "other").mkdir()
    first, second = photo(tmp_path / "a.png"), photo(tmp_path / "other" / "a.png", 2)
    run(first, second, "--out", tmp_path, "--debug-dir", tmp_path / "debug")
    names = sorted(path.name for path in (tmp_path / "debug").iterdir())
    assert len(names) == 10, "none of one photo was overwritten by the other's"
    assert "a.png-1-picture.png" in names and "a.png-2-5-strips.png" in names


def test_a_debug_folder_that_cannot_be_made_is_one_line(reader, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    words = ["--out", str(tmp_path), "--debug-dir", str(tmp_path / "file")]
    assert cli.main(["read", str(photo(tmp_path / "a.png")), *words]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "choose another --debug-dir" in err


@pytest.mark.parametrize(
    ("degrees", "turn"), [(90, cv2.ROTATE_90_COUNTERCLOCKWISE), (180, cv2.ROTATE_180), (270, cv2.ROTATE_90_CLOCKWISE)]
)
def test_a_photo_is_turned_before_it_is_read_and_boxes_are_in_the_photo(reader, tmp_path, capsys, degrees, turn):
    upright = cv2.imread(str(photo(tmp_path / "note.png", letters=2)))
    lying = cv2.rotate(upright, turn)
    cv2.imwrite(str(tmp_path / "lying.png"), lying)
    assert run(tmp_path / "lying.png", "--rotate", degrees, "--json", "--out", tmp_path) == 0
    (record,) = json.loads(capsys.readouterr().out)["photos"]
    assert record["text"] == "HH"
    assert (record["height"], record["width"]) == lying.shape[:2]
    for character in record["lines"][0]["characters"]:
        left, top, width, height = character["box"]
        assert (width > height) == (degrees != 180)
        assert lying[top : top + height, left : left + width].min() < 60
    assert program.read_photo(tmp_path / "lying.png", rotate=degrees).text == "HH"
    assert cv2.imread(str(tmp_path / "lying-read.png")).shape == lying.shape


def test_the_way_up_is_found_if_asked(reader, tmp_path, monkeypatch, capsys):
    from hellodl.reading import turn

    asked = []
    monkeypatch.setattr(turn, "best_turn", lambda picture, look: asked.append(look(picture).text) or 180)
    upright = cv2.imread(str(photo(tmp_path / "note.png")))
    cv2.imwrite(str(tmp_path / "lying.png"), cv2.rotate(upright, cv2.ROTATE_180))
    assert run(tmp_path / "lying.png", "--rotate", "auto", "--out", tmp_path) == 0
    assert capsys.readouterr().out == "HHH\n"
    assert asked == ["HHH"]


@pytest.mark.parametrize(("shrunk", "told"), [(0.5, False), (0.14, True)])
def test_writing_that_is_too_small_to_read_is_said_to_be(shrunk, told, tmp_path, capsys):
    page = made_page(MILD, 3)  # a small x is 22 pixels high
    small = cv2.resize(page.picture, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(tmp_path / "page.png"), small)
    assert cli.main(["read", str(tmp_path / "page.png"), "--out", str(tmp_path)]) == 0
    assert ("too small to read" in " ".join(capsys.readouterr().err.split())) == told
