"""What becomes of errors: a status, and one line that says what to do.

Four kinds come out of the endpoints and of FastAPI: a refusal that says itself which status it is (HTTPException),
a request that does not fit its model (`accepted`), an error in hellodl's own words (HelloError), and a mistake of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException  # FastAPI's is one of these, and so are those of its router
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from hellodl.errors import HelloError, PhotoError
from hellodl.web.answers import refusal, tell

# Where pydantic speaks to programmers. All else that it says is a subject ("Input", "List") and what is wrong with it.
WORDS = {"missing": "is missing", "model_type": "should be an object", "model_attributes_type": "should be an object"}


def http_error(request: Request, error: HTTPException) -> Response:
    """An error that an endpoint found, or FastAPI (no such address, no such method)."""
    headers = dict(error.headers or {})
    if error.status_code == 405:  # each row of the table knows of its own method only
        rows = [row for row in request.app.routes if row.matches(request.scope)[0] is not Match.NONE]
        headers["Allow"] = ", ".join(sorted({method for row in rows for method in row.methods}))
    return refusal(error.status_code, error.detail, headers)


def misfit(request: Request, error: RequestValidationError) -> Response:
    """A request that does not fit. A path that fits nothing leads nowhere (404), if that is all that is wrong."""
    found = error.errors()
    wrong = next((one for one in found if one["loc"][0] != "path"), None)
    if wrong is None:
        return refusal(404, "a run has a number; /api/runs lists them")
    words = WORDS.get(wrong["type"]) or wrong["msg"].partition(" ")[2].replace(" after validation", "")
    return refusal(422, f"{place(*wrong['loc'])} {words}; /openapi.json says what fits")


def place(where: str, *path: str | int) -> str:
    """What is wrong, by name: "strokes[0][1]", "?limit=", or the body as a whole."""
    name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[1:]
    return {"query": f"?{name}=", "body": name or "the body"}.get(where, name)


def hello_error(request: Request, error: HelloError) -> Response:
    """An error that says what to do: of a photo, or of how things are."""
    return refusal(422 if isinstance(error, PhotoError) else 409, str(error))


def nobody_there(request: Request, error: ClientDisconnect) -> Response:
    """The client left while it was asking: nobody reads this."""
    return Response(status_code=400)


def unexpected(request: Request, error: Exception) -> Response:
    """A mistake of ours: told in full where the server runs, and in one line here."""
    tell(f"{request.method} {request.url.path}", error)
    return refusal(500, f"unexpected {type(error).__name__}; the terminal of hellodl web says more")


HANDLERS: Mapping[Any, Any] = {
    HTTPException: http_error,
    RequestValidationError: misfit,
    HelloError: hello_error,
    ClientDisconnect: nobody_there,
    Exception: unexpected,
}
