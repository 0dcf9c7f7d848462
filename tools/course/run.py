"""Run a chapter of the course, cell by cell, and print what its cells print.

    python tools/course/run.py 5                the whole chapter
    python tools/course/run.py 5 --hurry        with little to do, to see whether all cells run
    python tools/course/run.py 5 --data DIR     with downloaded data instead of what ships
    python tools/course/run.py 5 --json         and, last, all its figures: every variable that is one number
    python tools/course/run.py 5 --keep FILE    and keep the figures and what each cell showed in a file

`--json` is how `hellodl reproduce` checks the figures in a chapter's sentences: a claim names the variable. Neither
Jupyter nor Sphinx is needed here.

A chapter must run in the interpreter that a reader has just opened. So nothing but the standard library is imported in
this file, and whoever wants a chapter's results from a process that has imported more asks `fresh`.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import numbers
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import chapters


@dataclass(frozen=True)
class Ran:
    """A cell that ran: what it printed, and the value of its last line (None: nothing to show)."""

    cell: chapters.Cell
    printed: str
    value: Any


def run(path: Path, hurry: bool = False, data: Path | None = None) -> tuple[dict[str, Any], list[Ran]]:
    """Run a chapter: the names that it leaves behind, and its cells with what they showed."""
    module = ModuleType("page_" + path.stem.replace("-", "_"))
    ran = []
    with surroundings(data):
        sys.modules[module.__name__] = module  # where dataclasses look for the names of a class's home
        try:
            for cell in chapters.read(path):
                if isinstance(cell, chapters.Cell):
                    printed = io.StringIO()
                    with contextlib.redirect_stdout(printed):
                        value = run_cell(cell.in_a_hurry() if hurry else cell.code, module, path, cell.line)
                    ran.append(Ran(cell, printed.getvalue(), value))
                    print(as_text(ran[-1]), end="", flush=True)
        finally:
            del sys.modules[module.__name__]
    return vars(module), ran


def run_cell(code: str, module: ModuleType, path: Path, line: int) -> Any:
    """Run one cell; the value of its last line, if that is an expression. Errors name the line of the chapter."""
    tree = ast.parse("\n" * (line - 1) + code, str(path))
    last = tree.body[-1] if tree.body else None
    shows = isinstance(last, ast.Expr) and not code.rstrip().endswith(";")  # as in a notebook
    body = ast.Module(tree.body[:-1] if shows else tree.body, [])
    exec(compile(body, str(path), "exec"), vars(module))
    if not shows:
        return None
    return eval(compile(ast.Expression(last.value), str(path), "eval"), vars(module))


def fresh(path: Path, hurry: bool = False) -> dict[str, Any]:
    """Run a chapter in an interpreter of its own: its `figures`, and of each cell its `line` and what it `showed`."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept.json"
        command = [sys.executable, __file__, str(path), "--keep", str(kept), *(["--hurry"] if hurry else [])]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise chapters.CourseError(f"{path.name} stopped with an error:\n{done.stderr[-3000:]}")
        return json.loads(kept.read_text("utf-8"))


def showed(ran: Ran) -> list[dict[str, str]]:
    """What a cell showed, part by part: its kind (text printed, the text of a value, or a picture), and in words."""
    parts = [{"kind": "printed", "text": ran.printed}] if ran.printed else []
    if ran.value is not None:
        drawn = getattr(ran.value, "_repr_html_", lambda: None)()
        words = description(ran.value)
        parts.append(
            {"kind": "picture", "text": drawn, "words": words}
            if drawn
            else {"kind": "value", "text": repr(ran.value), "words": words}
        )
    return parts


def as_text(ran: Ran) -> str:
    """What a cell showed, in a terminal: of pictures, their descriptions."""
    if ran.value is None:
        return ran.printed
    return ran.printed + (description(ran.value) or repr(ran.value)) + "\n"


def description(value: Any) -> str:
    """What a picture shows in words; nothing for what is no picture."""
    return str(value.get_label()) if hasattr(value, "get_label") else getattr(value, "description", "")


@contextlib.contextmanager
def surroundings(data: Path | None) -> Iterator[None]:
    """What every chapter may count on: an empty folder to work in, no lessons by the reader, loops in NumPy, and no
    downloaded data (or those in a folder)."""
    before, here = dict(os.environ), Path.cwd()
    with tempfile.TemporaryDirectory(prefix="hellodl-course-") as folder:
        os.environ |= {
            "HELLODL_DATA": str(data.resolve() if data else Path(folder) / "data"),
            "HELLODL_MINE": str(Path(folder) / "mine"),
            "HELLODL_JIT": "0",
        }
        work = Path(folder) / "work"
        work.mkdir()
        os.chdir(work)
        try:
            yield
        finally:
            os.chdir(here)
            os.environ.clear()
            os.environ |= before


def figures(names: dict[str, Any]) -> dict[str, float]:
    """The variables that are one number, Python's or NumPy's."""
    return {
        name: float(value)
        for name, value in names.items()
        if isinstance(value, numbers.Real) and not isinstance(value, bool)
    }


def main() -> int:
    """Run one chapter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapter", help="its number, or a file")
    parser.add_argument("--hurry", action="store_true", help="do little")
    parser.add_argument("--data", type=Path, help="downloaded data sets are in this folder")
    parser.add_argument("--json", action="store_true", help="print the chapter's figures in the end")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write figures and what each cell showed")
    options = parser.parse_args()
    try:
        path = chapters.file_of(options.chapter)
        began, spent = time.perf_counter(), time.process_time()
        with contextlib.redirect_stdout(io.StringIO()) if options.json else contextlib.nullcontext():
            names, ran = run(path, options.hurry, options.data)
    except chapters.CourseError as error:
        print(error, file=sys.stderr)
        return 2
    took, worked = time.perf_counter() - began, time.process_time() - spent
    if options.keep:
        cells = [{"line": one.cell.line, "showed": showed(one)} for one in ran]
        about = {"chapter": path.stem, "seconds": took, "figures": figures(names), "cells": cells}
        options.keep.write_text(json.dumps(about), "utf-8")
    if options.json:
        print(json.dumps({"chapter": path.stem, "seconds": took, **figures(names)}))
    print(f"{path.name}: {took:.1f} s ({worked:.1f} s of processor time in this process)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
