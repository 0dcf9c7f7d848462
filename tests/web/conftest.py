"""A page of one's own for every test: nobody's collection, an empty run log, and a client that comes from the page."""

from typing import Any, NamedTuple

import pytest

from hellodl.data.collection import Collection
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
