"""How a check asks the reader's code a question, and puts what is wrong with the answer into a line or two.

A question is a call. It gets copies of what it is asked with, so that code which writes into its arguments is found
out. What comes back is held against what was expected: is anything there, has it the right shape, the right values? And
since a wrong answer is often a right one turned round, that is said too: the sign, the transpose, twice as much.
"""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import numpy as np

LONG = 72  # characters of a value that is shown as it is
TOLERANCE = 1e-6
PATIENCE = 2  # failures before there is a hint


class WrongAnswer(Exception):
    """What is wrong, for the reader, as `lines`; `about` is the name of what was to be written, for the hint."""

    def __init__(self, about: str, *lines: str, unwritten: bool = False):
        super().__init__(*lines)
        self.about, self.lines, self.unwritten = about, lines, unwritten


def shown(value: Any, digits: int = 0) -> str:
    """A value in few characters: small arrays as lists of rounded numbers, larger ones by their shape.

    Without `digits`, so many are shown that numbers that differ look different.
    """
    if hasattr(value, "data") and hasattr(value, "grad") and not isinstance(value, np.ndarray):
        return f"Tensor({shown(value.data, digits)})"
    if isinstance(value, np.ndarray | np.generic):
        if np.size(value) > 40:
            return f"array of shape {value.shape}"
        text = listed(np.asarray(value).tolist(), digits or enough(value))
        return text if len(text) <= LONG else f"array of shape {value.shape}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, np.random.Generator):
        return "rng"
    if isinstance(value, list | tuple) and any(isinstance(item, np.ndarray) for item in value):
        return f"[{', '.join(map(shown, value))}]"
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    text = " ".join(repr(value).split())
    return text if len(text) <= LONG else text[: LONG - 3] + "..."


def listed(value: Any, digits: int = 4) -> str:
    """Numbers, in lists or not, to so many digits."""
    if isinstance(value, list):
        return f"[{', '.join(listed(item, digits) for item in value)}]"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def enough(one: Any, other: Any = None, least: int = 4) -> int:
    """How many digits to show, so that no two numbers look alike which are not.

    Those of an array among each other, or those of two arrays place by place. What a check would take for equal is.
    """
    try:
        first = np.asarray(one, np.float64).ravel()
        second = None if other is None else np.asarray(other, np.float64).ravel()
    except (TypeError, ValueError):
        return least
    if second is None:
        first = np.unique(first)
        first, second = first[:-1], first[1:]
    if first.shape != second.shape:
        return least
    apart = ~np.isclose(first, second, TOLERANCE * 10, TOLERANCE)
    pairs = list(zip(first[apart].tolist(), second[apart].tolist()))
    alike = (digits for digits in range(least, 17) if all(f"{a:.{digits}g}" != f"{b:.{digits}g}" for a, b in pairs))
    return next(alike, 17)


class Own:
    """A file that the reader wrote. `asked` is told each question before it is asked, for when no answer ever comes."""

    def __init__(self, module: ModuleType, folder: Path, asked: Callable[[str], object]):
        self.module, self.folder, self.asked = module, folder, asked
        self.file = f"{module.__name__}.py"

    def has(self, name: str) -> Any:
        """What the file defines by this name; WrongAnswer, with the nearest name that is there, where it does not."""
        if hasattr(self.module, name):
            return getattr(self.module, name)
        near = difflib.get_close_matches(name, [word for word in vars(self.module) if word[:1] != "_"], n=1)
        there = f"; is {near[0]!r} meant to be it?" if near else ""
        raise WrongAnswer(name, f"{self.file} has no `{name}`{there}")

    def ask(self, name: str, *given: Any, **named: Any) -> Answer:
        """Call the file's function (or class) of that name."""
        function = self.has(name)
        words = [*map(shown, given), *(f"{key}={shown(value)}" for key, value in named.items())]
        copies = [copied(value) for value in given]
        answer = self.run(name, f"{name}({', '.join(words)})", lambda: function(*copies, **named))
        for before, after in zip(given, copies):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
                if before.shape == after.shape and np.allclose(before, after, 1e-9, 1e-12, equal_nan=True):
                    answer.wrong(
                        f"what it was given, {shown(before)}, is off by {np.abs(after - before).max():.1g} afterwards",
                        "adding and taking off again does not restore a number exactly; work on a copy: `w = w.copy()`",
                    )
                changed = f"what it was given was {shown(before)}, and is {shown(after)} afterwards"
                answer.wrong(changed, "leave arguments as they are: `a = a + b` makes something new, `a += b` does not")
        return answer

    def run(self, about: str, question: str, work: Callable[..., Any], *given: Any) -> Answer:
        """Do something with the reader's code, of which `question` says in the words of the file what it is."""
        self.asked(question)
        try:
            return Answer(about, question, work(*given))
        except WrongAnswer:
            raise
        except NotImplementedError:
            raise WrongAnswer(about, f"`{about}` is not written yet", unwritten=True) from None
        except Exception as error:
            where = place(error, self.folder)
            raise WrongAnswer(about, question, f"stopped with {fault(error)}{f' ({where})' if where else ''}") from None


