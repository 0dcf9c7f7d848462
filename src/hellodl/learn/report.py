"""A table for teachers: a class's folders, how far each has come, and where it is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hellodl.errors import HelloError
from hellodl.learn.exercises import all_exercises
from hellodl.learn.folder import PROGRESS, Folder, count
from hellodl.learn.steps import MILESTONES, STEPS, Step

COLUMNS = ("folder", "passed", "steps", "milestones", "exercises", "tries", "at", "solutions", "last")


def folders_in(paths: Sequence[Path]) -> list[Path]:
    """Those of the paths that are a reader's folder, and those that lie in the others; HelloError for one with none."""
    found: list[Path] = []
    for path in paths:
        inside = [path] if (path / PROGRESS).exists() else sorted(file.parent for file in path.glob(f"*/{PROGRESS}"))
        inside = inside or sorted(file.parent for file in path.glob(f"*/*/{PROGRESS}"))
        if not inside:
            raise HelloError(f"{path} is no folder that `hellodl learn` began, and holds none")
        found += [folder for folder in inside if folder not in found]
    return found


def row(path: Path) -> dict[str, Any]:
    """What there is to say of one folder; `problem` where its progress cannot be read."""
    try:
        folder = Folder(path)
    except HelloError as error:
        return {"folder": str(path), "problem": str(error)}
    abouts = [folder.about(step) for step in STEPS]
    at = next((step.number for step in STEPS if not folder.passed(step)), None)
    return {
        "folder": str(path),
        "passed": sum(map(folder.passed, STEPS)),
        "steps": "".join(sign(folder, step) for step in STEPS),
        "milestones": [milestone.name for milestone in MILESTONES if folder.reached(milestone)],
        "exercises": [one.number for one in all_exercises() if folder.passed(one)],
        "tries": sum(count(about.get("tries")) for about in abouts),
        "at": at,
        "failures_there": count(folder.about(STEPS[at - 1]).get("failed_since")) if at else 0,
        "solutions": [step.number for step in STEPS if folder.about(step).get("solution")],
        "last": max((str(about.get("last", "")) for about in abouts), default="")[:10],
    }


def sign(folder: Folder, step: Step) -> str:
    """A step in one character: done, done with the solution seen, tried in vain, not tried."""
    about = folder.about(step)
    if folder.passed(step):
        return "s" if about.get("solution") else "+"
    return "-" if count(about.get("failures")) else "."


def as_cells(found: dict[str, Any]) -> list[str]:
    """A row of the table."""
    if "problem" in found:
        return [found["folder"], *[""] * (len(COLUMNS) - 2), found["problem"]]
    stuck = f" ({found['failures_there']} wrong)" if found["failures_there"] else ""
    return [
        found["folder"],
        f"{found['passed']} of {len(STEPS)}",
        found["steps"],
        " ".join(found["milestones"]) or "none",
        str(len(found["exercises"])),
        str(found["tries"]),
        f"{found['at']}{stuck}" if found["at"] else "the end",
        " ".join(map(str, found["solutions"])) or "none",
        found["last"] or "never",
    ]
