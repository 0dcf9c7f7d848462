"""The record of every run: what was tried, how it went, and what happened inside the network on the way.

Training is watched with numbers, and next week's question is always about a number that nobody wrote down. So
every run leaves its settings, its curves and the statistics of its weights in one SQLite file, an idea taken
from hello-dl (Hubert, 2023). Any SQLite tool may read it while training goes on (it is in WAL mode):

    sqlite3 runs/hellodl.sqlite3 "select truth, guess, count from confusion where run = 1 and truth <> guess
                                  order by count desc limit 10"

The tables, and what each column means, are in `tables.py` and in the file itself. A log must never stop the
training it describes: if it cannot be written, it says so once and lets it go on; `writer.py` sees to that.
This file reads what was written. It may do so at any moment, from any process, and holds up nobody: every
question opens the file for reading only, and closes it again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from hellodl.errors import DataError
from hellodl.ranks import join
from hellodl.runs.sound import sound
from hellodl.runs.tables import connect, look_through
from hellodl.runs.writer import Run

RUNS = Path("runs")  # beside it lie states of trainings and the models that they made
DEFAULT_PATH = RUNS / "hellodl.sqlite3"

Rows = list[dict[str, Any]]


class RunLog:
    """The file with all runs. Nothing is opened or made before it is needed; `path` None keeps no log."""

    def __init__(self, path: str | Path | None = DEFAULT_PATH):
        self.path = None if path is None else Path(path)

    def run(self, program: str, settings: Mapping[str, Any], *, seed: int | None = None, data: Any = None) -> Run:
        """A new run, to be used in a `with`. `data` is the data set learned from (or only its name).

        Where several ranks work at it, only the first writes.
        """
        return Run(self.path if join().first else None, program, settings, seed, data)

    def runs(self) -> list[dict[str, Any]]:
        """All runs, oldest first; settings, versions and result as dicts. No file means no runs."""
        if self.path is None or not self.path.exists():
            return []
        return self._read("select * from runs order by id")

    def find(self, number: int) -> dict[str, Any] | None:
        """The run of that number, as in `runs`; None if there is none."""
        if self.path is None or not self.path.exists():
            return None
        found = self._read("select * from runs where id = ?", str(number))  # SQLite refuses a huge int, but no text
        return found[0] if found else None

    def train_rows(self, run: int) -> list[dict[str, Any]]:
        """The training rows of a run, in order of steps."""
        return self._read("select * from training where run = ? order by step", run)

    def last_row(self, run: int) -> dict[str, Any]:
        """The last training row of a run; empty if there is none."""
        rows = self._read("select * from training where run = ? order by step desc limit 1", run)
        return rows[0] if rows else {}

    def validation_rows(self, run: int) -> list[dict[str, Any]]:
        """The validation rows of a run, in order of steps."""
        return self._read("select * from validation where run = ? order by step", run)

    def rows_after(self, run: int, step: int) -> dict[str, Rows]:
        """What was written since: `training` rows after a step, `validation` rows from that step on.

        For a page that shows a run while it goes on: `step` is that of the last training row it has, -1 at first.
        A validation row is written after the training row of its step, so it may come once more: go by its step.
        """
        return {
            "training": self._read("select * from training where run = ? and step > ? order by step", run, step),
            "validation": self._read("select * from validation where run = ? and step >= ? order by step", run, step),
        }

    def curves(self, run: int, points: int = 1000) -> dict[str, dict[str, list[Any]]]:
        """The curves of a run, thinned to at most about so many points, so that spikes stay.

        {"training": {"step", "loss", "accuracy", "learning_rate"}, "validation": {"step", "loss", "accuracy"}},
        each a list, None where nothing is known. Every point is a row that was logged, none is a mean: of each
        stretch of steps it is the row of the lowest loss and that of the highest, and the first and last row
        of all. A line through them has the outline of the whole curve; means would hide what matters most.
        """
        asked = {"training": ("step", "loss", "accuracy", "learning_rate"), "validation": ("step", "loss", "accuracy")}
        found = {}
        for table, names in asked.items():
            rows = self._tuples(f"select {', '.join(names)} from {table} where run = ? order by step", run)
            kept = thinned([row[1] for row in rows], points)
            found[table] = {name: [rows[i][k] for i in kept] for k, name in enumerate(names)}
        return found

    def layers(self, run: int, name: str | None = None, kind: str | None = None) -> Rows:
        """Statistics (see the table `layers`) in order of steps, histograms as lists of counts.

        Of one array, such as `("0.weight", "gradient")`, or of all names, or all kinds, where they are None.
        """
        chosen = "run = ? and name = coalesce(?, name) and kind = coalesce(?, kind)"
        return self._read(f"select * from layers where {chosen} order by step, name, kind", run, name, kind)

    def layer_names(self, run: int) -> list[tuple[str, str]]:
        """Whose statistics there are: (name, kind), in the order of the network."""
        rows = self._tuples("select distinct name, kind from layers where run = ?", run)
        return sorted(rows, key=lambda row: (by_number(row[0]), row[1]))

    def kernels(self, run: int, name: str, step: int | None = None) -> np.ndarray | None:
        """Kernels (outputs, inputs, height, width) float32 as they were at a step, or when last stored before it.

        Without a step, the last ones; None if there are none.
        """
        chosen = "run = ? and name = ? and step <= coalesce(?, step)"
        query = f"select shape, data from kernels where {chosen} order by step desc limit 1"
        rows = self._read(query, run, name, step)
        if not rows:
            return None
        data, shape = rows[0]["data"], rows[0]["shape"]
        if not isinstance(data, bytes) or len(shape) != 4 or len(data) != 4 * prod(shape):
            raise DataError(f"{self.path}: its kernels of {name!r} are damaged; move it away")
        return np.frombuffer(data, "<f4").reshape(shape)

    def kernel_steps(self, run: int) -> dict[str, list[int]]:
        """Which layers' kernels were stored, and at which steps, in the order of the network."""
        rows = self._tuples("select name, step from kernels where run = ? order by step", run)
        names = sorted({name for name, _ in rows}, key=by_number)
        return {name: [step for other, step in rows if other == name] for name in names}

    def confusion(self, run: int) -> tuple[str, np.ndarray] | None:
        """The confusion matrix of a run: classes, and counts (K, K) int64 of truth by guess.

        That of the test images where there is one, else the last one of the validation images.
        """
        last = "select step, part from confusion where run = ? order by part = 'test' desc, step desc limit 1"
        query = f"select * from confusion where run = ? and (step, part) = ({last}) order by place"
        rows = self._read(query, run, run)
        if not rows:
            return None
        classes = [row["truth"] for row in rows if row["truth"] == row["guess"]]
        if not all(isinstance(name, str) and len(name) == 1 for name in classes):
            raise DataError(f"{self.path}: its table of mistakes is damaged; move it away")
        matrix = np.zeros((len(classes), len(classes)), np.int64)
        for row in rows:
            if not 0 <= row["place"] < matrix.size or not 0 <= row["count"] < 2**63:
                raise DataError(f"{self.path}: its table of mistakes is damaged; move it away")
            matrix[divmod(row["place"], len(classes))] = row["count"]
        return "".join(classes), matrix

    def samples(self, run: int) -> Rows:
        """What a few validation inputs were taken for: rows of step, input, truth, guess, probability, in order."""
        columns = "step, input, truth, guess, probability"
        return self._read(f"select {columns} from samples where run = ? order by step, input", run)

    def delete(self, run: int) -> bool:
        """Remove a run and all its rows; False if there was none."""
        if self.path is None or not self.path.exists():
            return False
        try:
            with closing(connect(self.path)) as connection, connection:
                return connection.execute("delete from runs where id = ?", [run]).rowcount > 0
        except (sqlite3.Error, OSError) as error:
            raise DataError(f"{self.path}: cannot be changed ({error}); check its rights") from error

    def _read(self, query: str, *values: Any) -> Rows:
        if self.path is None or not self.path.is_file():
            raise DataError(f"{self.path}: there is no run log; train something first, or give its name")
        try:
            return [sound(dict(row)) for row in self._ask(query, *values)]
        except DataError as error:
            raise DataError(f"{self.path}: does not read as a run log ({error}); move it away") from error

    def _tuples(self, query: str, *values: Any) -> list[tuple]:
        return [tuple(row.values()) for row in self._read(query, *values)]

    def _ask(self, query: str, *values: Any) -> list[sqlite3.Row]:
        assert self.path is not None
        address = f"file:{quote(str(self.path.absolute()))}?mode=ro"
        try:
            # Where not even a reader may leave its marks beside the file, nobody else writes to it either.
            for extra in ("", "&immutable=1"):
                try:
                    with closing(sqlite3.connect(address + extra, uri=True, timeout=5)) as connection:
                        connection.row_factory = sqlite3.Row
                        connection.text_factory = lambda data: data.decode("utf-8", "replace")
                        look_through(connection)
                        return connection.execute(query, values).fetchall()
                except sqlite3.OperationalError as error:
                    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                    if extra or code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                        raise
        except (sqlite3.Error, ValueError, OverflowError) as error:
            raise DataError(str(error)) from error
        raise AssertionError("unreachable")


def thinned(values: Sequence[float | None], points: int) -> list[int]:
    """Which of many values to draw: of each stretch the lowest and the highest, and both ends of all."""
    if len(values) <= points:
        return list(range(len(values)))
    known = np.array(values, np.float64)  # None becomes NaN
    cuts = np.linspace(0, len(known), max(points // 2, 1) + 1).astype(int)
    kept = {0, len(known) - 1}
    for begin, end in pairwise(cuts):
        stretch = known[begin:end]
        missing = np.isnan(stretch)
        lowest, highest = np.where(missing, np.inf, stretch).argmin(), np.where(missing, -np.inf, stretch).argmax()
        kept |= {begin + int(lowest), begin + int(highest)}
    return sorted(kept)


def by_number(name: str) -> list[tuple[bool, int, str]]:
    """Sorts names of layers: `2.weight` before `10.weight`."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in name.split(".")]
