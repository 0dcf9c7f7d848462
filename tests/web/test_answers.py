"""What goes back is JSON that every browser can read, whatever is in it."""

import asyncio
import json

import numpy as np
import pytest

pytest.importorskip("fastapi")

from visiting import events_in, page_of

from hellodl.errors import DataError
from hellodl.web.answers import Answer, event, refusal, to_the_end


def test_numbers_that_are_none_become_null():
    content = {"a": [1.5, float("nan"), (float("inf"),)], "b": {"c": -float("inf")}, "d": np.float64(2)}
    assert json.loads(Answer(content).body) == {"a": [1.5, None, [None]], "b": {"c": None}, "d": 2.0}


def test_half_a_character_does_not_stop_an_answer():
    assert json.loads(refusal(422, "no \ud800\n  here").body) == {"error": "no ? here"}
    assert events_in(event({"text": "\ud800"})) == [("message", {"text": "?"})]


def test_an_event_has_a_name_and_a_number():
    assert event([1], "done", 3) == "event: done\nid: 3\ndata: [1]\n\n"
    assert "\n" not in event({"text": "a\nb"}).removesuffix("\n\n"), "a line end in data would end the event"


@pytest.mark.parametrize("error", [DataError("the log is gone"), RuntimeError("the log is gone")])
def test_a_source_that_fails_says_so_at_its_end(error):
    async def source():
        yield event(1)
        raise error

    async def heard():
        return "".join([piece async for piece in to_the_end(source())])

    assert events_in(asyncio.run(heard())) == [("message", 1), ("failed", {"error": "the log is gone"})]


def test_a_mistake_of_ours_is_one_line_here_and_told_there(client, here, monkeypatch, caplog):
    monkeypatch.setattr(page_of(here).runs, "listed", lambda *asked: 1 / 0)
    answer = client.get("/api/runs")
    assert answer.status_code == 500
    assert "ZeroDivisionError" in answer.json()["error"] and "division by" not in answer.json()["error"]
    assert "division by zero" in caplog.text
