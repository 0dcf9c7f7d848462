"""The command: who is timed, and what it prints."""

import json
import re

import numpy as np

from hellodl.bench import bench, memory, races
from hellodl.bench.problems import Task
from hellodl.commands import cli
from hellodl.ops import loops

SMALL = Task("small", "hello-dl", 8, True, micro_batch=4)


def test_the_command_prints_a_table_or_json(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench, "TASKS", (SMALL, Task("tiny", "perceptron", 4, False, classes=10)))
    monkeypatch.setattr(races, "TURN", 0.0)
    path = tmp_path / "bench.json"
    assert cli.main(["bench", "--no-peers", "--rounds", "2", "--out", str(path)]) == 0
    table = capsys.readouterr().out
    assert "**small**: training steps of the network `hello-dl`, batches of 8" in table
    assert "| hellodl |" in table and "| matrix products alone |" in table
    assert not memory.can_measure() or len(re.findall(r" \| \d+ MB \| ", table)) == (4 if loops.available() else 2)
    figures = json.loads(path.read_text())
    assert [task["task"] for task in figures["tasks"]] == ["small", "tiny"]
    assert all(np.isfinite(row["images_per_second"]) for task in figures["tasks"] for row in task["best"])


def test_where_memory_cannot_be_told_it_has_no_column(monkeypatch, capsys):
    monkeypatch.setattr(bench, "TASKS", (SMALL,))
    monkeypatch.setattr(races, "TURN", 0.0)
    monkeypatch.setattr(races.Racer, "weigh", lambda racer: None)  # as elsewhere
    assert cli.main(["bench", "--no-peers", "--rounds", "1"]) == 0
    assert "memory" not in capsys.readouterr().out


def test_wrong_usage_is_said(capsys):
    assert cli.main(["bench", "running"]) == 2
    assert "there is no task 'running'; choose from step-64" in capsys.readouterr().err
    assert cli.main(["bench", "--rounds", "0"]) == 2
