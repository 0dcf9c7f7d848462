"""The memory of a command is what it holds, and what its helpers hold, and what they share counts once."""

import sys

import pytest

from hellodl.bench import memory

pytestmark = pytest.mark.skipif(not memory.can_measure(), reason="only Linux keeps this account")

# A parent waits for its child: on a busy machine the child may need longer to change the array than a pause lasts.
HOLD = """import numpy as np, os, time
a = np.ones(25_000_000, np.float32)
child = {}
time.sleep(0.4)
child and os.wait()"""


def peak(then):
    return memory.peak([sys.executable, "-c", HOLD.format(then)])


def test_an_array_of_100_megabytes_is_seen():
    assert 100 < peak("0") < 160


def test_a_child_that_shares_its_parents_array_adds_little_and_one_that_changes_it_adds_all():
    assert 100 < peak("os.fork()") < 180
    assert 200 < peak("os.fork() or a.fill(2)") < 280


def test_a_command_that_fails_has_no_figure():
    assert memory.peak([sys.executable, "-c", "raise SystemExit(3)"]) is None


def test_elsewhere_there_is_no_figure(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "PROCESSES", tmp_path)
    assert memory.peak([sys.executable, "-c", ""]) is None
