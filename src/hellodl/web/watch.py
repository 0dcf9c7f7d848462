"""Training runs, of which the page shows curves, layers, kernels and mistakes: all from the run log.

A run is watched while it goes on by asking the log once a second for what is new; the training neither knows nor
waits (see `runlog`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
from fastapi import HTTPException

from hellodl.commands.runs import minutes, status, summary
from hellodl.runs.log import RunLog
from hellodl.web.answers import STILL_HERE, event
from hellodl.web.desks import Desk

LOOK_EVERY, SPEAK_EVERY = 1.0, 15  # seconds
STATISTICS = {
    "mean": "mean",
    "std": "spread",
    "low": "low",
    "high": "high",
    "zeros": "zeros",
    "update_ratio": "step_ratio",
    "histograms": "histogram",
}
ROW = ("step", "loss", "accuracy", "learning_rate")


class Runs:
    """What the page asks about the runs of one log. HTTPException 404 is raised for what is not in it."""

    def __init__(self, log: RunLog):
        self.log = log

    def listed(self, program: str | None = None, limit: int = 200) -> dict[str, Any]:
        """The newest runs first, each with the last loss and validation accuracy."""
        runs = [run for run in self.log.runs() if program is None or run["program"] == program]
        found = [summary(self.log, run) for run in runs[::-1][:limit]]
        return {"runs": [run | {"accuracy": run["validation_accuracy"]} for run in found]}

    def run(self, number: int) -> dict[str, Any]:
        """All about one run but its rows: and which layers, kernels and confusions it has."""
        found = self.find(number)
        kinds: dict[str, list[str]] = {}
        for name, kind in self.log.layer_names(number):
            kinds.setdefault(name, []).append(kind)
        kernels = self.log.kernel_steps(number)
        return {
            **found,
            "status": status(found),
            "minutes": minutes(found),
            "layers": [{"name": name, "kinds": its} for name, its in kinds.items()],
            "kernels": [{"name": name, "steps": steps} for name, steps in kernels.items()],
            "confusion": self.log.confusion(number) is not None,
        }

    def find(self, number: int) -> dict[str, Any]:
        """The run of that number."""
        if run := self.log.find(number):
            return run
        raise HTTPException(404, f"there is no run {number}; /api/runs lists them")

    def curves(self, number: int, points: int) -> dict[str, Any]:
        """Loss, accuracy and learning rate by step."""
        self.find(number)
        return self.log.curves(number, points)

    def layers(self, number: int, name: str, kind: str) -> dict[str, Any]:
        """The statistics of one array, step by step."""
        self.find(number)
        rows = self.log.layers(number, name, kind)
        if not rows:
            raise HTTPException(404, f"run {number} has no {kind} of that name; /api/runs/{number} lists its layers")
        return {
            "steps": [row["step"] for row in rows],
            **{ours: [row[theirs] for row in rows] for ours, theirs in STATISTICS.items()},
        }

    def kernels(self, number: int, name: str, step: int | None) -> dict[str, Any]:
        """Kernels in full, (out, in, height, width), as they were at a step or are now."""
        self.find(number)
        kernels = self.log.kernels(number, name, step)
        if kernels is None:
            raise HTTPException(404, f"run {number} has no such kernels; /api/runs/{number} lists those that it has")
        return {"shape": list(kernels.shape), "values": np.round(kernels.astype(np.float64), 6).ravel().tolist()}

    def confusion(self, number: int) -> dict[str, Any]:
        """How often each class (row) was taken for which (column)."""
        self.find(number)
        found = self.log.confusion(number)
        if found is None:
            raise HTTPException(404, f"run {number} has no confusion matrix; a run that ended has")
        classes, matrix = found
        return {"classes": classes, "matrix": matrix.tolist()}


async def events(desk: Desk, runs: Runs, number: int, after: int) -> AsyncIterator[str]:
    """What a run has written after a step and goes on to write, and `ended` when it writes no more."""
    training, validation, silent = after, after, 0
    while True:
        run = await desk.serve(runs.find, number)  # looked at first: what comes after its last rows is its end
        rows = await desk.serve(runs.log.rows_after, number, training)
        new = {
            "training": [_row(row) for row in rows["training"]],
            "validation": [_row(row) for row in rows["validation"] if row["step"] > validation],
        }
        if new["training"] or new["validation"]:
            training = max([training, *(row["step"] for row in new["training"])])
            validation = max([validation, *(row["step"] for row in new["validation"])])
            yield event(new, number=training)
            silent = 0
        if status(run) != "running":
            yield event({"status": status(run)}, "ended")
            return
        await asyncio.sleep(LOOK_EVERY)
        silent += 1
        if silent >= SPEAK_EVERY:
            yield STILL_HERE
            silent = 0


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ROW if name in row}
