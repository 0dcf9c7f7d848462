"""Cells that run in the reader's browser: what `make course PYODIDE=...` lays beside the site.

PYODIDE is a folder with Pyodide (Python for browsers) in it, of which what is needed is copied, or the web address of
one, which is then asked when a reader presses Run. Python's part in the browser is page.py, JavaScript's are
course/_static/run.js and run-worker.js. Without PYODIDE the site has no such buttons.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import chapters
from sphinx.application import Sphinx

LOCK = "pyodide-lock.json"
PACKAGES = ("numpy", "matplotlib", "sqlite3", "threadpoolctl")  # of Pyodide's; sqlite3 is in newer ones without it
CORE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", LOCK)
# How the names of pages that run begin: 7, 8 and 10 want OpenCV.
PAGES = ("01", "02", "03", "04", "05", "06", "09", "11", "14", "15", "numpy-in", "finding-bugs")
LEFT = ("web/", "bench/", "models/finder.", "models/lines.")
TOOLS = Path(__file__).parent


def setup_page(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Give a page that can run its buttons, and the first page its sheet to draw on."""
    if page == "index":
        app.add_js_file("digit-weights.js", loading_method="defer")
        app.add_js_file("digit.js", loading_method="defer")
    given = app.config.pyodide
    if given and page.startswith(PAGES):
        address = given.rstrip("/") + "/" if is_address(given) else "pyodide/"
        options = {"data-pyodide": address, "data-packages": " ".join(packages(given)), "data-page": page}
        app.add_js_file("run.js", loading_method="defer", **options)


def is_address(given: str) -> bool:
    """Whether Pyodide lies somewhere on the web."""
    return bool(re.match(r"https?://", given))


def packages(given: str) -> list[str]:
    """Which of PACKAGES there are to load."""
    known = PACKAGES if is_address(given) else lock_of(Path(given))
    return [name for name in PACKAGES if name in known]


def lock_of(folder: Path) -> dict[str, Any]:
    """What Pyodide's folder says of its packages; CourseError where it is none, or lacks what cells need."""
    try:
        known = json.loads((folder / LOCK).read_text("utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        known = {}
    missing = [name for name in ("numpy", "matplotlib", "threadpoolctl") if name not in known]
    missing = missing or [name for name in needed(known) if not (folder / known[name]["file_name"]).exists()]
    if missing:
        raise chapters.CourseError(f"PYODIDE={folder} has no {', '.join(missing)}; name the folder of a whole Pyodide")
    return known


def needed(known: dict[str, Any]) -> list[str]:
    """The packages that cells need, and all that these need."""
    wanted = [name for name in PACKAGES if name in known]
    for name in wanted:
        wanted += [other for other in known[name]["depends"] if other not in wanted]
    return wanted


def lay(app: Sphinx, error: Exception | None) -> None:
    """When the site is made: Pyodide and hellodl beside it."""
    given = app.config.pyodide
    if error or not given:
        return
    static = Path(app.outdir) / "_static"
    with zipfile.ZipFile(static / "house.zip", "w", zipfile.ZIP_DEFLATED) as house:
        for path in belongings():
            house.write(path, path.relative_to(chapters.SOURCE).as_posix())
    if not is_address(given):
        known = lock_of(Path(given))
        (static / "pyodide").mkdir(exist_ok=True)
        for name in [*CORE, *(known[package]["file_name"] for package in needed(known))]:
            if (Path(given) / name).exists():
                shutil.copyfile(Path(given) / name, static / "pyodide" / name)


def belongings() -> list[Path]:
    """The files that Python in the browser is given, which lie there as they do here."""
    root = chapters.SOURCE / "src" / "hellodl"
    kinds = (".py", ".npz", ".toml", ".safetensors", ".md")
    own = [path for path in sorted(root.rglob("*")) if path.suffix in kinds]
    own = [path for path in own if not path.relative_to(root).as_posix().startswith(LEFT)]
    return [*own, TOOLS / "page.py", TOOLS / "cv2.py", TOOLS.parent / "run.py", TOOLS.parent / "chapters.py"]
