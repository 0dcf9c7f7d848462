"""Ranks where there is one alone, which needs no MPI; and what is said where several cannot meet."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hellodl import nn
from hellodl.commands.launch import arguments, names_of, unreachable
from hellodl.errors import TrainingError
from hellodl.ranks import Ranks, join, started, started_as
from hellodl.ranks.together import crowding
from hellodl.train.lanes import Lanes


def test_one_alone_does_all_by_itself():
    us = Ranks()
    assert us.first and us.count == 1 and us.crowding == 1
    assert us.same(lambda: 5) == 5 and us.each(lambda: 5) == [5]
    assert us.spread(lambda x: x + 1, [1, 2, 3]) == [2, 3, 4]
    numbers = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert (us.add(numbers) == numbers).all() and us.add(numbers) is not numbers
    us.agree({"anything": object()})
    us.leave(1, "it does not end a process that has nobody to tell")
    assert join() is join() and join().count == 1
    with pytest.raises(ZeroDivisionError):
        us.each(lambda: 1 // 0)


@pytest.mark.parametrize("who", ["PMI", "OMPI_COMM_WORLD"])
def test_how_many_were_started_is_told_by_the_environment(monkeypatch, who):
    assert (started(), started_as()) == (1, 0)
    monkeypatch.setenv(f"{who}_SIZE", "4")
    monkeypatch.setenv(f"{who}_RANK", "3")
    assert (started(), started_as()) == (4, 3)
    monkeypatch.setenv(f"{who}_SIZE", "many")
    assert started() == 1


def hellodl(*arguments, **environment):
    hidden = "import sys; sys.modules['mpi4py'] = None; from hellodl.commands.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", hidden, *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


def test_without_mpi4py_the_first_of_several_says_in_one_line_what_to_install():
    done = hellodl("train", "letters", PMI_SIZE="2", PMI_RANK="0")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("hellodl: 2 processes were started together and have no way to talk")
    assert "pip install 'hellodl[mpi]'" in done.stderr and done.stderr.count("\n") == 1
    other = hellodl("train", "letters", PMI_SIZE="2", PMI_RANK="1")
    assert (other.returncode, other.stdout, other.stderr) == (1, "", "")
    done = hellodl("launch", "-n", "2", "train", "letters")
    assert done.returncode == 1 and "mpi4py is not here" in done.stderr and done.stderr.count("\n") == 1


def test_one_alone_imports_nothing_of_mpi():
    program = "import sys; from hellodl import ranks, train; ranks.join(); assert 'mpi4py' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_loop_on_the_page_learns(capsys):
    page = Path(__file__).parents[2] / "course" / "from-one-laptop-to-a-room.md"
    if not page.is_file():
        pytest.skip("the course is not here")
    exec(page.read_text("utf-8").partition("```python\n")[2].partition("```")[0], {})
    assert re.fullmatch(r"loss 0\.0000\d\d, largest error 0\.00\d\d\n", capsys.readouterr().out)


def test_cores_that_ranks_share_are_divided():
    two, others = frozenset({0, 1}), frozenset({2, 3})
    assert crowding(two, [two]) == 1
    assert crowding(two, [two, two, two, two]) == 4
    assert crowding(two, [two, others]) == 1, "MPI gave each its own"


def test_more_ranks_than_lanes_is_said():
    us = Ranks()
    us.count = 9
    with pytest.raises(TrainingError, match="9 ranks cannot share 8 lanes"):
        Lanes(nn.Linear(2, 2), ranks=us)


def test_launch_speaks_to_either_mpi(monkeypatch):
    for name in [name for name in os.environ if name.startswith(("HELLODL_", "PYTHONPATH"))]:
        monkeypatch.delenv(name)
    assert arguments(4, [], False) == ["-n", "4"]
    whole = ["--oversubscribe", "--bind-to", "none"]  # or a rank alone would have one core
    assert arguments(4, [], True) == ["-n", "4", *whole]
    assert arguments(8, ["anna", "bert"], False) == ["-n", "8", "-hosts", "anna,bert"]
    monkeypatch.setenv("HELLODL_DATA", "/data")
    there = ["--host", "anna:2,bert:2", "-x", "HELLODL_DATA"]
    assert arguments(3, ["anna", "bert"], True) == ["-n", "3", *whole, *there]
    assert names_of("anna,bert-2.lab") == ["anna", "bert-2.lab"]


@pytest.mark.parametrize("wrong", ["a,,b", "-x", "a b", "a;b"])
def test_names_of_machines_are_names(wrong):
    done = hellodl("launch", f"--hosts={wrong}", "train", "letters")
    assert done.returncode == 2 and "no list of machines" in done.stderr


def test_a_small_batch_is_shared_out_among_all_ranks_too():
    us = Ranks()
    us.count = 2
    with Lanes(nn.Linear(2, 2), lanes=8, threads=1, ranks=us) as lanes:
        assert lanes._shares(4) == [range(2), range(2, 4)]
        assert lanes._shares(20) == [range(4), range(4, 8)]
        assert lanes._shares(1) == [range(0), range(1)]


def test_a_machine_that_ssh_does_not_reach_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "there is no ssh here" in unreachable(["anna"])
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\ncase "$*" in *bert*) echo "ssh: no route." >&2; exit 255;; esac\nexit 1\n')
    ssh.chmod(0o755)
    assert unreachable(["anna", "localhost"]) == unreachable([]) == ""
    assert unreachable(["anna", "bert"]).startswith("bert: ssh cannot log in there (no route); ")
