"""`hellodl runs`: the list, one run, two runs side by side."""

import json
import sqlite3
import sys

import numpy as np
import pytest

from hellodl.commands import cli
from hellodl.commands.runs import by_number, differences, folder_of, sparkline
from hellodl.runs.log import RunLog


@pytest.fixture
def path(tmp_path):
    """A log with a finished run, and one that failed."""
    log = RunLog(tmp_path / "log.sqlite3")
    with log.run("letters", {"epochs": 8, "rate": 0.1}, seed=1, data="unipen") as run:
        for step in range(10):
            run.train_row(step, epoch=step / 10, loss=3 - step / 4, accuracy=step / 10)
        run.validation_row(4, loss=1.0, accuracy=0.5)
        run.validation_row(9, loss=0.9, accuracy=0.875)
        run.weights(9, [("conv.weight", np.ones((2, 1, 3, 3), np.float32), np.zeros((2, 1, 3, 3)))])
        run.confusion(9, np.array([[5, 4], [0, 7]]), "ab")
        run.result({"test_accuracy": 0.75})
    with pytest.raises(ValueError, match="nan"), log.run("digits", {"epochs": 9, "rate": 0.1}, seed=1):
        raise ValueError("the loss is nan [red]")
    return log.path


def runs(path, *words):
    return cli.main(["runs", *words, "--log", str(path)])


def test_the_list_has_a_line_for_each_run(path, capsys):
    assert runs(path) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["run", "program", "started"]
    assert first.split()[:2] == ["1", "letters"]
    assert "87.50%" in first
    assert "failed" in second


def test_one_run_shows_what_it_was_and_how_it_went(path, capsys):
    assert runs(path, "show", "1") == 0
    out = capsys.readouterr().out
    for words in ("epochs 8", "unipen", "test_accuracy 0.75", "█", "conv.weight", "a/b 4", "0.5 to 0.875"):
        assert words in out, words
    assert runs(path, "show", "2") == 0
    assert "the loss is nan [red]" in capsys.readouterr().out


def test_two_runs_show_what_sets_them_apart(path, capsys):
    assert runs(path, "compare", "1", "2") == 0
    out = capsys.readouterr().out
    assert "settings: epochs" in out
    assert "settings: rate" not in out, "it is the same in both"
    assert differences([{"id": 1, "a": {}, "settings": {}, "versions": {}, "result": {}}] * 2) == {}


def test_json_has_it_all(path, capsys):
    assert runs(path, "--json") == 0
    assert [run["status"] for run in json.loads(capsys.readouterr().out)] == ["finished", "failed"]
    assert runs(path, "show", "1", "--json") == 0
    (run,) = json.loads(capsys.readouterr().out)
    assert len(run["training"]) == 10
    assert run["best_validation_accuracy"] == 0.875
    assert runs(path, "compare", "1", "2", "--json") == 0
    assert json.loads(capsys.readouterr().out)["differences"]["settings: epochs"] == [8, 9]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("--program letters", [1]),
        ("--status failed", [2]),
        ("--data uni", [1]),
        ("--data emnist", []),
        ("--since 2000-01-01", [1, 2, 3]),
        ("--since 2999-01-01T12:00", []),
        ("--best 2", [3, 1]),
        ("--best 1 --program letters", [1]),
    ],
)
def test_the_list_can_be_narrowed(path, capsys, words, numbers):
    with RunLog(path).run("digits", {}, data="mnist") as run:
        for step, accuracy in ((1, 0.99), (2, 0.5)):
            run.validation_row(step, accuracy=accuracy)
    assert runs(path, *words.split(), "--json") == 0
    assert [run["id"] for run in json.loads(capsys.readouterr().out)] == numbers


def test_a_list_of_nothing_says_so(path, capsys):
    assert runs(path, "--program", "text") == 0
    assert "none of the runs is like that" in capsys.readouterr().out


def test_the_rows_of_a_run_go_to_a_spreadsheet(path, capsys):
    assert runs(path, "show", "1", "--csv") == 0
    head, first, *others = capsys.readouterr().out.splitlines()
    assert head == "run,part,step,epoch,loss,accuracy,learning_rate,images,seconds"
    assert first.split(",")[:7] == ["1", "training", "0", "0.0", "3.0", "0.0", ""]
    assert len(others) == 11
    assert others[-1].split(",")[:6] == ["1", "validation", "9", "", "0.9", "0.875"]


