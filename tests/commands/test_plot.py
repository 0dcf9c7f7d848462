"""`hellodl plot`: every picture has its file and its description, and what is wrong is said in one line."""

import json

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from hellodl.commands import cli, plot
from hellodl.runs.log import RunLog


@pytest.fixture
def path(tmp_path, monkeypatch, rng):
    """A log with a run of everything, and an empty one, in the folder where we are."""
    monkeypatch.chdir(tmp_path)
    log = RunLog(tmp_path / "log.sqlite3")
    with log.run("letters", {}, seed=1) as run:
        for step in (1, 2, 3):
            run.train_row(step, loss=1 / step, accuracy=0.5, learning_rate=0.1)
            named = [(f"{k}.weight", rng.standard_normal((2, 1, 3, 3)), rng.standard_normal(18)) for k in range(14)]
            run.weights(step, named, {name: array + 0.1 for name, array, _ in named})
            run.activation(step, "0", rng.standard_normal((5, 10)))
        run.confusion(3, np.eye(3, dtype=int), "abc")
    with log.run("digits", {}, seed=1) as run:
        run.train_row(1, loss=3.0, accuracy=0.1)
    return log.path


def run(path, *words):
    return cli.main(["plot", *words, "--log", str(path)])


@pytest.mark.parametrize("name", plot.OF_RUNS)
def test_every_picture_of_a_run(name, path, capsys):
    assert run(path, name, "1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    ending = "gif" if name == "learning" else "png"
    assert found["picture"] == f"{name}-1.{ending}"
    assert len(found["description"]) > 20
    assert (path.parent / found["picture"]).stat().st_size > 500


def test_the_newest_run_is_meant_unless_another_is_named(path, capsys):
    assert run(path, "curves", "--beside", "1", "--out", "mine.svg") == 0
    assert capsys.readouterr().out == "mine.svg\n"
    words = (path.parent / "mine.svg").read_text("utf-8")
    assert "run 2, digits" in words
    assert "beside it in grey stands run 1" in words


def test_pictures_that_need_no_run(path, capsys):
    assert run(path, "expression") == 0
    assert capsys.readouterr().out == "expression.png\n"
    assert run(path, "expression", "3") == 2
    assert "no picture of a run" in capsys.readouterr().err


def test_layers_are_chosen_and_those_left_out_are_named(path, capsys):
    assert run(path, "weights", "1", "--layer", "13.weight", "2.weight", "--json") == 0
    assert "of 2 layers" in json.loads(capsys.readouterr().out)["description"]
    assert run(path, "weights", "1", "--layer", "99.weight") == 1
    assert "it has 0.weight, 1.weight, 2.weight" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ("nonsense", 2, "'curves', 'rate', 'weights'"),
        ("curves 9", 1, "has no run 9; there are 1 to 2"),
        ("confusion 2", 1, "run 2 has no confusion matrix"),
        ("weights 2", 1, "did not write down weights"),
        ("rate 2", 1, "did not write down its learning rate"),
        ("updates 2", 1, "did not write down weights"),
        ("curves 1 --beside 7", 1, "has no run 7"),
        ("curves 1 --claim nonsense", 1, "there is no published accuracy 'nonsense'"),
        ("curves 1 --out a.jpg", 2, "as .png or .svg"),
        ("learning 1 --out a.png", 2, "as .gif"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(words, status, says, path, capsys):
    assert run(path, *words.split()) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


def test_where_there_are_no_runs_the_line_says_how_to_make_one(tmp_path, capsys):
    assert run(tmp_path / "none.sqlite3", "curves") == 1
    assert "there are no runs yet; `hellodl train letters` makes one" in capsys.readouterr().err


def test_a_poster_of_ink(path, capsys, monkeypatch):
    asked = []
    real = plot.data.load
    monkeypatch.setattr(plot.data, "load", lambda *words: asked.append(words) or real(*words[:4], 40))
    assert run(path, "poster", "--seed", "3") == 0
    assert capsys.readouterr().out == "poster-ink.png\n"
    assert asked[0][:2] == ("ink", "train")
    assert asked[0][3] == 3
