"""Nobody but the page gets in, and nobody takes more than there is."""

import asyncio

import pytest

pytest.importorskip("fastapi")

from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from hellodl.web import safety
from hellodl.web.app import make_app
from hellodl.web.limits import Shares
from hellodl.web.safety import Door, Guard


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8765", "127.0.0.1:1", "[::1]:8765", "LOCALHOST", "localhost."]
)
def test_this_machine_has_several_names(client, host):
    assert client.get("/api/status", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil@localhost",
        "localhost:8765:1",
        "192.168.1.9",
        "",
        "[::1",
        "0.0.0.0",
    ],
)
def test_a_name_that_was_made_to_point_here_is_refused(client, host):
    answer = client.get("/api/status", headers={"Host": host})
    assert answer.status_code == 403
    assert "error" in answer.json()


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost", 422),
        ("https://localhost", 422),
        ("http://evil.example", 403),
        ("null", 403),
        ("http://localhost:3000", 403),
        ("http://localhost.evil.example", 403),
        ("file://localhost", 403),
    ],
)
def test_a_request_from_another_page_is_refused(client, origin, status):
    answer = client.post("/api/draw", json={"strokes": []}, headers={"Origin": origin})
    assert answer.status_code == status


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_says_it_comes_from_another_site_is_refused(client, site):
    assert client.get("/api/status", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert client.post("/api/learn", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert client.get("/", headers={"Sec-Fetch-Site": site}).status_code == 200, "a link to the page may be anywhere"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/draw"), ("DELETE", "/api/lessons"), ("POST", "/api/learn")]
)
def test_what_changes_something_needs_the_header(client, here, method, path):
    client.headers.pop("X-Hellodl")
    answer = client.request(method, path)
    assert answer.status_code == 403
    assert "X-Hellodl" in answer.json()["error"]


def test_every_answer_says_what_a_browser_may_do_with_it(client):
    for path in ("/", "/api/status", "/nowhere", "/static/nothing.js"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] in ("no-store", "no-cache")
    assert "content-security-policy" in client.get("/", headers={"Host": "evil.example"}).headers


def test_a_body_that_is_too_large_is_refused_by_what_it_says(client):
    answer = client.post("/api/draw", content=b" " * (safety.BODY + 1), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "at most" in answer.json()["error"]


def test_a_body_that_does_not_say_how_large_it_is_is_counted(client):
    def pieces():
        for _ in range(20):
            yield b" " * (safety.BODY // 10)

    headers = {"Content-Type": "application/json"}
    assert client.post("/api/draw", content=pieces(), headers=headers).status_code == 413


def test_a_body_that_never_comes_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(safety, "SECONDS", 0.05)

    async def never():
        await asyncio.sleep(60)

    async def main():
        with pytest.raises(safety.HTTPException) as refused:
            await safety.Body(never, None, 10, Shares(100), "").piece()
        assert refused.value.status_code == 408

    asyncio.run(main())


def test_a_body_that_says_it_is_too_large_is_not_waited_for():
    async def never():
        await asyncio.sleep(60)

    async def main():
        with pytest.raises(safety.HTTPException) as refused:
            await safety.Body(never, "11", 10, Shares(100), "").piece()
        assert refused.value.status_code == 413

    asyncio.run(main())


def test_after_the_body_the_clock_stands_still(monkeypatch):
    monkeypatch.setattr(safety, "SECONDS", 0.05)
    messages = [{"type": "http.request", "body": b"a", "more_body": False}]

    async def receive():
        if messages:
            return messages.pop()
        await asyncio.sleep(0.2)
        return {"type": "http.disconnect"}

    async def main():
        piece = safety.Body(receive, "1", 10, Shares(100), "").piece
        assert (await piece())["body"] == b"a"
        assert (await piece())["type"] == "http.disconnect"

    asyncio.run(main())


def test_a_body_that_trickles_is_cut_off_and_one_that_flows_is_not(monkeypatch):
    monkeypatch.setattr(safety, "SECONDS", 0.2)
    monkeypatch.setattr(safety, "PACE", 1000)

    async def taken(size, pieces):
        async def receive():
            await asyncio.sleep(0.05)
            return {"type": "http.request", "body": bytes(size), "more_body": True}

        body = safety.Body(receive, None, 10**6, Shares(10**7), "")
        for _ in range(pieces):
            await body.piece()

    with pytest.raises(safety.HTTPException) as refused:
        asyncio.run(taken(1, 20))
    assert refused.value.status_code == 408
    asyncio.run(taken(100, 20))


def test_bodies_that_are_here_at_once_must_fit_and_are_forgotten():
    shares = Shares(100)

    async def receive():
        return {"type": "http.request", "body": bytes(30), "more_body": True}

    async def main():
        body = safety.Body(receive, None, 1000, shares, "greedy")
        await body.piece()
        with pytest.raises(safety.HTTPException) as refused:
            await body.piece()
        assert refused.value.status_code == 503 and refused.value.headers == {"Retry-After": "5"}
        await safety.Body(receive, None, 1000, shares, "another").piece()
        body.forget()

    asyncio.run(main())
    assert shares.held == {"another": 30}


def test_there_are_no_websockets(client):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/api/status"):
        pass


@pytest.fixture
def network(here):
    """A client in the network, and the tokens that were announced."""
    tokens = []
    door = Door(tokens.append)
    app = make_app(here.mine, here.log.path, 1, names=frozenset({"mymachine"}), door=door)
    return TestClient(app, base_url="http://mymachine", headers={"X-Hellodl": "1"}), tokens


def test_in_a_network_nothing_is_open_without_the_token(network):
    client, tokens = network
    for path in ("/", "/api/status", "/static/index.html", "/openapi.json", "/?token=", "/?token=wrong"):
        assert client.get(path).status_code == 403, path
    assert client.get(f"/api/status?token={tokens[0]}").status_code == 403, "the token opens the page only"
    assert len(tokens) == 1


def test_the_token_is_exchanged_for_a_cookie_once(network):
    client, tokens = network
    welcome = client.get(f"/?token={tokens[0]}")
    assert welcome.status_code == 200
    cookie = welcome.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert tokens[0] not in cookie
    assert client.get("/").status_code == client.get("/api/status").status_code == 200
    client.cookies.clear()
    assert client.get(f"/?token={tokens[0]}").status_code == 403, "it was used"
    assert client.get(f"/?token={tokens[1]}").status_code == 200, "the next visitor has another one"


@pytest.mark.parametrize("cookie", ["hellodl=", "hellodl=wrong", "other=1", "hellodl", '"', "hellodl=é"])
def test_a_made_up_cookie_opens_nothing(network, cookie):
    client, _ = network
    assert client.get("/api/status", headers={"Cookie": cookie.encode()}).status_code == 403


def test_secrets_are_compared_whole():
    assert safety.same("abc", "abc")
    assert not safety.same("abc", "ab")
    assert not safety.same("é", "\udcff")


def test_in_a_network_addresses_are_names_of_this_machine_but_not_other_names():
    inside = Guard(None, names=frozenset({"mymachine"}), door=Door(lambda token: None))
    assert inside.is_ours("192.168.1.9:8765") and inside.is_ours("MyMachine:1") and inside.is_ours("[fe80::1]:1")
    assert not inside.is_ours("evil.example") and not inside.is_ours("192.168.1.9.evil.example")
