"""What appears in a terminal: log lines and progress bars while programs work, and tables of what came out.

Results go to standard output, and everything that is said on the way goes to standard error (`console`),
so that `hellodl read photo.jpg > text.txt` writes the text and nothing else. What is for a person fits his terminal:
lines are broken between words, and a table that is too wide is told row by row. What goes elsewhere stays as it is.
"""

from __future__ import annotations

import io
import json
import logging
import math
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

log = logging.getLogger("hellodl")

WORDS = 60  # columns of the words beside a progress bar, and of the ^C that a terminal writes there

_console: Console | None = None
_silent = False  # another process talks: see `hush`
_busy = False  # whether there is a progress bar on the screen


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
        said = wrapped(record.getMessage(), columns(sys.stderr))
        console().print(said, style=style, markup=False, soft_wrap=True)


class _Nowhere(io.StringIO):
    """Takes whatever is written, and keeps none of it."""

    def write(self, text: str) -> int:
        return len(text)


def hush() -> None:
    """Let this process say and show nothing more, its results included: another one does."""
    global _console, _silent
    from rich.console import Console

    _silent = True
    sys.stdout = _Nowhere()
    _console = Console(file=sys.stdout)


def start_logging(verbose: bool = False) -> None:
    """Send the log lines of hellodl to the console."""
    log.handlers[:] = [_Lines()]
    log.setLevel(logging.DEBUG if verbose else logging.INFO)


class Bar:
    """A running progress bar: `advance` it, and `note` what is worth seeing beside it."""

    def __init__(self, update: Callable[..., object]):
        self._update = update

    def advance(self, steps: float = 1) -> None:
        """Move on by this many steps."""
        self._update(advance=steps)

    def note(self, text: str) -> None:
        """Show a short text, such as the loss, at the end of the bar."""
        self._update(note=text)


@contextmanager
def progress_bar(description: str, total: float) -> Iterator[Bar]:
    """A progress bar on standard error, with the time left; it is gone from the screen when the work is done.

    Where there is one already, what is done within its work is not shown.
    """
    global _busy
    if _busy:
        yield Bar(lambda **news: None)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    name, note = TextColumn("{task.description}"), TextColumn("{task.fields[note]}")
    room = (columns(sys.stderr) or 80) - WORDS
    bar = [BarColumn(bar_width=min(room, 30))] if room >= 8 else []
    parts = (name, *bar, TaskProgressColumn(), TimeRemainingColumn(), note)
    seen = columns(sys.stdout) is not None  # else Rich would show results instead of passing them on
    with Progress(*parts, console=console(), transient=True, redirect_stdout=seen) as progress:
        task = progress.add_task(description, total=total, note="")
        try:
            _busy = True
            yield Bar(partial(progress.update, task))
        finally:
            _busy = False


def columns(stream: TextIO | None) -> int | None:
    """How wide the terminal is that shows this stream; None where it goes elsewhere, and lines may be of any length."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80 if stream and stream.isatty() else None
    except (OSError, ValueError):
        return None


def wrapped(text: str, width: int | None) -> str:
    """Text with its lines broken between words where they are longer than the width; the rest of a line is as far in.

    No word is broken, for it may be an address or a path. What is in several columns has to fit by itself.
    """
    if width is None:
        return text
    wrap = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False, replace_whitespace=False)
    lines = []
    for line in text.split("\n"):
        wrap.subsequent_indent = line[: len(line) - len(line.lstrip(" "))]
        lines.append(line if len(line) <= width else wrap.fill(line))
    return "\n".join(lines)


def tell(text: str) -> None:
    """Print sentences as a result, wrapped as the terminal wants it."""
    print(wrapped(text, columns(sys.stdout)), flush=True)


def say(message: str) -> None:
    """One line on standard error, of which no character can command the terminal (file names may try)."""
    if _silent:
        return
    line = "".join(c if c.isprintable() else "?" for c in " ".join(message.split()))
    with suppress(OSError):  # nobody is there who could be told
        print(wrapped(f"hellodl: {line.removeprefix('hellodl: ')}", columns(sys.stderr)), file=sys.stderr, flush=True)


def show_facts(facts: Mapping[str, str], margin: str = "") -> None:
    """Print values below each other as a result, each behind its name; nothing for those that are empty."""
    indent = margin + " " * (max(map(len, facts), default=0) + 2)
    width = columns(sys.stdout)
    for name, value in facts.items():
        if value:
            lines = wrapped(value, None if width is None else max(width - len(indent), 20)).replace("\n", "\n" + indent)
            print(f"{margin}{name}".ljust(len(indent)) + lines, flush=True)


def show_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table as a result; where it is too wide for the terminal, the facts of one row after the other."""
    wide = [max(map(len, cells)) for cells in zip(names, *rows)]
    width = columns(sys.stdout)
    if width is None or sum(wide) + 2 * len(wide) - 2 <= width:
        for row in (names, *rows):
            print("  ".join(f"{cell:{space}}" for cell, space in zip(row, wide)).rstrip(), flush=True)
        return
    for number, row in enumerate(rows):
        print("\n" * (number > 0), end="")
        show_facts(dict(zip(names, row)))


def some(count: int, what: str) -> str:
    """So many of something: `1 page`, `2,000 pages`."""
    return f"{count:,} {what}{'s' * (count != 1)}"


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
    """`name value, name value`, of what has a value."""
    return ", ".join(f"{name} {words(value)}" for name, value in values.items() if value is not None)


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
