"""`hellodl launch` as a stranger types it, in a terminal: two ranks, Ctrl-C, three go on, a machine not there."""

import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest

from hellodl import load

pytest.importorskip("mpi4py", reason="mpi4py is not here; `make test-mpi` brings it")
pty = pytest.importorskip("pty", reason="there are no terminals here")
pytestmark = pytest.mark.mpi
STEPS = 400
TRAIN = ["train", "text", "--corpus", "small.txt", "--steps", str(STEPS), "--context", "16", "--width", "16"]
TRAIN += ["--layers", "1", "--batch-size", "32"]
ANYWHERE = {"HELLODL_JIT": "0", "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def hellodl(*words, cwd, **environment):
    command = [sys.executable, "-m", "hellodl", *words]
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | ANYWHERE | environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def typed(*words, cwd, until=None):
    """All that appears in a terminal, and the exit status; Ctrl-C is typed once `until` is there."""
    process, terminal = pty.fork()
    if not process:
        os.chdir(cwd)
        os.execve(sys.executable, [sys.executable, "-m", "hellodl", *words], os.environ | ANYWHERE)
    seen = ""
    while True:
        try:
            seen += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # it is over
            break
        if until and until in seen:
            os.write(terminal, b"\x03")
            until = None
    os.close(terminal)
    return seen, os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def weights(path):
    return load(path).state_dict()


def equal(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("launch")
    (folder / "small.txt").write_text("".join(f"{n} bottles of beer, and {n * n} on the wall\n" for n in range(400)))
    done = hellodl(*TRAIN, "--threads", "1", "--out", "alone.safetensors", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_two_ranks_leave_the_weights_of_one_process(folder):
    done = hellodl("launch", "-n", "2", *TRAIN, "--out", "two.safetensors", cwd=folder)
    assert done.returncode == 0, done.stderr
    line = done.stderr.partition("\n")[0]
    assert "mpiexec" in line and "-n 2" in line and line.endswith("two.safetensors"), "it says what it does"
    assert done.stdout.count("validation loss on small.txt") == 1, "one rank talks"
    assert equal(weights(folder / "two.safetensors"), weights(folder / "alone.safetensors"))


def test_ctrl_c_ends_all_in_one_line_and_three_go_on_to_the_same_weights(folder):
    began = time.monotonic()
    seen, status = typed("launch", "-n", "2", *TRAIN, cwd=folder, until="part  1/")
    assert status == 130, seen
    assert time.monotonic() - began < 60
    assert seen.count("hellodl: ") == 1 and "Traceback" not in seen, seen
    (state,) = re.findall(rf"interrupted at step \d+ of {STEPS}; go on with --resume\s+(\S+)", seen)
    done = hellodl("launch", "-n", "3", "train", "text", "--resume", state, "--out", "on.safetensors", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "goes on from step" in done.stderr
    assert equal(weights(folder / "on.safetensors"), weights(folder / "alone.safetensors"))


def test_a_machine_that_is_not_there_is_named_with_what_to_try(folder):
    done = hellodl("launch", "--hosts", "nosuch.invalid,localhost", *TRAIN, cwd=folder)
    assert done.returncode == 1
    last = done.stderr.strip().rpartition("\n")[2]
    assert re.match(r"hellodl: (nosuch.invalid: ssh cannot log in there .* hostname|there is no ssh here)", last), last


def test_what_is_wrong_is_said_once(folder):
    done = hellodl("launch", "-n", "2", "train", "text", "--corpus", "nowhere", cwd=folder)
    assert done.returncode == 1 and done.stderr.count("there is no such file or folder") == 1
    done = hellodl("launch", "-n", "2", "train", cwd=folder)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
