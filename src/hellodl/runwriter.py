"""Writes down one run while it goes on, for the log that runlog.py describes.

Two rules. It must cost next to nothing: rows wait for each other and are written together about once a
second, and statistics of layers are left out when they would take more than a fiftieth of the time. And it
must not stop the training: whatever goes wrong with the file is said once, and then there is no log.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from hellodl import machine
from hellodl.console import log as console_log
from hellodl.errors import DataError

if TYPE_CHECKING:
    from hellodl.runlog import RunLog

FLUSH_SECONDS = 1.0  # rows wait this long to be written together
FLUSH_ROWS = 500
MOST_WAITING = 100_000  # rows kept while another program holds the file
STATISTICS_SHARE = 0.02  # of the run's time, at most, goes to statistics of layers
HISTOGRAM_BINS = 32
HISTOGRAM_SAMPLE = 2**16  # of a larger array, an even choice of its elements is counted
LARGEST_KERNEL = 4096  # elements of a kernel that is stored in full


class Run:
    """One run, while it goes on. Leaving its `with` stores how it ended.

    `id` is its number in the log (None if it cannot be written); `seconds_spent` is what logging has cost.
    """

    def __init__(self, log: RunLog, program: str, settings: Mapping[str, Any], seed: int | None, data: Any):
        self.id: int | None = None
        self.seconds_spent = 0.0
        self._log, self._begun = log, time.perf_counter()
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[tuple[str, tuple]] = []
        self._flushed = self._begun
        self._weights_before: dict[str, np.ndarray] = {}
        self._about = (program, settings, seed, data)

    def __enter__(self) -> Run:
        with self._timed():
            self._begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        with self._timed():
            status = "finished" if kind is None else "failed"
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                status = "interrupted"
            words = None if error is None else f"{type(error).__name__}: {error}".strip(": ")
            self._add(
                "update runs set finished = ?, status = ?, error = ? where id = ?",
                (now(), status, words, self.id),
            )
            self._flush(last=True)
            if self._connection is not None:
                self._connection.close()
                self._connection = None

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
        with self._timed() as since:
            seconds = since if seconds is None else seconds
            values = numbers(epoch, loss, accuracy, learning_rate, images, seconds)
            self._add(
                "insert or replace into training values (?, ?, ?, ?, ?, ?, ?, ?)",
                (self.id, int(step), *values),
            )

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
        with self._timed() as since:
            values = numbers(epoch, loss, accuracy, images, since if seconds is None else seconds)
            self._add(
                "insert or replace into validation values (?, ?, ?, ?, ?, ?, ?)",
                (self.id, int(step), *values),
            )

    def weights(
        self, step: int, named: Iterable[tuple[str, np.ndarray, np.ndarray | None]], *, always: bool = False
    ) -> bool:
        """Statistics of (name, weights, gradient or None); small kernels also in full.

        Costs some milliseconds for a million weights, so it declines (returns False) while logging has taken
        more than a fiftieth of the run's time; `always` overrules that. The first call is never declined.
        """
        passed = time.perf_counter() - self._begun
        if self._weights_before and not always and self.seconds_spent > STATISTICS_SHARE * passed:
            return False
        if self._connection is None:
            return False
        with self._timed():
            for name, array, gradient in named:
                self._layer(step, name, "weight", array, self._weights_before.get(name))
                self._weights_before[name] = np.array(array)
                if gradient is not None:
                    self._layer(step, name, "gradient", gradient, None)
                if np.ndim(array) == 4 and array.size <= LARGEST_KERNEL:
                    values = np.asarray(array, "<f4", order="C").tobytes()
                    self._add(
                        "insert or replace into kernels values (?, ?, ?, ?, ?)",
                        (self.id, int(step), name, json.dumps(array.shape), values),
                    )
        return True

    def layer_row(self, step: int, name: str, kind: str, array: np.ndarray) -> None:
        """Statistics of any one array, such as the values (`kind` 'activation') that come out of a layer."""
        with self._timed():
            self._layer(step, name, kind, array, None)

    def confusion(self, step: int, matrix: np.ndarray, classes: str) -> None:
        """How often each class (rows) was taken for each other (columns): (K, K) whole numbers."""
        with self._timed():
            for place, ((i, j), count) in enumerate(np.ndenumerate(matrix)):
                if count or i == j:
                    self._add(
                        "insert or replace into confusion values (?, ?, ?, ?, ?, ?)",
                        (self.id, int(step), place, classes[i], classes[j], int(count)),
                    )

    def result(self, figures: Mapping[str, Any]) -> None:
        """What came out in the end, such as the accuracy on test images."""
        with self._timed():
            self._add("update runs set result = ? where id = ?", (to_json(figures), self.id))

    def _begin(self) -> None:
        """Open the log and write down what is about to run."""
        program, settings, seed, data = self._about
        if self._log.path is None:
            return
        name = None if data is None else str(getattr(data, "name", data))
        values = (
            program,
            now(),
            now(),
            to_json(settings),
            None if seed is None else int(seed),
            json.dumps(machine.versions()),
            machine.commit(),
            machine.processor(),
            name,
            fingerprint(data),
        )
        try:
            self._connection = self._log.connect()
            self.id = self._connection.execute(
                "insert into runs (program, started, seen, status, settings, seed, versions, source, machine,"
                " data, fingerprint) values (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)",
                values,
            ).lastrowid
            self._connection.execute("pragma busy_timeout = 300")  # training does not wait for other writers
        except (sqlite3.Error, OSError, DataError) as error:
            self._give_up(error)

    def _layer(self, step: int, name: str, kind: str, array: np.ndarray, before: np.ndarray | None) -> None:
        statistics = describe(np.asarray(array), before)
        self._add(
            "insert or replace into layers values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.id, int(step), name, kind, int(np.size(array)), *statistics),
        )

    def _add(self, statement: str, values: tuple) -> None:
        """Let a row wait for its companions; about once a second all are written together."""
        if self._connection is None:
            return
        self._waiting.append((statement, values))
        if len(self._waiting) >= FLUSH_ROWS or time.perf_counter() - self._flushed > FLUSH_SECONDS:
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
            self._connection.execute("update runs set seen = ? where id = ?", (now(), self.id))
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
        console_log.warning(f"{self._log.path}: the run cannot be logged {words}; it goes on without its log")
        self._waiting.clear()
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    @contextmanager
    def _timed(self) -> Iterator[float]:
        """Count what logging costs; gives the seconds since the run began."""
        start = time.perf_counter()
        try:
            yield start - self._begun
        finally:
            self.seconds_spent += time.perf_counter() - start


def describe(array: np.ndarray, before: np.ndarray | None) -> tuple:
    """What the `layers` table has: mean, spread, low, high, zeros, update ratio and histogram of an array."""
    flat = np.asarray(array, np.float32).reshape(-1)
    if flat.size == 0 or not np.isfinite(flat).all():
        return (None, None, None, None, None, None, "[]")
    low, high = float(flat.min()), float(flat.max())
    ratio = None
    if before is not None:
        length = float(np.linalg.norm(before))
        ratio = float(np.linalg.norm(flat - before.reshape(-1))) / length if length else None
    sample = flat[:: -(-flat.size // HISTOGRAM_SAMPLE)]
    bins = np.zeros(sample.size, np.intp)
    if high > low:
        bins = ((sample - low) * (HISTOGRAM_BINS / (high - low))).astype(np.intp)
    counts = np.bincount(np.minimum(bins, HISTOGRAM_BINS - 1), minlength=HISTOGRAM_BINS)
    zeros = 1 - np.count_nonzero(flat) / flat.size
    return (
        float(flat.mean(dtype=np.float64)),
        float(flat.std()),
        low,
        high,
        zeros,
        ratio,
        json.dumps(counts.tolist()),
    )


def fingerprint(data: Any) -> str | None:
    """Sixteen hexadecimal digits that differ when any image or label of a data set, or its text, differs."""
    if isinstance(text := getattr(data, "text", None), str):
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    if not hasattr(data, "images") or not hasattr(data, "labels"):
        return None
    digest = hashlib.sha256()
    for array in (data.images, data.labels):
        digest.update(str((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


def numbers(*values: float | None) -> list[float | None]:
    """Plain floats for SQLite, which would store NumPy's as bytes."""
    return [None if value is None else float(value) for value in values]


def to_json(value: Any) -> str:
    """JSON of settings or figures; what JSON has no word for is written as text."""
    return json.dumps(value, default=lambda other: other.tolist() if hasattr(other, "tolist") else str(other))


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
