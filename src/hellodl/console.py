"""What appears in a terminal: log lines and progress bars while programs work, and tables of what came out.

Results go to standard output (`output`), and everything that is said on the way goes to standard error (`console`),
so that `hellodl read photo.jpg > text.txt` writes the text and nothing else. Rich draws both.
"""

from __future__ import annotations

import io
import json
import logging
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.table import Table

log = logging.getLogger("hellodl")

WIDE = 200  # columns, where nobody looks: a file does not wrap lines

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
        style = "red" if record.levelno >= logging.ERROR else "yellow" if record.levelno >= logging.WARNING else ""
        console().print(record.getMessage(), style=style, markup=False, soft_wrap=True)


class _Nowhere(io.StringIO):
    """Takes whatever is written, and keeps none of it."""

    def write(self, text: str) -> int:
        return len(text)


def hush() -> None:
    """Let this process say and show nothing more, its results included: another one does."""
    global _console
    from rich.console import Console

    sys.stdout = _Nowhere()
    _console = Console(file=sys.stdout)


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
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    name, note = TextColumn("{task.description}"), TextColumn("{task.fields[note]}")
    columns = (name, BarColumn(bar_width=30), TaskProgressColumn(), TimeRemainingColumn(), note)
    seen = sys.stdout is not None and sys.stdout.isatty()  # else Rich would show results instead of passing them on
    with Progress(*columns, console=console(), transient=True, redirect_stdout=seen) as progress:
        yield Bar(progress, progress.add_task(description, total=total, note=""))


def output() -> Console:
    """Standard output, with nothing in it taken for markup."""
    from rich.console import Console

    seen = sys.stdout is not None and sys.stdout.isatty()
    return Console(highlight=False, markup=False, width=None if seen else WIDE, soft_wrap=True)


def plain_table(*columns: str) -> Table:
    """A table without lines; without names of columns it has no head."""
    from rich.table import Table

    return Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(columns))


def as_json(content: Any) -> str:
    """JSON on one line; numbers that are none (NaN and infinite) are null, as JSON has no word for them."""
    try:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_sound(content), ensure_ascii=False, separators=(",", ":"))


def _sound(value: Any) -> Any:
    """The same without NaN and infinite numbers."""
    if isinstance(value, dict):
        return {key: _sound(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_sound(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def words(value: Any) -> str:
    """A value for a cell: numbers to four digits, nothing for nothing."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def share(value: float | None) -> str:
    """A share of 1 as per cent."""
    return "" if value is None else f"{value:.2%}"


def listed(values: dict[str, Any]) -> str:
    """`name value, name value`."""
    return ", ".join(f"{name} {words(value)}" for name, value in values.items())


def ratio(quartiles: Sequence[float] | None) -> str:
    """How many times as fast, as `1.25× (1.20 to 1.31)`: the median and the quartiles; nothing for None."""
    if quartiles is None:
        return ""
    low, middle, high = quartiles
    return f"{middle:.2f}× ({low:.2f} to {high:.2f})"


def markdown_table(rows: Sequence[dict[str, str]]) -> list[str]:
    """The lines of a Markdown table; every row has a cell for each column, by its name."""
    lines = [[*rows[0]], ["---"] * len(rows[0]), *([*row.values()] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]
