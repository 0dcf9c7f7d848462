"""Two pages and a command line on one collection: no lesson is lost, and what is forgotten here is forgotten there."""

from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("fastapi")

from fastapi.testclient import TestClient

from hellodl.runs.log import RunLog
from hellodl.web.app import make_app

EACH = 5


def stroke(number):
    return [[[10, 10], [12 + number, 200], [90, 200]]]


def test_two_pages_at_once_keep_all_lessons(here, tmp_path):
    apps = [here.app, make_app(here.mine, RunLog(tmp_path / "other.sqlite3").path, threads=1)]
    ours = {"X-Hellodl": "1"}
    clients = [TestClient(app, base_url="http://localhost", headers=ours) for app in apps]

    def teach(who):
        for number in range(EACH):
            drawing = {"letter": "L", "strokes": stroke(100 * who + number)}
            assert clients[who].post("/api/lessons", json=drawing).status_code == 200

    with clients[0], clients[1], ThreadPoolExecutor(2) as pool:
        list(pool.map(teach, range(2)))
        assert [client.get("/api/lessons").json()["lessons"] for client in clients] == [2 * EACH] * 2
        assert here.mine.forget() == 2 * EACH
        assert clients[1].get("/api/lessons").json()["lessons"] == 0
