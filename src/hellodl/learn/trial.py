"""The fresh process in which the reader's files are tried: `python -m hellodl.learn.trial FOLDER WHAT RESULT SECONDS`.

WHAT is the number of a step or an exercise, or the name of a milestone.

Nobody knows what these files do. So what comes out goes into a file and not among what they print, an endless loop ends
by a watchdog that says which line it was in, memory has a bound, and libraries that would do the work are not there.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import importlib.abc
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from hellodl.learn import checks, milestones
from hellodl.learn.asking import Own, WrongAnswer, fault, place, verdict
from hellodl.learn.exercises import Exercise, exercise
from hellodl.learn.steps import Step, foundations, milestone, step

MEMORY = 6 << 30  # bytes of addresses
FORBIDDEN = {f"hellodl.{part}" for part in ("autograd", "ops", "nn", "optim", "train", "models", "learn.track")}
FORBIDDEN |= {"torch", "tensorflow", "jax", "tinygrad", "mlx", "sklearn", "autograd"}


class FromScratch(importlib.abc.MetaPathFinder):
    """Finds none of the libraries that would do the work."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Say why not."""
        if name in FORBIDDEN:
            raise ImportError(f"{name.partition('.')[0]} would do the work for you; write it with NumPy alone")


@contextlib.contextmanager
def at_home(folder: Path, alone: bool = True) -> Iterator[None]:
    """The folder's files can be imported, and are forgotten afterwards; nothing is written beside them.

    `alone`: with NumPy, and without what would do the work.
    """
    before, wrote, scratch = set(sys.modules), sys.dont_write_bytecode, FromScratch()
    sys.dont_write_bytecode = True
    sys.path.append(str(folder))
    if alone:
        sys.meta_path.insert(0, scratch)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if alone:
            sys.meta_path.remove(scratch)
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = wrote
        for name in set(sys.modules) - before:
            if Path(getattr(sys.modules[name], "__file__", None) or "nowhere").parent == folder:
                del sys.modules[name]


def opened(which: Step | Exercise, folder: Path, asked: Callable[[str], object]) -> Own:
    """A step's file, imported; WrongAnswer, with the line, where that cannot be done."""
    asked(f"reading {which.file}")
    if not (folder / which.file).is_file():
        raise WrongAnswer(
            "", f"there is no {which.file} in {folder}; `{which.asks_for_it(folder)}` puts an empty one there"
        )
    try:
        return Own(importlib.import_module(which.stem), folder, asked)
    except SyntaxError as error:
        file, line = Path(error.filename or which.file).name, error.lineno or 1
        text = (error.text or "").rstrip()
        mark = " " * (max(error.offset or 1, 1) - 1) + "^"
        raise WrongAnswer("", f"{file}, line {line}: {error.msg}", *([text, mark] if text.strip() else [])) from None
    except SystemExit:
        raise WrongAnswer("", f"{which.file} ends Python when it is imported; take the exit() out") from None
    except Exception as error:
        where = place(error, folder) or which.file
        raise WrongAnswer(
            "", f"{where}: {fault(error)}", "that was while the file was read, before any question"
        ) from None


def tried(number: int, folder: Path, asked: Callable[[str], object] = lambda question: None) -> dict[str, Any]:
    """Ask a step's file everything: `{"passed": True}`, or what is wrong in `lines`, and on which step it stands."""
    which = step(number)
    found = verdict(partial(ask_all, which, folder), asked)
    if found["passed"]:
        return found
    for below in foundations(which.needs):
        try:
            ask_all(below, folder, asked)
        except Exception:
            return found | {"stands_on": below.number}
    return found


def tried_exercise(number: str, folder: Path, asked: Callable[[str], object] = lambda question: None) -> dict[str, Any]:
    """Ask the file of an exercise everything, as `tried` does; all of hellodl may be used there."""
    return verdict(partial(ask_all, exercise(number), folder), asked)


def ask_all(which: Step | Exercise, folder: Path, asked: Callable[[str], object]) -> None:
    """One file's questions, to files that are freshly read. Raises WrongAnswer."""
    with at_home(folder, alone=isinstance(which, Step)):
        try:
            needs = map(step, which.needs) if isinstance(which, Step) else ()
            files = [opened(other, folder, asked) for other in (which, *needs)]
            checks.check_of(which)(*files)
        except (SystemExit, KeyboardInterrupt) as end:
            raise WrongAnswer("", f"your code ended Python ({type(end).__name__}); take the exit() out") from None


def ran(name: str, folder: Path) -> dict[str, Any]:
    """Run a milestone: what came `out` of it, or what is wrong; the steps that it needs are asked everything first."""
    which = milestone(name)
    for below in foundations(which.needs):
        try:
            ask_all(below, folder, lambda question: None)
        except Exception:
            return {
                "passed": False,
                "lines": [f"it needs your step {below.number}, {below.title}"],
                "stands_on": below.number,
            }
    with at_home(folder):
        try:
            files = {step(n).name: opened(step(n), folder, lambda question: None).module for n in which.needs}
            return {"passed": True, "out": milestones.run_of(which)(files)}
        except WrongAnswer as wrong:
            return {"passed": False, "lines": [*wrong.lines]}
        except milestones.Short as short:
            return {"passed": False, "lines": [str(short)]}
        except Exception as error:
            where = place(error, folder)
            return {"passed": False, "lines": [f"stopped with {fault(error)}{f' ({where})' if where else ''}"]}


def guard(seconds: float, trace: Path) -> None:
    """End this process after so many seconds, wherever it is, and write down where that was; bound its memory."""
    file = trace.open("w")  # stays open: the watchdog writes to it
    faulthandler.dump_traceback_later(seconds, exit=True, file=file)
    globals()["_trace"] = file
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main(words: list[str]) -> int:
    """Try a step, and write what came out of it."""
    folder, what, result, seconds = Path(words[0]), words[1], Path(words[2]), float(words[3])
    guard(seconds, result.with_suffix(".trace"))
    question = result.with_suffix(".question")
    note = partial(question.write_text, encoding="utf-8")
    if what.isdecimal():
        found = tried(int(what), folder, note)
    elif what[0].isdecimal():
        found = tried_exercise(what, folder, note)
    else:
        found = ran(what, folder)
    faulthandler.cancel_dump_traceback_later()
    result.write_text(json.dumps(found), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
