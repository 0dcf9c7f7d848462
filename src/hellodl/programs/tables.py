"""How programs put results on standard output: plain text, tables without lines (drawn by Rich), and Markdown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDE = 200  # columns, where nobody looks: a file does not wrap lines


def output() -> Console:
    """Standard output, with nothing in it taken for markup."""
    from rich.console import Console

    seen = sys.stdout is not None and sys.stdout.isatty()
    return Console(highlight=False, markup=False, width=None if seen else WIDE, soft_wrap=True)


def plain_table(*columns: str) -> Table:
    """A table without lines; without names of columns it has no head."""
    from rich.table import Table

    return Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(columns))


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
