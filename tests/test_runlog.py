"""The run log: everything can be read back, it costs little, and it never stops a training."""

import json
import os
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from hellodl import runlog, runwriter
from hellodl.data.dataset import Dataset
from hellodl.data.text import Corpus
from hellodl.errors import DataError
from hellodl.runlog import RunLog


@pytest.fixture
def log(tmp_path):
    return RunLog(tmp_path / "runs" / "log.sqlite3")


@pytest.fixture
def warnings(monkeypatch):
    said = []
    monkeypatch.setattr(runwriter.console_log, "warning", said.append)
    return said


def some_data(first_pixel: int = 0) -> Dataset:
    images = np.zeros((4, 28, 28), np.uint8)
    images[0, 0, 0] = first_pixel
    return Dataset("few", images, np.arange(4), "abcd")


def test_a_run_remembers_what_it_was(log):
    with log.run("letters", {"epochs": 3, "rate": np.float32(0.5)}, seed=7, data=some_data()) as run:
        (row,) = log.runs()
        assert (row["status"], row["finished"]) == ("running", None)
        run.result({"test_accuracy": np.float64(0.9)})
    (row,) = log.runs()
    assert row["id"] == run.id == 1
    assert (row["program"], row["seed"], row["data"], row["status"]) == ("letters", 7, "few", "finished")
    assert row["settings"] == {"epochs": 3, "rate": 0.5}
    assert row["result"] == {"test_accuracy": 0.9}
    assert row["versions"]["numpy"] == np.__version__
    assert row["finished"] >= row["started"]
    assert "cores" in row["machine"]


def test_the_fingerprint_tells_data_apart():
    assert runwriter.fingerprint(some_data()) == runwriter.fingerprint(some_data())
    assert runwriter.fingerprint(some_data()) != runwriter.fingerprint(some_data(1))
    assert runwriter.fingerprint("only a name") is None
    one, same, other = (Corpus("notes", text) for text in ("ab", "ab", "ac"))
    assert runwriter.fingerprint(one) == runwriter.fingerprint(same) != runwriter.fingerprint(other)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), "interrupted", "KeyboardInterrupt"),
        (ValueError("loss is nan"), "failed", "ValueError: loss is nan"),
    ],
)
def test_a_run_that_ends_early_says_how(log, error, status, words):
    with pytest.raises(type(error)), log.run("letters", {}) as run:
        run.train_row(1, loss=3.0)
        raise error
    (row,) = log.runs()
    assert (row["status"], row["error"]) == (status, words)
    assert log.train_rows(1)[0]["loss"] == 3.0, "what was waiting to be written is not lost"


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
    assert row == {
        "run": 1,
        "step": 20,
        "epoch": None,
        "loss": None,
        "accuracy": 0.5,
        "images": 100,
        "seconds": 2,
    }


def test_statistics_of_layers_are_what_numpy_says(log):
    rng = np.random.default_rng(0)
    before = rng.standard_normal((20, 30)).astype(np.float32)
    after = before * 1.5
    after[0] = 0
    gradient = np.zeros_like(before)
    with log.run("letters", {}) as run:
        assert run.weights(1, [("fc.weight", before, None)])
        assert run.weights(2, [("fc.weight", after, gradient)], always=True)
    first, gradients, second = log.layer_rows(run.id)
    assert first["update_ratio"] is None
    assert second["mean"] == pytest.approx(after.mean(), abs=1e-6)
    assert second["spread"] == pytest.approx(after.std(), rel=1e-5)
    assert (second["low"], second["high"]) == (after.min(), after.max())
    assert second["zeros"] == pytest.approx(1 / 20)
    assert second["update_ratio"] == pytest.approx(
        np.linalg.norm(after - before) / np.linalg.norm(before), rel=1e-5
    )
    counts = np.histogram(after, 32)[0]
    assert np.abs(counts - second["histogram"]).sum() <= 4, "rounding may move a few to the next bin"
    assert sum(second["histogram"]) == 600
    assert (gradients["kind"], gradients["zeros"], gradients["spread"]) == ("gradient", 1, 0)


def test_a_change_in_place_is_seen_as_an_update(log):
    weights = np.ones((3, 3), np.float32)
    with log.run("letters", {}) as run:
        run.weights(1, [("w", weights, None)])
        weights *= 2
        run.weights(2, [("w", weights, None)], always=True)
    assert log.layer_rows(run.id)[1]["update_ratio"] == pytest.approx(1)


def test_arrays_without_proper_statistics_do_no_harm(log):
    with log.run("letters", {}) as run:
        run.layer_row(1, "empty", "weight", np.zeros((0, 3)))
        run.layer_row(1, "nan", "weight", np.array([np.nan, 1.0]))
        run.layer_row(1, "whole", "activation", np.arange(5))
    assert [row["mean"] for row in log.layer_rows(run.id)] == [None, None, 2.0]


def test_small_kernels_are_kept_in_full(log):
    kernel = np.arange(36, dtype=np.float32).reshape(4, 1, 3, 3)
    large = np.zeros((64, 64, 3, 3), np.float32)
    with log.run("letters", {}) as run:
        run.weights(5, [("conv.weight", kernel, None), ("large.weight", large, None)])
    assert log.kernels(run.id, "large.weight") == {}
    (found,) = log.kernels(run.id, "conv.weight").items()
    assert found[0] == 5
    assert np.array_equal(found[1], kernel)


def test_the_last_confusion_matrix_comes_back_whole(log):
    matrix = np.array([[5, 0, 1], [0, 0, 0], [2, 0, 7]])
    with log.run("letters", {}) as run:
        run.confusion(1, np.ones((3, 3)), "xyz")
        run.confusion(2, matrix, "xyz")
    classes, found = log.confusion(run.id)
    assert classes == "xyz"
    assert np.array_equal(found, matrix)
    assert log.confusion(99) is None


