"""How tests look at the server of `hellodl web`: what is behind it, what came from it, and visitors who leave."""

import asyncio
import json

import cv2


def page_of(here):
    """The object behind an application's routes."""
    return here.app.app.routes[0].endpoint.__self__


def events_in(text: str) -> list[tuple[str, object]]:
    """Server-sent events as (name, data)."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in lines:
            found.append((lines.get("event", "message"), json.loads(lines["data"])))
    return found


def left_after(app, method: str, path: str, body: bytes = b"", pieces: int = 3, query: bytes = b"") -> list[bytes]:
    """What a client gets that goes away after so many pieces; fails where the server goes on for its own sake."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "scheme": "http",
        "headers": [(b"host", b"localhost"), (b"x-hellodl", b"1"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def visit() -> list[bytes]:
        got: list[bytes] = []
        enough = asyncio.Event()
        asked = False

        async def receive():
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": body, "more_body": False}
            await enough.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            if message["type"] == "http.response.body" and message.get("body"):
                got.append(message["body"])
                if len(got) == pieces:
                    enough.set()

        await asyncio.wait_for(app(scope, receive, send), 20)
        return got

    return asyncio.run(visit())


# The page in a browser.

STEM, ARCH = [(0.35, 0.1), (0.35, 0.9)], [(0.35, 0.6), (0.5, 0.5), (0.65, 0.6), (0.65, 0.9)]


def png(picture) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()


def draw(page, pad: str, *strokes: list[tuple[float, float]]) -> None:
    """Strokes by mouse, as shares of the pad's sides."""
    page.locator(pad).scroll_into_view_if_needed()
    frame = page.locator(pad).bounding_box()
    for stroke in strokes:
        places = [(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()


def asked(mock, path: str) -> list:
    """The bodies that were posted to a path."""
    return [body for method, where, _, body in mock.asked if (method, where) == ("POST", path)]


def open_tab(page, name: str) -> None:
    page.locator(f"#tab-{name}").click()
