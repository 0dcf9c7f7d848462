"""A web server on this machine that behaves as badly as servers do."""

import contextlib
import http.server
import re
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the `files` of its server, with ranges, unless told to misbehave."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        site = self.server.site
        wanted = self.headers.get("Range")
        site.requests.append((self.path, wanted))
        if site.statuses:
            return self.answer(site.statuses.pop(0), b"busy")
        if self.path in site.redirects:
            return self.answer(302, b"", {"Location": site.redirects[self.path]})
        if self.path in site.pages:
            return self.answer(200, b"<html>We have moved!</html>", {"Content-Type": "text/html; charset=utf-8"})
        if self.path not in site.files:
            return self.answer(404, b"no such file")
        content = site.files[self.path]
        if wanted is None or not site.ranges:
            return self.answer(200, content)
        first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted).groups()
        first, last = int(first), min(int(last or len(content) - 1), len(content) - 1)
        if first >= len(content):
            return self.answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        first, last = first + site.late, min(last, first + site.late + site.most - 1)
        range_sent = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
        return self.answer(206, content[first : last + 1], range_sent)

    def answer(self, status, content, headers=None):
        site = self.server.site
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in {"Content-Type": "application/octet-stream", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if site.drops and len(content) > site.drops[0]:
            content = content[: site.drops.pop(0)]
            self.close_connection = True
        site.sent += len(content)
        with contextlib.suppress(ConnectionError):  # the client may have heard enough
            self.wfile.write(content)

    def log_message(self, *arguments):
        """Keep quiet."""


class Site:
    """A web server in a thread.

    `drops`: after how many bytes to hang up, a number an answer that is longer. `most`: bytes in one answer.
    `late`: how far behind the asked byte it begins.
    """

    def __init__(self):
        self.files, self.redirects, self.pages = {}, {}, set()
        self.ranges, self.most, self.late = True, 10**9, 0
        self.drops, self.statuses = [], []
        self.requests, self.sent = [], 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.site = self
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
