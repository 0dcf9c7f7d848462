"""What a chapter's cells showed, written below them in the chapter itself: so that it reads whole on a code host.

    python tools/course/shown.py                every page whose outputs are stale, or are not there yet
    python tools/course/shown.py 5              this one
    python tools/course/shown.py --check        only say which, and exit with 1 if any are stale

`make course-shown CHAPTER=5` is the same. Cells that did not run since hellodl or the page changed are run first, in
full (see `notebook.py`); a page that quotes other libraries, where these are. To what the author wrote is added, and
passed over by `chapters.parts`,

    <!-- shown by code 5f0c1d2e3b4a5968 -->     at the top: a hash of all cells and of all that stands below them

    <!-- shown -->                              below a cell
    > ```text
    > what it printed
    > ```

    <p><img src="shown/digits/poster.png" ...></p>
    <!-- end -->

and around a cell for drawing, <details>, which folds it up. Pictures lie in course/shown, in a folder with the
chapter's name but not its number. A test fails where code changed and what it showed is still the old. Seconds and the
like stay as they were on the machine that ran it: the hash asks whether the code is the same, never how fast it is.
"""

from __future__ import annotations

import argparse
import ast
import base64
import hashlib
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import chapters
import notebook
import sync
from chapters import END, SHOWN, Cell, CourseError
from PIL import Image, ImageSequence

from hellodl.bench.claims import all_claims
from hellodl.bench.results import read_results
from hellodl.storage.atomic import write_whole

PICTURES = chapters.COURSE / "shown"
LONGEST = 40  # lines of one cell's output; of more, the first and last few
COLOURS = 128  # of a picture
DRAWN = re.compile(
    r'<img src="data:image/(?P<kind>\w+);base64,(?P<data>[^"]+)" alt="(?P<words>[^"]*)" style="width: (?P<width>\d+)px'
)
BLOCK = re.compile(rf"^{SHOWN}\n(?P<body>.*?)^{END}$", re.MULTILINE | re.DOTALL)
SOURCE_OF_PICTURE = re.compile(r'<img src="shown/[^"/]+/(?P<name>[^"/]+)"')
STUB = "raise NotImplementedError"  # an exercise not yet done, of which it shows nothing that it is not done


def folder_of(path: Path) -> Path:
    """Where a page's pictures are, which stay there when chapters are renumbered."""
    return PICTURES / re.sub(r"^\d+-", "", path.stem)


def pages() -> list[Path]:
    """Every page that has cells."""
    return [*chapters.files(), *chapters.sheets()]


def renewed(path: Path, outputs: list[list[dict[str, Any]]]) -> tuple[str, dict[str, bytes]]:
    """A page with what its cells showed, and the pictures that it names."""
    text = chapters.plain(path.read_text("utf-8"))
    lines, pictures = text.splitlines(), dict[str, bytes]()
    before, after = dict[int, list[str]](), dict[int, list[str]]()  # lines to add, by the index of one
    cells = [part for part in chapters.parts(chapters.with_quotes(text)) if isinstance(part, Cell)]
    for cell, showed in zip(cells, outputs, strict=True):
        first, last = cell.line - 2, cell.line - 1 + len(cell.code.split("\n"))  # its fences
        if cell.hidden:
            before[first] = [chapters.FOLD, ""]
            after[last] = ["", "</details>"]
        elif lines[last + 1 : last + 2] == [END]:  # a solution, which `sync.py` writes
            last += 1
        body = [] if STUB in cell.code else body_of(cell, showed, folder_of(path).name, pictures)
        if body:
            after[last] = [*after.get(last, []), "", SHOWN, *body, END]
        if last in after and "".join(lines[last + 1 : last + 2]):
            after[last].append("")
    fresh = [more for k, line in enumerate(lines) for more in [*before.get(k, []), line, *after.get(k, [])]]
    title = next(k for k, line in enumerate(fresh) if line.startswith("# "))
    fresh[title + 1 : title + 1] = ["", f"<!-- shown by code {'0' * 16} -->"]
    text = "\n".join(fresh) + "\n"
    return chapters.SEAL.sub(f"<!-- shown by code {seal(text, pictures)} -->", text), pictures