def test_runs_are_exported_for_tensorboard(path, tmp_path, capsys):
    pytest.importorskip("tensorboardX")
    assert runs(path, "export", "1", "2", "--tensorboard", str(tmp_path / "board")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [str(file) for file in sorted((tmp_path / "board").glob("*/*tfevents*"))] == sorted(lines)
    assert (tmp_path / "board" / "letters-1").is_dir()


def test_what_is_missing_for_tensorboard_is_said_in_one_line(path, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    assert runs(path, "export", "1", "--tensorboard", str(tmp_path / "board")) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "pip install 'hellodl[tensorboard]'" in said[0]


def test_what_layers_do_and_what_was_read_is_shown(path, capsys):
    with RunLog(path).run("letters", {}) as run:
        run.weights(5, [("0.weight", np.ones((2, 2)), None)], {"0.weight": np.full((2, 2), 0.8)})
        run.activation(5, "1", np.array([[0.0, 1.0, 0.0, 2.0]]))
        run.sample(5, 17, "q", "g", 0.625)
    assert runs(path, "show", str(run.id)) == 0
    out = capsys.readouterr().out
    for words in ("a step moves", "0.25", "50.00% of layer 1", "q as g (62%)", "took"):
        assert words in out, words


def test_a_deleted_run_is_gone(path, capsys):
    assert runs(path, "delete", "1") == 0
    assert [run["id"] for run in RunLog(path).runs()] == [2]
    assert runs(path, "delete", "1") == 1
    assert "has no run 1; there are 2 to 2" in capsys.readouterr().err


def test_a_run_that_was_killed_is_lost_after_a_while(path, capsys):
    with sqlite3.connect(path) as connection:
        connection.execute("update runs set status = 'running', seen = '2020-01-01T00:00:00Z' where id = 1")
    connection.close()
    assert runs(path) == 0
    assert "lost" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["show"],
        ["compare", "1"],
        ["delete"],
        ["list", "1"],
        ["dance"],
        ["show", "x"],
        ["--csv"],
        ["--best", "0"],
        ["--since", "yesterday"],
        ["export", "1"],
        ["list", "--tensorboard", "x"],
    ],
)
def test_wrong_usage_is_2(path, words):
    assert runs(path, *words) == 2


def test_no_log_is_no_error(tmp_path, capsys):
    assert runs(tmp_path / "none") == 0
    assert "no runs yet" in capsys.readouterr().out
    assert runs(tmp_path / "none", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert not (tmp_path / "none").exists()


def test_layers_are_listed_in_their_order():
    assert sorted(["10.bias", "2.body.0.bias", "2.bias", "fc.bias"], key=by_number) == [
        "fc.bias",
        "2.bias",
        "2.body.0.bias",
        "10.bias",
    ]


def test_a_curve_becomes_little_bars():
    assert sparkline([]) == ""
    assert sparkline([5.0]) == "▁"
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert len(sparkline(list(range(1000)), 40)) == 40
    assert sparkline([0, 0, 9, 9], 2) == "▁█"


ODD = [
    "update training set loss = 9e999, accuracy = -9e999 where step = 5",
    "update training set loss = 9e999",
    "update training set loss = 'much', images = x'00ff'",
    "update runs set settings = '[1]', versions = '3', result = '{'",
    "update runs set settings = '" + "[" * 5000 + "'",
    "update runs set started = 'yesterday', seen = 'today', finished = 7",
    "update runs set started = '2020-01-01T00:00:00Z', seen = '2020-01-01'",
    "update runs set program = x'ff00', status = 8, machine = 7, seed = 'x'",
    "update runs set data = x'ff00', source = 9",
    "update layers set histogram = '{}', mean = 'x', spread = 9e999",
    "update confusion set truth = 7, guess = x'41'",
]


@pytest.mark.parametrize("change", ODD)
def test_whatever_stands_in_the_log_is_shown_or_named_in_one_line(path, capsys, change):
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()
    for words in ([], ["show", "1"], ["compare", "1", "2"], ["show", "1", "--csv"]):
        assert runs(path, *words) in (0, 1)
        assert "unexpected" not in capsys.readouterr().err
    assert runs(path, "show", "1", "--json") == 0
    json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(name))


def test_an_infinite_loss_is_shown_as_it_is(path, capsys):
    with sqlite3.connect(path) as connection:
        connection.execute("update training set loss = 9e999 where step = 9")
    connection.close()
    assert runs(path, "show", "1") == 0
    assert "training loss, 3 to inf" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["place = -place - 100", "count = -count - 100", "truth = '', guess = ''"])
def test_a_table_of_mistakes_that_leads_nowhere_is_one_line(path, capsys, change):
    with sqlite3.connect(path) as connection:
        connection.execute(f"update confusion set {change}")
    connection.close()
    assert runs(path, "show", "1") == 1
    assert "is damaged" in capsys.readouterr().err


def test_a_program_of_any_name_is_exported_into_the_folder():
    assert folder_of({"program": "../../x", "id": 3}) == "-x-3"


def test_no_text_of_a_log_commands_the_terminal(path, capsys):
    with sqlite3.connect(path) as connection:
        connection.execute("update runs set error = 'a' || char(27) || '[2J'")
    connection.close()
    assert runs(path, "show", "2") == 0
    assert "a?[2J" in capsys.readouterr().out
