"""`hellodl pen`: a text comes out by hand, on lines, with the truth of every letter."""

import json

import numpy as np
import pytest

import hellodl
from hellodl import nn
from hellodl.commands import pen
from hellodl.commands.cli import main
from hellodl.data.collection import Lesson, collection
from hellodl.data.pages.conditions import MILD
from hellodl.data.pages.letter import read_words
from hellodl.data.writing import ALPHABET
from hellodl.errors import CheckpointError, DataError
from hellodl.nn.penning import Penned
from hellodl.train.checkpoint import save_model


@pytest.fixture(autouse=True)
def scribbler(tmp_path, monkeypatch):
    """A pen that has learned nothing, but moves on, and is soon done."""
    monkeypatch.chdir(tmp_path)
    network = nn.Pen(len(ALPHABET) + 1, 9, 8, 2, 2, 4, 3, rng=np.random.default_rng(0))
    network.first.walk_bias.data[4:] = -1
    network.head.bias.data[2:4] = 0.5  # to the right
    save_model(tmp_path / "scribbler.safetensors", network, classes=ALPHABET, card={})
    pen.load.cache_clear()
    pen.hand_in.cache_clear()
    return "scribbler.safetensors"


def test_a_text_becomes_a_file_and_a_line_that_says_so(scribbler, capsys):
    for kind in ("svg", "png", "gif", "json"):
        assert main(["pen", "Dear reader,", "--model", scribbler, "--out", f"l.{kind}"]) == 0
        assert f"in hand 7: l.{kind}" in capsys.readouterr().out
    told = json.loads((pen.Path("l.json")).read_text())
    assert (told["text"], told["hand"], told["tidy"], told["seed"]) == ("Dear reader,", 7, 0.5, 0)


def test_the_same_seed_writes_the_same_again_and_another_does_not(scribbler):
    one, two, other, tidier = (
        hellodl.pen("Dear reader", 3, model=scribbler, **how).as_svg() for how in ({}, {}, {"seed": 1}, {"tidy": 1.0})
    )
    assert one == two and len({one, other, tidier}) == 3
    assert hellodl.pen("Dear reader", 4, model=scribbler).as_svg() != one


def test_a_word_that_stands_off_its_line_is_set_on_it():
    def word(off):
        """An f with a tail, an o and an x; the feet of these are `off` below the line."""
        y = np.array([-1.0, 1.0, 0.0, -0.8, 0.0]) + off
        moves = np.zeros((5, 4), np.float32)
        moves[:, 0], moves[:, 1], moves[-1, 2:] = 0.5, np.diff(y, prepend=0.0), 1
        return Penned(moves, np.array([0, 0, 1, 2, 2]))

    for off, left in ((-0.7, 0.0), (0.5, 0.0), (0.15, 0.15)):
        letter = pen.set_on_lines("fox", [["fox"]], [word(off)], 48, np.random.default_rng(0), {})
        assert letter.strokes[0][-1, 1] - letter.levels[0] == pytest.approx(left, abs=1e-5)


def test_lines_end_where_they_end_in_the_text_and_where_they_are_full(scribbler):
    def heights(letter, text):
        """Of the first point of each word."""
        places = [text.index(word) for word in text.split()]
        at = {int(which[0]): float(stroke[0, 1]) for stroke, which in zip(letter.strokes[::-1], letter.letters[::-1])}
        return [at[place] for place in places]

    text = "in on\nat by"
    wide = hellodl.pen(text, model=scribbler, width=1000, seed=2)
    first, _, third, _ = heights(wide, text)
    assert third > first + pen.LINE - 2
    narrow = hellodl.pen(text, model=scribbler, width=0.1, seed=2)
    assert narrow.height > wide.height + 1.5 * pen.LINE and narrow.width < wide.width


