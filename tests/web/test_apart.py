"""Work in another process: what comes back, who is told on the way, and how it ends before its end."""

import os
import time

import pytest

pytest.importorskip("fastapi")

import cv2
from fastapi import HTTPException
from fastapi.testclient import TestClient

from hellodl.data.collection import Collection
from hellodl.data.pages.layout import write_page
from hellodl.errors import DataError, HelloError
from hellodl.web.apart import Apart
from hellodl.web.app import make_app


def where():
    return os.getpid(), os.nice(0)


def counts(most, watch):
    for number in range(most):
        watch(number, most)
        time.sleep(0.01)
    return most


def refuses():
    raise DataError("there is nothing; bring something")


def fails():
    return 1 / 0


def ends():
    os._exit(9)


@pytest.fixture(scope="module")
def apart():
    apart = Apart("the work", seconds=30)
    yield apart
    apart.close()


def test_it_is_done_elsewhere_politely_and_by_the_same_process(apart):
    first, nice = apart.do(where)
    assert first != os.getpid() and nice >= os.nice(0)
    assert apart.do(where)[0] == first


def test_who_watches_is_told(apart):
    told = []
    assert apart.do(counts, 3, watch=lambda *said: told.append(said)) == 3
    assert told == [(0, 3), (1, 3), (2, 3)]


def test_errors_come_back(apart):
    with pytest.raises(DataError, match="bring something"):
        apart.do(refuses)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        apart.do(fails)


def test_who_watches_can_stop_it(apart):
    def enough(number, most):
        if number == 2:
            raise HelloError("enough")

    began = time.monotonic()
    with pytest.raises(HelloError, match="enough"):
        apart.do(counts, 10_000, watch=enough)
    assert time.monotonic() - began < 20
    assert apart.do(where)[0] != os.getpid(), "the next question finds somebody"


def test_what_takes_too_long_is_stopped_and_may_be_asked_again(apart, monkeypatch):
    apart.do(where)
    monkeypatch.setattr(apart, "seconds", 0.2)
    with pytest.raises(HTTPException) as refused:
        apart.do(time.sleep, 60)
    assert refused.value.status_code == 503 and "Retry-After" in refused.value.headers


def test_a_process_that_ends_is_replaced(apart):
    with pytest.raises(HTTPException, match="ended before its work was done"):
        apart.do(ends)
    assert apart.do(where)[0] != os.getpid()


def test_the_page_reads_a_photo_apart(tmp_path):
    app = make_app(Collection(tmp_path / "mine"), tmp_path / "runs.sqlite3", threads=1)
    picture = cv2.imencode(".png", write_page("make hay", 3, width=700)[0])[1].tobytes()
    with TestClient(app, base_url="http://localhost", headers={"X-Hellodl": "1"}) as client:
        answer = client.post("/api/read", content=picture, headers={"Content-Type": "image/png"})
        assert answer.status_code == 200 and len(answer.json()["text"]) > 4
        bad = client.post("/api/read", content=b"GIF89a", headers={"Content-Type": "image/gif"})
        assert bad.status_code == 422 and "picture" in bad.json()["error"]
