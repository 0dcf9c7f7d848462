"""Made-up requests by the hundred: whatever is asked, the answer is as /openapi.json says, and no mistake of ours.

Schemathesis makes them from that description: such as fit it, such as fit it and name what is there, and such as do not
fit. They are the same in every run, so that what fails once fails again. HELLODL_REQUESTS says how many to an address
and a test (10; 250 make more than 5,000 in all).
"""

import os
from contextlib import suppress
from functools import partial

import numpy as np
import pytest

pytest.importorskip("fastapi")
pytest.importorskip("schemathesis")

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as conformance
from visiting import page_of

from hellodl.commands import pen, teach
from hellodl.errors import HelloError
from hellodl.web import writing
from hellodl.web.lessons import Job

# So many requests to an address, the same every time; how long one takes to make or to answer is no matter here.
SAME = settings(
    max_examples=int(os.environ.get("HELLODL_REQUESTS", 10)),
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[*HealthCheck],
)
OURS = {"Host": "localhost", "X-Hellodl": "1"}
# That a request is accepted if it fits is not among them: a drawing without a point fits, and so does half a photo.
CHECKS = [
    checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_schema_conformance,
    conformance.negative_data_rejection,
]


def no_time(*lessons, **settings):
    raise HelloError("there is no time to learn")


@pytest.fixture
def operations(here, monkeypatch):
    """What can be asked of a page with a run 1 and a job "1", which takes on a hand in no time and learns nothing."""
    with here.log.run("letters", {"epochs": 1}) as run:
        run.train_row(10, loss=float("nan"), learning_rate=0.1)
        run.validation_row(10, accuracy=0.5)
        run.weights(10, [("0.weight", np.ones((4, 1, 3, 3), np.float32), None)])
        run.confusion(10, np.eye(2, dtype=int), "ab")
    page_of(here).lessons.jobs["1"] = Job("1", [{"step": 1, "steps": 1, "loss": 0.5}], ("done", {}))
    monkeypatch.setattr(writing, "SECONDS", 0.05)
    monkeypatch.setattr(pen, "fitted", partial(pen.fitted, steps=1))
    monkeypatch.setattr(teach, "taught", no_time)
    description = schemathesis.openapi.from_asgi("/openapi.json", here.app, headers=OURS)
    return [found.ok() for found in description.get_all_operations()]


def ask(requests) -> list[int]:
    """Ask, look at each answer, and give their statuses. Fails with a line for curl that shows what was wrong."""
    statuses = []

    @settings(SAME)
    @given(requests)
    def asked(request):
        answer = request.call(headers=OURS)
        statuses.append(answer.status_code)
        request.validate_response(answer, checks=CHECKS)

    with suppress(Unsatisfiable):  # where nothing can be said, nothing can be said wrong
        asked()
    print(f"{len(statuses)} requests")  # seen with -s
    return statuses


def test_requests_that_fit(operations):
    statuses = [status for one in operations for status in ask(one.as_strategy())]
    assert len(statuses) > 100 and {200, 404, 409, 422} <= {*statuses}


def test_requests_that_fit_and_name_what_is_there(operations):
    there = {"id": "1", "run": 1, "name": "0.weight", "kind": "weight"}
    for one in operations:
        path = {known.name: there[known.name] for known in one.path_parameters if known.name in there}
        query = {known.name: there[known.name] for known in one.query if known.name in there}
        if path or query:
            assert 200 in ask(one.as_strategy(path_parameters=path, query=query)), one.label


def test_requests_that_do_not_fit(operations):
    limited = [one for one in operations if not one.path.startswith("/api/jobs/")]  # a job may have any name
    statuses = [status for one in limited for status in ask(one.as_strategy(GenerationMode.NEGATIVE))]
    assert len(statuses) > 100 and {400, 404, 422} <= {*statuses}
