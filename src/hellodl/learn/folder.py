"""A reader's folder: an empty file and a story for each step, and `progress.json`, which remembers how it went.

Nothing that is there is ever written over. A file that was deleted comes back empty with the next `hellodl learn`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hellodl.errors import HelloError
from hellodl.learn.exercises import Exercise
from hellodl.learn.steps import MILESTONES, STEPS, Milestone, Step
from hellodl.storage.atomic import make_folder, write_whole

PROGRESS = "progress.json"
USUAL = Path("my-engine")
EXERCISES = "exercises"

MILESTONE_LINES = "\n".join(
    f"    hellodl learn run {one.name:<16} after step {one.after:<2}   {one.title}" for one in MILESTONES
)

WELCOME = f"""# From an empty file

Here you write an engine for deep learning, step by step. Each step has a story in `stories/` and a file beside this
one. Read the story, write what it asks for into the file, and let it be tried:

    hellodl learn            says what comes next
    hellodl learn check 3    tries your file of step 3
    hellodl learn run xor    runs something real on what you wrote, when you have come so far
    hellodl learn exercise   lists the exercises of the chapters; with a number, such as 3.1, it begins one

Later steps import your earlier files, so what you write you will use. All you need is NumPy. If an answer is wrong you
are told what was asked, what was expected and what came; from the second time on there is a hint; and
`hellodl learn check 3 --solution` shows one way to do it, when you ask. `progress.json` remembers how far you are.

A step counts as done while its last check was right. If you change a file that had passed and a check of it fails, the
step is taken back until it passes again.

The milestones, each after the step that it waits for (and it needs all that it builds on to be right):

{MILESTONE_LINES}
"""


class Folder:
    """A folder that `hellodl learn` began. Raises HelloError where its progress cannot be read or written."""

    def __init__(self, path: Path):
        self.path = path
        self.progress: dict[str, Any] = {"steps": {}, "milestones": {}, EXERCISES: {}}
        if (path / PROGRESS).exists():
            self.progress |= self._read()

    def _read(self) -> dict[str, Any]:
        file = self.path / PROGRESS
        try:
            found = json.loads(file.read_text("utf-8"))
            assert isinstance(found, dict)
            assert all(isinstance(found[part], dict) for part in ("steps", "milestones"))
            tried = {**found["steps"], **found.get(EXERCISES, {})}
            assert all(isinstance(about, dict) for about in tried.values())
            return found
        except (OSError, ValueError, KeyError, TypeError, AssertionError):
            raise HelloError(f"{file} cannot be read; delete it, and check your steps again") from None

    def save(self) -> None:
        """Write the progress."""
        text = json.dumps(self.progress, indent=1, sort_keys=True) + "\n"
        write_whole(self.path / PROGRESS, text.encode(), "hellodl learn FOLDER")

    def begin(self) -> list[str]:
        """Put there what is not there yet; the names of those files."""
        make_folder(self.path / "stories", "choose another: hellodl learn FOLDER")
        wanted = {"README.md": WELCOME}
        for step in STEPS:
            wanted |= {step.file: step.text("stub.py"), step.story: step.text("story.md")}
        fresh = [name for name in wanted if not (self.path / name).exists()]
        for name in fresh:
            write_whole(self.path / name, wanted[name].encode(), "hellodl learn FOLDER", lasting=False)
        if fresh or not (self.path / PROGRESS).exists():
            self.save()
        return fresh

    def lay(self, which: Exercise) -> tuple[Path, bool]:
        """The file of an exercise, and whether it was put there just now."""
        file = self.path / EXERCISES / which.file
        if file.exists():
            return file, False
        make_folder(file.parent, "choose another: --folder DIR")
        write_whole(file, which.text("stub.py").encode(), "hellodl learn exercise", lasting=False)
        if not (self.path / PROGRESS).exists():
            self.save()
        return file, True

    def about(self, which: Step | Exercise) -> dict[str, Any]:
        """What is remembered of a step: `passed` (when), `tries`, `failures` and `solution` (whether it was shown)."""
        part = self.progress["steps" if isinstance(which, Step) else EXERCISES]
        return part.setdefault(str(which.number), {})

    def note(self, which: Step | Exercise, found: dict[str, Any]) -> int:
        """Remember how a trial ended; how often the step has failed since it last passed."""
        about = self.about(which)
        about["tries"] = count(about.get("tries")) + 1
        about["last"] = now()
        if found["passed"]:
            about["passed"] = about.get("passed") or about["last"]
            about["failed_since"] = 0
        else:
            about.pop("passed", None)
            if not found.get("unwritten"):
                about["failures"] = count(about.get("failures")) + 1
                about["failed_since"] = count(about.get("failed_since")) + 1
        self.save()
        return about.get("failed_since", 0)

    def show_solution(self, which: Step | Exercise) -> str:
        """The solution; that it was asked for is remembered."""
        self.about(which)["solution"] = True
        self.save()
        return which.text("solution.py")

    def passed(self, which: Step | Exercise) -> bool:
        """Whether its last trial was right."""
        return bool(self.about(which).get("passed"))

    def reached(self, milestone: Milestone) -> bool:
        """Whether it has run."""
        return bool(self.progress["milestones"].get(milestone.name))

    def reach(self, milestone: Milestone, said: str) -> None:
        """Remember that a milestone has run, and what came out."""
        self.progress["milestones"][milestone.name] = {"when": now(), "result": said}
        self.save()

    def next(self, checked: Step | None = None) -> Step | Milestone | None:
        """What comes next: a milestone as soon as its steps are done, else the first step that is not.

        After `checked`, a step, no milestone is next that belongs to a later one.
        """
        milestones = [one for one in MILESTONES if checked is None or one.after <= checked.number]
        for step in STEPS:
            for milestone in milestones:
                if milestone.after < step.number and not self.reached(milestone) and self._may(milestone):
                    return milestone
            if not self.passed(step):
                return step
        return next((milestone for milestone in milestones if not self.reached(milestone)), None)

    def _may(self, milestone: Milestone) -> bool:
        return all(self.passed(step) for step in STEPS if step.number in milestone.needs)


def find(given: Path | None) -> Folder:
    """The folder that was given, the one we are in, or the usual one beside us; HelloError where there is none."""
    for path in [given] if given else [Path(), USUAL]:
        if (path / PROGRESS).exists():
            return Folder(path)
    if given:
        raise HelloError(f"{given} was not begun yet; `hellodl learn {given}` does")
    raise HelloError("there is no folder of yours here; `hellodl learn` begins one, and --folder DIR names another")


def count(value: Any) -> int:
    """A number that somebody may have edited."""
    return value if isinstance(value, int) and value >= 0 else 0


def now() -> str:
    """The time, for people."""
    return datetime.now(UTC).isoformat(timespec="seconds")
