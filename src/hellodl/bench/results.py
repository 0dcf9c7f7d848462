"""What was measured when claims were last run: the values of each seed, the day, the machine, the versions.

A claim says what we promise; a result is what came out, once, somewhere. `hellodl reproduce --record` writes
results into benchmarks/results.json, and the sentences of the course take their figures from there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from hellodl.bench.claims import Measured, Outcome
from hellodl.errors import HelloError
from hellodl.runs.machine import SOURCE, commit, processor, versions
from hellodl.storage.atomic import write_whole

RESULTS = SOURCE / "benchmarks" / "results.json"


@dataclass(frozen=True)
class Result(Measured):
    """The values that a claim's command gave, one for each seed; the day is such as 2023-01-15."""

    values: list[float]
    day: str
    machine: str
    versions: dict[str, str]
    commit: str | None


def read_results(path: Path | None = None) -> dict[str, Result]:
    """All results by the name of their claim; none where nothing was recorded yet."""
    path = path or RESULTS
    try:
        return {name: Result(**entry) for name, entry in json.loads(path.read_text("utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise HelloError(f"{path}: cannot be read ({error}); restore it from the repository") from error


def record(outcomes: list[Outcome], path: Path | None = None) -> int:
    """Write down the outcomes that have a value for every seed, beside what others had; how many these were."""
    path = path or RESULTS
    about = (date.today().isoformat(), processor(), versions(), commit())
    ran = {o.claim.id: Result(o.values, *about) for o in outcomes if len(o.values) == len(o.claim.seeds)}
    entries = {name: asdict(result) for name, result in sorted({**read_results(path), **ran}.items())}
    write_whole(path, (json.dumps(entries, indent=1) + "\n").encode())
    return len(ran)
