"""The exercises of the chapters, a file each: its text and hint, a solution, and the questions that try one.

A file's docstring is the exercise: number and title, text, and last a paragraph that begins with "Hint:". What stands
above `check` is one solution, and with the bodies taken out it is the stub that a reader begins with. `check` asks the
questions, as in `learn.checks`; whatever it needs itself stands below it. The chapters quote stub and solution from
here (`tools/course/sync.py`), and `hellodl learn exercise 3.1` lays the stub into a reader's folder.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from hellodl.errors import HelloError
from hellodl.learn.asking import PATIENCE, Own, verdict

FILES = Path(__file__).parent
Written = ast.FunctionDef | ast.ClassDef
_failures: dict[str, int] = {}


@dataclass(frozen=True)
class Exercise:
    """One exercise. `stem` is the name of its file, such as ex03_1_softplus."""

    stem: str

    @property
    def number(self) -> str:
        """Chapter and number, such as 3.1."""
        chapter, number = re.findall(r"\d+", self.stem)[:2]
        return f"{int(chapter)}.{number}"

    @property
    def file(self) -> str:
        """The name of the reader's file."""
        return f"{self.stem}.py"

    def asks_for_it(self, folder: Path) -> str:
        """What one types for a missing file to be put there."""
        return f"hellodl learn exercise {self.number}"

    @cached_property
    def source(self) -> str:
        """The whole file."""
        return (FILES / self.file).read_text("utf-8")

    @cached_property
    def _docstring(self) -> list[str]:
        return (ast.get_docstring(ast.parse(self.source)) or "").split("\n\n")

    @property
    def title(self) -> str:
        """What it is called."""
        return self._docstring[0].partition(" ")[2]

    @property
    def story(self) -> str:
        """What is asked for."""
        return "\n\n".join(self._docstring[1:-1])

    def hint(self, about: str = "") -> str:
        """The hint, whatever it is about."""
        return " ".join(self._docstring[-1].removeprefix("Hint:").split())

    @property
    def names(self) -> list[str]:
        """What is to be written."""
        return [node.name for node in self._written()]

    @property
    def stub(self) -> str:
        """What a reader begins with: imports, and functions that have no body yet."""
        return joined(self._imports(), *self._blocks(emptied))

    @property
    def solution(self) -> str:
        """One way to do it."""
        return joined(self._imports(), *self._blocks(whole))

    def cell(self, solved: bool = False) -> str:
        """Either of them as a notebook's cell, which checks itself; the stub's imports serve the solution too."""
        call = f'check("{self.number}", {", ".join(self.names)})'
        if solved:
            return joined(*self._blocks(whole), call)
        return joined(self._imports(f"from {__name__} import check"), *self._blocks(emptied), call)

    def text(self, name: str) -> str:
        """The reader's file: `stub.py` or `solution.py`."""
        words = f"{self.number} {self.title}\n\n{self.story}\n"
        return f'r"""{words}"""\n\n{self.stub if name == "stub.py" else self.solution}\n'

    def _written(self) -> list[Written]:
        nodes = [node for node in ast.parse(self.source).body if isinstance(node, Written)]
        return nodes[: [node.name for node in nodes].index("check")]

    def _blocks(self, part: Callable[[Written, list[str]], list[str]]) -> list[str]:
        lines = self.source.splitlines()
        return ["\n".join(part(node, lines)) for node in self._written()]

    def _imports(self, *also: str) -> str:
        """What the solution imports, and NumPy: Python's own, then others', then ours."""
        used = {node.id for one in self._written() for node in ast.walk(one) if isinstance(node, ast.Name)} | {"np"}
        groups: list[list[str]] = [[], [], []]
        for node in ast.parse(self.source).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                node.names = [name for name in node.names if (name.asname or name.name) in used]
                if node.names:
                    home = ast.unparse(node).split()[1].partition(".")[0]
                    groups[{"numpy": 1, "cv2": 1, "hellodl": 2}.get(home, 0)].append(ast.unparse(node))
        groups[2] = sorted([*groups[2], *also])
        return "\n\n".join("\n".join(sorted(group, key=lambda line: line[0] == "f")) for group in groups if group)


def joined(*blocks: str) -> str:
    """Code, with two empty lines between its blocks."""
    return "\n\n\n".join(block for block in blocks if block)


def whole(node: Written, lines: list[str]) -> list[str]:
    """A function as it stands."""
    return lines[node.lineno - 1 : node.end_lineno]


def emptied(node: Written, lines: list[str]) -> list[str]:
    """A function without its body; a class with its `__init__`, and its other methods without theirs."""
    if isinstance(node, ast.FunctionDef) and node.name != "__init__":
        first = node.body[0]
        end = first.end_lineno if ast.get_docstring(node) else first.lineno - 1
        return [*lines[node.lineno - 1 : end], " " * (node.col_offset + 4) + "raise NotImplementedError"]
    if isinstance(node, ast.FunctionDef):
        return whole(node, lines)
    methods = [emptied(one, lines) for one in node.body if isinstance(one, ast.FunctionDef)]
    head = lines[node.lineno - 1 : node.body[0].end_lineno]
    return head + [line for method in methods for line in ["", *method]]


def all_exercises() -> list[Exercise]:
    """All there are, in the order of the chapters."""
    return [Exercise(path.stem) for path in sorted(FILES.glob("ex[0-9]*.py"))]


def exercise(number: str) -> Exercise:
    """The exercise of a number such as 3.1. Raises HelloError where there is none."""
    found = {one.number: one for one in all_exercises()}
    if number not in found:
        chapter = [other for other in found if other.partition(".")[0] == number.partition(".")[0]]
        there = f"chapter {number.partition('.')[0]} has {', '.join(chapter)}" if chapter else "they begin with 1.1"
        raise HelloError(f"there is no exercise {number}; {there}")
    return found[number]


def check(number: str, *written: Any) -> None:
    """Try what a cell of a notebook defines, and print what is wrong with it; a hint after the second failure."""
    which = exercise(number)
    cell = ModuleType("cell")
    vars(cell).update({one.__name__: one for one in written})
    own = Own(cell, Path(), lambda question: None)
    own.file = "this cell"
    found = verdict(lambda asked: import_module(f"{__name__}.{which.stem}").check(own))
    if found["passed"]:
        print(f"Exercise {number} ({which.title}): right.")
        _failures.pop(number, None)
        return
    print(f"Exercise {number} ({which.title}): not yet.", *found["lines"], sep="\n  ")
    if not found["unwritten"]:
        _failures[number] = _failures.get(number, 0) + 1
        if _failures[number] >= PATIENCE:
            print(f"Hint: {which.hint()}")
