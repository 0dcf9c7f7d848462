"""What is promised names a test, and that test is there."""

import ast
import re

import pytest

from hellodl.runs.machine import SOURCE

PAGE = SOURCE / "course" / "promises.md"
PROMISES = re.findall(r"^- .+(?:\n  .+)*", PAGE.read_text("utf-8"), re.MULTILINE)
LINK = re.compile(r"\]\(\.\./(tests/[\w/]+\.py)#(\w+)\)")


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: " ".join(promise.split()[1:6]))
def test_every_promise_names_a_test_that_is_there(promise):
    links = LINK.findall(promise)
    assert links
    for path, name in links:
        body = ast.parse((SOURCE / path).read_text("utf-8")).body
        assert name.startswith("test_") and name in {getattr(node, "name", "") for node in body}, (path, name)
