"""A chapter of the course is a Markdown file, and this is how its parts are told apart.

Three kinds of fenced blocks say python, and all are coloured by whoever shows Markdown:

    ```python           a cell: it runs, and its output stands below it on the site
    ```python hide      a cell too, but the site folds it up: drawing and other things off the path
    ```python quote     code of others' libraries, which readers need not have: it runs, and shows what it gives, only
                        where these are (`with_quotes`)

and code of the project itself is copied in by `sync.py`, between comments, and is not run either. What the cells showed
stands below them, written by `shown.py` for whoever reads the file itself: here it is passed over.

What runs a chapter reads it with this file, so only the standard library is imported here.

A cell's line may end with `# in a hurry: 50`. Then `total_steps = 2000  # in a hurry: 50` means 2,000 to a reader, and
50 to the test that only wants to know whether all cells run.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2]
COURSE = SOURCE / "course"
FENCE = re.compile(r"^(`{3,})(?!.*`)\s*(.*)$")
QUOTED = re.compile(r"^<!-- code: (?P<name>[\w.]+) -->$")
END = "<!-- end -->"
SHOWN = "<!-- shown -->"
FOLD = '<details class="drawing"><summary>The code that draws this</summary>'
SEAL = re.compile(r"^<!-- shown by code (?P<seal>\w+) -->$", re.MULTILINE)
QUOTE = re.compile(r"^(`{3,}python) quote$", re.MULTILINE)
HURRY = re.compile(r"^(?P<start>\s*[\w, ]+ = ).+?  # in a hurry: (?P<brief>.+)$", re.MULTILINE)


class CourseError(Exception):
    """A chapter that is not as it should be; the words say where and what to do."""


@dataclass(frozen=True)
class Prose:
    """Markdown between two cells."""

    text: str


@dataclass(frozen=True)
class Cell:
    """Code that runs. `line` is where it begins in the file, from 1; `hidden` folds it up on the site."""

    code: str
    line: int
    hidden: bool = False

    def in_a_hurry(self) -> str:
        """The code with less to do."""
        return HURRY.sub(r"\g<start>\g<brief>", self.code)


def source_file(thing: Any) -> str:
    """The file in which a function, class or method stands, from the root of the repository."""
    return Path(inspect.getsourcefile(inspect.unwrap(thing)) or "").resolve().relative_to(SOURCE).as_posix()


def files() -> list[Path]:
    """All chapters, in their order."""
    return sorted(COURSE.glob("[0-9][0-9]-*.md"))


def sheets() -> list[Path]:
    """The pages beside the chapters whose cells run as well."""
    return [COURSE / f"{name}.md" for name in ("numpy-in-twenty-minutes", "finding-bugs", "how-hellodl-does-it")]


def file_of(number: str) -> Path:
    """The chapter of a number such as `5` or `05`, the sheet of a name such as `finding-bugs`, or a path."""
    if Path(number).suffix == ".md":
        return Path(number).resolve()
    for path in [*files(), *sheets()]:
        if path.name.startswith(f"{number:0>2}-") or path.stem == number:
            return path
    raise CourseError(f"there is no chapter {number}; there are {', '.join(p.stem for p in files())}")


def own_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that an author wrote, with their numbers in the file: without what `shown.py` adds, and the empty line
    that follows each such thing."""
    inside = folded = dropped = False
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            inside = line != END
        elif line == SHOWN:
            inside = True
        elif line == FOLD or (folded and line == "</details>"):
            folded = line == FOLD
        elif not SEAL.match(line):
            if line or not dropped:
                yield number, line
            dropped = False
            continue
        dropped = True


def plain(text: str) -> str:
    """A chapter as its author wrote it."""
    return "\n".join(line for _, line in own_lines(text)).rstrip("\n") + "\n"


def parts(text: str) -> Iterator[Prose | Cell]:
    """A chapter's prose and cells, in turn; together they are all that its author wrote."""
    prose: list[str] = []
    cell: list[str] | None = None
    fence, words, begun, quoted = "", "", 0, False
    for number, line in own_lines(text):
        found = FENCE.match(line)
        if fence:  # inside of a block
            closes = found and found[2] == "" and len(found[1]) >= len(fence)
            if cell is None:
                prose.append(line)
            elif closes:
                yield Cell("\n".join(cell), begun, hidden=words == "python hide")
                cell = None
            else:
                cell.append(line)
            fence = "" if closes else fence
        elif found and not quoted and found[2] in ("python", "python hide"):
            if any(part.strip() for part in prose):
                yield Prose("\n".join(prose).strip("\n"))
            prose, cell, fence, words, begun = [], [], found[1], found[2], number + 1
        else:
            quoted = bool(QUOTED.match(line)) or (quoted and line != END)
            fence = found[1] if found else ""
            prose.append(line)
    if fence:
        raise CourseError(f"a block that begins with {fence} is never closed; add the line {fence}")
    if any(part.strip() for part in prose):
        yield Prose("\n".join(prose).strip("\n"))


def with_quotes(text: str) -> str:
    """A chapter in which what it only quotes runs as well, in its place: for where those other libraries are."""
    return QUOTE.sub(r"\1", text)


def quotes_run() -> bool:
    """Whether those other libraries are here."""
    return all(find_spec(name) for name in ("torch", "safetensors"))


def read(path: Path) -> list[Prose | Cell]:
    """The parts of a file."""
    try:
        return list(parts(path.read_text("utf-8")))
    except CourseError as error:
        raise CourseError(f"{path.name}: {error}") from None
