"""A log in a folder of its own, and what is said while it is written."""

import pytest

from hellodl.runs import writer
from hellodl.runs.log import RunLog


@pytest.fixture
def log(tmp_path):
    return RunLog(tmp_path / "runs" / "log.sqlite3")


@pytest.fixture
def warnings(monkeypatch):
    said = []
    monkeypatch.setattr(writer.log, "warning", said.append)
    return said
