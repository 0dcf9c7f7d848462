"""The file: it explains itself, an older one is read as it is and brought up to date, others are left alone."""

import sqlite3

import numpy as np
import pytest

from hellodl.errors import DataError
from hellodl.runs import tables
from hellodl.runs.log import RunLog

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
        assert connection.execute("pragma user_version").fetchone() == (tables.VERSION,)
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


def test_a_file_that_is_no_database_is_left_alone(tmp_path, warnings):
    path = tmp_path / "log.sqlite3"
    path.write_text("dear diary, " * 100)
    with RunLog(path).run("letters", {}) as run:
        run.train_row(1)
    assert len(warnings) == 1
    assert path.read_text().startswith("dear diary")
    with pytest.raises(DataError, match="does not read as a run log"):
        RunLog(path).runs()
