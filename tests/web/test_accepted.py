"""Requests are held against their models, and every address is described."""

import json
import re
from typing import Annotated, Literal

import pytest

pytest.importorskip("fastapi")

from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import Field, ValidationError
from visiting import page_of

from hellodl.web import accepted, safety, shapes
from hellodl.web.accepted import DIGITS, WHOLE, AddressQuery, FromQuery, Point, RunNumber, Sent
from hellodl.web.address import Address
from hellodl.web.answers import Answer
from hellodl.web.refusals import HANDLERS


class Thing(Sent):
    at: Point
    name: str = Field("", max_length=3)
    count: Annotated[int, Field(ge=1), WHOLE] | None = None
    colour: Literal["red", "blue"] = "red"


class Wish(AddressQuery):
    n: Annotated[int, Field(ge=0), DIGITS] = 0
    word: str = ""


async def tell(thing: Thing):
    return Answer(thing.model_dump())


async def told(number: RunNumber, wish: FromQuery[Wish]):
    return Answer([number, wish.n, wish.word])


@pytest.fixture(scope="module")
def asked():
    """A server that takes a Thing, or a number and a Wish, and says what it understood."""
    rows = [Address("POST", "/thing", tell), Address("GET", "/runs/{id}", told)]
    with TestClient(FastAPI(routes=rows, exception_handlers={**HANDLERS})) as client:
        yield client


def sent(asked, body: bytes):
    return asked.post("/thing", content=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"at": [1, 2.5]}, None),
        ({"at": [1, 2], "name": "abc"}, None),
        ({}, "at is missing"),
        ({"at": [1]}, "at should have at least 2 items, not 1"),
        ({"at": [1, 2, 3]}, "at most 2"),
        ({"at": [1, -2e6]}, "at[1] should be greater than or equal to -1000000"),
        ({"at": [1, 2e6]}, "at[1] should be less than or equal to 1000000"),
        ({"at": [1, "2"]}, "at[1] should be a valid number"),
        ({"at": [True, 2]}, "at[0] should be a valid number"),
        ({"at": [10**400, 2]}, "at[0] should be a valid number"),
        ({"at": [1, 2], "name": "abcd"}, "name should have at most 3 characters"),
        ({"at": [1, 2], "name": None}, "name should be a valid string"),
        ({"at": [1, 2], "x": 1}, "the body has something that is not known here; it may have at, name"),
        ({"at": [1, 2], "\ud800": 1}, "not known"),
        ([], "the body should be an object"),
        ("at", "the body should be an object"),
        (None, "the body "),
        ({"at": [float("nan"), 1]}, "at[0] should be a finite number"),
        ({"at": [float("inf"), 1]}, "at[0] should be a finite number"),
        ({"at": [1, 2], "count": 3}, None),
        ({"at": [1, 2], "count": 3.0}, None),
        ({"at": [1, 2], "count": None}, None),
        ({"at": [1, 2], "count": 3.5}, "count should be a valid integer"),
        ({"at": [1, 2], "count": "3"}, "count should be a valid integer"),
        ({"at": [1, 2], "count": True}, "count should be a valid integer"),
        ({"at": [1, 2], "count": float("inf")}, "count should be a valid integer"),
        ({"at": [1, 2], "count": 0}, "count should be greater than or equal to 1"),
        ({"at": [1, 2], "colour": "green"}, "colour should be 'red' or 'blue'"),
        ({"at": [1, 2], "colour": 1}, "colour should be 'red' or 'blue'"),
    ],
)
def test_what_does_not_fit_is_named_in_one_line(asked, value, says):
    answer = sent(asked, json.dumps(value).encode())
    if says is None:
        assert answer.status_code == 200
        return
    assert (answer.status_code, [*answer.json()]) == (422, ["error"])
    line = answer.json()["error"]
    assert says in line and line.endswith("; /openapi.json says what fits") and "\n" not in line


def test_whole_numbers_may_be_written_with_a_point(asked):
    assert sent(asked, b'{"at": [1, 2], "count": 3.0}').text == '{"at":[1.0,2.0],"name":"","count":3,"colour":"red"}'


def test_a_body_that_is_no_json_is_another_mistake_than_one_that_does_not_fit(asked):
    for body, status in (
        (b"{", 400),
        (b"", 400),
        (b"[" * 10**6, 400),
        (b"\xff", 400),
        (b"9" * 5000, 400),
        (b"[]", 422),
    ):
        assert sent(asked, body).status_code == status, body[:9]


@pytest.mark.parametrize("kind", [None, "text/plain", "application/jsonp", "application/x-www-form-urlencoded"])
def test_what_does_not_say_that_it_is_json_is_not_looked_at(asked, kind):
    answer = asked.post("/thing", content=b'{"at": [1, 2]}', headers={"Content-Type": kind} if kind else {})
    assert (answer.status_code, "application/json" in answer.json()["error"]) == (415, True)


def test_a_query_has_numbers_where_they_are_wanted(asked):
    assert asked.get("/runs/7?n=20&word=20&more=1").json() == [7, 20, "20"]
    for wrong in ("", "x", "1.5", "1.0", "-1", "+1", " 1", "1_0", "1e1", "²", "٣", "9" * 5000):
        answer = asked.get("/runs/7", params={"n": wrong})
        assert (answer.status_code, answer.json()["error"][:4]) == (422, "?n= "), wrong


def test_a_path_without_its_number_leads_nowhere_unless_the_query_is_wrong_too(asked):
    for wrong in ("x", "-1", "1.0", "+1", "%201", "1_0", "٣", "9" * 40):
        assert asked.get(f"/runs/{wrong}").status_code == 404, wrong
        assert asked.get(f"/runs/{wrong}?n=x").status_code == 422, wrong


def test_a_hundred_thousand_mistakes_are_told_as_one():
    for mistakes in ({str(n): n for n in range(100_000)}, {"strokes": [[["a", 1]] * 100_000]}):
        with pytest.raises(ValidationError) as refused:
            accepted.Drawing.model_validate(mistakes)
        assert refused.value.error_count() == 1


def test_what_was_sent_is_not_sent_back_at_length(asked):
    answer = asked.get("/runs/7", params={"n": "x" * 10_000})
    assert answer.status_code == 422 and len(answer.text) < 200


def test_large_bodies_fit_where_they_are_wanted_and_nowhere_else(here):
    assert {*accepted.BODIES} <= {row.path for row in page_of(here).routes()}
    assert here.app.bodies == accepted.BODIES and min(accepted.BODIES.values()) > safety.BODY


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


def test_limits_are_in_the_description(client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    drawing, prompt = schemas["Drawing"], schemas["Prompt"]
    assert drawing["additionalProperties"] is False and drawing["required"] == ["strokes"]
    assert drawing["properties"]["strokes"]["maxItems"] == 1000
    assert prompt["properties"]["prompt"]["maxLength"] == 5000
    assert (prompt["properties"]["length"]["type"], prompt["properties"]["length"]["maximum"]) == ("integer", 1000)


def test_answers_have_the_shapes_that_are_described(client):
    shapes.Status.model_validate(client.get("/api/status").json(), strict=True)
    shapes.Drawn.model_validate(client.post("/api/draw", json={"strokes": [[[0, 0], [5, 9]]]}).json(), strict=True)
    shapes.Refused.model_validate(client.get("/nowhere").json(), strict=True)


def test_the_description_comes_without_pages_that_load_scripts_from_elsewhere(client):
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert client.get(path).status_code == 404
    assert not re.search("https?://", client.get("/openapi.json").text)
