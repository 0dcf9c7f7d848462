"""What the programs say while they work: log lines and progress bars, drawn by Rich.

Results go to standard output, and everything that is said on the way (here) goes to standard error, so that
`hellodl read photo.jpg > text.txt` writes the text and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

log = logging.getLogger("hellodl")

_console: Console | None = None


def console() -> Console:
    """The one Rich console of this process, on standard error (made when first asked for: Rich is slow to load)."""
    global _console
    if _console is None:
        from rich.console import Console

        _console = Console(stderr=True, highlight=False)
    return _console


class _Lines(logging.Handler):
    """Log lines on the console, as they are; warnings and errors in colour."""

    def emit(self, record: logging.LogRecord) -> None:
        style = (
            "red"
            if record.levelno >= logging.ERROR
            else "yellow"
            if record.levelno >= logging.WARNING
            else ""
        )
        console().print(record.getMessage(), style=style, markup=False, soft_wrap=True)


def start_logging(verbose: bool = False) -> None:
    """Send the log lines of hellodl to the console."""
    log.handlers[:] = [_Lines()]
    log.setLevel(logging.DEBUG if verbose else logging.INFO)


class Bar:
    """A running progress bar: `advance` it, and `note` what is worth seeing beside it."""

    def __init__(self, progress: Progress, task: TaskID):
        self._progress, self._task = progress, task

    def advance(self, steps: float = 1) -> None:
        """Move on by this many steps."""
        self._progress.update(self._task, advance=steps)

    def note(self, text: str) -> None:
        """Show a short text, such as the loss, at the end of the bar."""
        self._progress.update(self._task, note=text)


@contextmanager
def progress_bar(description: str, total: float) -> Iterator[Bar]:
    """A progress bar on standard error, with the time left; it is gone from the screen when the work is done."""
    from rich import progress as rich_progress

    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(bar_width=30),
        rich_progress.TaskProgressColumn(),
        rich_progress.TimeRemainingColumn(),
        rich_progress.TextColumn("{task.fields[note]}"),
    )
    with rich_progress.Progress(*columns, console=console(), transient=True) as progress:
        yield Bar(progress, progress.add_task(description, total=total, note=""))
