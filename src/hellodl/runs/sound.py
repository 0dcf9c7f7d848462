"""What a run log says, held against what its columns mean.

SQLite lets any value stand in any column, and a log may have come from somebody else, from a newer hellodl, or out of a
file that took damage. So all that is read goes through here: a number is a number, what should be JSON is what it
describes, and a text commands no terminal. Infinite numbers are numbers: a training that overflows is shown as it was.
"""

from __future__ import annotations

import json
from typing import Any

from hellodl.errors import DataError

NUMBERS = {
    *("epoch", "loss", "accuracy", "learning_rate", "images", "seconds", "logging_seconds", "probability"),
    *("mean", "spread", "low", "high", "zeros", "update_ratio", "step_ratio", "dead"),
}
WHOLE = {"id", "run", "step", "size", "input", "place", "count"}
OBJECTS = {"settings", "versions", "result"}
LISTS = {"histogram", "shape"}
PLAIN = {"truth", "guess", "seed"}


def sound(row: dict[str, Any]) -> dict[str, Any]:
    """A row of any table with each value as its column should have it. Raises DataError where its place is unknown."""
    kernels = {"data"} & row.keys() if "shape" in row else set()
    return {name: value if name in kernels else _sound(name, value) for name, value in row.items()}


def _sound(name: str, value: Any) -> Any:
    if name in NUMBERS:
        return float(value) if isinstance(value, int | float) else None
    if name in WHOLE:
        if not isinstance(value, int):
            raise DataError(f"its column {name!r} holds {str(value)[:40]!r}, which is no whole number")
        return value
    if name in OBJECTS:
        found = _json(value)
        return found if isinstance(found, dict) else {}
    if name in LISTS:
        found = _json(value)
        return found if isinstance(found, list) and all(type(part) is int and part >= 0 for part in found) else []
    if name == "seed":
        return value if isinstance(value, int) else None
    if value is None:
        return value
    text = value if isinstance(value, str) else str(value)
    return text if name in PLAIN else "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def _json(value: Any) -> Any:
    try:
        return json.loads(value or "null")
    except (ValueError, TypeError, RecursionError):
        return None
