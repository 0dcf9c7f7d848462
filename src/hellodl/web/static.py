"""The page's own files, as a table that is made when the server starts: no name in a request is ever a path."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources

from fastapi import Request
from fastapi.responses import Response

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True)
class File:
    """A file's bytes, what they are, and a mark that is another one when they change."""

    content: bytes
    kind: str
    tag: str

    def answer(self, request: Request) -> Response:
        """The file; or that the browser has it already."""
        headers = {"ETag": self.tag, "Cache-Control": "no-cache"}  # kept, but asked for each time
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.content, media_type=self.kind, headers=headers)


def page_files() -> dict[str, File]:
    """All files of the page by name."""
    found = {}
    for entry in resources.files("hellodl.web").joinpath("static").iterdir():
        kind = TYPES.get("." + entry.name.rpartition(".")[2])
        if kind is not None and entry.is_file():
            content = entry.read_bytes()
            found[entry.name] = File(content, kind, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
    return found
