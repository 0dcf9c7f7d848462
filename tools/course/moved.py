"""Chapters that were renumbered: under each address that they once had, a tiny page leads on to today's.

Only the old names are kept here. Where each leads is found by the words that follow its number, so that the next
chapter in between asks for nothing but the names as they were before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import chapters
from sphinx.application import Sphinx

ONCE = (
    "10-attention-and-transformers",
    "11-where-to-go-next",
    "12-letters-out-of-noise",
    "12-where-to-go-next",
    "12-what-does-it-all-mean",
    "13-what-does-it-all-mean",
    "13-where-to-go-next",
    "14-what-does-it-all-mean",
)


def leads_to(old: str, names: Iterable[str]) -> str:
    """Of the chapters' names today the one with the same words after its number; CourseError where there is none."""
    words = old.partition("-")[2]
    for name in names:
        if name.partition("-")[2] == words:
            return name
    raise chapters.CourseError(f"no chapter is called NN-{words}: say in tools/course/moved.py where {old} leads now")


def moved(names: list[str]) -> dict[str, str]:
    """Where each old name leads, but for those that are names of chapters today."""
    return {old: leads_to(old, names) for old in ONCE if old not in names}


def old_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each old name."""
    for old, name in moved([path.stem for path in chapters.files()]).items():
        title = app.env.titles[name].astext()
        yield old, {"title": title, "leads_to": f"{name}.html"}, "moved.html"
