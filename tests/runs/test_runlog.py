"""The run log: everything can be read back, it costs little, and it never stops a training."""

import json
import os
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from hellodl.data.dataset import Dataset
from hellodl.data.text import Corpus
from hellodl.errors import DataError
from hellodl.runs import tables as runtables
from hellodl.runs import writer as runwriter
from hellodl.runs.log import RunLog


@pytest.fixture
def log(tmp_path):
    return RunLog(tmp_path / "runs" / "log.sqlite3")


@pytest.fixture
def warnings(monkeypatch):
    said = []
    monkeypatch.setattr(runwriter.log, "warning", said.append)
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
    assert row == {"run": 1, "step": 20, "epoch": None, "loss": None, "accuracy": 0.5, "images": 100, "seconds": 2}


def test_statistics_of_layers_are_what_numpy_says(log):
    rng = np.random.default_rng(0)
    before = rng.standard_normal((20, 30)).astype(np.float32)
    after = before * 1.5
    after[0] = 0
    gradient = np.zeros_like(before)
    with log.run("letters", {}) as run:
        run.weights(1, [("fc.weight", before, None)])
        run.weights(2, [("fc.weight", after, gradient)], {"fc.weight": after * 1.25})
    first, gradients, second = log.layers(run.id)
    assert first["update_ratio"] is None
    assert second["mean"] == pytest.approx(after.mean(), abs=1e-6)
    assert second["spread"] == pytest.approx(after.std(), rel=1e-5)
    assert (second["low"], second["high"]) == (after.min(), after.max())
    assert second["zeros"] == pytest.approx(1 / 20)
    assert second["update_ratio"] == pytest.approx(np.linalg.norm(after - before) / np.linalg.norm(before), rel=1e-5)
    assert (first["step_ratio"], second["step_ratio"]) == (None, pytest.approx(0.2, rel=1e-5))
    counts = np.histogram(after, 32)[0]
    assert np.abs(counts - second["histogram"]).sum() <= 4, "rounding may move a few to the next bin"
    assert sum(second["histogram"]) == 600
    assert (gradients["kind"], gradients["zeros"], gradients["spread"]) == ("gradient", 1, 0)


def test_a_change_in_place_is_seen_as_an_update(log):
    weights = np.ones((3, 3), np.float32)
    with log.run("letters", {}) as run:
        run.weights(1, [("w", weights, None)])
        weights *= 2
        run.weights(2, [("w", weights, None)])
    assert log.layers(run.id)[1]["update_ratio"] == pytest.approx(1)


def test_arrays_without_proper_statistics_do_no_harm(log):
    with log.run("letters", {}) as run:
        run.activation(1, "empty", np.zeros((0, 3)))
        run.activation(1, "nan", np.array([np.nan, 1.0]))
        run.activation(1, "whole", np.arange(5))
    assert [row["mean"] for row in log.layers(run.id)] == [None, None, 2.0]
    assert [sum(row["histogram"]) for row in log.layers(run.id)] == [0, 0, 5]


def test_a_unit_is_dead_that_is_zero_for_every_input_at_every_place(log):
    made = np.zeros((4, 2, 2, 4), np.float32)  # four inputs, at 2x2 places four units
    made[3, 1, 0, 1] = 5
    made[..., 3] = -1
    with log.run("letters", {}) as run:
        run.activation(7, "2", made)
    (row,) = log.layers(run.id, "2", "activation")
    assert (row["dead"], row["zeros"], row["size"]) == (0.5, 1 - 17 / 64, 64)


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
    monkeypatch.setattr(runwriter, "FLUSH_ROWS", 10_000)
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


def test_what_overlaps_is_counted_once(log, monkeypatch):
    seconds = iter(range(100))
    monkeypatch.setattr(runwriter.time, "perf_counter", lambda: next(seconds))
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
    monkeypatch.setattr(runwriter, "FLUSH_ROWS", 3)
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