def test_another_process_reads_while_training_goes_on(log, monkeypatch):
    monkeypatch.setattr(runwriter, "FLUSH_SECONDS", 0.0)
    with log.run("letters", {}) as run:
        run.train_row(1, loss=2.5)
        query = """import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("select loss from training").fetchall())"""
        answer = subprocess.run([sys.executable, "-c", query, log.path], capture_output=True, text=True)
        assert answer.stdout == "[(2.5,)]\n"
        assert log.train_rows(run.id)[0]["loss"] == 2.5


def test_rows_wait_to_be_written_together(log, monkeypatch):
    monkeypatch.setattr(runwriter, "FLUSH_SECONDS", 1e9)
    with log.run("letters", {}) as run:
        for step in range(runwriter.FLUSH_ROWS - 1):
            run.train_row(step, loss=2.5)
        assert log.train_rows(run.id) == []
        run.train_row(runwriter.FLUSH_ROWS, loss=2.5)
        assert len(log.train_rows(run.id)) == runwriter.FLUSH_ROWS
        assert not run._waiting, "what is written need not wait any longer"
        run.train_row(runwriter.FLUSH_ROWS + 1, loss=2.5)
    assert len(log.train_rows(run.id)) == runwriter.FLUSH_ROWS + 1


def test_statistics_stand_back_when_they_cost_too_much(log):
    arrays = [("w", np.ones((1000, 500), np.float32), None)]
    with log.run("letters", {}) as run:
        assert run.weights(0, arrays), "the first is always taken"
        taken = sum(run.weights(step, arrays) for step in range(1, 50))
        assert taken < 5
        assert run.weights(50, arrays, always=True)
        assert run.seconds_spent > 0


def test_no_path_keeps_no_log():
    log = RunLog(None)
    with log.run("letters", {}) as run:
        run.train_row(1, loss=1.0)
        assert not run.weights(1, [("w", np.ones(3), None)])
        run.confusion(1, np.ones((2, 2)), "ab")
        run.result({})
    assert run.id is None
    assert log.runs() == []


# ---- what goes wrong ----


def test_a_folder_that_cannot_be_made_is_said_once_and_training_goes_on(tmp_path, warnings):
    (tmp_path / "file").touch()
    log = RunLog(tmp_path / "file" / "log.sqlite3")
    with log.run("letters", {}) as run:
        for step in range(3):
            run.train_row(step, loss=1.0)
    assert run.id is None
    (line,) = warnings
    assert str(log.path) in line
    assert "without its log" in line


def test_a_file_that_is_no_database_is_left_alone(tmp_path, warnings):
    path = tmp_path / "log.sqlite3"
    path.write_text("dear diary, " * 100)
    with RunLog(path).run("letters", {}) as run:
        run.train_row(1)
    assert len(warnings) == 1
    assert path.read_text().startswith("dear diary")
    with pytest.raises(DataError, match="does not read as a run log"):
        RunLog(path).runs()


def test_a_log_of_the_future_is_left_alone(log, warnings):
    with log.run("letters", {}):
        pass
    with sqlite3.connect(log.path) as connection:
        connection.execute("pragma user_version = 99")
    connection.close()
    with log.run("letters", {}):
        pass
    assert "newer hellodl" in warnings[0]
    assert len(log.runs()) == 1


def test_an_old_log_is_migrated(log, monkeypatch):
    with log.run("letters", {}):
        pass
    monkeypatch.setattr(runlog, "VERSION", 2)
    monkeypatch.setattr(runlog, "MIGRATIONS", {1: "alter table runs add column mood text;\n"})
    with log.run("letters", {}):
        pass
    assert [row["mood"] for row in log.runs()] == [None, None]
    with log.run("letters", {}):
        pass
    assert len(log.runs()) == 3, "and only once"


def test_a_full_disk_is_said_once_and_training_goes_on(log, warnings):
    resource = pytest.importorskip("resource", reason="limits are set through POSIX")
    with log.run("letters", {}) as run:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
        try:
            for step in range(20_000):
                run.train_row(step, loss=1.0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(warnings) == 1
    assert log.runs()[0]["program"] == "letters", "what was written before stays readable"


def test_a_writer_that_holds_the_file_is_waited_out(log, warnings):
    with log.run("letters", {}) as run:
        other = sqlite3.connect(log.path, isolation_level=None)
        other.execute("begin immediate")
        start = time.perf_counter()
        for step in range(runwriter.FLUSH_ROWS):
            run.train_row(step, loss=1.0)
        assert time.perf_counter() - start < 3, "training is not held up"
        other.execute("rollback")
        other.close()
    assert not warnings
    assert len(log.train_rows(run.id)) == runwriter.FLUSH_ROWS


def test_ctrl_c_in_the_middle_of_writing_loses_nothing(log, warnings):
    with pytest.raises(KeyboardInterrupt), log.run("letters", {}) as run:
        run.train_row(1, loss=1.0)
        run._connection.execute("begin immediate")  # the moment at which it came
        raise KeyboardInterrupt
    assert not warnings
    assert log.runs()[0]["status"] == "interrupted"
    assert len(log.train_rows(run.id)) == 1


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


def test_settings_that_json_has_no_word_for_become_text(log):
    with log.run("letters", {"path": log.path, "array": np.arange(2)}):
        pass
    assert log.runs()[0]["settings"] == {"path": str(log.path), "array": [0, 1]}
    assert json.dumps(log.runs())
