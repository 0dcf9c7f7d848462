"""Requests are held against the description, and every address has one."""

import json

import pytest

pytest.importorskip("starlette")

from starlette.exceptions import HTTPException
from visiting import page_of

from hellodl.web import openapi
from hellodl.web.schema import from_query, misfit, parsed

POINT = {"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": 2, "maxItems": 2}
THING = {
    "type": "object",
    "properties": {"at": POINT, "name": {"type": "string", "maxLength": 3}},
    "required": ["at"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"at": [1, 2.5]}, None),
        ({"at": [1, 2], "name": "abc"}, None),
        ({}, "lacks 'at'"),
        ({"at": [1]}, "at least 2"),
        ({"at": [1, 2, 3]}, "at most 2"),
        ({"at": [1, -2]}, "at least 0"),
        ({"at": [1, "2"]}, "number"),
        ({"at": [True, 2]}, "number"),
        ({"at": [1, 2], "name": "abcd"}, "at most 3"),
        ({"at": [1, 2], "x": 1}, "not known"),
        ([], "object"),
        (None, "object"),
        ({"at": [float("nan"), 1]}, "number"),
        ({"at": [float("inf"), 1]}, "number"),
    ],
)
def test_what_does_not_fit_is_named(value, says):
    found = misfit(value, THING, "it")
    assert found is None if says is None else says in found


def test_whole_numbers_null_and_one_of_several():
    whole = {"type": ["integer", "null"], "minimum": 1}
    assert misfit(3, whole, "n") is misfit(None, whole, "n") is misfit(3.0, whole, "n") is None
    assert misfit(3.5, whole, "n") and misfit(0, whole, "n") and misfit("3", whole, "n")
    either = {"oneOf": [{"type": "string"}, THING]}
    assert misfit("a", either, "it") is misfit({"at": [1, 2]}, either, "it") is None
    assert "none of its forms" in misfit(3, either, "it")
    assert misfit("b", {"enum": ["a", "c"]}, "it") == "it must be one of a, c"
    assert misfit(True, {"enum": [1]}, "it")


def test_a_query_has_numbers_where_they_are_wanted():
    assert from_query("20", {"type": "integer"}, "n") == 20
    assert from_query("20", {"type": "string"}, "n") == "20"
    for wrong in ("", "x", "1.5", "²", "9" * 5000):
        with pytest.raises(HTTPException):
            from_query(wrong, {"type": "integer"}, "n")


def test_a_body_that_is_no_json_is_another_mistake_than_one_that_does_not_fit():
    assert parsed(b'{"at": [1, 2]}', THING) == {"at": [1, 2]}
    for body, status in ((b"{", 400), (b"", 400), (b"[" * 10**6, 400), (b"[]", 422)):
        with pytest.raises(HTTPException) as refused:
            parsed(body, THING)
        assert refused.value.status_code == status


def test_every_address_is_described_and_nothing_else(client, here):
    described = {
        (path, method.upper())
        for path, operations in client.get("/openapi.json").json()["paths"].items()
        for method in operations
    }
    there = {
        (route.path, method)
        for route in page_of(here).routes()
        for method in route.methods - {"HEAD"}
        if route.path.startswith("/api/")
    }
    assert described == there


def test_the_description_is_plain_json_and_its_answers_fit_it(client):
    document = openapi.description("1")
    assert json.loads(json.dumps(document)) == document
    status = document["paths"]["/api/status"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert misfit(client.get("/api/status").json(), status, "it") is None
    drawn = document["paths"]["/api/draw"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    answer = client.post("/api/draw", json={"strokes": [[[0, 0], [5, 9]]]}).json()
    assert misfit(answer, drawn, "it") is None
