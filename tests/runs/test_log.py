"""Reading the log: everything comes back, at any moment, from any process."""

import os
import subprocess
import sys

import numpy as np
import pytest

from hellodl.errors import DataError
from hellodl.runs import writer
from hellodl.runs.log import RunLog


def test_rows_come_back_in_order_with_numpy_numbers_as_numbers(log):
    with log.run("letters", {}) as run:
        for step in (20, 10):
            run.train_row(
                np.int64(step), epoch=0.5, loss=np.float32(1.5), accuracy=0.25, learning_rate=1e-3, images=640
            )
        run.validation_row(20, loss=float("nan"), accuracy=np.float64(0.5), images=100, seconds=2)
    rows = log.train_rows(run.id)
    assert [row["step"] for row in rows] == [10, 20]
    assert rows[0]["loss"] == 1.5
    assert rows[0]["images"] == 640
    assert rows[0]["seconds"] >= 0
    (row,) = log.validation_rows(run.id)
    assert row == {"run": 1, "step": 20, "epoch": None, "loss": None, "accuracy": 0.5, "images": 100, "seconds": 2}


def test_layers_are_found_by_name_and_by_kind(log):
    arrays = [(name, np.ones(2), np.zeros(2)) for name in ("10.weight", "2.weight")]
    with log.run("letters", {}) as run:
        for step in (1, 20):
            run.weights(step, arrays)
    assert [row["step"] for row in log.layers(run.id, "2.weight", "gradient")] == [1, 20]
    assert len(log.layers(run.id, kind="weight")) == len(log.layers(run.id, "10.weight")) == 4
    assert log.layer_names(run.id) == [
        ("2.weight", "gradient"),
        ("2.weight", "weight"),
        ("10.weight", "gradient"),
        ("10.weight", "weight"),
    ]


def test_small_kernels_are_kept_in_full(log):
    kernel = np.arange(36, dtype=np.float32).reshape(4, 1, 3, 3)
    large = np.zeros((64, 64, 3, 3), np.float32)
    with log.run("letters", {}) as run:
        for step in (5, 50):
            run.weights(step, [("conv.weight", kernel * step, None), ("large.weight", large, None)])
    assert log.kernel_steps(run.id) == {"conv.weight": [5, 50]}
    assert log.kernels(run.id, "large.weight") is None
    assert log.kernels(run.id, "conv.weight", 4) is None
    assert np.array_equal(log.kernels(run.id, "conv.weight", 49), kernel * 5)
    assert np.array_equal(log.kernels(run.id, "conv.weight"), kernel * 50)


def test_the_last_confusion_matrix_comes_back_whole(log):
    matrix = np.array([[5, 0, 1], [0, 0, 0], [2, 0, 7]])
    with log.run("letters", {}) as run:
        run.confusion(1, np.ones((3, 3)), "xyz")
        run.confusion(2, matrix, "xyz")
    classes, found = log.confusion(run.id)
    assert classes == "xyz"
    assert np.array_equal(found, matrix)
    assert log.confusion(99) is None


def test_the_confusion_of_test_images_goes_before_that_of_validation(log):
    with log.run("letters", {}) as run:
        run.confusion(10, np.diag([1, 2]), "xx", part="validation")
        run.confusion(20, np.diag([3, 4]), "xx", part="validation")
        run._flush()
        assert log.confusion(run.id)[1].tolist() == [[3, 0], [0, 4]], "the last one, on the way"
        run.confusion(20, np.diag([5, 6]), "xx")
    assert log.confusion(run.id)[1].tolist() == [[5, 0], [0, 6]]


def test_samples_come_back_in_order(log):
    with log.run("letters", {}) as run:
        for number in (7, 3):
            run.sample(20, np.int64(number), "a", "b", np.float32(0.75))
    rows = log.samples(run.id)
    assert [row["input"] for row in rows] == [3, 7]
    assert rows[0] == {"step": 20, "input": 3, "truth": "a", "guess": "b", "probability": 0.75}


