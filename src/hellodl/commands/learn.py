"""`hellodl learn`: an engine of your own, written step by step, and tried.

hellodl learn [FOLDER]             begin, or see what comes next
hellodl learn check N              try your file of a step (3) or an exercise (3.1)
hellodl learn exercise N           begin an exercise of a chapter; without N, the list of them
hellodl learn run NAME             run something real on what you wrote
hellodl learn report FOLDER...     how far a class has come
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hellodl.console import as_json, show_table, tell
from hellodl.errors import HelloError
from hellodl.learn import folder as folders
from hellodl.learn import process, report
from hellodl.learn.asking import PATIENCE
from hellodl.learn.exercises import Exercise, all_exercises, exercise
from hellodl.learn.folder import Folder
from hellodl.learn.steps import MILESTONES, STEPS, Milestone, Step, milestone, step

ACTIONS = ("check", "exercise", "run", "report")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and with what."""
    option = parser.add_argument
    parser.usage = f"{parser.prog} [FOLDER | check N | exercise N | run NAME | report FOLDER...] [options]"
    what = "a folder to begin or to go on in (my-engine); or check, exercise, run or report, and then"
    option("action", nargs="?", metavar="FOLDER", help=what)
    names = ", ".join(milestone.name for milestone in MILESTONES)
    option(
        "which",
        nargs="*",
        metavar="WHAT",
        help=f"the number of a step or an exercise; the name of a milestone ({names}); folders",
    )
    option(
        "--folder", type=Path, metavar="DIR", help="check, exercise, run: your folder (this one, or my-engine in it)"
    )
    option("--solution", action="store_true", help="check: show one way to write it")
    parser.set_defaults(wrong_usage=parser.error)


def main(options: argparse.Namespace) -> int:
    """Begin, check, run or report."""
    if options.solution and options.action != "check":
        options.wrong_usage("--solution is of a step or an exercise: hellodl learn check N --solution")
    if options.action == "report":
        return tell_report([Path(name) for name in options.which or ["."]], options.json)
    if options.action == "exercise" and not options.which:
        return tell_exercises(options.folder, options.json)
    if options.action in ("check", "exercise", "run"):
        if len(options.which) != 1:
            example = {"check": "3", "exercise": "3.1", "run": "xor"}[options.action]
            options.wrong_usage(f"{options.action} what? hellodl learn {options.action} {example}")
        return {"check": check, "exercise": lay, "run": run}[options.action](options.which[0], options)
    if options.which:
        options.wrong_usage(f"one folder at a time; to do something in it: {', '.join(ACTIONS)}")
    return begin(Path(options.action) if options.action else options.folder)


def begin(path: Path | None) -> int:
    """Begin a folder where there is none, and say what comes next."""
    here = path or (Path() if (Path() / folders.PROGRESS).exists() else folders.USUAL)
    if (here / folders.PROGRESS).exists() or not here.exists() or not any(here.iterdir()):
        folder = Folder(here)
    else:
        raise HelloError(f"{here} has other things in it; name a folder that is new: hellodl learn FOLDER")
    old = (here / "stories").exists()
    fresh = folder.begin()
    if not old:
        tell(f"{here} is yours: a story and an empty file for each of {len(STEPS)} steps.")
    elif fresh:
        tell(f"Put there again: {', '.join(fresh)}.")
    tell(what_next(folder))
    return 0


def what_next(folder: Folder, checked: Step | None = None) -> str:
    """What to do now, in a sentence or two; after the check of a step, no milestone of a later one."""
    done = sum(map(folder.passed, STEPS))
    found = folder.next(checked)
    where = "" if folder.path in (Path(), folders.USUAL) else f" --folder {folder.path}"
    if found is None and not all(map(folder.reached, MILESTONES)):  # they belong to later steps than the one tried
        return (
            f"All {len(STEPS)} steps are done; `hellodl learn{where and f' {folder.path}'}` says what is left to run."
        )
    if found is None:
        return f"All {len(STEPS)} steps are done, and all milestones. The engine is yours: what will you build with it?"
    if isinstance(found, Milestone):
        return f"Your engine can do something real now: {found.title}. Run it: hellodl learn run {found.name}{where}"
    begun = f"{done} of {len(STEPS)} steps done. " if done else ""
    story, file = folder.path / found.story, folder.path / found.file
    words = f"{begun}Next is step {found.number}, {found.title}: read {story}, write {file}, then: "
    return f"{words}hellodl learn check {found.number}{where}"


