"""Teaching from the page: only what is taught is kept, one learns at a time, and forgetting is final."""

import asyncio
import base64
import json
import threading
import time

import cv2
import numpy as np
import pytest

pytest.importorskip("fastapi")

from visiting import events_in, left_after, page_of

from hellodl import nn
from hellodl.commands import teach
from hellodl.data.pages.layout import write_page
from hellodl.errors import HelloError
from hellodl.train.checkpoint import load_model
from hellodl.web.lessons import CALLED_OFF, Job, around
from hellodl.web.limits import later

T = [[[10, 10], [210, 12]], [[110, 10], [108, 260]]]
L = [[[10, 10], [12, 200], [90, 200]]]


def drawn(client, letter, strokes):
    return client.post("/api/lessons", json={"letter": letter, "strokes": strokes})


@pytest.fixture
def quick(monkeypatch):
    """A lesson of three steps that changes nothing; it goes on only as `gate` is opened."""
    gate = threading.Event()
    gate.set()

    def personalised(model, strips, texts, seed, watch):
        for step in range(3):
            assert gate.wait(10)
            watch(step + 1, 3, 1.0 - step / 4)
        pupil = nn.build(nn.describe(model))
        pupil.load_state_dict(model.state_dict())
        return pupil

    monkeypatch.setattr(teach, "personalised", personalised)
    monkeypatch.setattr(teach, "OTHERS", 20)
    return gate


def test_a_drawing_is_kept_with_its_letter(client, here):
    assert client.get("/api/lessons").json() == {"lessons": 0, "counts": {}}
    assert drawn(client, "T", T).json() == {"added": 1, "lessons": 1}
    assert drawn(client, "L", L).json() == {"added": 1, "lessons": 2}
    assert drawn(client, "T", T).json() == {"added": 1, "lessons": 2}, "the same drawing is one lesson"
    assert client.get("/api/lessons").json() == {"lessons": 2, "counts": {"L": 1, "T": 1}}
    assert client.get("/api/status").json()["lessons"] == 2
    lesson = here.mine.lessons()[1]
    assert (lesson.texts, lesson.strips[0].shape[0]) == (("T",), 32)
    assert lesson.read[0] in ("t", "T")


def test_undo_and_forget(client, here):
    drawn(client, "T", T)
    drawn(client, "L", L)
    assert client.post("/api/lessons/undo").json() == {"lessons": 1}
    assert client.get("/api/lessons").json()["counts"] == {"T": 1}
    assert client.delete("/api/lessons").json() == {"lessons": 0}
    assert not here.mine.folder.exists()
    answer = client.post("/api/lessons/undo")
    assert answer.status_code == 409 and "no lesson" in answer.json()["error"]


@pytest.fixture(scope="module")
def photo():
    return cv2.imencode(".png", write_page("hay", 3, width=320)[0])[1].tobytes()


def sent(client, photo, lines, **more):
    body = {"photo": base64.b64encode(photo).decode(), "lines": lines, **more}
    return client.post("/api/lessons", json=body)


def lines_of(client, photo, query=""):
    """The lines of a photo as the page sends them: the box around the characters of each, and its text."""
    answer = client.post(f"/api/read{query}", content=photo, headers={"Content-Type": "image/png"}).json()
    boxes = [around([c["box"] for c in line]) for line in answer["lines"]]
    return [{"box": box, "text": text} for box, text in zip(boxes, answer["text"].split("\n"), strict=True)]


def test_lines_of_a_photo_are_kept_as_corrected(client, here, photo):
    (line,) = lines_of(client, photo)
    assert sent(client, photo, [line | {"text": "Q  ay\n"}]).json() == {"added": 3, "lessons": 3}
    (lesson,) = here.mine.lessons().values()
    assert lesson.texts == ("Q ay",) and lesson.read == (line["text"],)
    assert sent(client, photo, [line]).json()["lessons"] == len(line["text"]), "one photo is one lesson"


