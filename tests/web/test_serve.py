"""`hellodl web` itself: its address, its port, its patience."""

import socket
import sys
import threading
import time
from http.client import HTTPConnection
from urllib.request import urlopen

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

import uvicorn

from hellodl.commands import cli
from hellodl.web import patience, serve


@pytest.fixture
def served(monkeypatch):
    """What would have been served, and what would have been opened."""
    calls = {"opened": []}
    monkeypatch.setattr(serve, "serve", lambda app, listening, debug: calls.update(app=app, socket=listening))
    monkeypatch.setattr(serve.webbrowser, "open", calls["opened"].append)
    yield calls
    if "socket" in calls:
        calls["socket"].close()


def run(*arguments):
    return cli.main(["web", *arguments])


def test_the_address_is_the_result(served, capsys):
    assert run("--port", "0") == 0
    out = capsys.readouterr().out
    host, number = served["socket"].getsockname()
    assert out == f"http://localhost:{number}/\n" and host == "127.0.0.1"
    assert served["opened"] == [], "nobody looks"


def test_a_port_that_is_taken_is_said_or_stepped_over(served, capsys, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        assert run("--port", str(number)) == 1
        error = capsys.readouterr().err
        assert f"port {number} cannot be had" in error and "--port" in error
        monkeypatch.setattr(serve, "PORT", number)
        assert run() == 0
        assert number < served["socket"].getsockname()[1] < number + serve.TRIED


def test_in_a_network_the_address_has_a_token(served, capsys):
    assert run("--lan", "--port", "0") == 0
    out = capsys.readouterr().out
    assert out.startswith("http://") and "?token=" in out and "localhost" not in out
    assert served["socket"].getsockname()[0] == "0.0.0.0"
    assert served["app"].door.token in out


def test_the_page_opens_where_somebody_looks(served, monkeypatch):
    monkeypatch.setattr(serve, "somebody_looks", lambda: True)
    run("--port", "0", "--no-browser")
    served["socket"].close()
    assert served["opened"] == []
    run("--port", "0")
    assert served["opened"][0].startswith("http://localhost:")


def test_without_the_extra_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert run() == 1
    assert 'pip install "hellodl[web]"' in capsys.readouterr().err


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
def test_a_wrong_port_is_wrong_usage(port, capsys):
    assert run("--port", port) == 2


@pytest.fixture
def live(here, monkeypatch):
    """A real server on a free port; the port."""
    monkeypatch.setattr(patience, "HEAD", 0.3)
    monkeypatch.setattr(patience, "TAKING", 0.3)
    config = uvicorn.Config(here.app, http=patience.Patience, ws="none", log_level="critical")
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    listening.close()


def closed_after(client: socket.socket, seconds: float = 5) -> float:
    """How long the other side keeps a connection open to who says nothing more."""
    began = time.monotonic()
    client.settimeout(seconds)
    try:
        while client.recv(2**16):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - began


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "])
def test_who_never_finishes_asking_is_shut_out(live, said):
    with socket.create_connection(("127.0.0.1", live)) as client:
        client.sendall(said)
        assert closed_after(client) < 4


def test_who_asks_again_and_again_is_still_answered(live, monkeypatch):
    monkeypatch.setattr(patience, "HEAD", 1.5)
    client = HTTPConnection("127.0.0.1", live)
    for _ in range(8):
        client.request("GET", "/api/runs")
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, b'{"runs":[]}')
        time.sleep(0.25)
    client.close()


def test_who_takes_nothing_of_the_answer_is_let_go(live):
    urlopen(f"http://127.0.0.1:{live}/api/sample").read()  # made once, which takes its time
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(("127.0.0.1", live))
        client.sendall(b"GET /api/sample HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40)
        time.sleep(1.5)
        client.settimeout(5)
        taken = 0
        try:
            while piece := client.recv(2**20):
                taken += len(piece)
        except ConnectionError:
            pass
        assert taken < 20_000_000, "not all forty pages"
