"""The command: who is timed, what it prints, and a process that works alone while its memory is watched."""

import json

import numpy as np

from hellodl.bench import bench, races
from hellodl.bench.contestants import Contestant
from hellodl.bench.problems import Task
from hellodl.commands import cli

SMALL = Task("small", "hello-dl", 8, True, micro_batch=4)


def test_a_contestant_works_alone_for_its_memory_to_be_watched(monkeypatch, capsys):
    made = []

    def ours(problem, thread_counts):
        for library in ("other", "hellodl", "one that is never made"):
            made.append(library)
            yield Contestant(library, thread_counts[0], lambda: made.append("run"))

    monkeypatch.setattr(bench, "ours", ours)
    assert cli.main(["bench", "step-64", "--alone", "hellodl", "2"]) == 0
    assert made == ["other", "hellodl"] + ["run"] * bench.ALONE
    assert capsys.readouterr().out == ""


def test_the_command_prints_a_table_or_json(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench, "TASKS", (SMALL, Task("tiny", "perceptron", 4, False, classes=10)))
    monkeypatch.setattr(races, "TURN", 0.0)
    monkeypatch.setattr(bench.memory, "can_measure", lambda: True)
    monkeypatch.setattr(bench.memory, "peak", lambda command: float(len(command)))
    path = tmp_path / "bench.json"
    assert cli.main(["bench", "--no-peers", "--rounds", "2", "--out", str(path)]) == 0
    table = capsys.readouterr().out
    assert "**small**: training steps of the network `hello-dl`, batches of 8" in table
    assert "| hellodl |" in table and "| matrix products alone |" in table
    assert table.count(" | 8 MB | ") == 2
    figures = json.loads(path.read_text())
    assert [task["task"] for task in figures["tasks"]] == ["small", "tiny"]
    assert all(np.isfinite(row["images_per_second"]) for task in figures["tasks"] for row in task["best"])


def test_where_memory_cannot_be_told_it_has_no_column(monkeypatch, capsys):
    monkeypatch.setattr(bench, "TASKS", (SMALL,))
    monkeypatch.setattr(races, "TURN", 0.0)
    monkeypatch.setattr(bench.memory, "can_measure", lambda: False)
    assert cli.main(["bench", "--no-peers", "--rounds", "1"]) == 0
    assert "memory" not in capsys.readouterr().out


def test_wrong_usage_is_said(capsys):
    assert cli.main(["bench", "running"]) == 2
    assert "there is no task 'running'; choose from step-64" in capsys.readouterr().err
    assert cli.main(["bench", "--rounds", "0"]) == 2
