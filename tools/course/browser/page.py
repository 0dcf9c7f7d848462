"""A chapter's cells in a browser: what `run-worker.js` asks of Python.

What a cell prints is posted as it comes, and what its last line shows afterwards, as `tools/course/run.py` has it.
Where hellodl would show a progress bar in a terminal, the words beside the Stop button tell how far it is.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import sys
import sysconfig
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import chapters
import run

import hellodl.console

Post = Callable[[str, str], None]  # a kind (printed, picture, value, error, news), and the text


class Printed(io.TextIOBase):
    """Standard output that is posted."""

    def __init__(self, post: Post):
        self.post = post

    def write(self, text: str) -> int:
        """Post a piece of text."""
        self.post("printed", text)
        return len(text)


class Page:
    """A page whose cells share their names, as those of a notebook do."""

    def __init__(self, name: str, post: Post):
        self.post, self.count = post, 0
        self.module = ModuleType("page_" + name.replace("-", "_"))
        sys.modules[self.module.__name__] = self.module
        self.life = contextlib.ExitStack()
        self.life.enter_context(run.surroundings(None))
        hellodl.console.progress_bar = self.progress  # before anybody else imports it
        time.process_time = time.perf_counter  # a browser's clock of processor time stands still

    def run(self, code: str, hurry: bool) -> bool:
        """Run a cell, with little to do if there is a hurry; whether it came to its end."""
        if "load_text" in code:
            unpack_library()
        self.count += 1
        path = Path(f"cell {self.count}")
        cell = chapters.Cell(code, 1)
        code = cell.in_a_hurry() if hurry else code
        linecache.cache[str(path)] = (len(code), None, code.splitlines(keepends=True), str(path))
        try:
            with contextlib.redirect_stdout(Printed(self.post)):
                value = run.run_cell(code, self.module, path, 1)
                for part in run.showed(run.Ran(cell, "", value)):
                    self.post(part["kind"], part["text"])
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            frames = [frame for frame in frames if frame.filename not in (__file__, run.__file__, ast.__file__)]
            told = "".join(traceback.format_list(frames) + traceback.format_exception_only(error))
            self.post("error", told)
            return False
        return True

    @contextlib.contextmanager
    def progress(self, description: str, total: float) -> Iterator[hellodl.console.Bar]:
        """In the place of `hellodl.console.progress_bar`."""
        done, said = 0.0, ""

        def update(advance: float = 0, note: str | None = None) -> None:
            nonlocal done, said
            done, said = done + advance, said if note is None else note
            self.post("news", f"{description} {min(done / total, 1):.0%} {said}".strip())

        yield hellodl.console.Bar(update)
        self.post("news", "")


@cache
def unpack_library() -> None:
    """Put the source of the standard library, which chapters learn to write, where it lies elsewhere: it is packed."""
    packed = next(place for place in sys.path if place.endswith(".zip"))
    with zipfile.ZipFile(packed) as library:
        library.extractall(sysconfig.get_paths()["stdlib"])