def test_everything_lies_on_the_sheet_and_every_point_knows_its_letter(scribbler):
    text = "Dear reader,\nread on, read on."
    letter = hellodl.pen(text, model=scribbler, tidy=0)
    points, letters = np.concatenate(letter.strokes), np.concatenate(letter.letters)
    assert len(points) == len(letters)
    assert points.min() > 0 and (points.max(axis=0) < [letter.width, letter.height]).all()
    assert {text[n] for n in letters.tolist()} <= set(text) - {" ", "\n"}
    assert (np.diff([which[0] for which in letter.letters]) > -6).all()  # words come in their order
    assert letters.max() >= text.rindex("on.")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["naïve λ"], "cannot write 'ï', 'λ'"),
        ([" \n "], "nothing to write"),
        (["a", "--hand", "9"], "no hand 9; there are 0 to 8"),
        (["a", "--out", "a.bmp"], "a letter is written as .svg"),
        (["a " * 20_000], "too many"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_line(scribbler, capsys, arguments, told):
    assert main(["pen", *arguments, "--model", scribbler]) == 1
    said = capsys.readouterr().err
    assert told in said and len(said.splitlines()) == 1


def test_another_model_is_refused(tmp_path):
    save_model(tmp_path / "other.safetensors", nn.Sequential(nn.Linear(3, 4)), classes="abcd", card={})
    with pytest.raises(CheckpointError, match="no model that writes by hand"):
        hellodl.pen("a", model="other.safetensors")


def test_less_than_no_tidiness_is_wrong_usage_on_the_command_line(capsys):
    assert main(["pen", "a", "--tidy", "-1"]) == 2
    with pytest.raises(DataError, match="tidiness"):
        hellodl.pen("a", tidy=-1, model="scribbler.safetensors")


def test_pages_are_written_in_its_hands_with_a_box_for_every_letter(scribbler):
    page = pen.penned_page(MILD, 5, scribbler)
    assert [box.character for box in page.boxes] == [c for c in page.text if not c.isspace()]
    assert len(page.baselines) == len(page.text.split("\n")) > 1
    again, other = (pen.penned_page(MILD, seed, scribbler) for seed in (5, 6))
    assert again.boxes == page.boxes and other.text != page.text


def test_a_hand_is_learned_from_a_file_of_words(scribbler, capsys):
    assert main(["pen", "on the road again", "--model", scribbler, "--hand", "2", "--out", "words.json"]) == 0
    assert main(["pen", "Dear", "--model", scribbler, "--like", "words.json", "--out", "l.svg"]) == 0
    assert "in the hand of words.json: l.svg" in capsys.readouterr().out
    moves, texts = pen.as_moves(read_words(pen.Path("words.json")), ALPHABET)
    assert texts == ["on", "the", "road", "again"] and all(each[-1, 3] == 1 for each in moves)
    alone = [{"text": "on", "strokes": [[[0, 0], [3, 4], [5, 0]]]}, {"text": "λ", "strokes": [[[0, 0], [1, 1]]]}]
    pen.Path("list.json").write_text(json.dumps(alone))
    assert pen.as_moves(read_words(pen.Path("list.json")), ALPHABET)[1] == ["on"]


def test_a_scribble_is_no_word_to_learn_a_hand_from(rng):
    scribble = [rng.uniform(-1e6, 1e6, (2 * pen.MOST_MOVES, 2))]
    with pytest.raises(DataError, match="turns of the pen are many for 'on'; write it again"):
        pen.as_moves([("on", scribble)], ALPHABET)


@pytest.mark.parametrize(
    "content",
    [
        *("", "3", "[]", '[{"text": "a"}]', '{"text": "a", "strokes": [[1, 2]]}'),
        *('[{"text": "a", "strokes": [[[0, NaN]]]}]', '[{"text": "λ", "strokes": [[[0, 0], [1, 1]]]}]'),
        '{"text": "ab", "strokes": [[[0, 1]]], "letters": []}',
    ],
)
def test_a_file_without_words_is_refused_in_one_line(scribbler, capsys, content):
    pen.Path("w.json").write_text(content)
    assert main(["pen", "a", "--model", scribbler, "--like", "w.json"]) == 1
    said = capsys.readouterr().err
    assert ("w.json: has no strokes" in said or "no word among these" in said) and len(said.splitlines()) == 1
    assert main(["pen", "a", "--model", scribbler, "--like", "none.json"]) == 1
    assert "none.json: cannot be read" in capsys.readouterr().err


def test_ones_own_hand_is_that_of_the_words_in_ones_collection(scribbler, capsys, monkeypatch):
    monkeypatch.setenv("HELLODL_MINE", "mine")
    mine, strips = collection(), (np.zeros((32, 20), np.uint8),)
    assert main(["pen", "Dear", "--model", scribbler, "--mine"]) == 1
    told = capsys.readouterr().err
    assert "has no words of yours yet" in told and "hellodl teach WORDS.json" in told and len(told.splitlines()) == 1
    mine.add(Lesson("note.jpg", "0" * 64, "2030", ("on",), ("on",), strips))
    assert main(["pen", "Dear", "--model", scribbler, "--mine"]) == 1
    assert "photos only" in capsys.readouterr().err
    strokes = [np.array([[0.0, 0], [3, 4], [5, 0], [9, 4]])]
    for number in range(1, pen.LATEST + 2):
        mine.add(Lesson("pen", f"{number}" * 64, "2030", ("on" if number > 1 else "in",), ("on",), strips, (strokes,)))
    assert main(["pen", "Dear", "--model", scribbler, "--mine"]) == 0
    assert "in your hand: letter.svg" in capsys.readouterr().out
    asked = []
    monkeypatch.setattr(pen, "fitted", lambda network, moves, texts: asked.append(texts) or np.zeros(3, np.float32))
    pen.hand_in.cache_clear()
    for seed in (1, 2):
        assert hellodl.pen("Dear", "mine", model=scribbler, seed=seed).about["hand"] == "mine"
    assert asked == [["on"] * pen.LATEST], "from the latest, and once for all letters"