VERSION_1 = """
create table runs (
    id integer primary key autoincrement, program text not null, started text not null, finished text,
    status text not null, seen text not null, settings text not null, seed integer, versions text not null,
    source text, machine text not null, data text, fingerprint text, result text, error text
);
create table training (
    run integer not null references runs on delete cascade, step integer not null, epoch real, loss real,
    accuracy real, learning_rate real, images real, seconds real, primary key (run, step)
) without rowid;
create table validation (
    run integer not null references runs on delete cascade, step integer not null, epoch real, loss real,
    accuracy real, images real, seconds real, primary key (run, step)
) without rowid;
create table layers (
    run integer not null references runs on delete cascade, step integer not null, name text not null,
    kind text not null, size integer not null, mean real, spread real, low real, high real, zeros real,
    update_ratio real, histogram text, primary key (run, step, name, kind)
) without rowid;
create table kernels (
    run integer not null references runs on delete cascade, step integer not null, name text not null,
    shape text not null, data blob not null, primary key (run, step, name)
) without rowid;
create table confusion (
    run integer not null references runs on delete cascade, step integer not null, place integer not null,
    truth text not null, guess text not null, count integer not null, primary key (run, step, place)
) without rowid;
insert into runs (program, started, status, seen, settings, versions, machine)
    values ('letters', '2025-01-01T00:00:00Z', 'finished', '2025-01-01T00:00:01Z', '{}', '{}', 'any');
insert into training (run, step, loss) values (1, 10, 2.5);
insert into layers values (1, 10, '0.weight', 'weight', 2, 0, 1, -1, 1, 0, 0.5, '[1, 1]');
insert into confusion values (1, 10, 0, 'a', 'a', 3), (1, 10, 1, 'a', 'b', 2), (1, 10, 3, 'b', 'b', 5);
pragma user_version = 1;
"""


@pytest.fixture
def old_log(log):
    """A file as the first version made it, with a run."""
    log.path.parent.mkdir()
    with sqlite3.connect(log.path) as connection:
        connection.executescript(VERSION_1)
    connection.close()
    return log


def what_is_in(log):
    """All that can be asked of the one run of an old log."""
    (row,) = log.layers(1, "0.weight", "weight")
    classes, matrix = log.confusion(1)
    assert (classes, matrix.tolist()) == ("ab", [[3, 2], [0, 5]])
    assert (row["update_ratio"], row["step_ratio"], row["dead"]) == (0.5, None, None)
    assert log.curves(1)["training"]["loss"] == [2.5]
    assert log.samples(1) == []
    assert (log.runs()[0]["program"], log.runs()[0]["logging_seconds"]) == ("letters", None)


def test_an_old_log_can_be_read_and_is_left_as_it_is(old_log):
    before = old_log.path.read_bytes()
    what_is_in(old_log)
    assert old_log.path.read_bytes() == before


def test_an_old_log_is_migrated_by_the_next_run(old_log, warnings):
    for _ in range(2):
        with old_log.run("letters", {}) as run:
            run.weights(1, [("0.weight", np.ones(2), None)])
            run.confusion(1, np.eye(2), "ab", part="validation")
            run.sample(1, 0, "a", "a", 1.0)
    assert not warnings
    what_is_in(old_log)
    assert len(old_log.samples(run.id)) == 1
    with sqlite3.connect(old_log.path) as connection:
        assert connection.execute("select distinct part from confusion where run = 1").fetchall() == [("test",)]
        assert connection.execute("pragma user_version").fetchone() == (runtables.VERSION,)
    connection.close()


def test_a_migrated_log_has_the_same_columns_as_a_new_one(old_log, tmp_path):
    new_log = RunLog(tmp_path / "new.sqlite3")
    columns = []
    for log in (old_log, new_log):
        with log.run("letters", {}):
            pass
        query = "select m.name, c.name, c.type, c.pk from sqlite_master m, pragma_table_info(m.name) c"
        with sqlite3.connect(log.path) as connection:
            columns.append(sorted(connection.execute(query).fetchall()))
        connection.close()
    assert columns[0] == columns[1]


def test_the_file_explains_itself(log):
    with log.run("letters", {}):
        pass
    with sqlite3.connect(log.path) as connection:
        (words,) = connection.execute("select sql from sqlite_master where name = 'layers'").fetchone()
    connection.close()
    assert "-- standard deviation" in words


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


def test_a_run_is_found_by_its_number_and_no_other_is(tmp_path):
    log = RunLog(tmp_path / "log.sqlite3")
    assert log.find(1) is None, "there is no file"
    for seed in (3, 4):
        with log.run("letters", {"epochs": seed}, seed=seed):
            pass
    assert [log.find(number) for number in (1, 2)] == log.runs()
    assert log.find(3) is None and log.find(-1) is None and log.find(10**30) is None
