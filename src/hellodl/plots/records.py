"""What the pictures of a run need, as plain arrays out of the run log.

All that these pictures know of the log is here, and an error says in one line what a run would have to have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hellodl.errors import DataError
from hellodl.runs.log import RunLog, by_number

Columns = dict[str, np.ndarray]


def title(run: dict[str, Any]) -> str:
    """What to call a run in a picture."""
    return f"run {run['id']}, {run['program']}" + (f" on {run['data']}" if run["data"] else "")


def curves(log: RunLog, run: int) -> dict[str, Columns]:
    """'training' and 'validation', each with columns 'step', 'loss', 'accuracy' ('training' also 'learning_rate')."""
    found = log.curves(run)
    if not found["training"]["step"] and not found["validation"]["step"]:
        raise DataError(f"{log.path}: run {run} has no curves yet; they come with its first steps")
    return {
        part: {name: np.array(values, float) for name, values in by_name.items()} for part, by_name in found.items()
    }


def layers(log: RunLog, run: int, kind: str, only: Sequence[str] = ()) -> dict[str, Columns]:
    """All layers of which this kind of numbers ('weight', 'gradient', ...) was looked at, by name, in their order.

    Each has the columns 'step', 'mean', 'spread', 'low', 'high', 'zeros', 'step_ratio' (S,), and 'histogram'
    (S, bins). `only` names those that are wanted.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in log.layers(run, kind=kind):
        if row["histogram"]:
            rows.setdefault(row["name"], []).append(row)
    if not rows:
        kinds = ", ".join(sorted({f"{other}s" for _, other in log.layer_names(run)})) or "nothing"
        raise DataError(f"{log.path}: run {run} did not write down {kind}s of its layers, but {kinds}")
    if unknown := [name for name in only if name not in rows]:
        known = ", ".join(sorted(rows, key=by_number))
        raise DataError(f"{log.path}: run {run} has no {kind}s of a layer '{unknown[0]}'; it has {known}")
    names = only or sorted(rows, key=by_number)
    figures = ("step", "mean", "spread", "low", "high", "zeros", "step_ratio")
    return {
        name: columns(rows[name], figures) | {"histogram": np.array([row["histogram"] for row in rows[name]], float)}
        for name in names
    }


def kernels(log: RunLog, run: int, name: str | None) -> tuple[str, dict[int, np.ndarray]]:
    """The kernels of a layer (the first, if none is named) by step: its name, and (out, in, k, k) each."""
    steps = log.kernel_steps(run)
    name = name or next(iter(steps), None)
    if name not in steps:
        of = f"of a layer '{name}'" if name else "in full"
        raise DataError(f"{log.path}: run {run} has no kernels {of}; small ones of convolutions are stored")
    found = {step: log.kernels(run, name, step) for step in steps[name]}
    return name, {step: kernel for step, kernel in found.items() if kernel is not None}


def confusion(log: RunLog, run: int) -> tuple[str, np.ndarray]:
    """Classes, and how often each (row) was taken for each (column): (K, K)."""
    found = log.confusion(run)
    if found is None:
        raise DataError(f"{log.path}: run {run} has no confusion matrix; it comes when a training is done")
    return found


def guessing(log: RunLog, run: dict[str, Any]) -> float | None:
    """The loss of who gives all answers the same chance, ln(answers), in nats; None where that is not known.

    For text it is told, as all losses there, for each character.
    """
    result = run["result"]
    if result.get("vocabulary"):
        return math.log(result["vocabulary"]) / result.get("characters_per_token", 1)
    if run["settings"].get("tokens", "characters") != "characters":
        return None
    if found := log.confusion(run["id"]):
        return math.log(len(found[0]))
    # Until the end only the network tells: its last layer has a bias for every answer.
    biases = {row["name"]: row["size"] for row in log.layers(run["id"], kind="weight") if row["name"].endswith("bias")}
    last = biases[max(biases, key=by_number)] if biases else 0
    return math.log(last) if last > 1 else None


def columns(rows: list[dict[str, Any]], names: tuple[str, ...]) -> Columns:
    """Rows as arrays by name; NaN is what was not known."""
    return {name: np.array([row[name] for row in rows], float) for name in names}
