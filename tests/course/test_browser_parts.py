"""What is laid beside the site so that cells run in a browser."""

import json
import zipfile
from types import SimpleNamespace

import browser
import pytest
from chapters import COURSE, CourseError


@pytest.fixture
def pyodide(tmp_path):
    """A folder that says that it holds Pyodide, with a package that nobody needs."""
    needs = {"numpy": [], "matplotlib": ["numpy", "pillow"], "pillow": [], "threadpoolctl": [], "pandas": ["numpy"]}
    packages = {name: {"depends": others, "file_name": f"{name}.whl"} for name, others in needs.items()}
    folder = tmp_path / "pyodide"
    folder.mkdir()
    for name in [*browser.CORE, *(f"{name}.whl" for name in needs)]:
        (folder / name).write_text(name)
    (folder / browser.LOCK).write_text(json.dumps({"packages": packages}))
    return folder


def laid(tmp_path, given):
    out = tmp_path / "site"
    (out / "_static").mkdir(parents=True)
    browser.lay(SimpleNamespace(config=SimpleNamespace(pyodide=given), outdir=out), None)
    return out / "_static"


def added(page, given):
    scripts = {}
    app = SimpleNamespace(
        config=SimpleNamespace(pyodide=given), add_js_file=lambda name, **how: scripts.update({name: how})
    )
    browser.setup_page(app, page, "", {}, None)
    return scripts


def test_of_pyodide_what_is_needed_is_copied(tmp_path, pyodide):
    names = {path.name for path in (laid(tmp_path, str(pyodide)) / "pyodide").iterdir()}
    assert {"matplotlib.whl", "numpy.whl", "pillow.whl", "pyodide.asm.wasm"} <= names
    assert "pandas.whl" not in names


def test_hellodl_lies_in_the_archive_as_it_lies_here(tmp_path, pyodide):
    with zipfile.ZipFile(laid(tmp_path, str(pyodide)) / "house.zip") as house:
        names = house.namelist()
    for name in (
        "src/hellodl/data/ink.npz",
        "src/hellodl/__init__.py",
        "tools/course/run.py",
        "tools/course/chapters.py",
    ):
        assert name in names
    assert not [name for name in names if "/web/" in name or "finder.safetensors" in name]


def test_without_pyodide_nothing_is_laid_and_no_page_gets_a_script(tmp_path):
    assert not list(laid(tmp_path, "").iterdir())
    assert added("01-linear-combinations", "") == {}
    assert list(added("index", "")) == ["digit-weights.js", "digit.js"]


def test_pages_that_run_are_told_where_pyodide_is(pyodide):
    (options,) = added("01-linear-combinations", str(pyodide)).values()
    assert options["data-pyodide"] == "pyodide/"
    assert options["data-packages"] == "numpy matplotlib threadpoolctl"  # sqlite3 is within this one
    (options,) = added("01-linear-combinations", "https://example.org/pyodide").values()
    assert options["data-pyodide"] == "https://example.org/pyodide/"
    assert added("08-reading-a-real-photo", str(pyodide)) == {}


def test_each_page_that_runs_is_a_page():
    for start in browser.PAGES:
        assert len(list(COURSE.glob(f"{start}*.md"))) == 1


def test_a_folder_without_numpy_is_named(tmp_path, pyodide):
    with pytest.raises(
        CourseError, match="has no numpy, matplotlib, threadpoolctl; name the folder of a whole Pyodide"
    ):
        browser.lock_of(tmp_path)
    (pyodide / "pillow.whl").unlink()
    with pytest.raises(CourseError, match="has no pillow"):
        browser.lock_of(pyodide)
