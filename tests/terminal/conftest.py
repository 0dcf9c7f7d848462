"""Tests in a terminal: a few in every run of the tests, every command in every way by `make test-terminal`."""

import pytest

pytest.importorskip("termios", reason="this system has no pseudo-terminals")


def pytest_collection_modifyitems(config, items):
    if "terminal" in config.getoption("markexpr"):
        return
    skip = pytest.mark.skip(reason="takes minutes: `make test-terminal`")
    for item in items:
        if item.get_closest_marker("terminal"):
            item.add_marker(skip)
