"""A row of the table of addresses, and what is settled there before a body is read.

FastAPI reads the body of a request before it asks anybody else. Two things have to come first here: whether it says
that it is JSON at all, and whether the desk that it is for has a queue that is too long already.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from hellodl.web.answers import Answer, Events
from hellodl.web.desks import Chairs
from hellodl.web.shapes import Refused, Shape

WRONG = {
    "description": "an error, in one line that says what to do",
    "content": {"application/json": {"schema": Refused.model_json_schema()}},
}
EVENTS = {"description": "server-sent events", "content": {"text/event-stream": {}}}


class Address(APIRoute):
    """Who answers a method at a path, in what shape, and which desk must have room for it."""

    def __init__(
        self,
        method: str,
        path: str,
        endpoint: Callable[..., Any],
        shape: type[Shape] | None = None,
        *,
        kind: type[Response] = Answer,
        status: int = 200,
        desk: Chairs | None = None,
        **more: Any,
    ):
        self.desk = desk
        more |= {"response_class": kind, "response_model": shape, "status_code": status}
        said: dict[int | str, dict[str, Any]] = {"4XX": WRONG, "503": WRONG}
        if kind is Events:
            said["200"] = EVENTS
        super().__init__(path, endpoint, methods=[method], responses=said, **more)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What FastAPI would do, after what it leaves open."""
        answer = super().get_route_handler()

        async def settled(request: Request) -> Response:
            if self.desk:
                self.desk.check()
            if self.body_field is not None:
                await read_json(request)
            return await answer(request)

        return settled


async def read_json(request: Request) -> None:
    """Read the body, which the request keeps for FastAPI. Raises HTTPException, 415 and 400, for what is no JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].rstrip()
    if kind != "application/json":
        raise HTTPException(415, "that is no JSON; send what /openapi.json describes as application/json")
    try:
        await request.json()
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is no JSON; send what /openapi.json describes") from None
