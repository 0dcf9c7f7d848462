"""The record of every run: what was tried, how it went, and what happened inside the network on the way.

Training is watched with numbers, and next week's question is always about a number that nobody wrote down. So
every run leaves its settings, its curves and the statistics of its weights in one SQLite file, an idea taken
from hello-dl (Hubert, 2023). Any SQLite tool may read it while training goes on (it is in WAL mode):

    sqlite3 runs/hellodl.sqlite3 "select truth, guess, count from confusion where run = 1 and truth <> guess
                                  order by count desc limit 10"

The tables below are an interface: columns may be added, none changes its meaning. `pragma user_version` is
the version of the schema. Times are UTC, ISO 8601; accuracies and shares are 0 to 1; NULL is "not known", and
also stands for NaN.

    runs        one row a run: program, started, finished, status ('running', 'finished', 'failed',
                'interrupted'), seen (when it last wrote), settings (JSON), seed, versions (JSON), source (git
                commit), machine, data (name), fingerprint (of the data), result (JSON), error
    training    one row a step that was logged: loss and accuracy since the row before, learning rate, images
                learned from and seconds gone by so far
    validation  the same on images that were not learned from
    layers      statistics of one array at one step. kind: 'weight', 'gradient' or what the caller says; mean,
                spread (standard deviation), low, high, zeros (the share that is exactly 0), update_ratio (how
                far weights moved since the row before, as a share of their length), histogram (JSON: counts
                in equal bins from low to high)
    kernels     small convolution kernels in full: shape (JSON), data (float32, little-endian)
    confusion   how often `truth` was read as `guess`; rows with count 0 only on the diagonal

A log must never stop the training it describes: if it cannot be written, it says so once and lets it go on.
This file holds the tables and reads them; runwriter.py fills them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from hellodl.errors import DataError
from hellodl.runwriter import Run

DEFAULT_PATH = Path("runs/hellodl.sqlite3")
VERSION = 1

SCHEMA = """
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
"""

# From each version to the next one: what turns an older file into the schema above.
MIGRATIONS: dict[int, str] = {}


class RunLog:
    """The file with all runs. Nothing is opened or made before it is needed; `path` None keeps no log."""

    def __init__(self, path: str | Path | None = DEFAULT_PATH):
        self.path = None if path is None else Path(path)

    def run(
        self, program: str, settings: Mapping[str, Any], *, seed: int | None = None, data: Any = None
    ) -> Run:
        """A new run, to be used in a `with`. `data` is the data set learned from (or only its name)."""
        return Run(self, program, settings, seed, data)

    def runs(self) -> list[dict[str, Any]]:
        """All runs, oldest first; settings, versions and result as dicts. No file means no runs."""
        if self.path is None or not self.path.exists():
            return []
        found = self._read("select * from runs order by id")
        for run in found:
            for name in ("settings", "versions", "result"):
                run[name] = json.loads(run[name]) if run[name] else {}
        return found

    def train_rows(self, run: int) -> list[dict[str, Any]]:
        """The training rows of a run, in order of steps."""
        return self._read("select * from training where run = ? order by step", run)

    def validation_rows(self, run: int) -> list[dict[str, Any]]:
        """The validation rows of a run, in order of steps."""
        return self._read("select * from validation where run = ? order by step", run)

    def layer_rows(self, run: int) -> list[dict[str, Any]]:
        """The statistics of all layers of a run, in order of steps; histograms as lists."""
        found = self._read("select * from layers where run = ? order by step, name, kind", run)
        for row in found:
            row["histogram"] = json.loads(row["histogram"])
        return found

    def kernels(self, run: int, name: str) -> dict[int, np.ndarray]:
        """The kernels of one layer at the steps at which they were stored."""
        found = self._read("select * from kernels where run = ? and name = ? order by step", run, name)
        return {
            row["step"]: np.frombuffer(row["data"], "<f4").reshape(json.loads(row["shape"])) for row in found
        }

    def confusion(self, run: int) -> tuple[str, np.ndarray] | None:
        """The last confusion matrix of a run: classes, and counts (K, K) int64 of truth by guess."""
        rows = self._read(
            "select * from confusion where run = ?1 and step = "
            "(select max(step) from confusion where run = ?1) order by place",
            run,
        )
        if not rows:
            return None
        classes = [row["truth"] for row in rows if row["truth"] == row["guess"]]
        matrix = np.zeros((len(classes), len(classes)), np.int64)
        for row in rows:
            matrix[classes.index(row["truth"]), classes.index(row["guess"])] = row["count"]
        return "".join(classes), matrix

    def delete(self, run: int) -> bool:
        """Remove a run and all its rows; False if there was none."""
        if self.path is None or not self.path.exists():
            return False
        try:
            with closing(self.connect()) as connection, connection:
                return connection.execute("delete from runs where id = ?", [run]).rowcount > 0
        except (sqlite3.Error, OSError) as error:
            raise DataError(f"{self.path}: cannot be changed ({error}); check its rights") from error

    def connect(self) -> sqlite3.Connection:
        """Open the file for writing; it is made, or brought to the present schema, if need be."""
        assert self.path is not None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=5)
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")  # a power cut may cost the last second, no more
            connection.execute("pragma foreign_keys = on")
            prepare(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _read(self, query: str, *values: Any) -> list[dict[str, Any]]:
        if self.path is None or not self.path.is_file():
            raise DataError(f"{self.path}: there is no run log; train something first, or give its name")
        address = f"file:{quote(str(self.path.absolute()))}?mode=ro"
        try:
            # Where not even a reader may leave its marks beside the file, nobody else writes to it either.
            for extra in ("", "&immutable=1"):
                try:
                    with closing(sqlite3.connect(address + extra, uri=True, timeout=5)) as connection:
                        connection.row_factory = sqlite3.Row
                        return [dict(row) for row in connection.execute(query, values)]
                except sqlite3.OperationalError as error:
                    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                    if extra or code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                        raise
        except sqlite3.Error as error:
            raise DataError(f"{self.path}: does not read as a run log ({error}); move it away") from error
        raise AssertionError("unreachable")


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file, or migrate an old one, in one transaction."""
    connection.isolation_level = None
    connection.execute("begin immediate")  # two programs may start at the same moment
    try:
        (version,) = connection.execute("pragma user_version").fetchone()
        if version > VERSION:
            raise DataError(f"{path}: was written by a newer hellodl; update hellodl or move the file away")
        if version < VERSION:
            steps = [SCHEMA] if version == 0 else [MIGRATIONS[old] for old in range(version, VERSION)]
            for statement in "".join(steps).split(";\n"):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {VERSION}")
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def by_number(name: str) -> list[tuple[bool, int, str]]:
    """Sorts names of layers: `2.weight` before `10.weight`."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in name.split(".")]
