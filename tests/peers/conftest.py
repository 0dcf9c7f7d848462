"""Other libraries' own cases, for `make test-peers` alone: `pytest -m peers` opens this folder."""

from collections import Counter

import pytest

COUNTS: Counter[str] = Counter()  # how the cases went, by way and verdict
REASONS: dict[str, list[str]] = {}  # why some are not offered, and which


def pytest_ignore_collect(collection_path, config):
    return None if "peers" in config.getoption("markexpr") else True


@pytest.fixture(autouse=True)
def numpy_alone():
    """Cases say themselves whether loops are compiled."""


@pytest.fixture
def tally():
    """Where a case notes how it went: counts, and the reasons of what is not offered."""
    return COUNTS, REASONS


def pytest_terminal_summary(terminalreporter):
    if COUNTS:
        terminalreporter.section("ONNX's operators")
    for verdict, count in sorted(COUNTS.items()):
        terminalreporter.write_line(f"{verdict:40} {count:5}")
    for reason, cases in sorted(REASONS.items()):
        terminalreporter.write_line(f"not offered: {reason}: {', '.join(sorted(set(cases)))}")