def test_a_page_that_looks_again_and_again_misses_nothing(log):
    with log.run("letters", {}) as run:
        for step in (10, 20):
            run.train_row(step, loss=1.0)
        run._flush()
        assert [row["step"] for row in log.rows_after(run.id, -1)["training"]] == [10, 20]
        run.validation_row(20, loss=1.5)
        run.train_row(30, loss=0.5)
        run._flush()
        since = log.rows_after(run.id, 20)
    assert [row["step"] for row in since["training"]] == [30]
    assert [row["loss"] for row in since["validation"]] == [1.5]


def test_curves_are_thinned_but_keep_their_spikes(log, monkeypatch):
    monkeypatch.setattr(writer, "FLUSH_ROWS", 10_000)
    with log.run("letters", {}) as run:
        for step in range(1, 5001):
            loss = 99.0 if step == 1234 else 2.0 + step % 7
            run.train_row(step, loss=loss, accuracy=1 / step, learning_rate=0.1)
        run.validation_row(5000, loss=float("nan"), accuracy=0.5)
    curves = log.curves(run.id, 100)
    training = curves["training"]
    assert 50 <= len(training["step"]) <= 102
    assert (training["step"][0], training["step"][-1]) == (1, 5000)
    assert training["step"] == sorted(training["step"])
    assert training["loss"][training["step"].index(1234)] == 99
    assert 2.0 in training["loss"], "the lowest stay as well"
    assert all(accuracy == 1 / step for step, accuracy in zip(training["step"], training["accuracy"]))
    assert set(training["learning_rate"]) == {0.1}
    assert curves["validation"] == {"step": [5000], "loss": [None], "accuracy": [0.5]}
    assert len(log.curves(run.id, 10_000)["training"]["step"]) == 5000
    assert log.curves(99)["training"]["step"] == []


def test_a_curve_without_a_loss_is_thinned_as_well(log):
    with log.run("text", {}) as run:
        for step in range(100):
            run.train_row(step, accuracy=0.5)
    assert len(log.curves(run.id, 10)["training"]["step"]) <= 12


def test_another_process_reads_while_training_goes_on(log, monkeypatch):
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.0)
    with log.run("letters", {}) as run:
        run.train_row(1, loss=2.5)
        query = """import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("select loss from training").fetchall())"""
        answer = subprocess.run([sys.executable, "-c", query, log.path], capture_output=True, text=True)
        assert answer.stdout == "[(2.5,)]\n"
        assert log.train_rows(run.id)[0]["loss"] == 2.5


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_log_in_a_read_only_folder_can_be_read(log):
    with log.run("letters", {}):
        pass
    log.path.parent.chmod(0o500)
    try:
        assert len(log.runs()) == 1
    finally:
        log.path.parent.chmod(0o700)


def test_deleting_a_run_deletes_its_rows_and_nothing_else(log):
    for _ in range(2):
        with log.run("letters", {}) as run:
            run.train_row(1, loss=1.0)
    assert log.delete(1)
    assert not log.delete(1)
    assert [row["id"] for row in log.runs()] == [2]
    assert log.train_rows(1) == []
    assert len(log.train_rows(2)) == 1
    assert log.delete(2)
    with log.run("letters", {}) as run:
        assert run.id == 3, "a number is never given twice"


def test_reading_where_there_is_no_log(tmp_path):
    log = RunLog(tmp_path / "none.sqlite3")
    assert log.runs() == []
    assert not log.delete(1)
    with pytest.raises(DataError, match="no run log"):
        log.train_rows(1)
    assert not log.path.exists()


def test_a_run_is_found_by_its_number_and_no_other_is(tmp_path):
    log = RunLog(tmp_path / "log.sqlite3")
    assert log.find(1) is None, "there is no file"
    for seed in (3, 4):
        with log.run("letters", {"epochs": seed}, seed=seed):
            pass
    assert [log.find(number) for number in (1, 2)] == log.runs()
    assert log.find(3) is None and log.find(-1) is None and log.find(10**30) is None
