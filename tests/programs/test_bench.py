"""The race is fair: same work or no race, turns in order, and the right division at the end."""

import json

import numpy as np
import pytest

from hellodl import cli
from hellodl.errors import HelloError
from hellodl.programs import bench
from hellodl.programs.bench import Contestant, Task

SMALL = Task("small", "hello-dl", 8, True, micro_batch=4)


def test_flops_are_those_counted_by_hand():
    conv = 2 * (26 * 26 * 9 * 32 + 11 * 11 * 9 * 32 * 64 + 4 * 4 * 9 * 64 * 128)
    linear = 2 * (512 * 64 + 64 * 128 + 128 * 26)
    first = 2 * 26 * 26 * 9 * 32
    assert bench.flops(bench.problem_of(Task("", "hello-dl", 1, False))) == conv + linear
    assert bench.flops(bench.problem_of(Task("", "hello-dl", 1, True))) == 3 * (conv + linear) - first


def test_micro_batches_on_lanes_do_the_same_work_as_the_whole_batch():
    problem = bench.problem_of(SMALL)
    whole, lanes = bench.step(problem, 1, 8).show(), bench.step(problem, 2).show()
    assert whole[0].shape == (8, 26)
    assert whole[1].keys() == problem.state.keys()
    bench.check_alike("itself", whole, lanes)


def test_a_contestant_that_does_other_work_is_refused():
    output, gradients = bench.step(bench.problem_of(SMALL), 1, 8).show()
    for wrong in ((output * 1.01, gradients), (output, gradients | {"0.weight": -gradients["0.weight"]})):
        with pytest.raises(HelloError, match="does not do the same work"):
            bench.check_alike("another", (output, gradients), wrong)


def test_contestants_take_turns_and_the_ratio_is_taken_within_a_round(monkeypatch):
    monkeypatch.setattr(bench, "REST", 0.0)
    monkeypatch.setattr(bench, "TURN", 0.0)
    now, turns = [0.0], []
    monkeypatch.setattr(bench.time, "perf_counter", lambda: now[0])

    def contestant(library, threads, seconds):
        def run():
            turns.append(library)
            now[0] += seconds * (1 + len(turns) // 8)  # the machine gets slower all the time

        return Contestant(library, threads, run)

    racers = [
        contestant("hellodl", 1, 2.0),
        contestant("other", 1, 4.0),
        contestant("matrix products alone", 1, 1.0),
    ]
    bench.race(racers, SMALL, 4)
    assert turns[6:12] == ["hellodl"] * 2 + ["other"] * 2 + ["matrix products alone"] * 2
    assert all(len(racer.rates) == 4 for racer in racers)
    figures = bench.figures_of(bench.problem_of(SMALL), racers)
    mine, other, _ = figures["best"]
    assert "hellodl is" not in mine
    assert 1.5 < other["hellodl is"][1] < 2.6
    assert figures["gain_from_threads"]["hellodl"] == 1.0


def test_the_best_number_of_threads_speaks_for_a_library():
    def racer(library, threads, *rates):
        return Contestant(library, threads, lambda: None, rates=list(rates))

    racers = [racer("hellodl", 1, 10.0, 10.0), racer("hellodl", 2, 18.0, 20.0), racer("other", 1, 9.0, 10.0),
              racer("other", 2, 8.0, 8.0), racer("matrix products alone", 1, 30.0, 30.0),
              racer("matrix products alone", 2, 60.0, 60.0)]  # fmt: skip
    figures = bench.figures_of(bench.problem_of(SMALL), racers)
    assert [(row["library"], row["threads"]) for row in figures["best"]] == [
        ("hellodl", 2), ("other", 1), ("matrix products alone", 2)]  # fmt: skip
    assert figures["best"][1]["hellodl is"] == [2.0, 2.0, 2.0]
    assert figures["gain_from_threads"] == {"hellodl": pytest.approx(1.9), "matrix products alone": 2.0}


def test_the_command_prints_a_table_or_json(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench, "TASKS", (SMALL, Task("tiny", "perceptron", 4, False, classes=10)))
    monkeypatch.setattr(bench, "TURN", 0.0)
    path = tmp_path / "bench.json"
    assert cli.main(["bench", "--no-peers", "--rounds", "2", "--out", str(path)]) == 0
    table = capsys.readouterr().out
    assert "**small**: training steps of the network `hello-dl`, batches of 8" in table
    assert "| hellodl |" in table and "| matrix products alone |" in table
    figures = json.loads(path.read_text())
    assert [task["task"] for task in figures["tasks"]] == ["small", "tiny"]
    assert all(np.isfinite(row["images_per_second"]) for task in figures["tasks"] for row in task["best"])


def test_wrong_usage_is_said(capsys):
    assert cli.main(["bench", "running"]) == 2
    assert "there is no task 'running'; choose from step-64" in capsys.readouterr().err
    assert cli.main(["bench", "--rounds", "0"]) == 2
