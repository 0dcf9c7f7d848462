"""The run log as the page asks for it.

Until RunLog has them itself, here are its coming readings under their coming names: `curves`, `rows_after`, `layers`,
`layer_names`, `kernels`, `kernel_steps` and `confusion`. Once it has, `Records` shrinks to what comes first.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from hellodl.runlog import RunLog


class Records(RunLog):
    """A run log that is only read."""

    def last_figures(self) -> dict[int, dict[str, float | None]]:
        """The last training loss and validation accuracy of each run."""
        rows = self._read(
            "select id, (select loss from training where run = runs.id order by step desc limit 1) as loss, "
            "(select accuracy from validation where run = runs.id order by step desc limit 1) as accuracy from runs"
        )
        return {row["id"]: {"loss": row["loss"], "accuracy": row["accuracy"]} for row in rows}

    def confusion_steps(self, run: int) -> list[int]:
        """The steps at which confusion matrices were stored."""
        return [row["step"] for row in self._read("select distinct step from confusion where run = ?", run)]

    # ---- from here on: only until RunLog has the same ----

    def curves(self, run: int, points: int = 1000) -> dict[str, dict[str, list[Any]]]:
        """Training and validation curves, thinned to about so many points."""
        asked = {
            "training": ("step", "loss", "accuracy", "learning_rate"),
            "validation": ("step", "loss", "accuracy"),
        }
        found = {}
        for table, names in asked.items():
            rows = self._read(f"select {', '.join(names)} from {table} where run = ? order by step", run)
            places = np.unique(np.linspace(0, len(rows) - 1, min(points, len(rows))).astype(int))
            found[table] = {name: [rows[i][name] for i in places] for name in names}
        return found

    def rows_after(self, run: int, step: int) -> dict[str, list[dict[str, Any]]]:
        """Training rows after a step, and validation rows from that step on."""
        return {
            "training": self._read(
                "select * from training where run = ? and step > ? order by step", run, step
            ),
            "validation": self._read(
                "select * from validation where run = ? and step >= ? order by step", run, step
            ),
        }

    def layers(self, run: int, name: str | None = None, kind: str | None = None) -> list[dict[str, Any]]:
        """Statistics of one array."""
        found = self._read(
            "select * from layers where run = ? and name = ? and kind = ? order by step", run, name, kind
        )
        for row in found:
            row["histogram"] = json.loads(row["histogram"])
        return found

    def layer_names(self, run: int) -> list[tuple[str, str]]:
        """Whose statistics there are: (name, kind)."""
        rows = self._read("select distinct name, kind from layers where run = ? order by name, kind", run)
        return [(row["name"], row["kind"]) for row in rows]

    def kernels(self, run: int, name: str, step: int | None = None) -> np.ndarray | None:  # type: ignore[override]
        """Kernels as they were at a step, or the last ones."""
        rows = self._read(
            "select shape, data from kernels where run = ?1 and name = ?2 and (?3 is null or step <= ?3) "
            "order by step desc limit 1",
            run, name, step,
        )  # fmt: skip
        return np.frombuffer(rows[0]["data"], "<f4").reshape(json.loads(rows[0]["shape"])) if rows else None

    def kernel_steps(self, run: int) -> dict[str, list[int]]:
        """Which layers' kernels were stored, and at which steps."""
        rows = self._read("select name, step from kernels where run = ? order by name, step", run)
        names = dict.fromkeys(row["name"] for row in rows)
        return {name: [row["step"] for row in rows if row["name"] == name] for name in names}
