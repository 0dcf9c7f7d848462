"""The course's cells run in a browser, offline: every cell of every chapter that says so, on the site as it is made.

They need a Chromium and a whole Pyodide, whose folder PYODIDE names: `make test-pyodide PYODIDE=FOLDER`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hellodl.runs.machine import SOURCE

pytestmark = [
    pytest.mark.pyodide,
    pytest.mark.skipif(
        "PYODIDE" not in os.environ, reason="PYODIDE names no folder: `make test-pyodide PYODIDE=FOLDER`"
    ),
]
CHAPTERS = ("01", "02", "03", "04", "05", "06", "09", "11", "14", "15", "numpy-in-twenty-minutes", "finding-bugs")
LONGEST = 300  # seconds for a cell, on a machine that has other work
WANTED_BY_THE_LAST = """() => {
    const folds = [...document.querySelectorAll(".run-button")].map(button => button.closest("section > details"));
    return folds.filter(fold => !fold || fold === folds.at(-1)).length;
}"""
BUTTON = "number => document.querySelectorAll('.run-button')[number]"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of the site, served as any folder is, and what was asked of it."""
    out = tmp_path_factory.mktemp("site")
    command = f"-m sphinx -q -W -b html -d {out / 'doctrees'} course {out}".split()
    done = subprocess.run([sys.executable, *command], cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=out))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield out, f"http://localhost:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def opened(site, browser):
    """Opens a page by how its name begins; whatever it asks for must lie beside it."""
    out, address = site
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page, asked, wrong = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def open_(name):
        page.goto(address + next(out.glob(f"{name}*.html")).name)
        return page, asked

    yield open_
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    context.close()
    assert not wrong
    assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert wide <= 0, "the page is wider than a phone"


def press(page, number):
    page.evaluate(f"number => ({BUTTON})(number).click()", number)


def ended(page, number, seconds=LONGEST):
    page.wait_for_function(f"number => ({BUTTON})(number).textContent === 'Run'", arg=number, timeout=seconds * 1000)


def errors(page):
    return page.locator(".run-error").all_text_contents()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_all_cells_of_a_chapter_run(opened, chapter):
    page, asked = opened(chapter)
    assert not [url for url in asked if "pyodide" in url or "house" in url], "nothing is fetched before Run"
    count, began = page.locator(".run-button").count(), time.perf_counter()
    assert count == page.locator("div.cell").count() > 5
    first = 0.0
    for number in range(count):
        press(page, number)
        ended(page, number)
        assert not errors(page), f"cell {number + 1} of {count}"
        if not first and page.locator(".run-shown > *").count():
            first = time.perf_counter() - began
    assert first
    print(f"{chapter}: {count} cells in {time.perf_counter() - began:.0f} s, the first output after {first:.1f} s")


def test_what_stands_above_runs_first_but_for_solutions(opened):
    page, _ = opened("01")
    press(page, 2)
    ended(page, 2)
    assert not errors(page)
    assert page.locator(".run-shown").count() == 3
    last = page.locator(".run-button").count() - 1
    press(page, last)
    ended(page, last)
    assert not errors(page)
    assert page.locator(".run-shown").count() == page.evaluate(WANTED_BY_THE_LAST) < last


def test_code_may_be_changed_and_errors_are_shown_with_their_line(opened):
    page, _ = opened("numpy-in-twenty-minutes")
    code = page.locator(".cell_input pre").first
    code.fill("for word in ('one', 'two'):\n    print(word)\n1 / 0")
    code.press("Control+Enter")
    page.wait_for_selector(".run-error", timeout=LONGEST * 1000)
    assert "one\ntwo\n" in page.locator(".run-printed").first.inner_text() + "\n"
    (told,) = errors(page)
    assert 'File "cell 1", line 3' in told
    assert "ZeroDivisionError" in told
    code.fill("6 * 7")
    press(page, 0)
    ended(page, 0)
    assert page.locator(".run-shown").first.inner_text().strip() == "42"


def test_a_start_that_failed_is_told_and_tried_again(opened):
    page, _ = opened("numpy-in-twenty-minutes")
    page.route("**/house.zip", lambda route: route.abort())
    press(page, 0)
    ended(page, 0)
    assert "Python is gone" in page.locator(".run-news").first.inner_text()
    page.unroute("**/house.zip")
    press(page, 0)
    ended(page, 0)
    assert not errors(page)
    assert page.locator(".run-shown > *").count()


def test_stop_ends_at_once_and_the_next_run_begins_anew(opened):
    page, _ = opened("numpy-in-twenty-minutes")
    code = page.locator(".cell_input pre")
    code.nth(0).fill("kept = 1")
    code.nth(1).fill("print('begun')\nwhile True:\n    pass")
    press(page, 1)
    page.wait_for_selector(".run-printed", timeout=LONGEST * 1000)
    assert page.locator(".run-button").nth(1).text_content() == "Stop"
    press(page, 1)
    ended(page, 1, seconds=2)
    code.nth(1).fill("kept + 1")
    press(page, 1)
    ended(page, 1)
    assert page.locator(".run-shown").nth(1).inner_text().strip() == "2"
