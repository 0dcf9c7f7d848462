"""What may be asked of the server, and what it answers: an OpenAPI 3.1 description, written once.

Clients can be made from it, and test programs (schemathesis); and requests are checked by it.
"""

from __future__ import annotations

from typing import Any

from hellodl.web.schema import Schema

MEGA = 2**20
PHOTO = 30_000_000  # bytes
BODIES = {"/api/read": PHOTO, "/api/lessons": 4 * PHOTO // 3 + 4 * MEGA}  # base64 makes four bytes of three


def an_object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object with these members and no others."""
    members = {**required, **(optional or {})}
    return {"type": "object", "properties": members, "required": [*required], "additionalProperties": False}


def a_list(items: Schema, **limits: int) -> Schema:
    """An array of such items."""
    return {"type": "array", "items": items, **limits}


NUMBER, TEXT, YES_OR_NO = {"type": "number"}, {"type": "string"}, {"type": "boolean"}
WHOLE = {"type": "integer", "minimum": 0, "maximum": 2**53}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
MAYBE = {"type": ["number", "null"]}
ANY = {"type": "object"}
PLACE = {"type": "number", "minimum": -1e6, "maximum": 1e6}
STROKES = a_list(a_list(a_list(PLACE, minItems=2, maxItems=2)), maxItems=1000)
LETTER = {"type": "string", "minLength": 1, "maxLength": 1}
BOX = a_list({"type": "number", "minimum": 0, "maximum": 1e6}, minItems=4, maxItems=4)
ROTATE = {"type": "string", "enum": ["none", "auto"]}
CASE = {"type": "string", "enum": ["page", "upper", "lower"]}
FLAG = {"type": "string", "enum": ["0", "1"]}
COUNTED = an_object({"lessons": WHOLE})
CANDIDATE = an_object({"character": TEXT, "probability": SHARE})
CHARACTER = an_object(
    {
        "letter": TEXT,
        "probability": SHARE,
        "runner_up": TEXT,
        "runner_up_probability": SHARE,
        "box": BOX,
        "space": YES_OR_NO,
    }
)

DRAWING = an_object({"strokes": STROKES}, {"personal": YES_OR_NO})
LESSON = {
    "oneOf": [
        an_object({"strokes": STROKES, "letter": LETTER}),
        an_object(
            {
                "photo": TEXT,
                "characters": a_list(
                    an_object({"box": BOX, "letter": {"type": "string", "maxLength": 1}}), minItems=1, maxItems=5000
                ),
            },
            {"personal": YES_OR_NO, "rotate": ROTATE, "case": CASE},
        ),
    ]
}
PROMPT = an_object(
    {"prompt": {"type": "string", "maxLength": 5000}},
    {
        "temperature": {"type": "number", "minimum": 0, "maximum": 10},
        "top_k": {"type": ["integer", "null"], "minimum": 1, "maximum": 100_000},
        "length": {"type": "integer", "minimum": 1, "maximum": 1000},
    },
)

READ_QUERY: dict[str, Schema] = {"personal": FLAG, "rotate": ROTATE, "case": CASE}
RUNS_QUERY: dict[str, Schema] = {"program": TEXT, "limit": {"type": "integer", "minimum": 1, "maximum": 10_000}}
CURVES_QUERY: dict[str, Schema] = {"points": {"type": "integer", "minimum": 2, "maximum": 20_000}}
LAYERS_QUERY: dict[str, Schema] = {
    "name": TEXT,
    "kind": {"type": "string", "enum": ["weight", "gradient", "activation"]},
}
KERNELS_QUERY: dict[str, Schema] = {"name": TEXT, "step": WHOLE}
EVENTS_QUERY: dict[str, Schema] = {"run": WHOLE, "after": WHOLE}

STEPS = a_list(WHOLE)
CURVE = an_object({"step": STEPS, "loss": a_list(MAYBE), "accuracy": a_list(MAYBE)}, {"learning_rate": a_list(MAYBE)})
STATISTICS = {name: a_list(MAYBE) for name in ("mean", "std", "low", "high", "zeros", "update_ratio")}


def description(version: str) -> dict[str, Any]:
    """The whole of it, ready for JSON."""
    read = {"content": {"image/*": {"schema": {"type": "string", "contentMediaType": "image/*"}}}, "required": True}
    run = {"name": "id", "in": "path", "required": True, "schema": WHOLE}
    job = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    paths = {
        "/api/status": {
            "get": _operation(
                "how things are",
                answer=an_object(
                    {
                        "version": TEXT,
                        "lessons": WHOLE,
                        "personal": YES_OR_NO,
                        "text_model": TEXT,
                        "busy": YES_OR_NO,
                        "job": {"type": ["string", "null"]},
                    }
                ),
            )
        },
        "/api/draw": {
            "post": _operation(
                "what a drawn character is taken for",
                body=DRAWING,
                answer=an_object(
                    {
                        "character": TEXT,
                        "probability": SHARE,
                        "candidates": a_list(CANDIDATE),
                        "picture": TEXT,
                        "layers": a_list(an_object({"name": TEXT, "shape": a_list(WHOLE), "picture": TEXT})),
                    }
                ),
            )
        },
        "/api/read": {
            "post": _operation(
                "what a photo says",
                read,
                _queries(READ_QUERY),
                answer=an_object({"width": WHOLE, "height": WHOLE, "text": TEXT, "lines": a_list(a_list(CHARACTER))}),
            )
        },
        "/api/sample": {"get": _operation("a made page, as PNG", media="image/png")},
        "/api/lessons": {
            "get": _operation("what is in one's collection", answer=an_object({"lessons": WHOLE, "counts": ANY})),
            "post": _operation(
                "keep characters to learn from", body=LESSON, answer=an_object({"added": WHOLE, "lessons": WHOLE})
            ),
            "delete": _operation("forget all of them, and who learned from them", answer=COUNTED),
        },
        "/api/lessons/undo": {"post": _operation("take the last lesson back", answer=COUNTED)},
        "/api/learn": {
            "post": _operation(
                "learn from the collection, in the background", status="202", answer=an_object({"job": TEXT})
            )
        },
        "/api/jobs/{id}/events": {
            "get": _operation(
                "how a learning goes on",
                queries=[job],
                media="text/event-stream",
                more={"204": {"description": "it has ended, and all was told"}},
            )
        },
        "/api/jobs/{id}/cancel": {
            "post": _operation("call a learning off", queries=[job], answer=an_object({"job": TEXT}))
        },
        "/api/runs": {
            "get": _operation(
                "the training runs", queries=_queries(RUNS_QUERY), answer=an_object({"runs": a_list(ANY)})
            )
        },
        "/api/runs/events": {
            "get": _operation("how a run goes on", queries=_queries(EVENTS_QUERY, "run"), media="text/event-stream")
        },
        "/api/runs/{id}": {"get": _operation("all about one run", queries=[run], answer=ANY)},
        "/api/runs/{id}/curves": {
            "get": _operation(
                "its curves",
                queries=[run, *_queries(CURVES_QUERY)],
                answer=an_object({"training": CURVE, "validation": CURVE}),
            )
        },
        "/api/runs/{id}/layers": {
            "get": _operation(
                "statistics of one array",
                queries=[run, *_queries(LAYERS_QUERY, "name", "kind")],
                answer=an_object({"steps": STEPS, **STATISTICS, "histograms": a_list(a_list(WHOLE))}),
            )
        },
        "/api/runs/{id}/kernels": {
            "get": _operation(
                "kernels in full",
                queries=[run, *_queries(KERNELS_QUERY, "name")],
                answer=an_object({"shape": a_list(WHOLE), "values": a_list(MAYBE)}),
            )
        },
        "/api/runs/{id}/confusion": {
            "get": _operation(
                "what was taken for what",
                queries=[run],
                answer=an_object({"classes": TEXT, "matrix": a_list(a_list(WHOLE))}),
            )
        },
        "/api/write": {"post": _operation("write on from a prompt", body=PROMPT, media="text/event-stream")},
    }
    about = {
        "title": "hellodl",
        "version": version,
        "description": "What `hellodl web` offers its page. "
        "Requests that change something need the header X-Hellodl: 1.",
    }
    return {"openapi": "3.1.0", "info": about, "paths": paths}


def _operation(
    summary: str,
    body: dict[str, Any] | None = None,
    queries: list[dict[str, Any]] | None = None,
    *,
    answer: Schema | None = None,
    media: str = "application/json",
    status: str = "200",
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """One operation; a body is a schema of JSON, or described in full."""
    content = {"description": summary, "content": {media: {"schema": answer or {}}}}
    wrong = {
        "description": "an error, in one line that says what to do",
        "content": {"application/json": {"schema": an_object({"error": TEXT})}},
    }
    found: dict[str, Any] = {
        "summary": summary,
        "responses": {status: content, "4XX": wrong, "503": wrong, **(more or {})},
    }
    if body is not None:
        found["requestBody"] = (
            body if "content" in body else {"required": True, "content": {"application/json": {"schema": body}}}
        )
    if queries:
        found["parameters"] = queries
    return found


def _queries(schemas: dict[str, Schema], *required: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in schemas.items()
    ]
