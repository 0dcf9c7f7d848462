"""`hellodl teach`, from a photo to a reader of one's own, and `hellodl read --mine`."""

import json

import cv2
import numpy as np
import pytest

from hellodl import nn
from hellodl.commands import cli, read, teach
from hellodl.data.pages.layout import write_page
from hellodl.train.checkpoint import load_model, save_model

TRUTH = "make hay\nwhile the sun"


@pytest.fixture
def mine(monkeypatch, tmp_path):
    """A folder for the collection, and a lesson that takes no time: the reader stays as it is but for a mark."""
    folder = tmp_path / "mine"
    monkeypatch.setenv("HELLODL_MINE", str(folder))
    monkeypatch.chdir(tmp_path)

    def quick(model, classes, images, labels, seed, watch):
        assert images.shape == (len(labels), 28, 28) and labels.max() < len(classes)
        pupil = nn.build(nn.describe(model))
        pupil.load_state_dict(model.state_dict())
        return pupil

    monkeypatch.setattr(teach, "personalised", quick)
    monkeypatch.setattr(teach, "OTHERS", 20)
    return folder


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A page of ink by a hand that the reader mostly reads."""
    path = tmp_path_factory.mktemp("photo") / "note.png"
    picture, _ = write_page(TRUTH, 3, width=900)
    assert cv2.imwrite(str(path), picture)
    return path


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


def test_a_lesson_is_shown_kept_and_learned(mine, photo, capsys):
    assert run("teach", photo, "--text", TRUTH) == 0
    said = capsys.readouterr().out
    assert "line 1:" in said and "line 2:" in said and "learned" in said
    names = {path.name for path in mine.iterdir()}
    assert names == {"lesson-001.png", "lesson-001.json", "poster.png", "reader.safetensors"}
    card = load_model(mine / "reader.safetensors")[1]["card"]
    assert card["photos"] == ["note.png"]
    record = json.loads((mine / "lesson-001.json").read_text("utf-8"))
    assert card["characters"] == len(record["characters"]) > 10
    assert set(record["characters"]) <= set(TRUTH)


def test_the_text_may_come_from_a_file(mine, photo, tmp_path, capsys):
    (tmp_path / "truth.txt").write_text(TRUTH)
    run("teach", photo, "--text", "truth.txt", "--dry-run")
    from_file = capsys.readouterr().out
    run("teach", photo, "--text", TRUTH, "--dry-run")
    assert capsys.readouterr().out == from_file


def test_a_dry_run_learns_nothing(mine, photo, capsys):
    assert run("teach", photo, "--text", TRUTH, "--dry-run") == 0
    assert "line 1:" in capsys.readouterr().out
    assert not mine.exists()


def test_what_it_changes_is_said(mine, photo, capsys):
    run("teach", photo, "--text", TRUTH.replace("make", "mzke"), "--dry-run")
    assert "is 'z'" in capsys.readouterr().out


def test_corrected_json_says_it_box_by_box(mine, photo, tmp_path, capsys):
    run("read", photo, "--json")
    told = json.loads(capsys.readouterr().out)
    characters = told["photos"][0]["lines"][0]["characters"]
    characters[0]["letter"] = "w"
    characters[1]["letter"] = ""
    (tmp_path / "note.json").write_text(json.dumps(told))
    assert run("teach", "note.json") == 0
    record = json.loads((mine / "lesson-001.json").read_text("utf-8"))
    count = sum(len(line["characters"]) for line in told["photos"][0]["lines"])
    assert record["characters"][0] == "w" and record["read"][0] != "w"
    assert len(record["characters"]) == count - 1


def test_read_mine_reads_with_the_reader_that_was_taught(mine, photo, capsys, tmp_path, monkeypatch, rng):
    run("teach", photo, "--text", TRUTH)
    z = nn.Sequential(nn.Flatten(), nn.Linear(784, 2, rng=rng))
    z[1].weight.data[...] = 0
    z[1].bias.data[...] = (9, 0)
    card = load_model(mine / "reader.safetensors")[1]["card"]
    save_model(mine / "reader.safetensors", z, classes="zy", card=card)
    capsys.readouterr()
    assert run("read", "--mine", photo) == 0
    said = capsys.readouterr()
    assert set(said.out.lower()) <= set("z \n") and "z" in said.out.lower()
    assert "newer" not in said.err
    save_model(mine / "reader.safetensors", z, classes="zy", card=card | {"base": "of an older one"})
    run("read", photo, "--mine")
    assert "newer reader" in capsys.readouterr().err


def test_read_mine_without_a_reader_says_how_to_make_one(mine, photo, capsys):
    assert run("read", photo, "--mine") == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_undo_takes_back_the_last_lesson_and_learns_without_it(mine, photo, tmp_path, capsys):
    other = tmp_path / "other.png"
    assert cv2.imwrite(str(other), write_page("quick", 5, width=500)[0])
    run("teach", photo, "--text", TRUTH)
    run("teach", other, "--text", "quick")
    assert load_model(mine / "reader.safetensors")[1]["card"]["lessons"] == 2
    assert run("teach", "--undo") == 0
    assert load_model(mine / "reader.safetensors")[1]["card"]["lessons"] == 1
    assert run("teach", "--undo") == 0
    assert list(mine.iterdir()) == []
    capsys.readouterr()
    assert run("teach", "--undo") == 1
    assert "no lesson to undo" in capsys.readouterr().err


def test_without_a_photo_the_collection_is_learned_anew(mine, photo, capsys):
    run("teach", photo, "--text", TRUTH)
    (mine / "reader.safetensors").unlink()
    capsys.readouterr()
    assert run("teach", "--json") == 0
    assert json.loads(capsys.readouterr().out)["lessons"] == 1
    assert (mine / "reader.safetensors").exists()
    assert run("teach", "--show") == 0
    assert "lesson 1" in capsys.readouterr().out


def test_forget_deletes_it_all(mine, photo, capsys):
    run("teach", photo, "--text", TRUTH)
    assert run("teach", "--forget") == 0
    assert not mine.exists()
    assert run("teach", "--show") == 0
    assert "is empty" in capsys.readouterr().out
    assert run("teach") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["{photo}"], 2, "needs --text"),
        (["{photo}", "--undo"], 2, "without a photo"),
        (["--text", "a"], 2, "no photo"),
        (["note.json", "--text", "a"], 2, "JSON"),
        (["{photo}", "--text", "..!"], 1, "no letters"),
        (["{photo}", "--text", "an entirely different text that nobody wrote"], 1, "surely found"),
        (["none.png", "--text", "a"], 1, "no such file"),
        (["none.json"], 1, "no such file"),
        (["bad.json"], 1, "is no JSON"),
        (["list.json"], 1, "is no JSON"),
        (["long.json"], 1, "not one character"),
        (["blank.png", "--text", "a"], 1, "no writing"),
        (["{photo}", "--text", "latin1.txt"], 1, "UTF-8"),
    ],
)
def test_bad_input_is_one_line(mine, photo, tmp_path, capsys, arguments, status, says):
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "latin1.txt").write_bytes(b"caf\xe9")
    character = {"letter": "ab", "box": [0, 0, 1, 1]}
    told = {"photos": [{"photo": "a", "lines": [{"characters": [character]}]}]}
    (tmp_path / "long.json").write_text(json.dumps(told))
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((200, 200, 3), 255, np.uint8))
    assert run("teach", *(argument.format(photo=photo) for argument in arguments)) == status
    said = capsys.readouterr()
    assert says in said.err and said.err.count("\n") == 1
    assert not mine.exists()


def test_characters_that_the_reader_does_not_know_are_kept_but_not_learned():
    from hellodl.data.collection import Lesson

    images = np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8)
    found, labels = teach.samples([Lesson("p", "d", "w", "aéB", "aeb", images)], "ab")
    assert labels.tolist() == [0, 1]
    assert found[:, 0, 0].tolist() == [0, 2]


def test_the_model_that_ships_is_what_lessons_begin_with():
    assert read.MODEL.exists()
