"""Runs on the page: what the log has, and what a run writes while it goes on."""

import threading
import time

import numpy as np
import pytest

pytest.importorskip("fastapi")

from visiting import events_in, left_after, page_of

from hellodl.runs import writer
from hellodl.web import watch


@pytest.fixture
def run(here):
    """A run with everything that a run can have."""
    kernel = np.arange(36, dtype=np.float32).reshape(4, 1, 3, 3)
    with here.log.run("letters", {"epochs": 2}, seed=1, data="ink") as run:
        for step in range(10, 1010, 10):
            run.train_row(step, loss=1000 / step, accuracy=0.5, learning_rate=0.1)
        run.validation_row(500, loss=float("nan"), accuracy=0.25)
        run.validation_row(1000, loss=0.5, accuracy=0.75)
        run.weights(10, [("0.weight", kernel, kernel * 0)])
        run.weights(20, [("0.weight", kernel + 1, None)])
        run.confusion(1000, np.array([[5, 1], [2, 7]]), "ab")
        run.result({"test_accuracy": float("inf")})
    return run.id


def test_without_a_log_there_are_no_runs(client):
    assert client.get("/api/runs").json() == {"runs": []}
    assert client.get("/api/runs/1").status_code == 404
    assert client.get("/api/runs/events?run=1").status_code == 404


def test_runs_are_listed_newest_first(client, here, run):
    with here.log.run("digits", {}):
        pass
    runs = client.get("/api/runs").json()["runs"]
    assert [(one["id"], one["program"]) for one in runs] == [(2, "digits"), (1, "letters")]
    assert (runs[1]["loss"], runs[1]["accuracy"], runs[0]["loss"]) == (1.0, 0.75, None)
    assert runs[1]["settings"] == {"epochs": 2} and runs[1]["status"] == "finished"
    assert [one["id"] for one in client.get("/api/runs?program=letters").json()["runs"]] == [1]
    assert [one["id"] for one in client.get("/api/runs?limit=1").json()["runs"]] == [2]
    assert client.get("/api/runs?limit=0").status_code == client.get("/api/runs?limit=x").status_code == 422


def test_a_run_says_what_it_has(client, run):
    found = client.get(f"/api/runs/{run}").json()
    assert found["layers"] == [{"name": "0.weight", "kinds": ["gradient", "weight"]}]
    assert found["kernels"] == [{"name": "0.weight", "steps": [10, 20]}]
    assert found["confusion"] is True
    assert found["result"]["test_accuracy"] in (None, "inf"), "there is no infinity in JSON"


def test_curves_are_thinned_and_nan_is_null(client, run):
    curves = client.get(f"/api/runs/{run}/curves?points=20").json()
    steps = curves["training"]["step"]
    assert 10 <= len(steps) <= 30 and (steps[0], steps[-1]) == (10, 1000)
    assert curves["training"]["loss"][-1] == 1.0 and curves["training"]["learning_rate"][0] == 0.1
    assert curves["validation"] == {"step": [500, 1000], "loss": [None, 0.5], "accuracy": [0.25, 0.75]}
    assert len(client.get(f"/api/runs/{run}/curves").json()["training"]["step"]) == 100


def test_statistics_of_a_layer_come_step_by_step(client, run):
    layer = client.get(f"/api/runs/{run}/layers?name=0.weight&kind=weight").json()
    assert layer["steps"] == [10, 20]
    assert layer["mean"] == [17.5, 18.5] and layer["low"] == [0, 1] and layer["high"] == [35, 36]
    assert layer["update_ratio"][0] is None and layer["std"][0] == pytest.approx(10.388, abs=1e-3)
    assert [len(histogram) for histogram in layer["histograms"]] == [32, 32]
    assert client.get(f"/api/runs/{run}/layers?name=9.weight&kind=weight").status_code == 404
    assert client.get(f"/api/runs/{run}/layers?name=0.weight").status_code == 422
    assert client.get(f"/api/runs/{run}/layers?name=0.weight&kind=hair").status_code == 422


def test_kernels_come_as_they_were_or_as_they_are(client, run):
    now = client.get(f"/api/runs/{run}/kernels?name=0.weight").json()
    assert now["shape"] == [4, 1, 3, 3] and now["values"] == list(range(1, 37))
    assert client.get(f"/api/runs/{run}/kernels?name=0.weight&step=10").json()["values"] == list(range(36))
    assert client.get(f"/api/runs/{run}/kernels?name=9.weight").status_code == 404


def test_the_confusion_matrix_comes_with_its_classes(client, here, run):
    assert client.get(f"/api/runs/{run}/confusion").json() == {"classes": "ab", "matrix": [[5, 1], [2, 7]]}
    with here.log.run("digits", {}) as other:
        pass
    assert client.get(f"/api/runs/{other.id}/confusion").status_code == 404


@pytest.mark.parametrize("path", ["99", "-1", "x", "..%2f..%2fetc", "9" * 40, "٣", "1.0"])
@pytest.mark.parametrize("what", ["", "/curves", "/layers?name=a&kind=weight", "/kernels?name=a", "/confusion"])
def test_a_run_that_is_not_there(client, run, path, what):
    answer = client.get(f"/api/runs/{path}{what}")
    assert answer.status_code == 404 and answer.json()["error"]


def test_events_of_a_run_that_has_ended(client, run):
    events = events_in(client.get(f"/api/runs/events?run={run}&after=980").text)
    assert [row["step"] for row in events[0][1]["training"]] == [990, 1000]
    assert events[0][1]["validation"] == [{"step": 1000, "loss": 0.5, "accuracy": 0.75}]
    assert events[-1] == ("ended", {"status": "finished"})
    everything = events_in(client.get(f"/api/runs/events?run={run}").text)
    assert len(everything[0][1]["training"]) == 100
    rest = client.get(f"/api/runs/events?run={run}", headers={"Last-Event-ID": "1000"}).text
    assert events_in(rest) == [("ended", {"status": "finished"})]
    assert client.get("/api/runs/events").status_code == 422


def test_events_of_a_run_that_goes_on(client, here, monkeypatch):
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.0)
    begun = threading.Event()

    def train():
        with here.log.run("letters", {}) as run:
            run.train_row(1, loss=3.0)
            begun.set()
            time.sleep(0.3)
            run.train_row(2, loss=2.0)
            run.validation_row(2, accuracy=0.5)

    training = threading.Thread(target=train)
    training.start()
    assert begun.wait(10)
    events = events_in(client.get("/api/runs/events?run=1").text)
    training.join()
    rows = [row for name, data in events if name == "message" for row in data["training"]]
    assert [row["step"] for row in rows] == [1, 2]
    checks = [row for name, data in events if name == "message" for row in data["validation"]]
    assert [row["accuracy"] for row in checks] == [0.5]
    assert events[-1][0] == "ended"


def test_who_watches_a_run_may_leave(here, monkeypatch):
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.0)
    with here.log.run("letters", {}) as run:
        run.train_row(1, loss=3.0)
        got = left_after(here.app, "GET", "/api/runs/events", pieces=1, query=f"run={run.id}".encode())
    assert len(got) == 1
    assert page_of(here).listening.taken == 0
