"""Other processes: they answer, they fail with the same errors, and they end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hellodl.errors import HelloError, HelperError
from hellodl.train.processes import Helper, can_fork, shared

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system cannot fork safely")


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def helper():
    made = []

    def make(function):
        made.append(Helper(function, made))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_helpers_work_at_the_same_time_and_remember_what_was_there_before(helper):
    numbers = {"ten": 10}
    first, second = (helper(lambda x: (os.getpid(), numbers["ten"] + x)) for _ in range(2))
    numbers["ten"] = 0
    for x in (1, 2):
        first.ask(x)
        second.ask(x)
        (one, a), (other, b) = first.answer(), second.answer()
        assert a == b == 10 + x
        assert len({one, other, os.getpid()}) == 3


ARRAYS = {
    "three axes": np.arange(24.0).reshape(2, 3, 4),
    "nothing": np.zeros((0, 3)),
    "one number": np.full((), 3, np.float32),
    "a kernel, innermost outside": np.arange(120, dtype=np.float32).reshape(2, 3, 4, 5).transpose(3, 2, 0, 1),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_what_is_written_to_shared_memory_is_seen_by_both(helper, array):
    ours = shared(array)
    assert (ours == array).all() and ours.dtype == array.dtype
    assert ours.strides == array.strides or array.size == 0

    def add(x):
        ours[...] += x

    worker = helper(add)
    worker.ask(5)
    worker.answer()
    assert (ours == array + 5).all()
    ours[...] = 0
    worker.ask(1)
    worker.answer()
    assert (ours == 1).all()


class Unpicklable(Exception):
    def __init__(self):
        super().__init__("cannot travel")
        self.cargo = lambda: None


def test_an_error_is_raised_where_the_answer_is_awaited_and_the_helper_goes_on(helper):
    def moody(x):
        if x == "odd":
            raise KeyError("odd")
        if x == "strange":
            raise Unpicklable
        return x

    worker = helper(moody)
    worker.ask("odd")
    with pytest.raises(KeyError, match="odd"):
        worker.answer()
    worker.ask("strange")
    with pytest.raises(HelloError, match="Unpicklable: cannot travel"):
        worker.answer()
    worker.ask("fine")
    assert worker.answer() == "fine"


def test_a_helper_that_was_killed_is_told_of_in_one_line(helper):
    worker = helper(lambda x: os.kill(os.getpid(), signal.SIGKILL))
    worker.ask(1)
    with pytest.raises(HelloError, match="a helping process ended before its work was done"):
        worker.answer()


def test_a_helper_that_was_killed_before_it_is_asked_is_told_of_in_one_line_too(helper):
    worker = helper(lambda x: x)
    worker.ask(1)
    assert worker.answer() == 1
    os.kill(worker._process.pid, signal.SIGKILL)
    wait_until(lambda: not alive(worker._process.pid))
    with pytest.raises(HelperError, match="a helping process ended"):
        worker.ask(2)


def test_helpers_ignore_ctrl_c_and_end_with_stop_even_when_they_hang(helper):
    worker = helper(lambda x: time.sleep(x))
    pid = worker._process.pid
    os.kill(pid, signal.SIGINT)
    worker.ask(0)
    assert worker.answer() is None
    worker.ask(1000)
    worker.stop()
    assert not alive(pid)


def test_a_helper_has_no_helpers_of_its_own(helper):
    worker = helper(lambda x: can_fork())
    worker.ask(0)
    assert can_fork() and not worker.answer()


def test_helpers_end_when_their_parent_is_killed():
    program = """
import os, time
from hellodl.train.processes import Helper
helpers = []
for _ in range(3):
    helpers.append(Helper(lambda x: os.getpid(), helpers))
for helper in helpers:
    helper.ask(0)
print(*(helper.answer() for helper in helpers), flush=True)
time.sleep(1000)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 3 and all(map(alive, pids))
    parent.kill()
    parent.communicate()
    wait_until(lambda: not any(map(alive, pids)))
