"""`hellodl teach`, from a photo to a reader of one's own, and `hellodl read --mine`."""

import json

import cv2
import numpy as np
import pytest

from hellodl import nn
from hellodl.commands import cli, teach, truth
from hellodl.data.collection import Lesson, collection
from hellodl.data.pages.layout import write_page
from hellodl.errors import DataError
from hellodl.train.checkpoint import load_model, save_model

TRUTH = "make hay\nwhile the sun"


@pytest.fixture
def mine(monkeypatch, tmp_path):
    """A folder for the collection, and a lesson that takes no time: the reader stays as it is but for a mark."""
    folder = tmp_path / "mine"
    monkeypatch.setenv("HELLODL_MINE", str(folder))
    monkeypatch.chdir(tmp_path)

    def quick(model, strips, texts, seed, watch):
        assert len(strips) == len(texts) and all(len(strip) == 32 for strip in strips)
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
    assert card["characters"] == sum(len(line["text"]) for line in record["lines"]) > 10
    assert [line["text"] for line in record["lines"]] == TRUTH.split("\n")


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
    assert "is 'mzke hay'" in capsys.readouterr().out


def test_corrected_json_says_it_box_by_box(mine, photo, tmp_path, capsys):
    run("read", photo, "--json")
    told = json.loads(capsys.readouterr().out)
    characters = told["photos"][0]["lines"][0]["characters"]
    characters[0]["letter"] = "w"
    characters[1]["letter"] = ""
    (tmp_path / "note.json").write_text(json.dumps(told))
    assert run("teach", "note.json") == 0
    record = json.loads((mine / "lesson-001.json").read_text("utf-8"))
    was = told["photos"][0]["lines"][0]["text"]
    assert record["lines"][0]["text"] == "w" + was[2:] and record["lines"][0]["read"] == was
    assert len(record["lines"]) == len(told["photos"][0]["lines"])


def test_read_mine_reads_with_the_reader_that_was_taught(mine, photo, capsys, tmp_path, monkeypatch, rng):
    run("teach", photo, "--text", TRUTH)
    path = mine / "reader.safetensors"
    network, metadata = load_model(path)
    network.head.weight.data[...] = 0
    network.head.bias.data[...] = 0
    network.head.bias.data[metadata["classes"].index("z") + 1] = 9  # of whatever it sees
    save_model(path, network, classes=metadata["classes"], card=metadata["card"])
    capsys.readouterr()
    assert run("read", "--mine", photo) == 0
    said = capsys.readouterr()
    assert set(said.out) <= set("z\n") and "z" in said.out
    assert "newer" not in said.err
    save_model(path, network, classes=metadata["classes"], card=metadata["card"] | {"base": "of an older one"})
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
        (["list.json"], 1, "has no strokes"),
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


def test_lines_with_signs_that_the_reader_does_not_know_are_kept_but_not_learned():
    strips = tuple(np.full((32, 10 + k), k, np.uint8) for k in range(3))
    found, texts = teach.samples([Lesson("p", "d", "w", ("ab", "é", "b"), ("ab", "e", "b"), strips)], "ab")
    assert texts == ["ab", "b"] and [strip.shape[1] for strip in found] == [10, 12]
    with pytest.raises(DataError, match="teach it others"):
        teach.samples([Lesson("p", "d", "w", ("é",), ("e",), strips[:1])], "ab")


def test_lines_of_a_text_find_theirs_on_the_page_though_one_is_missing_and_one_is_too_many():
    strips = [np.zeros((32, 8), np.uint8)] * 3
    matches = truth.side_by_side(["milk", "two eggs", "flour"], ["nilk", "b", "floor"], strips)
    pairs = [(match.true, match.read) for match in matches if match.true and match.read]
    assert pairs[0] == ("milk", "nilk") and pairs[-1] == ("flour", "floor")
    assert [match.trusted for match in matches if match.true == "two eggs"] == [False]


def test_words_as_strokes_are_a_lesson_for_the_reader_and_for_the_pen(mine, photo, tmp_path, capsys):
    strokes = [[[0, 40], [10, 5], [20, 40], [30, 5], [40, 40]], [[60, 20], [80, 20]]]
    words = [{"text": "win", "strokes": strokes}, {"text": "日", "strokes": strokes}]
    (tmp_path / "words.json").write_text(json.dumps(words))
    assert run("teach", "words.json", "--dry-run") == 0 and not mine.exists()
    assert run("teach", "words.json") == 0
    assert "learned 3 characters of 1 lesson" in capsys.readouterr().out
    ((text, kept),) = collection().words()
    assert text == "win" and [stroke.tolist() for stroke in kept] == strokes
    assert run("teach", "words.json") == 0
    assert len(collection().lessons()) == 1, "the same words are one lesson"
    assert run("teach", "--undo") == 0 and collection().words() == []
    (tmp_path / "words.json").write_text(json.dumps(words[1:]))
    assert run("teach", "words.json") == 1
    assert "words.json: has no word of signs that the reader knows" in capsys.readouterr().err
