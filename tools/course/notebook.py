"""Chapters as notebooks: with the outputs of their cells for the site, and without for who wants to run them.

    python tools/course/notebook.py                 run what is not up to date, and keep the outputs for the site
    python tools/course/notebook.py 5 7             only these chapters
    python tools/course/notebook.py --hurry         with little to do: a look at the site, not at its figures

Outputs are kept in build/course under a name that is made from the code of all cells and of hellodl itself: whoever
mends a sentence need not wait for the cells to run again, and whoever mends the code gets new figures.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import chapters
import run

from hellodl.runs.machine import SOURCE
from hellodl.storage.atomic import write_whole

KEPT = SOURCE / "build" / "course"


def folded(parts: list[chapters.Prose | chapters.Cell]) -> list[chapters.Prose | chapters.Cell]:
    """A chapter to take away: below the stub of each exercise its solution, folded up as prose, so that "run all cells"
    does not give it away."""
    fresh: list[chapters.Prose | chapters.Cell] = []
    solution = ""
    for part in parts:
        code = isinstance(part, chapters.Cell)
        text = f"```python\n{part.code}\n```" if isinstance(part, chapters.Cell) else part.text
        while text:
            if solution:
                inside, end, text = text.partition("</details>")
                solution += inside + end
                if end:
                    fresh.append(chapters.Prose(solution))
                    solution = ""
                else:
                    solution += "\n\n"
            elif code:
                fresh.append(part)
                break
            else:
                before, begin, text = text.partition("<details>")
                if before.strip():
                    fresh.append(chapters.Prose(before.strip("\n")))
                if begin:
                    solution = begin
    return fresh


def as_notebook(parts: list[chapters.Prose | chapters.Cell], outputs: list[list[dict]] | None = None) -> dict[str, Any]:
    """A notebook (nbformat 4.5) of a chapter's parts; `outputs` holds those of each cell in turn."""
    left = iter(outputs or [])
    cells: list[dict[str, Any]] = []
    for number, part in enumerate(parts):
        cell: dict[str, Any] = {"id": f"part-{number}", "metadata": {}}
        if isinstance(part, chapters.Prose):
            cell |= {"cell_type": "markdown", "source": part.text}
        else:
            cell |= {"cell_type": "code", "source": part.code, "execution_count": None, "outputs": next(left, [])}
            if part.hidden:
                cell["metadata"] = {"tags": ["hide-input"]}
        cells.append(cell)
    kernel = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def outputs_of(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """What a notebook stores of what a cell showed, as `run.fresh` tells it."""
    outputs: list[dict[str, Any]] = []
    for part in cell["showed"]:
        if part["kind"] == "printed":
            outputs.append({"output_type": "stream", "name": "stdout", "text": part["text"]})
        else:
            shown = {"text/html" if part["kind"] == "picture" else "text/plain": part["text"]}
            outputs.append({"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": shown})
    return outputs


@cache
def code_of_hellodl() -> str:
    """A fingerprint of all that the cells may call."""
    digest = hashlib.sha256()
    folder = SOURCE / "src" / "hellodl"
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".npz", ".toml", ".safetensors") and "web" not in path.relative_to(folder).parts:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def kept(parts: list[chapters.Prose | chapters.Cell], hurry: bool = False) -> Path:
    """Where the outputs of these cells are kept."""
    cells = [part for part in parts if isinstance(part, chapters.Cell)]
    code = [cell.in_a_hurry() if hurry else cell.code for cell in cells]
    return KEPT / f"{hashlib.sha256(json.dumps([code, code_of_hellodl()]).encode()).hexdigest()[:24]}.json"


def newest(parts: list[chapters.Prose | chapters.Cell]) -> Path | None:
    """Where outputs of these cells are, if they ran since the code changed (in a hurry, if in no other way)."""
    return next((path for path in (kept(parts), kept(parts, hurry=True)) if path.exists()), None)


def outputs_kept(parts: list[chapters.Prose | chapters.Cell]) -> list[list[dict]] | None:
    """The outputs themselves."""
    path = newest(parts)
    return json.loads(path.read_text("utf-8"))["outputs"] if path else None


def keep(path: Path, hurry: bool) -> None:
    """Run a chapter and keep what its cells showed; with what it quotes, as `whole`, where that can run."""
    own = {part.line for part in chapters.read(path) if isinstance(part, chapters.Cell)}
    text = path.read_text("utf-8")
    if chapters.QUOTE.search(text) and chapters.quotes_run():
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / path.name
            whole.write_text(chapters.with_quotes(text), "utf-8")
            about = run.fresh(whole, hurry)
        about["whole"] = [outputs_of(cell) for cell in about["cells"]]
    else:
        about = run.fresh(path, hurry)
    about["outputs"] = [outputs_of(cell) for cell in about.pop("cells") if cell["line"] in own]
    KEPT.mkdir(parents=True, exist_ok=True)
    write_whole(kept(chapters.read(path), hurry), json.dumps(about).encode())


def ran(paths: list[Path], hurry: bool = False) -> Iterator[Path]:
    """These pages one after the other, each once its outputs are kept; those that are not up to date are run first."""
    missing = [path for path in paths if not kept(chapters.read(path), hurry).exists()]
    for path in paths:
        if path in missing:
            where = f"{missing.index(path) + 1} of {len(missing)}: {path.stem}"
            print(f"running page {where} ...", end=" ", flush=True)
            began = time.perf_counter()
            try:
                keep(path, hurry)
            except chapters.CourseError as error:
                raise chapters.CourseError(f"\n{error}\n`python tools/course/run.py {path}` shows more") from None
            print(f"{time.perf_counter() - began:.0f} s", flush=True)
        yield path


def main() -> int:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="numbers (all)")
    parser.add_argument("--hurry", action="store_true", help="do little in each cell")
    options = parser.parse_args()
    try:
        paths = [chapters.file_of(number) for number in options.chapters] or [*chapters.files(), *chapters.sheets()]
        for _ in ran(paths, options.hurry):
            pass
    except chapters.CourseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