def test_a_line_with_a_sign_that_the_reader_has_not_is_no_lesson(client, photo):
    (line,) = lines_of(client, photo)
    answer = sent(client, photo, [line | {"text": "häy"}])
    assert answer.status_code == 409 and "letters that the reader knows" in answer.json()["error"]


def test_a_photo_that_was_turned_to_be_read_is_turned_to_be_learned(client, here, photo):
    upside_down = cv2.rotate(cv2.imdecode(np.frombuffer(photo, np.uint8), 1), cv2.ROTATE_180)
    turned = cv2.imencode(".png", upside_down)[1].tobytes()
    lines = lines_of(client, turned, "?rotate=auto")
    assert sent(client, turned, lines, rotate="auto").json()["added"] == len(lines[0]["text"])
    assert sent(client, turned, [{"box": [0, 0, 5, 5], "text": "a"}]).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"letter": "é", "strokes": T}, 409),
        ({"letter": "ab", "strokes": T}, 422),
        ({"letter": "", "strokes": T}, 422),
        ({"letter": "\ud800", "strokes": T}, 409),
        ({"letter": "a", "strokes": []}, 409),
        ({"letter": "a"}, 422),
        ({"photo": "!", "lines": [{"box": [0, 0, 1, 1], "text": "a"}]}, 422),
        ({"photo": "é", "lines": [{"box": [0, 0, 1, 1], "text": "a"}]}, 422),
        ({"photo": "aGVsbG8=", "lines": [{"box": [0, 0, 1, 1], "text": "a"}]}, 422),
        ({"photo": "aGVsbG8=", "lines": []}, 422),
        ({"photo": "aGVsbG8=", "lines": [{"box": [0, 0, 1, 1], "text": " "}]}, 409),
        ({"photo": "aGVsbG8=", "lines": [{"box": [0, 0, 1], "text": "a"}]}, 422),
    ],
)
def test_what_cannot_be_learned_is_not_kept(client, here, body, status):
    answer = client.post("/api/lessons", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code == status and answer.json()["error"]
    assert not here.mine.folder.exists()


def test_who_finds_no_chair_need_not_send_a_photo(here):
    page_of(here).keeping.shares.count = 0
    status = []

    async def receive():
        raise AssertionError("the body was read")

    async def send(message):
        status.append(message.get("status"))

    headers = [(b"host", b"localhost"), (b"x-hellodl", b"1"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/api/lessons", "query_string": b"", "headers": headers}
    asyncio.run(here.app(scope, receive, send))
    assert status[0] == 503


def wait_for(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_learning_tells_its_steps_and_its_end(client, here, quick):
    drawn(client, "T", T)
    answer = client.post("/api/learn")
    assert answer.status_code == 202
    job = answer.json()["job"]
    events = events_in(client.get(f"/api/jobs/{job}/events").text)
    assert events[:3] == [("message", {"step": n + 1, "steps": 3, "loss": 1 - n / 4}) for n in range(3)]
    name, figures = events[3]
    assert name == "done" and set(figures) >= {"before", "after"} and 0 <= figures["after"] <= 1
    assert load_model(here.mine.reader)[1]["card"]["characters"] == 1
    status = client.get("/api/status").json()
    assert (status["busy"], status["job"], status["personal"]) == (False, None, True)
    again = client.get(f"/api/jobs/{job}/events", headers={"Last-Event-ID": "2"})
    assert events_in(again.text)[0][1]["step"] == 3
    assert client.post("/api/draw", json={"strokes": T, "personal": True}).json()["character"] in "tT"


def test_one_learns_at_a_time_and_can_be_called_off(client, here, quick):
    drawn(client, "T", T)
    quick.clear()
    job = client.post("/api/learn").json()["job"]
    status = client.get("/api/status").json()
    assert (status["busy"], status["job"]) == (True, job)
    second = client.post("/api/learn")
    assert second.status_code == 409 and "already" in second.json()["error"]
    assert client.post(f"/api/jobs/{job}/cancel").json() == {"job": job}
    quick.set()
    events = events_in(client.get(f"/api/jobs/{job}/events").text)
    assert events[-1][0] == "failed" and "called off" in events[-1][1]["error"]
    assert not here.mine.reader.exists()
    assert client.post("/api/learn").status_code == 202


def test_what_is_forgotten_while_it_is_learned_stays_forgotten(client, here, quick):
    drawn(client, "T", T)
    quick.clear()
    job = client.post("/api/learn").json()["job"]
    client.delete("/api/lessons")
    quick.set()
    assert events_in(client.get(f"/api/jobs/{job}/events").text)[-1][0] == "failed"
    assert not here.mine.folder.exists()


def test_a_lesson_may_be_called_off_to_the_last_moment(client, here, quick, monkeypatch):
    drawn(client, "T", T)
    taught = teach.taught

    def called_off_at_the_end(*arguments, **keywords):
        pupil = taught(*arguments, **keywords)
        page_of(here).lessons.job.called_off = True
        return pupil

    monkeypatch.setattr(teach, "taught", called_off_at_the_end)
    job = client.post("/api/learn").json()["job"]
    assert events_in(client.get(f"/api/jobs/{job}/events").text)[-1][0] == "failed"
    assert not here.mine.reader.exists()


def test_a_lesson_that_is_called_off_learns_no_more():
    job = Job(called_off=True)
    with pytest.raises(HelloError, match="called off"):
        job.watch(1, 100, 2.0)
    assert job.steps == []


def test_a_lesson_that_fails_says_so(client, here, quick, monkeypatch):
    def fails(*arguments, **keywords):
        raise MemoryError("too large")

    monkeypatch.setattr(teach, "personalised", fails)
    drawn(client, "T", T)
    job = client.post("/api/learn").json()["job"]
    assert "MemoryError" in events_in(client.get(f"/api/jobs/{job}/events").text)[-1][1]["error"]
    assert client.get("/api/status").json()["busy"] is False


def test_a_lesson_whose_process_ended_says_so_and_one_that_was_called_off_that(client, here, monkeypatch):
    lessons = page_of(here).lessons
    drawn(client, "T", T)
    for called_off, line in ((False, "learning ended; try again in 2 s"), (True, CALLED_OFF)):

        def ends(*arguments, watch, off=called_off):
            watch.__self__.called_off = off
            raise later("learning ended", 2)

        monkeypatch.setattr(lessons.apart, "do", ends)
        job = client.post("/api/learn").json()["job"]
        assert events_in(client.get(f"/api/jobs/{job}/events").text)[-1][1]["error"] == line


def test_there_must_be_something_to_learn(client):
    answer = client.post("/api/learn")
    assert answer.status_code == 409 and "nothing to learn" in answer.json()["error"]
    assert client.get("/api/jobs/none/events").status_code == 404
    assert client.post("/api/jobs/none/cancel").status_code == 404
    assert client.get("/api/jobs/..%2f..%2fx/events").status_code == 404


def test_who_listens_to_a_lesson_may_leave(here):
    page = page_of(here)
    job = Job()
    job.watch(1, 100, 2.0)
    page.lessons.jobs[job.number] = job
    got = left_after(here.app, "GET", f"/api/jobs/{job.number}/events", pieces=1)
    assert len(got) == 1
    assert page.listening.taken == 0


def test_old_jobs_are_let_go(client, here, quick):
    drawn(client, "T", T)
    numbers = []
    for _ in range(10):
        numbers.append(client.post("/api/learn").json()["job"])
        wait_for(lambda: not client.get("/api/status").json()["busy"])
    assert client.get(f"/api/jobs/{numbers[0]}/events").status_code == 404
    assert client.get(f"/api/jobs/{numbers[-1]}/events").status_code == 200