def check(word: str, options: argparse.Namespace) -> int:
    """Try the reader's file of one step."""
    try:
        which: Step | Exercise = exercise(word) if "." in word else step(int(word))
    except ValueError:
        options.wrong_usage(
            f"{word!r} is no number of a step; those are 1 to {len(STEPS)}, and of exercises 1.1 and so on"
        )
    folder = folders.find(options.folder)
    if options.solution:
        print(folder.show_solution(which), end="")
        return 0
    found = tried(which, folder)
    failures = folder.note(which, found)
    wrong = not found["passed"] and not found.get("unwritten")
    hint = which.hint(found["about"]) if wrong and found["about"] and failures >= PATIENCE else ""
    if options.json:
        print(as_json({"step": which.number, **found, "failures": failures, "hint": hint or None}))
        return 0 if found["passed"] else 1
    if found["printed"].strip():
        tell("Your file printed (the last of it):")
        tell_lines([f"| {line}" for line in found["printed"].rstrip().splitlines()[-8:]])
    if found["passed"]:
        after = f" {what_next(folder, which)}" if isinstance(which, Step) else ""
        tell(f"{name(which)}: right.{after}")
        return 0
    tell_wrong(which, folder, found)
    if hint:
        tell(f"Hint: {hint}")
        tell(f"(hellodl learn check {which.number} --solution shows one way to do it, if you want to see it.)")
    return 1


def tried(which: Step | Exercise, folder: Folder) -> dict[str, Any]:
    """What came of trying a file."""
    if isinstance(which, Step):
        return process.try_step(which, folder.path)
    return process.try_step(which, folder.path / folders.EXERCISES, process.EXERCISE_SECONDS)


def lay(number: str, options: argparse.Namespace) -> int:
    """Put the stub of an exercise into the folder, which is begun where there is none."""
    which = exercise(number)
    try:
        folder = folders.find(options.folder)
    except HelloError:
        path = options.folder or folders.USUAL
        if path.exists() and any(path.iterdir()):
            raise
        folder = Folder(path)
    file, fresh = folder.lay(which)
    if options.json:
        print(
            as_json({"exercise": number, "title": which.title, "story": which.story, "file": str(file), "begun": fresh})
        )
        return 0
    tell(f"{name(which)}: {'begun' if fresh else 'your file is'} in {file}.\n\n{which.story}\n")
    where = "" if folder.path in (Path(), folders.USUAL) else f" --folder {folder.path}"
    tell(f"Write it there, then: hellodl learn check {number}{where}")
    return 0


def tell_exercises(path: Path | None, as_object: bool) -> int:
    """All exercises, and which are done."""
    try:
        folder = folders.find(path)
    except HelloError:
        folder = Folder(folders.USUAL)
    rows = [(one.number, one.title, folder.passed(one)) for one in all_exercises()]
    if as_object:
        print(as_json({"exercises": [dict(zip(("number", "title", "passed"), row)) for row in rows]}))
        return 0
    show_table(("exercise", "title", "done"), [[number, title, "+" if done else ""] for number, title, done in rows])
    return 0


def name(which: Step | Exercise) -> str:
    """A step or an exercise, in words."""
    if isinstance(which, Step):
        return f"Step {which.number}, {which.title}"
    return f"Exercise {which.number} ({which.title})"


def tell_wrong(which: Step | Exercise, folder: Folder, found: dict[str, Any]) -> None:
    """What is wrong, and where to read on."""
    tell(f"{name(which)}: not yet.")
    tell_lines(found["lines"])
    if below := found.get("stands_on"):
        tell(f"It builds on step {below}, which is not right either: hellodl learn check {below} first.")
    elif found.get("unwritten") and isinstance(which, Step):
        tell(f"The story is {folder.path / which.story}.")


def tell_lines(lines: list[str]) -> None:
    """A bit further in; no character of them can command the terminal."""
    for line in lines:
        tell(f"  {''.join(c if c.isprintable() else '?' for c in line)}")


def run(name: str, options: argparse.Namespace) -> int:
    """Run a milestone on the reader's engine."""
    which, folder = milestone(name), folders.find(options.folder)
    if not options.json:
        tell(f"{which.title[0].upper()}{which.title[1:]}, on your own engine ({which.runs_on}):")
    found = process.run_milestone(which, folder.path)
    if found["passed"]:
        folder.reach(which, found["out"])
    if options.json:
        print(as_json({"milestone": which.name, **found}))
    elif found["passed"]:
        tell(f"{found['out']}. {what_next(folder)}")
    else:
        tell("Not yet:")
        tell_lines(found["lines"])
        if below := found.get("stands_on"):
            tell(f"hellodl learn check {below} says what is missing.")
    return 0 if found["passed"] else 1


def tell_report(paths: list[Path], as_object: bool) -> int:
    """A table of folders, and what its signs mean."""
    rows = [report.row(path) for path in report.folders_in(paths)]
    if as_object:
        print(as_json({"folders": rows}))
        return 0
    show_table(report.COLUMNS, [report.as_cells(found) for found in rows])
    tell("\nsteps: + done, s done and the solution was shown, - tried in vain, . not tried")
    return 0
