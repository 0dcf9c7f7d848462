"""Runs as files that TensorBoard draws, for those who have it. tensorboardX, an extra, knows their format.

A file of events is a row of records, each with a time, a step, and numbers or histograms that have names. They are
handed over one by one, rather than to tensorboardX's `SummaryWriter`: so the name and the times are those of the run,
not of the export, and the same run is the same file again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.console import progress_bar
from hellodl.errors import DataError, HelloError
from hellodl.runs.log import RunLog

CURVES = {"loss": "loss", "accuracy": "accuracy", "learning_rate": "learning_rate", "images": "images_per_second"}
FIGURES = ("step_ratio", "dead", "zeros")  # of a layer, drawn as curves beside its histograms


def export(log: RunLog, run: Mapping[str, Any], folder: Path) -> Path:
    """Write all of a run (a row of `log.runs()`) to a file of events in this folder, and return its path.

    The same run is the same file again. Raises HelloError without tensorboardX, DataError if it cannot be written.
    """
    try:
        from tensorboardX import RecordWriter
        from tensorboardX.proto.event_pb2 import Event
    except ImportError:
        raise HelloError(
            "TensorBoard's files need tensorboardX, which is not here: pip install 'hellodl[tensorboard]'"
        ) from None
    began = datetime.fromisoformat(run["started"]).timestamp()
    path = folder / f"events.out.tfevents.{began:.0f}.hellodl-{run['id']}"
    training, validation = log.train_rows(run["id"]), log.validation_rows(run["id"])
    layers = log.layers(run["id"])
    timed = [row for row in training if row["seconds"] is not None]
    # When a layer was looked at is told by the rows around it.
    steps, seconds = ([0.0, *(row[name] for row in timed)] for name in ("step", "seconds"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            closing(RecordWriter(str(path))) as file,
            progress_bar("exporting", len(training) + len(validation) + len(layers)) as bar,
        ):
            file.write(Event(wall_time=began, file_version="brain.Event:2").SerializeToString())

            def write(after: float, step: int, values: Iterator[dict[str, Any]]) -> None:
                event = Event(wall_time=began + after, step=step, summary={"value": list(values)})
                file.write(event.SerializeToString())
                bar.advance()

            for part, rows in (("training", training), ("validation", validation)):
                for row in rows:
                    write(row["seconds"] or 0, row["step"], of_part(part, row))
            for row in layers:
                write(float(np.interp(row["step"], steps, seconds)), row["step"], of_layer(row))
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}); choose another folder by --tensorboard"
        ) from error
    return path


def of_part(part: str, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The values of one row of the tables `training` and `validation`, as TensorBoard's `Summary.Value` names them."""
    for name, tag in CURVES.items():
        if row.get(name) is not None:
            yield {"tag": f"{tag}/{part}", "simple_value": row[name]}


def of_layer(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The values of one row of the table `layers`."""
    name, kind = row["name"], row["kind"]
    for figure in FIGURES:
        if row[figure] is not None:
            yield {"tag": f"{figure}/{name}/{kind}", "simple_value": row[figure]}
    if row["histogram"]:
        yield {"tag": f"{kind}/{name}", "histo": histogram(row)}


def histogram(row: Mapping[str, Any]) -> dict[str, Any]:
    """A `HistogramProto`; the counts of a sample are scaled to all numbers of the array."""
    counts = np.array(row["histogram"], np.float64)
    counts *= row["size"] / counts.sum()
    return {
        "min": row["low"],
        "max": row["high"],
        "num": row["size"],
        "sum": row["mean"] * row["size"],
        "sum_squares": (row["spread"] ** 2 + row["mean"] ** 2) * row["size"],
        "bucket_limit": np.linspace(row["low"], row["high"], len(counts) + 1)[1:],
        "bucket": counts,
    }
