"""A stand-in for the server of `hellodl web`: it answers as that does, with things made up, at once.

The page can be worked on and tested against it without a trained network, and tests can make it slow or let it fail.
To look at the page by hand: `python tests/web/mock_server.py 8700`.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

import made_up

STATIC = Path(__file__).parents[2] / "src" / "hellodl" / "web" / "static"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
LEARNING_STEPS = 40


class Mock(ThreadingHTTPServer):
    """The server and all that it remembers; `address` is what a browser opens.

    `fail` maps a path to (status, words) that are answered instead, `slow` to seconds that it takes; `asked` lists
    what was asked of it, as (method, path, query, body).
    """

    daemon_threads = True

    def __init__(self, port: int = 0):
        super().__init__(("127.0.0.1", port), Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.fail: dict[str, tuple[int, str]] = {}
        self.slow: dict[str, float] = {}
        self.asked: list[tuple[str, str, dict, Any]] = []
        self.pace = 0.02  # seconds between two events
        self.lessons: list[str] = []  # the letters of each lesson
        self.words = 0  # that were kept
        self.personal = False
        self.job: str | None = None
        self.cancelled = False
        self.watched = False  # the run that goes on, to its end

    def counts(self) -> Counter:
        return Counter("".join(self.lessons))

    def start(self) -> Mock:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self


class Handler(BaseHTTPRequestHandler):
    server: Mock
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.route("GET")

    def do_POST(self) -> None:
        self.route("POST")

    def do_DELETE(self) -> None:
        self.route("DELETE")

    def route(self, method: str) -> None:
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), dict(parse_qsl(parts.query))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Type") == "application/json":
            body = json.loads(body)
        self.server.asked.append((method, path, query, body))
        time.sleep(self.server.slow.get(path, 0))
        try:
            if path in self.server.fail:
                status, words = self.server.fail[path]
                self.tell({"error": words}, status)
            elif method != "GET" and self.headers.get("X-Hellodl") != "1":
                self.tell({"error": "that did not come from the page; open it again"}, 403)
            elif method == "GET" and (path == "/" or path.startswith("/static/")):
                self.file("index.html" if path == "/" else path.removeprefix("/static/"))
            else:
                self.answer(method, path, query, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self, method: str, path: str, query: dict, body: Any) -> None:
        parts = path.split("/")[2:]  # behind /api
        if parts[:1] == ["runs"] and len(parts) > 1 and parts[1] != "events":
            self.tell(self.run(int(parts[1]), parts[2:], query))
        elif parts[:1] == ["jobs"]:
            if method == "POST":
                self.server.cancelled = True
                self.tell({})
            else:
                self.learn()
        elif handler := self.ROUTES.get((method, path)):
            handler(self, query, body)
        else:
            self.tell({"error": f"{path} is not here; open the page again"}, 404)

    # ---- ways to answer ----

    def head(self, kind: str, size: int | None, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        if size is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(size))
        self.end_headers()

    def tell(self, what: Any, status: int = 200) -> None:
        content = json.dumps(what).encode()
        self.head("application/json", len(content), status)
        self.wfile.write(content)

    def event(self, what: Any, name: str = "") -> None:
        self.wfile.write((f"event: {name}\n" * bool(name) + f"data: {json.dumps(what)}\n\n").encode())
        self.wfile.flush()
        time.sleep(self.server.pace)

    def file(self, name: str) -> Any:
        found = STATIC / name
        if found.parent != STATIC or not found.is_file():
            return self.tell({"error": f"{name} is not here"}, 404)
        content = found.read_bytes()
        self.head(TYPES[found.suffix], len(content))
        return self.wfile.write(content)

    # ---- what is asked ----

    def status(self, *_: Any) -> None:
        mock = self.server
        self.tell(
            {
                "version": "0.1.0",
                "lessons": mock.counts().total(),
                "words": mock.words,
                "personal": mock.personal,
                "text_model": "text",
                "text_data": "python",
                "busy": mock.job is not None,
                "job": mock.job,
            }
        )

    def draw(self, _: dict, body: Any) -> None:
        if not body["strokes"]:
            return self.tell({"error": "there is nothing drawn; draw a letter first"}, 422)
        return self.tell(made_up.drawn(body["strokes"], body["personal"]))

    def sample(self, *_: Any) -> None:
        self.head("image/png", len(made_up.page()))
        self.wfile.write(made_up.page())

    def read(self, query: dict, _: Any) -> None:
        self.tell(made_up.read(query["personal"] == "1"))

    def list_lessons(self, *_: Any) -> None:
        counts = self.server.counts()
        self.tell({"lessons": counts.total(), "counts": counts})

    def teach(self, _: dict, body: Any) -> None:
        if "words" in body:
            self.server.words += len(body["words"])
            return self.tell({"added": 5 * len(body["words"]), "lessons": self.server.counts().total()})
        letters = body["letter"] if "letter" in body else "".join(line["text"] for line in body["lines"])
        self.server.lessons.append(letters)
        return self.tell({"added": len(letters), "lessons": self.server.counts().total()})

    def undo(self, *_: Any) -> None:
        if not self.server.lessons:
            return self.tell({"error": "there is no lesson to take back"}, 409)
        self.server.lessons.pop()
        return self.tell({"lessons": self.server.counts().total()})

    def forget(self, *_: Any) -> None:
        self.server.lessons, self.server.personal = [], False
        self.tell({"lessons": 0})

    def begin(self, *_: Any) -> None:
        if self.server.job:
            return self.tell({"error": "it is learning already; wait until it is done"}, 409)
        self.server.job, self.server.cancelled = "1", False
        return self.tell({"job": "1"})

    def learn(self) -> None:
        self.head("text/event-stream", None)
        for step in range(1, LEARNING_STEPS + 1):
            if self.server.cancelled:
                self.server.job = None
                return self.event({"error": "Stopped; nothing was changed."}, "failed")
            self.event({"step": step, "steps": LEARNING_STEPS, "loss": 0.3 + 2 / step})
        self.server.job, self.server.personal = None, True
        return self.event({"before": 0.74, "after": 0.96, "others_before": 0.91, "others_after": 0.9}, "done")

    def runs(self, query: dict, _: Any) -> None:
        program = query.get("program")
        self.tell({"runs": [run for run in self.known() if program in (None, run["program"])]})

    def known(self) -> list[dict]:
        return made_up.runs(made_up.now(), self.server.watched)

    def run(self, number: int, rest: list[str], query: dict) -> dict:
        if not rest:
            steps = list(range(0, 6001, 1500))
            layers = [{"name": name, "kinds": ["weight", "gradient"]} for name in made_up.LAYERS]
            kernels = [{"name": name, "steps": steps} for name in made_up.KERNELS]
            text = self.known()[number - 1]["program"] == "text"
            return {
                **self.known()[number - 1],
                "layers": layers,
                "kernels": [] if text else kernels,
                "confusion": not text,
            }
        if rest == ["layers"]:
            return made_up.statistics(query["name"], query["kind"])
        if rest == ["kernels"]:
            return made_up.kernels(query["name"], int(query["step"]))
        return made_up.curves(number) if rest == ["curves"] else made_up.confusion()

    def watch(self, query: dict, _: Any) -> None:
        self.head("text/event-stream", None)
        for step in range(int(query["after"]) + 50, int(query["after"]) + 1001, 50):
            self.event({"training": [made_up.row(step)], "validation": []})
            time.sleep(5 * self.server.pace)
        self.server.watched = True
        self.event({}, "ended")

    def write(self, _: dict, body: Any) -> None:
        self.head("text/event-stream", None)
        for place in range(body["length"]):
            character = made_up.WRITTEN[place % len(made_up.WRITTEN)]
            self.event({"text": character, "next": made_up.likely(character)})
        self.event({}, "done")

    def pen(self, _: dict, body: Any) -> None:
        strokes = [f"M{place + 1}.00 1.00L{place + 2}.00 2.00" for place in range(len(body["text"]))]
        size = {"width": len(strokes) + 3.0, "height": 4.0, "pen": 0.13, "hands": 12}
        self.tell(size | {"strokes": strokes, "points": [2] * len(strokes)})

    ROUTES: ClassVar = {
        ("GET", "/api/status"): status,
        ("POST", "/api/draw"): draw,
        ("GET", "/api/sample"): sample,
        ("POST", "/api/read"): read,
        ("GET", "/api/lessons"): list_lessons,
        ("POST", "/api/lessons"): teach,
        ("POST", "/api/lessons/undo"): undo,
        ("DELETE", "/api/lessons"): forget,
        ("POST", "/api/learn"): begin,
        ("GET", "/api/runs"): runs,
        ("GET", "/api/runs/events"): watch,
        ("POST", "/api/write"): write,
        ("POST", "/api/pen"): pen,
    }


if __name__ == "__main__":
    mock = Mock(int(sys.argv[1]) if len(sys.argv) > 1 else 8700)
    print(f"the page with made-up answers: {mock.address}", file=sys.stderr)
    mock.serve_forever()
