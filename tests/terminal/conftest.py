"""Tests in a terminal: a few in every run of the tests, every command in every way by `make test-terminal`."""

import pytest

pytest.importorskip("termios", reason="this system has no pseudo-terminals")
