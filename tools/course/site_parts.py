"""What Sphinx needs to know about the course: how a chapter is read, where links to the source lead, mathematics.

The site uses nothing from elsewhere: formulas become MathML, which browsers draw themselves, and links to files of the
repository lead to pages of the site that show them.
"""

from __future__ import annotations

import ast
import html
import importlib
import inspect
import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import browser
import chapters
import moved
import nbformat
import notebook
from docutils import nodes
from latex2mathml.converter import convert
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx.application import Sphinx

from hellodl.plots import style
from hellodl.plots.graphs import imports
from hellodl.runs.machine import SOURCE

FILE_LINK = re.compile(r"(?<!!)\[(?P<words>[^\]]+)\]\(\.\./(?P<path>(?!course/)[^)#\s]+)(?:#(?P<name>[\w.]+))?\)")
PICTURE = "<!-- picture: imports -->"
LONGEST = 400_000  # bytes of a file that is shown as a page


def read_chapter(text: str) -> nbformat.NotebookNode:
    """A Markdown file as the notebook that MyST-NB renders, with the outputs that were kept."""
    parts = list(chapters.parts(text))
    return nbformat.from_dict(notebook.as_notebook(parts, notebook.outputs_kept(parts)))


def outdated(app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Pages that show more than their own text: chapters whose cells ran since, and the one drawn from the code."""
    shown = {path.stem: str(notebook.newest(chapters.read(path))) for path in [*chapters.files(), *chapters.sheets()]}
    before, env.shown_in_chapters = getattr(env, "shown_in_chapters", {}), shown
    return ["architecture", *(page for page, outputs in shown.items() if before.get(page) != outputs)]


def repository(named: str | None) -> str | None:
    """The web address of the repository, for links that edit a page: as named, or where git says it came from."""
    if named:
        return named.rstrip("/")
    command = ["git", "-C", str(SOURCE), "config", "--get", "remote.origin.url"]
    try:
        address = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
    except OSError:
        return None
    found = re.fullmatch(r"(?:https://|git@)(?P<host>[\w.-]+\.\w+)[:/](?P<path>[\w./-]+?)(?:\.git)?/?", address)
    return f"https://{found['host']}/{found['path']}" if found else None


def prepare(app: Sphinx, page: str, source: list[str]) -> None:
    """Before a page is read: links to files of the repository become links to pages of this site that show them."""

    def link(found: re.Match[str]) -> str:
        path = found["path"].rstrip("/")
        if not (SOURCE / path).exists():
            raise chapters.CourseError(f"{page}: there is no {path}; correct the link '{found['words']}'")
        words = re.sub(r"`([^`]*)`", r"<code>\1</code>", found["words"].replace("\\_", "_")).replace("_", "&#95;")
        place = f"#L-{line_of(path, found['name'])}" if found["name"] else ""
        return f'<a href="{"../" * page.count("/")}{page_of(path)}.html{place}">{words}</a>'

    if page == "contributing":  # which lies one folder higher
        source[0] = re.sub(r"\]\((?!http)", "](../", (SOURCE / "CONTRIBUTING.md").read_text("utf-8"))
    text = FILE_LINK.sub(link, source[0])
    name = Path(app.env.doc2path(page)).name
    if name.endswith(".md"):
        repository = app.config.repository
        edit = f"{repository}/edit/main/course/{name}" if repository else "contributing.html"
        text += f'\n\n<p class="offered"><a href="{edit}">Edit this page</a>: <code>course/{name}</code>.'
        if chapters.COURSE / name in [*chapters.files(), *chapters.sheets()]:
            text += f' This page <a href="notebooks/{page}.ipynb" download>as a notebook</a>.'
        text += "</p>\n"
    if PICTURE in text:
        text = text.replace(PICTURE, picture_of_imports())
    if page == "index":
        text += contents()
    source[0] = text


def line_of(path: str, name: str) -> int:
    """The line in a Python file of the repository where `name`, such as `Tensor.backward`, is defined."""
    body = ast.parse((SOURCE / path).read_text("utf-8")).body
    line = 0
    for part in name.split("."):
        found = next((node for node in body if part in names_of(node)), None)
        if found is None:
            raise chapters.CourseError(f"{path} has no {name}; correct the link")
        line, body = found.lineno, getattr(found, "body", [])
    return line


def names_of(node: ast.stmt) -> list[str]:
    """What a statement gives a name to."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def picture_of_imports() -> str:
    """Which folders import which, as they are today."""
    figure = imports(SOURCE / "src" / "hellodl")
    return style.as_html(style.as_bytes(figure, "png"), "png", figure.get_label(), figure.get_figwidth())


def contents() -> str:
    """The table of contents beside each page, which the index does not show a second time."""
    names = [path.stem for path in chapters.files()]
    course = "\n".join(["```{toctree}", ":hidden:", ":caption: The course", *names, "```"])
    beside = ["from-an-empty-file", "twelve-weeks", *(path.stem for path in chapters.sheets())]
    beside += ["from-one-laptop-to-a-room", "glossary"]
    sheets = "\n".join(["```{toctree}", ":hidden:", ":caption: Beside the course", *beside, "```"])
    others = "\n".join(
        ["```{toctree}", ":hidden:", ":caption: Reference", "architecture", "promises", "api", "contributing", "```"]
    )
    return f"\n\n{course}\n\n{sheets}\n\n{others}\n"


def page_of(path: str) -> str:
    """The page of the site that shows a file or folder of the repository."""
    return f"source/{path}" if (SOURCE / path).is_file() else f"source/{path}/index"


def source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each file that links may lead to, and one for each folder."""
    roots = [SOURCE / name for name in ("src/hellodl", "benchmarks", "course", "tools", "tests")]
    alone = [SOURCE / name for name in ("README.md", "CONTRIBUTING.md", "docs/using.md", "Makefile", "pyproject.toml")]
    paths = [path for root in roots for path in [root, *sorted(root.rglob("*"))] if not made_by_tools(path)]
    for path in alone + paths:
        name = path.relative_to(SOURCE).as_posix()
        if path.is_dir():
            inside = [child for child in sorted(path.iterdir()) if not made_by_tools(child)]
            body = f"<ul>{''.join(f'<li>{entry(child)}</li>' for child in inside)}</ul>"
        elif (text := text_of(path)) is not None:
            body = coloured(name, text)
        else:
            continue
        yield page_of(name), {"title": name, "body": f"<h1>{name}</h1>{body}"}, "page.html"


def made_by_tools(path: Path) -> bool:
    """Whether a file is none of the repository's own."""
    name = path.relative_to(SOURCE).as_posix()
    return "__pycache__" in name or ".egg-info" in name or name.startswith("course/api/")


@cache  # a folder's page asks as well as the file's own
def text_of(path: Path) -> str | None:
    """What is in a file, if that is text of a bearable length."""
    try:
        return path.read_text("utf-8") if path.stat().st_size <= LONGEST else None
    except UnicodeDecodeError:
        return None


def entry(path: Path) -> str:
    """A line on a folder's page: one of what it holds, with a link if there is a page for it."""
    words = f"<code>{path.name}</code>"
    if path.is_dir():
        return f'<a href="{path.name}/index.html">{words}</a>'
    return words if text_of(path) is None else f'<a href="{path.name}.html">{words}</a>'


def coloured(name: str, text: str) -> str:
    """A file's text with line numbers that can be linked to (#L12)."""
    try:
        lexer = get_lexer_for_filename(name)
    except ClassNotFound:
        lexer = TextLexer()
    return highlight(
        text, lexer, HtmlFormatter(cssclass="highlight", linenos="inline", lineanchors="L", anchorlinenos=True)
    )


def linkcode_resolve(domain: str, about: dict[str, str]) -> str | None:
    """Where the reference's [source] of a thing leads."""
    thing: Any = importlib.import_module(about["module"])
    for name in about["fullname"].split("."):
        thing = getattr(thing, name, None)
    thing = inspect.unwrap(thing)
    try:
        path, line = chapters.source_file(thing), inspect.getsourcelines(thing)[1]
    except (TypeError, ValueError, OSError):
        return None
    return f"../{page_of(path)}.html#L-{line}"


def as_rst(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Our docstrings are plain text with `code` and indented examples; Sphinx wants reStructuredText."""
    fresh: list[str] = []
    example = False
    for line in lines:
        indented = line.startswith("    ")
        if indented and not example:
            fresh += ["", "::", ""]
        elif (line.strip() and example) or (line.startswith("- ") and fresh and not fresh[-1].startswith(("- ", "  "))):
            fresh.append("")
        example = indented or (example and not line.strip())
        fresh.append(line if indented else escaped(line))
    lines[:] = [*fresh, ""]


def escaped(line: str) -> str:
    """A line in which only `code` means anything."""
    done = ""
    for piece in re.split(r"(`[^`]+`)", line):
        if piece.startswith("`"):
            done += piece
        else:
            glued = done.endswith("`") and re.match(r"\w", piece)  # `sort`ed
            done += ("\\ " if glued else "") + re.sub(r"([*_|\\])", r"\\\1", piece)
    return done


def signature(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, arguments: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Of a class, what its __init__ takes: that `Module` notes what a layer was made with hides it from Sphinx."""
    if what != "class" or "__init__" not in vars(thing) or not thing.__module__.startswith("hellodl"):
        return None
    wanted = inspect.signature(thing.__init__)
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in list(wanted.parameters.values())[1:]]
    return str(inspect.Signature(bare)), None


def mathml(writer: Any, node: nodes.Element) -> None:
    """A formula as MathML."""
    block = isinstance(node, nodes.math_block)
    formula = node.astext().replace("{aligned}", "{align}")  # which latex2mathml knows
    code = convert(formula, display="block" if block else "inline")
    code = code.replace("<math", f'<math alttext="{html.escape(node.astext(), quote=True)}"', 1)
    writer.body.append(f'<div class="formula">{code}</div>' if block else code)
    raise nodes.SkipNode


def notebooks(app: Sphinx, error: Exception | None) -> None:
    """Each chapter to take away, without outputs, its solutions folded."""
    if error is None:
        for path in [*chapters.files(), *chapters.sheets()]:
            place = Path(app.outdir) / "notebooks" / f"{path.stem}.ipynb"
            place.parent.mkdir(exist_ok=True)
            place.write_text(json.dumps(notebook.as_notebook(notebook.folded(chapters.read(path))), indent=1), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.add_config_value("repository", None, "env")
    app.add_config_value("pyodide", "", "html", str)
    app.add_html_math_renderer("mathml", (mathml, None), (mathml, None))
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", prepare)
    app.connect("autodoc-process-docstring", as_rst)
    app.connect("autodoc-process-signature", signature)
    app.connect("html-collect-pages", source_pages)
    app.connect("html-collect-pages", moved.old_pages)
    app.connect("html-page-context", browser.setup_page)
    app.connect("build-finished", notebooks)
    app.connect("build-finished", browser.lay)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
