"""What checks distributions and writes a release's notes are programs in a folder; what takes long waits."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))


def pytest_collection_modifyitems(config, items):
    if "readme" in config.getoption("markexpr"):
        return
    skip = pytest.mark.skip(reason="takes half an hour: `make test-readme`")
    for item in items:
        if item.get_closest_marker("readme"):
            item.add_marker(skip)
