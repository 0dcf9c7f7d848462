"""Writing down a run: nothing is lost, it costs little, and it never stops a training."""

import json
import sqlite3
import time

import numpy as np
import pytest

from hellodl.data.dataset import Dataset
from hellodl.data.text import Corpus
from hellodl.runs import writer
from hellodl.runs.log import RunLog


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
    assert writer.fingerprint(some_data()) == writer.fingerprint(some_data())
    assert writer.fingerprint(some_data()) != writer.fingerprint(some_data(1))
    assert writer.fingerprint("only a name") is None
    one, same, other = (Corpus("notes", text) for text in ("ab", "ab", "ac"))
    assert writer.fingerprint(one) == writer.fingerprint(same) != writer.fingerprint(other)


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


def test_settings_that_json_has_no_word_for_become_text(log):
    with log.run("letters", {"path": log.path, "array": np.arange(2)}):
        pass
    assert log.runs()[0]["settings"] == {"path": str(log.path), "array": [0, 1]}
    assert json.dumps(log.runs())


def test_rows_wait_to_be_written_together(log, monkeypatch):
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 1e9)
    with log.run("letters", {}) as run:
        for step in range(writer.FLUSH_ROWS - 1):
            run.train_row(step, loss=2.5)
        assert log.train_rows(run.id) == []
        run.train_row(writer.FLUSH_ROWS, loss=2.5)
        assert len(log.train_rows(run.id)) == writer.FLUSH_ROWS
        assert not run._waiting, "what is written need not wait any longer"
        run.train_row(writer.FLUSH_ROWS + 1, loss=2.5)
    assert len(log.train_rows(run.id)) == writer.FLUSH_ROWS + 1


def test_what_overlaps_is_counted_once(log, monkeypatch):
    seconds = iter(range(100))
    monkeypatch.setattr(writer.time, "perf_counter", lambda: next(seconds))
    run = log.run("letters", {})  # 0
    for spent in (2, 3):  # from 1 to 3, from 4 to 5
        with run.timed():
            if spent == 2:
                with run.timed():  # 2
                    pass
            assert run.seconds_spent < spent
        assert run.seconds_spent == spent
    assert run.seconds_passed == 6


def test_what_belongs_together_is_written_together(log, monkeypatch):
    monkeypatch.setattr(writer, "FLUSH_ROWS", 3)
    with log.run("letters", {}) as run:
        written = []
        flush = run._flush
        monkeypatch.setattr(run, "_flush", lambda last=False: (written.append(len(run._waiting)), flush(last)))
        run.confusion(1, np.ones((4, 4)), "abcd")
        run.train_row(1, loss=1.0)
        assert log.confusion(run.id)[0] == "abcd"
        assert written == [16]
        with run.timed():
            for number in range(5):
                run.sample(1, number, "a", "b", 0.5)
        assert written == [16, 6]
        run.train_row(2, loss=1.0)
        run.flush()
        assert len(log.train_rows(run.id)) == 2


def test_the_log_says_what_it_has_cost(log):
    with log.run("letters", {}) as run:
        run.train_row(1, loss=1.0)
    assert 0 < log.runs()[0]["logging_seconds"] <= run.seconds_spent


def test_no_path_keeps_no_log():
    log = RunLog(None)
    with log.run("letters", {}) as run:
        run.train_row(1, loss=1.0)
        run.weights(1, [("w", np.ones(3), None)])
        run.confusion(1, np.ones((2, 2)), "ab")
        run.result({})
    assert run.id is None
    assert log.runs() == []


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
        for step in range(writer.FLUSH_ROWS):
            run.train_row(step, loss=1.0)
        assert time.perf_counter() - start < 3, "training is not held up"
        other.execute("rollback")
        other.close()
    assert not warnings
    assert len(log.train_rows(run.id)) == writer.FLUSH_ROWS


def test_ctrl_c_in_the_middle_of_writing_loses_nothing(log, warnings):
    with pytest.raises(KeyboardInterrupt), log.run("letters", {}) as run:
        run.train_row(1, loss=1.0)
        run._connection.execute("begin immediate")  # the moment at which it came
        raise KeyboardInterrupt
    assert not warnings
    assert log.runs()[0]["status"] == "interrupted"
    assert len(log.train_rows(run.id)) == 1
