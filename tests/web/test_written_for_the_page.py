"""Text comes piece by piece, and nobody writes for who has left."""

import json

import pytest

pytest.importorskip("fastapi")

from visiting import events_in, left_after, page_of

from hellodl.web import writing


def written(client, **body):
    return client.post("/api/write", json=body)


def test_text_comes_in_pieces_with_what_else_might_have_come(client):
    answer = written(client, prompt="def ", length=30)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_in(answer.text)
    assert events[-1] == ("done", {})
    assert sum(len(data["text"]) for _, data in events[:-1]) == 30
    for _, data in events[:-1]:
        chances = [candidate["probability"] for candidate in data["next"]]
        assert len(chances) == 8 and chances == sorted(chances, reverse=True) and sum(chances) <= 1.001


def test_the_likeliest_is_written_where_it_is_cold(client):
    events = events_in(written(client, prompt="import ", length=20, temperature=0).text)
    for _, data in events[:-2]:  # the last piece may be cut
        assert data["next"][0] == {"character": data["text"], "probability": 1.0}
    again = written(client, prompt="import ", length=20, temperature=0, top_k=None)
    assert events_in(again.text) == events


def test_top_k_leaves_so_many_to_choose_from(client):
    for _, data in events_in(written(client, prompt="a", length=20, top_k=2.0).text)[:-1]:
        assert [candidate["probability"] > 0 for candidate in data["next"]][2:] == [False] * 6


def test_no_prompt_begins_a_line_and_half_characters_do_no_harm(client):
    assert written(client, prompt="", length=3).status_code == 200
    answer = client.post(
        "/api/write",
        content=json.dumps({"prompt": "\ud800", "length": 3}),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": "a", "length": 1001},
        {"prompt": "a", "length": 0},
        {"prompt": 3},
        {"prompt": "a", "temperature": -1},
        {"prompt": "a", "top_k": 0},
        {"prompt": "a" * 5001},
        {"prompt": "a", "length": 2.5},
    ],
)
def test_wrong_wishes_are_refused(client, body):
    assert written(client, **body).status_code == 422


def test_who_leaves_is_written_to_no_more(here, monkeypatch):
    asked = []
    pieces = writing.pieces

    def counted(*arguments):
        for piece in pieces(*arguments):
            asked.append(piece)
            yield piece

    monkeypatch.setattr(writing, "pieces", counted)
    body = json.dumps({"prompt": "def ", "length": 1000}).encode()
    got = left_after(here.app, "POST", "/api/write", body, pieces=3)
    assert 3 <= len(got) < 20 and len(asked) <= len(got) + 2
    assert page_of(here).writing.taken == 0


def test_who_finds_no_chair_comes_back_later(client, here):
    page_of(here).writing.shares.count = 0
    answer = written(client, prompt="a")
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
