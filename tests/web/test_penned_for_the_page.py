"""What is typed on the page comes back as strokes of a pen."""

import pytest

pytest.importorskip("fastapi")


def penned(client, **body):
    return client.post("/api/pen", json=body)


def test_a_text_comes_back_as_strokes(client):
    found = penned(client, text="Dear reader,\nhello", hand=2, tidy=1, seed=3).json()
    assert len(found["strokes"]) == len(found["points"]) > 3 and found["hands"] > 2
    assert all(path.startswith("M") for path in found["strokes"])
    assert found["width"] > 5 and found["height"] > 5
    assert penned(client, text="Dear reader,\nhello", hand=2, tidy=1, seed=3).json() == found
    assert penned(client, text="Dear reader,\nhello", hand=2, tidy=1, seed=4).json() != found


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "a" * 601}, {"text": "a", "tidy": -1}, {"text": "a", "hand": -1}, {"text": 3}]
)
def test_wrong_wishes_are_refused(client, body):
    assert penned(client, **body).status_code == 422


@pytest.mark.parametrize(
    ("body", "told"),
    [({"text": "λ"}, "cannot write"), ({"text": " \n"}, "nothing"), ({"text": "a", "hand": 9999}, "no hand")],
)
def test_what_it_cannot_do_is_said(client, body, told):
    answer = penned(client, **body)
    assert 400 <= answer.status_code < 500 and told in answer.json()["error"]


def test_words_of_ones_own_have_the_say_whose_hand_it_is(client):
    strokes = [[[0, 40], [10, 5], [20, 40], [30, 5], [40, 40]], [[60, 20], [80, 20]]]
    own, other = ([{"text": word, "strokes": strokes}] for word in ("win", "now"))
    found = [penned(client, text="hello", like=like).json() for like in ([], own, own, other)]
    assert found[1] == found[2] and found[0] != found[1] != found[3]
    for wrong in ([{"text": "win"}], [{"text": "", "strokes": strokes}], [{"text": "a", "strokes": []}], own * 13):
        assert penned(client, text="hello", like=wrong).status_code == 422
    many = [{"text": "win", "strokes": [[[0, k] for k in range(2000)]] * 11}]
    assert "no writing" in penned(client, text="hello", like=many).json()["error"]


def test_words_that_are_kept_are_lessons_and_have_the_say_when_asked_for(client, here):
    assert "photos only" not in penned(client, text="hello", mine=True).json()["error"]
    strokes = [[[0, 40], [10, 5], [20, 40], [30, 5], [40, 40]], [], [[60, 20], [80, 20]]]
    words = [{"text": "win", "strokes": strokes}]
    assert client.post("/api/lessons", json={"words": words}).json() == {"added": 3, "lessons": 3}
    assert client.get("/api/status").json()["words"] == 1
    assert here.mine.lessons()[1].texts == ("win",)
    hands = {"mine": True}, {"like": words}, {}
    kept, sent, another = (penned(client, text="hello", **how).json() for how in hands)
    assert kept == sent != another
    assert client.post("/api/lessons/undo").json() == {"lessons": 0}
    assert client.get("/api/status").json()["words"] == 0
    assert "a pen learns from strokes" in penned(client, text="hello", mine=True).json()["error"]
    for wrong in ([], words * 13, [{"text": "win"}], [{"text": "win", "strokes": [[]]}]):
        assert client.post("/api/lessons", json={"words": wrong}).status_code in (409, 422), wrong
