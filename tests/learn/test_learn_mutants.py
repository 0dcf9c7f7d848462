"""The checks of `hellodl learn` let the solutions pass, and catch it when one is broken in any of many ways."""

import runpy
import signal
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest

from hellodl.learn.steps import STEPS
from hellodl.learn.trial import tried

MUTANTS = {step: runpy.run_path(str(Path(__file__).parent / "mutants" / step.file))["MUTANTS"] for step in STEPS}
EVERY = 10  # of so many faults one is tried each time, and all by `make test-learn`
CASES = [
    pytest.param(
        step, *mutant, id=f"{step.number}: {mutant[1][:40]!r}", marks=[] if n % EVERY == 0 else pytest.mark.learn
    )
    for step in STEPS
    for n, mutant in enumerate(MUTANTS[step])
]


@contextmanager
def at_most(seconds):
    """A loop without end is an error where that can be done; what `hellodl learn` does about it is tried elsewhere."""

    def stop(*_):
        raise TimeoutError

    if hasattr(signal, "SIGVTALRM"):  # of this process's own time: the machine may be busy
        before = signal.signal(signal.SIGVTALRM, stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        if hasattr(signal, "SIGVTALRM"):
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A reader's folder in which everything is solved."""
    path = tmp_path_factory.mktemp("engine").resolve()
    for step in STEPS:
        (path / step.file).write_text(step.text("solution.py"), "utf-8")
    return path


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.stem)
def test_the_solution_passes(folder, step):
    assert tried(step.number, folder) == {"passed": True}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.stem)
def test_there_are_twenty_different_faults(step):
    solution = step.text("solution.py")
    broken = [solution.replace(old, new) for old, new in MUTANTS[step]]
    assert len(set(broken)) == len(broken) >= 20
    for text in broken:
        compile(text, step.file, "exec")  # else it would be caught for being no Python


@pytest.mark.parametrize(("step", "old", "new"), CASES)
def test_a_fault_is_caught(folder, step, old, new):
    solution = step.text("solution.py")
    assert solution.count(old) == 1, "what is to be replaced stands there once"
    try:
        (folder / step.file).write_text(solution.replace(old, new), "utf-8")
        with at_most(5), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as in a process of its own: values are what counts
            found = tried(step.number, folder)
    finally:
        (folder / step.file).write_text(solution, "utf-8")
    assert not found["passed"]
    assert "stands_on" not in found
    assert "NameError" not in str(found["lines"])
    assert 1 <= len(found["lines"]) <= 4 and all(len(line) < 500 for line in found["lines"]), found
