"""What all tests share: a seeded generator, the measuring data beside the project, and generated examples that
are the same on every machine."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# The same examples in every run: a test that fails on Tuesdays teaches nobody anything.
settings.register_profile("hellodl", derandomize=True, deadline=None, database=None, print_blob=False)
settings.load_profile("hellodl")

# Tests with these marks are run when they are asked for by name (`pytest -m faults`).
SLOW = {
    "faults": "takes minutes: `make test-faults`",
    "learn": "takes a minute or two: `make test-learn`",
    "pyodide": "takes minutes: `make test-pyodide PYODIDE=FOLDER`",
    "readme": "takes half an hour: `make test-readme`",
    "terminal": "takes minutes: `make test-terminal`",
}


def pytest_configure():
    """In the background of a shell, Ctrl-C begins as ignored, and tests could not press it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    waiting = {mark: why for mark, why in SLOW.items() if mark not in config.getoption("markexpr")}
    for item in items:
        for mark, why in waiting.items():
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that begins at the same place in every test."""
    return np.random.default_rng(20_230_115)


@pytest.fixture
def shared() -> Path:
    """The folder of measuring data; the test is skipped where it is not there."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("HELLODL_SHARED", beside))
    if not folder.is_dir():
        pytest.skip(f"needs the measuring data in {folder}; HELLODL_SHARED may name another place")
    return folder


@pytest.fixture(autouse=True)
def numpy_alone(request, monkeypatch):
    """Tests are of NumPy's ways, whatever is installed; `test_loops.py` holds compiled loops equal to them."""
    if not request.module.__name__.endswith("test_loops"):
        monkeypatch.setenv("HELLODL_JIT", "0")