class Answer:
    """What came back."""

    def __init__(self, about: str, question: str, value: Any):
        self.about, self.question, self.value = about, question, value

    def wrong(self, *lines: str) -> NoReturn:
        """Say what is wrong with it."""
        raise WrongAnswer(self.about, self.question, *lines)

    def gives(self, wanted: Any, tolerance: float = TOLERANCE) -> None:
        """Hold it against what was expected: numbers, or an array of a shape."""
        wanted = np.asarray(wanted)
        got = self.numbers(wanted)
        if got.shape != wanted.shape:
            turned = got.ndim > 1 and got.T.shape == wanted.shape and np.allclose(got.T, wanted, 1e-4, tolerance)
            note = "; it is the transpose" if turned else ""
            self.wrong(
                f"expected  shape {wanted.shape}: {shown(wanted)}", f"came      shape {got.shape}: {shown(got)}{note}"
            )
        if not np.allclose(got, wanted, rtol=tolerance * 10, atol=tolerance):
            expected, came = differing(wanted, got)
            self.wrong(f"expected  {expected}", f"came      {came}{note_on(got, wanted)}")

    def several(self, what: str, *wanted: Any, tolerance: float = TOLERANCE) -> None:
        """Hold several things, told in words by `what`, against as many that were expected."""
        came = self.value
        there = isinstance(came, tuple | list) and len(came) == len(wanted)
        self.is_true(there, f"{len(wanted)} things: {what}", f"{type(came).__name__}: {shown(came)}")
        for name, value, right in zip(what.split(", and "), came, wanted, strict=True):
            Answer(self.about, f"{self.question}: {name}", value).gives(right, tolerance)

    def numbers(self, wanted: np.ndarray) -> np.ndarray:
        """The value as an array, where it is numbers at all."""
        if self.value is None:
            self.wrong(f"expected  {shown(wanted)}", "came      None; is there a `return`?")
        if hasattr(self.value, "data") and hasattr(self.value, "grad"):
            self.wrong(f"expected  {shown(wanted)}", "came      a Tensor; plain numbers are asked for here")
        try:
            return np.asarray(self.value, np.float64)
        except (TypeError, ValueError):
            kind = type(self.value).__name__
            self.wrong(f"expected  {shown(wanted)}", f"came      {kind}: {shown(self.value)}")

    def number(self) -> float:
        """The value, where it is one number."""
        try:
            return float(self.value)
        except (TypeError, ValueError):
            note = "; is there a `return`?" if self.value is None else ""
            self.wrong("expected  a number", f"came      {shown(self.value)}{note}")

    def is_true(self, holds: bool, expected: str, came: str) -> None:
        """Anything else that has to hold."""
        if not holds:
            self.wrong(f"expected  {expected}", f"came      {came}")


def verdict(
    ask: Callable[[Callable[[str], object]], object], asked: Callable[[str], object] = lambda question: None
) -> dict[str, Any]:
    """Ask everything: `{"passed": True}`, or what is wrong in `lines`. `ask` gets what is to be told each question."""
    questions = [""]

    def note(question: str) -> None:
        questions.append(question)
        asked(question)

    try:
        ask(note)
        return {"passed": True}
    except WrongAnswer as wrong:
        return {"passed": False, "about": wrong.about, "lines": [*wrong.lines], "unwritten": wrong.unwritten}
    except Exception as error:  # an answer so strange that the check stumbled over it
        lines = [questions[-1], f"what came back cannot be looked at: {fault(error)}"]
        return {"passed": False, "about": "", "lines": lines, "unwritten": False}


def copied(value: Any) -> Any:
    """A copy of an array (in lists too); anything else as it is."""
    if isinstance(value, np.ndarray):
        return value.copy()
    return [copied(item) for item in value] if type(value) is list else value


def differing(wanted: np.ndarray, got: np.ndarray) -> tuple[str, str]:
    """Both as text; of large arrays the one number that differs most."""
    digits = max(enough(wanted), enough(wanted, got))
    both = shown(wanted, digits), shown(got, digits)
    if not any(text.startswith("array of") for text in both):
        return both
    far = np.abs(np.nan_to_num(got - wanted, nan=np.inf))
    at = tuple(int(i) for i in np.unravel_index(np.argmax(far), far.shape))
    index = f"[{', '.join(map(str, at))}]"
    digits = enough(wanted[at], got[at], 6)
    return f"{wanted[at]:.{digits}g} at {index} of shape {wanted.shape}", f"{got[at]:.{digits}g} there"


def note_on(got: np.ndarray, wanted: np.ndarray) -> str:
    """What a wrong answer has to do with the right one, if that can be seen."""
    if not np.isfinite(got).all():
        return "; not a number: a division by 0, a logarithm of 0, or too large an exponential?"
    if not wanted.any():
        return ""
    if not got.any():
        return "; nothing but zeros"
    if np.allclose(got, -wanted, 1e-4, 1e-9):
        return "; the sign is turned"
    if got.ndim == 2 and got.shape[0] == got.shape[1] and np.allclose(got.T, wanted, 1e-4, 1e-9):
        return "; it is the transpose"
    ratio = float(np.vdot(got, wanted) / np.vdot(wanted, wanted))
    if got.size > 1 and np.allclose(got, ratio * wanted, 1e-4, 1e-9):
        return f"; {ratio:.4g} times what was expected"
    return ""


def fault(error: BaseException) -> str:
    """An error by its name and its first line."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:200]}" if words else type(error).__name__


def place(error: BaseException, folder: Path) -> str:
    """Where in the reader's files an error came up, as `step03_tensor.py, line 12`."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).parent == folder:
            return f"{Path(frame.filename).name}, line {frame.lineno}"
    return ""


def slope(function: Callable[..., Any], given: Sequence[np.ndarray], g: Any, eps: float = 1e-5) -> list[np.ndarray]:
    """The gradient of sum(g * function(*given)) by each of the arrays: central differences, number by number."""
    found = []
    for number, array in enumerate(given):
        gradient = np.zeros_like(array)
        for at in np.ndindex(array.shape):
            sides = []
            for change in (eps, -eps):
                moved = [other.copy() for other in given]
                moved[number][at] += change
                sides.append(float(np.sum(g * function(*moved))))
            gradient[at] = (sides[0] - sides[1]) / (2 * eps)
        found.append(gradient)
    return found
