"""The memory of a process is the most that it held, and what its helpers hold; what they share counts once."""

import os
import signal
import subprocess
import sys

import pytest

from hellodl.bench import memory

pytestmark = pytest.mark.skipif(not memory.can_measure(), reason="only Linux keeps this account")

HOLD = """import numpy as np, os, time
from hellodl.bench import memory
a = np.ones(25_000_000, np.float32)
{then}
print(memory.most_held())"""
FORK = """r, w = os.pipe()
if os.fork() == 0:
    {work}
    os.write(w, b"x")
    time.sleep(60)
os.read(r, 1)"""


def held(then="0"):
    code = HOLD.format(then=then)
    done = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        return float(done.stdout.readline())
    finally:
        os.killpg(done.pid, signal.SIGKILL)  # and whatever it started
        done.wait()
        done.stdout.close()


@pytest.fixture(scope="module")
def alone():
    return held("del a; memory.begin()")


def test_an_array_of_100_megabytes_is_seen_also_when_it_is_gone_again(alone):
    assert 95 < held() - alone < 115
    assert 95 < held("del a") - alone < 115


def test_a_child_that_shares_its_parents_array_adds_little_and_one_that_changes_it_adds_all(alone):
    assert 95 < held(FORK.format(work="pass")) - alone < 150
    assert 190 < held(FORK.format(work="a.fill(2)")) - alone < 250


def test_elsewhere_there_is_no_figure(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "PROCESSES", tmp_path)
    assert memory.most_held() is None
    memory.begin()
