"""Write the project's own code and measured figures into the chapters, between comments that nobody sees.

    <!-- code: hellodl.autograd.tensor.mul -->            a function, class or method, as it stands in src/
    ...
    <!-- end -->

    <!-- exercise: 3.1 -->       an exercise of src/hellodl/learn/exercises: its text, and a cell with its stub
    ...
    <!-- end -->

    <!-- solution: 3.1 -->       a cell with its solution
    ...
    <!-- end -->

    <!-- words -->               the field's words for ours, of those that the glossary has for this chapter
    ...
    <!-- end -->

    read <!-- claim: digits -->99.61 ± 0.04%<!-- end --> of the digits right, on <!-- day: digits -->...<!-- end -->

So a chapter reads whole where Markdown is shown, and nobody types a figure. `claim` is the mean over the seeds and its
spread as last recorded by `hellodl reproduce --record`; `mean` leaves the spread out; `day` and `machine` say when and
where that was. `make course-sync` runs this; with --check it only says what is stale, and tests call that.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import textwrap
from importlib import import_module
from pathlib import Path
from typing import Any

import chapters
from chapters import CourseError

from hellodl.bench.claims import Claim, all_claims
from hellodl.bench.results import Result, read_results
from hellodl.commands.reproduce import figure
from hellodl.errors import HelloError
from hellodl.learn.exercises import exercise
from hellodl.runs.machine import SOURCE

QUOTING = [SOURCE / "README.md", SOURCE / "benchmarks" / "README.md"]  # pages that are no chapters, but quote figures
CODE = re.compile(r"^<!-- code: (?P<name>[\w.]+) -->\n.*?^<!-- end -->$", re.MULTILINE | re.DOTALL)
WORDS = re.compile(r"<!-- (?P<kind>claim|mean|day|machine): (?P<id>[\w-]+) -->.*?<!-- end -->", re.DOTALL)
GLOSSARY = re.compile(r"^\| (?P<here>[^|]+) \| (?P<field>[^|]+) \| [^|]+ \| (?P<chapters>[\d, ]+) \|$", re.MULTILINE)
EXERCISE = re.compile(
    r"^<!-- (?P<kind>exercise|solution): (?P<id>[\d.]+) -->\n.*?^<!-- end -->$", re.MULTILINE | re.DOTALL
)
TOLD = re.compile(r"^<!-- words -->\n.*?^<!-- end -->$", re.MULTILINE | re.DOTALL)
MONTHS = "January February March April May June July August September October November December"


def code_block(name: str) -> str:
    """The source of a thing such as `hellodl.autograd.tensor.mul`, fenced, with a link to its file."""
    thing = found(name)
    source = textwrap.dedent(inspect.getsource(thing)).rstrip()
    path = chapters.source_file(thing)
    link = f"[{path}](../{path})"
    return f"<!-- code: {name} -->\n```python\n{source}\n```\n*{link}*\n<!-- end -->"


def exercise_block(kind: str, number: str) -> str:
    """An exercise's text and stub, or its solution; either cell checks itself."""
    try:
        one = exercise(number)
    except HelloError as error:
        raise CourseError(str(error)) from None
    title = one.title if one.title.endswith("?") else f"{one.title}."
    first, *rest = f"**{number.partition('.')[2]}. {title}** {one.story}".split("\n\n")
    first = textwrap.fill(" ".join(first.split()), 120, break_on_hyphens=False, break_long_words=False)
    words = "" if kind == "solution" else "\n\n".join([first, *rest, ""])
    return f"<!-- {kind}: {number} -->\n{words}```python\n{one.cell(kind == 'solution')}\n```\n<!-- end -->"


def found(name: str) -> Any:
    """What a dotted name stands for."""
    module, _, rest = name, "", ""
    while module:
        try:
            thing: Any = import_module(module)
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            rest = f"{last}.{rest}" if rest else last
            continue
        try:
            for part in rest.split(".") if rest else []:
                thing = getattr(thing, part)
        except AttributeError:
            break
        return thing
    raise CourseError(f"there is no {name} in src/; correct the comment that asks for it")


def words(kind: str, claim: Claim, result: Result) -> str:
    """What stands in a sentence."""
    if kind in ("claim", "mean"):
        return figure(result.mean, result.spread if kind == "claim" else None, claim.unit)
    if kind == "day":
        year, month, day = map(int, result.day.split("-"))
        return f"{day} {MONTHS.split()[month - 1]} {year}"
    return result.machine


def synced(text: str, claims: dict[str, Claim], results: dict[str, Result]) -> str:
    """A chapter with everything between the comments as it is today."""

    def in_words(match: re.Match[str]) -> str:
        name = match["id"]
        if name not in claims:
            raise CourseError(f"there is no claim {name}; add it to benchmarks/claims.toml or the chapter's .toml")
        if name not in results:
            raise CourseError(f"nothing is recorded for {name}: hellodl reproduce {name} --record")
        return f"<!-- {match['kind']}: {name} -->{words(match['kind'], claims[name], results[name])}<!-- end -->"

    return WORDS.sub(in_words, with_code(text))


def with_code(text: str) -> str:
    """A chapter with the code, the exercises and the glossary's words between the comments as they are today."""
    number = re.match(r"# (\d+)\.", text)
    if number:
        text = TOLD.sub(lambda _: told(int(number[1])), text)
    text = EXERCISE.sub(lambda match: exercise_block(match["kind"], match["id"]), text)
    return CODE.sub(lambda match: code_block(match["name"]), text)


def glossary(chapter: int) -> list[tuple[str, str]]:
    """Our words that are at home in a chapter, each with the field's."""
    text = (chapters.COURSE / "glossary.md").read_text("utf-8")
    return [
        (row["here"].strip(), row["field"].strip())
        for row in GLOSSARY.finditer(text)
        if str(chapter) in re.split(r",\s*", row["chapters"].strip())
    ]


def told(chapter: int) -> str:
    """What a chapter says of the field's words for ours."""
    pairs = "; ".join(f"“{here}” is *{field.replace(', ', ' or ')}*" for here, field in glossary(chapter))
    words = f"In [other books](glossary.md), what is called {pairs}."
    return f"<!-- words -->\n{textwrap.fill(words, 120, break_on_hyphens=False, break_long_words=False)}\n<!-- end -->"


def stale(code_only: bool = False) -> dict[Path, str]:
    """The chapters and other pages that are not as they should be, each with the text that it should have."""
    claims, results = {claim.id: claim for claim in all_claims()}, read_results()
    changed = {}
    for path in [*chapters.files(), *QUOTING]:
        text = path.read_text("utf-8")
        try:
            fresh = with_code(text) if code_only else synced(text, claims, results)
        except CourseError as error:
            raise CourseError(f"{path.relative_to(SOURCE)}: {error}") from None
        if fresh != text:
            changed[path] = fresh
    return changed


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say what is stale, and exit with 1 if anything is")
    parser.add_argument("--code-only", action="store_true", help="leave the figures as they are")
    options = parser.parse_args()
    try:
        changed = stale(options.code_only)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    for path, fresh in changed.items():
        if not options.check:
            path.write_text(fresh, "utf-8")
        print(f"{path.relative_to(SOURCE)}: {'is stale; run make course-sync' if options.check else 'written'}")
    return 1 if changed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