def body_of(cell: Cell, showed: list[dict[str, Any]], folder: str, pictures: dict[str, bytes]) -> list[str]:
    """The lines below a cell, without the comments around them; its pictures are added to `pictures`."""
    words, drawn = "", []
    for output in showed:
        data = output.get("data", {})
        found = DRAWN.match(data.get("text/html", ""))
        if found:
            picture, kind = smaller(base64.b64decode(found["data"]), found["kind"])
            name = name_of(cell.code, kind, pictures)
            pictures[name] = picture
            alt = " ".join(found["words"].split())
            drawn.append(f'<p><img src="shown/{folder}/{name}" width="{found["width"]}" alt="{alt}"></p>')
        else:
            words += output.get("text", data.get("text/plain", ""))
    body = quoted(words)
    return [*body, *([""] if body and drawn else []), *drawn]


def quoted(words: str) -> list[str]:
    """What was printed as a block within a quotation, which tells it from code, and is not too long to read."""
    lines = [line.rstrip() for line in words.rstrip().expandtabs().split("\n")]
    if lines == [""]:
        return []
    if len(lines) > LONGEST:
        few = LONGEST // 4
        left = len(lines) - 3 * few - few
        lines = [*lines[: 3 * few], f"[... {left} more lines ...]", *lines[-few:]]
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", words) or [""]))
    return [f"> {line}".rstrip() for line in [f"{fence}text", *lines, fence]]


def name_of(code: str, kind: str, taken: dict[str, bytes]) -> str:
    """A picture's file, called as the function that drew it."""
    last = ast.parse(code).body[-1]
    thing = last.value if isinstance(last, ast.Expr) else None
    thing = thing.func if isinstance(thing, ast.Call) else thing
    name = thing.attr if isinstance(thing, ast.Attribute) else thing.id if isinstance(thing, ast.Name) else "picture"
    name = name.replace("_", "-").lower()
    alike = sum(re.fullmatch(rf"{re.escape(name)}(-\d+)?\.\w+", other) is not None for other in taken)
    return f"{name}-{alike + 1}.{kind}" if alike else f"{name}.{kind}"


def smaller(picture: bytes, kind: str) -> tuple[bytes, str]:
    """A picture in few colours, a third as large; as a JPEG where that halves it again, as it does of photos."""
    if kind == "gif":
        return shorter(picture), kind
    drawn, few, photo = Image.open(io.BytesIO(picture)).convert("RGB"), io.BytesIO(), io.BytesIO()
    drawn.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(few, "png", optimize=True)
    drawn.save(photo, "jpeg", quality=80, optimize=True)
    if len(photo.getvalue()) < len(few.getvalue()) / 2:
        return photo.getvalue(), "jpg"
    return few.getvalue(), "png"


def shorter(film: bytes) -> bytes:
    """A film with every second of its frames, and the last, in the same time."""
    frames, seconds = [], []
    shown = Image.open(io.BytesIO(film))
    for number, frame in enumerate(ImageSequence.Iterator(shown)):
        time = frame.info["duration"]
        if number % 2 == 0 or number == shown.n_frames - 1:
            frames.append(frame.convert("RGB"))
            seconds.append(time)
        else:
            seconds[-1] += time
    strip = Image.new("RGB", (shown.width, shown.height * len(frames)))
    for number, frame in enumerate(frames):
        strip.paste(frame, (0, number * shown.height))
    strip = strip.quantize(COLOURS, dither=Image.Dither.NONE)  # so that what stands still is the same in all
    boxes = [(0, top, shown.width, top + shown.height) for top in range(0, strip.height, shown.height)]
    first, *more = map(strip.crop, boxes)
    file = io.BytesIO()
    first.save(file, "gif", save_all=True, append_images=more, duration=seconds, loop=0, optimize=True)
    return file.getvalue()


def seal(text: str, pictures: dict[str, bytes]) -> str:
    """A hash of a page's code, of what stands below each cell, and of the pictures there."""
    cells = [part for part in chapters.parts(chapters.with_quotes(text)) if isinstance(part, Cell)]
    blocks = []
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        blocks.append([sum(cell.line < line for cell in cells), found["body"]])
    drawn = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(pictures.items())}
    return hashlib.sha256(json.dumps([[cell.code for cell in cells], blocks, drawn]).encode()).hexdigest()[:16]


