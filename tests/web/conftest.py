"""A page of one's own for every test: nobody's collection, an empty run log, and a client that comes from the page.

Tests in a real browser get it open, before a stand-in for the server. They need Playwright (the extra `browser`) and a
Chromium: the one that CHROMIUM names, or Debian's (`apt-get install chromium`). `make test-web` runs only these. Every
one also fails for a script error, or for a breach of the page's own policy.
"""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from mock_server import Mock

from hellodl.data.collection import Collection
from hellodl.data.pages.layout import write_page
from hellodl.runs.log import RunLog


class Here(NamedTuple):
    """Where a test's server keeps things."""

    app: Any
    mine: Collection
    log: RunLog


@pytest.fixture
def here(tmp_path, monkeypatch):
    from hellodl.web.app import make_app

    monkeypatch.setenv("HELLODL_MINE", str(tmp_path / "nobody"))
    monkeypatch.chdir(tmp_path)
    mine, log = Collection(tmp_path / "mine"), tmp_path / "runs.sqlite3"
    return Here(make_app(mine, log, threads=1, apart=False), mine, RunLog(log))


@pytest.fixture
def client(here):
    from fastapi.testclient import TestClient

    ours = {"X-Hellodl": "1"}
    with TestClient(here.app, base_url="http://localhost", headers=ours, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[str, Collection]]:
    """The address of the real server, with a run in its log, and the collection to which it teaches."""
    import uvicorn

    from hellodl.web.app import make_app

    folder = tmp_path_factory.mktemp("served")
    mine, log = Collection(folder / "mine"), RunLog(folder / "runs.sqlite3")
    with log.run("digits", {"epochs": 2}) as run:
        for step in range(1, 30):
            run.train_row(step, loss=3 / step, learning_rate=0.1)
        run.validation_row(29, accuracy=0.5)
    app = make_app(mine, log.path, threads=1, apart=False)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://localhost:{listening.getsockname()[1]}/", mine
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def picture():
    """A photo of two written lines."""
    return write_page("make hay\nwhile the sun", 3, width=700)[0]


CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
SIZES = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
EXPECTED = "Failed to load resource: the server responded with a status of"  # a browser's word on an error answer


@pytest.fixture(scope="session")
def browser() -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install 'hellodl[browser]'")
    if CHROMIUM is None:
        pytest.skip("no chromium here; apt-get install chromium")
    with playwright.sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def mock() -> Iterator[Mock]:
    mock = Mock().start()
    mock.pace = 0.002
    yield mock
    mock.shutdown()
    mock.server_close()


@pytest.fixture(params=SIZES)
def page(browser, mock, request) -> Iterator:
    """The page as it is first opened; complaints of the browser fail the test."""
    context = browser.new_context(**SIZES[request.param], reduced_motion="reduce")
    context.set_default_timeout(20_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(mock.address)
    yield page
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    context.close()
    assert [line for line in complaints if EXPECTED not in line] == []
    assert wide <= 0, "the page is wider than the screen"
