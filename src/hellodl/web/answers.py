"""What goes back to the page: JSON, pictures inside of JSON, and events that go on coming.

Server-sent events are lines of text in a response that does not end (WHATWG, "HTML: server-sent events"): every
browser reads them, and so does `curl`.
"""

from __future__ import annotations

import base64
import traceback
from collections.abc import AsyncIterator
from typing import Any

import cv2
import numpy as np
from fastapi import HTTPException
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from hellodl.console import as_json, log
from hellodl.errors import HelloError
from hellodl.storage.safetensors import one_line
from hellodl.web.desks import Chairs


class Answer(JSONResponse):
    """Any JSON; numbers that are none (NaN and infinite) become null, as JSON has no word for them."""

    def render(self, content: Any) -> bytes:
        """The bytes; half characters, which no UTF-8 can say, become question marks."""
        return as_json(content).encode("utf-8", "replace")


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    """An error as the page expects it: one line that says what to do."""
    return Answer({"error": " ".join(message.split())}, status, headers)


def picture_in_text(picture: np.ndarray) -> str:
    """A grey picture (H, W) uint8 as the address of a PNG that holds it itself ("data:")."""
    # Maps of a network are no photos: filters before compression cost time here and save nothing.
    quick = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
    data = cv2.imencode(".png", picture, quick)[1]
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()


def event(data: Any, name: str | None = None, number: int | None = None) -> str:
    """One event: its data, perhaps a name, perhaps a number that a browser tells when it has to ask again."""
    lines = [f"event: {name}"] if name else []
    lines += [f"id: {number}"] if number is not None else []
    return "\n".join([*lines, f"data: {as_json(data)}", "", ""]).encode("utf-8", "replace").decode()


STILL_HERE = ": still here\n\n"  # a comment, which keeps the connection from being taken for dead


async def to_the_end(source: AsyncIterator[str]) -> AsyncIterator[str]:
    """The events of a source, and where it fails an event `failed`: the status was sent long ago."""
    try:
        async for one in source:
            yield one
    except HTTPException as error:
        yield event({"error": error.detail}, "failed")
    except Exception as error:
        if not isinstance(error, HelloError):
            tell("an answer in events", error)
        yield event({"error": str(error)}, "failed")


def tell(what: str, error: Exception) -> None:
    """A mistake of ours, on the terminal where the server runs: in one line, and in full with --debug."""
    log.error(f"{what} failed: {type(error).__name__}: {one_line(error)}")
    log.debug("".join(traceback.format_exception(error)))


class Picture(Response):
    """A picture by itself, as the bytes of a PNG."""

    media_type = "image/png"


class Events(StreamingResponse):
    """A response that goes on as long as its source does, or the client listens; meanwhile it has a seat."""

    def __init__(self, source: AsyncIterator[str], chairs: Chairs):
        super().__init__(to_the_end(source), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self.chairs = chairs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a seat (or raise HTTPException 503), and send."""
        with self.chairs.seat():
            await super().__call__(scope, receive, send)