def mend(path: Path) -> str:
    """What to type when a page is stale."""
    return f"make course-shown CHAPTER={path.name[:2] if path.name[:2].isdigit() else path.stem}"


def has_none(path: Path) -> bool:
    """Whether a page has no outputs yet."""
    return not chapters.SEAL.search(path.read_text("utf-8"))


def wrong(path: Path) -> str:
    """What is not right with a page's outputs, in one line with the mend; nothing if all is, or there are none."""
    text = path.read_text("utf-8")
    sealed = chapters.SEAL.search(text)
    names = set(SOURCE_OF_PICTURE.findall(text))
    there = {file.name: file.read_bytes() for file in folder_of(path).glob("*")}
    if missing := sorted(names - set(there)):
        return f"{path.name}: there is no {folder_of(path).name}/{missing[0]}; {mend(path)}"
    if more := sorted(set(there) - names):
        return f"{path.name}: nothing shows {folder_of(path).name}/{more[0]} any more; {mend(path)}"
    if (sealed["seal"] if sealed else None) != (seal(text, there) if sealed or BLOCK.search(text) else None):
        return f"{path.name}: its code, or what stands below it, changed since its cells last ran; {mend(path)}"
    return ""


def left_over() -> list[str]:
    """Folders of pictures that belong to no page."""
    return sorted({folder.name for folder in PICTURES.glob("*")} - {folder_of(path).name for path in pages()})


def write(path: Path) -> None:
    """Write what was kept of a page's cells into it, and its pictures; say which figures in sentences are others."""
    about = json.loads(notebook.kept(chapters.read(path)).read_text("utf-8"))
    quotes = chapters.QUOTE.search(path.read_text("utf-8"))
    if quotes and "whole" not in about:
        where = notebook.kept(chapters.read(path)).name
        raise CourseError(
            f"{path.name} quotes PyTorch, and ran without: remove build/course/{where}, pip install torch safetensors"
        )
    text, pictures = renewed(path, about["whole"] if quotes else about["outputs"])
    folder = folder_of(path)
    for file in folder.glob("*"):
        if file.name not in pictures:
            file.unlink()
    if pictures:
        folder.mkdir(parents=True, exist_ok=True)
    for name, data in pictures.items():
        write_whole(folder / name, data)
    write_whole(path, text.encode())
    size = sum(map(len, pictures.values()))
    print(f"{path.name}: {len(BLOCK.findall(text))} outputs, {len(pictures)} pictures, {size / 1e3:.0f} kB")
    for line in other_figures(path, about["figures"]):
        print(f"  {line}")


def other_figures(path: Path, figures: dict[str, float]) -> list[str]:
    """A line for each figure in the page's sentences that these cells gave otherwise."""
    results = read_results()
    lines = []
    for claim in all_claims():
        if claim.where == [f"course/{path.name}"] and claim.id in results and claim.figure in figures:
            said = sync.words("mean", claim, results[claim.id])
            now = sync.figure(figures[claim.figure], None, claim.unit)
            if said != now:
                lines.append(
                    f"{claim.id}: sentences say {said}, the cells {now}; hellodl reproduce {claim.id} --record"
                )
    return lines


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="numbers (all that are stale or have none)")
    parser.add_argument("--check", action="store_true", help="only say what is stale, and exit with 1 if anything is")
    options = parser.parse_args()
    try:
        paths = [chapters.file_of(number) for number in options.chapters] or pages()
        if options.check:
            stale = [*filter(None, map(wrong, paths)), *(f"course/shown/{name} is of no page" for name in left_over())]
            print(
                "\n".join(
                    [*stale, *(f"{path.name} has no outputs yet; {mend(path)}" for path in filter(has_none, paths))]
                )
            )
            return 1 if stale else 0
        if not options.chapters:
            paths = [path for path in paths if wrong(path) or has_none(path)]
        for path in notebook.ran(paths):
            write(path)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
