"""Writes down one run while it goes on, for the log that `log.py` opens.

Two rules. It must cost next to nothing: rows wait for each other and are written together about once a
second, and what each piece of it takes is counted, so that the costly ones (see inside.py) can wait. And it must
not stop the training: whatever goes wrong with the file is said once, and then there is no log.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.console import log
from hellodl.errors import DataError
from hellodl.runs import machine
from hellodl.runs.statistics import dead, describe, moved
from hellodl.runs.tables import connect

FLUSH_SECONDS = 1.0  # rows wait this long to be written together
FLUSH_ROWS = 500
MOST_WAITING = 100_000  # rows kept while another program holds the file
LARGEST_KERNEL = 4096  # elements of a kernel that is stored in full


class Run:
    """One run, while it goes on. Leaving its `with` stores how it ended.

    `id` is its number in the log (None if it cannot be written); `seconds_spent` is what logging has cost.
    """

    def __init__(self, path: Path | None, program: str, settings: Mapping[str, Any], seed: int | None, data: Any):
        self.id: int | None = None
        self.seconds_spent = 0.0
        self._path, self._begun = path, time.perf_counter()
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[tuple[str, tuple]] = []
        self._flushed = self._begun
        self._timing = False
        self._weights_before: dict[str, np.ndarray] = {}
        self._about = (program, settings, seed, data)

    def __enter__(self) -> Run:
        with self.timed():
            self._begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        with self.timed():
            status = "finished" if kind is None else "failed"
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                status = "interrupted"
            words = None if error is None else f"{type(error).__name__}: {error}".strip(": ")
            ended = (now(), status, words, self.id)
            self._add("update runs set finished = ?, status = ?, error = ? where id = ?", ended)
            self._flush(last=True)
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @property
    def writing(self) -> bool:
        """Whether there is a log to write to."""
        return self._connection is not None

    @property
    def seconds_passed(self) -> float:
        """Since the run began."""
        return time.perf_counter() - self._begun

    def train_row(
        self,
        step: int,
        *,
        epoch: float | None = None,
        loss: float | None = None,
        accuracy: float | None = None,
        learning_rate: float | None = None,
        images: float | None = None,
        seconds: float | None = None,
    ) -> None:
        """How training goes at this step."""
        with self.timed() as since:
            seconds = since if seconds is None else seconds
            values = numbers(
                epoch=epoch, loss=loss, accuracy=accuracy, learning_rate=learning_rate, images=images, seconds=seconds
            )
            self._insert("training", step, **values)

    def validation_row(
        self,
        step: int,
        *,
        epoch: float | None = None,
        loss: float | None = None,
        accuracy: float | None = None,
        images: float | None = None,
        seconds: float | None = None,
    ) -> None:
        """How the network does at this step on images that it does not learn from."""
        with self.timed() as since:
            seconds = since if seconds is None else seconds
            values = numbers(epoch=epoch, loss=loss, accuracy=accuracy, images=images, seconds=seconds)
            self._insert("validation", step, **values)

    def weights(
        self,
        step: int,
        named: Iterable[tuple[str, np.ndarray, np.ndarray | None]],
        before: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Statistics of (name, weights, gradient or None); small kernels also in full.

        `before` are the weights as they were before this step, by name. All of it costs some milliseconds for a
        million weights, so it is not for every step (see `inside.Pace`).
        """
        if not self.writing:
            return
        with self.timed():
            for name, array, gradient in named:
                ratios = {
                    "update_ratio": moved(array, self._weights_before.get(name)),
                    "step_ratio": moved(array, (before or {}).get(name)),
                }
                self._insert("layers", step, name=name, kind="weight", **describe(array), **ratios)
                self._weights_before[name] = np.array(array)
                if gradient is not None:
                    self._insert("layers", step, name=name, kind="gradient", **describe(gradient))
                if np.ndim(array) == 4 and array.size <= LARGEST_KERNEL:
                    values = np.asarray(array, "<f4", order="C").tobytes()
                    self._insert("kernels", step, name=name, shape=json.dumps(array.shape), data=values)

    def activation(self, step: int, name: str, array: np.ndarray) -> None:
        """Statistics of what comes out of a layer, (N, ..., units), for a few inputs, always the same."""
        with self.timed():
            self._insert("layers", step, name=name, kind="activation", **describe(array), dead=dead(array))

    def confusion(self, step: int, matrix: np.ndarray, classes: str, part: str = "test") -> None:
        """How often each class (rows) was taken for each other (columns): (K, K) whole numbers."""
        with self.timed():
            for place, ((i, j), count) in enumerate(np.ndenumerate(matrix)):
                if count or i == j:
                    cell = {"place": place, "truth": classes[i], "guess": classes[j], "count": int(count)}
                    self._insert("confusion", step, part=part, **cell)

    def sample(self, step: int, number: int, truth: str, guess: str, probability: float) -> None:
        """What the validation input of this number was taken for, and how surely (0 to 1)."""
        with self.timed():
            sure = numbers(probability=probability)
            self._insert("samples", step, input=int(number), truth=truth, guess=guess, **sure)

    def result(self, figures: Mapping[str, Any]) -> None:
        """What came out in the end, such as the accuracy on test images."""
        with self.timed():
            self._add("update runs set result = ? where id = ?", (to_json(figures), self.id))

    def _begin(self) -> None:
        """Open the log and write down what is about to run."""
        program, settings, seed, data = self._about
        if self._path is None:
            return
        row: dict[str, Any] = {"program": program, "started": now(), "seen": now(), "status": "running"}
        row |= {"settings": to_json(settings), "seed": None if seed is None else int(seed)}
        row |= {"versions": json.dumps(machine.versions()), "source": machine.commit(), "machine": machine.processor()}
        row |= {"data": None if data is None else str(getattr(data, "name", data)), "fingerprint": fingerprint(data)}
        try:
            self._connection = connect(self._path)
            insert = f"insert into runs ({', '.join(row)}) values ({', '.join('?' * len(row))})"
            self.id = self._connection.execute(insert, [*row.values()]).lastrowid
            self._connection.execute("pragma busy_timeout = 300")  # training does not wait for other writers
        except (sqlite3.Error, OSError, DataError) as error:
            self._give_up(error)

    def _insert(self, table: str, step: int, **values: Any) -> None:
        """A row of one of the tables; columns are named, so that a file with more of them can be written to."""
        names, places = ", ".join(["run", "step", *values]), ", ".join("?" * (len(values) + 2))
        self._add(f"insert or replace into {table} ({names}) values ({places})", (self.id, int(step), *values.values()))

    def _add(self, statement: str, values: tuple) -> None:
        """Let a row wait for its companions; about once a second all are written together (see `timed`)."""
        if self._connection is not None:
            self._waiting.append((statement, values))

    def flush(self) -> None:
        """Write what waits, before something that takes long."""
        with self.timed():
            self._flush()

    def _flush(self, last: bool = False) -> None:
        if self._connection is None:
            return
        self._flushed = time.perf_counter()
        try:
            if last:
                self._connection.execute("pragma busy_timeout = 5000")
            if self._connection.in_transaction:  # Ctrl-C, or another writer, broke into the last attempt
                self._connection.execute("rollback")
            self._connection.execute("begin immediate")
            for statement, values in self._waiting:
                self._connection.execute(statement, values)
            cost = (now(), self.seconds_spent, self.id)
            self._connection.execute("update runs set seen = ?, logging_seconds = ? where id = ?", cost)
            self._connection.execute("commit")
            self._waiting.clear()
        except (sqlite3.Error, OSError) as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or last or len(self._waiting) > MOST_WAITING:
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Say once that there will be no log; from here on rows go nowhere."""
        words = f"({error})"
        if isinstance(error, DataError):
            words = f"({str(error).partition(': ')[2]})"
        log.warning(f"{self._path}: the run cannot be logged {words}; it goes on without its log")
        self._waiting.clear()
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    @contextmanager
    def timed(self) -> Iterator[float]:
        """Count what is done inside as the cost of logging; gives the seconds since the run began.

        Rows that are added inside are written together, or wait together: nobody reads half a matrix.
        """
        start, outermost = time.perf_counter(), not self._timing
        self._timing = True
        try:
            yield start - self._begun
            if outermost and (len(self._waiting) >= FLUSH_ROWS or start - self._flushed > FLUSH_SECONDS):
                self._flush()
        finally:
            if outermost:
                self._timing = False
                self.seconds_spent += time.perf_counter() - start


def fingerprint(data: Any) -> str | None:
    """Sixteen hexadecimal digits: others when any image, sequence or label of a data set, or its text, is another."""
    if isinstance(text := getattr(data, "text", None), str):
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    arrays = [getattr(data, name) for name in ("images", "codes", "labels") if hasattr(data, name)]
    if not arrays:
        return None
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


def numbers(**values: float | None) -> dict[str, float | None]:
    """Plain floats for SQLite, which would store NumPy's as bytes."""
    return {name: None if value is None else float(value) for name, value in values.items()}


def to_json(value: Any) -> str:
    """JSON of settings or figures; what JSON has no word for is written as text."""
    return json.dumps(value, default=lambda other: other.tolist() if hasattr(other, "tolist") else str(other))


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
