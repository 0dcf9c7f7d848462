"""Ranks that mpiexec really starts (`make test-mpi`): the same bits however many, and an end in one line.

Runs with any MPI beside the Python that runs the tests, or on the path; skipped where there is none.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hellodl.storage.safetensors import load

pytest.importorskip("mpi4py", reason="mpi4py is not here; `make test-mpi` brings it")
MPIEXEC = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
pytestmark = [pytest.mark.mpi, pytest.mark.skipif(not MPIEXEC, reason="there is no mpiexec")]
HERE = Path(__file__).parent
OURS = re.compile(r"^hellodl: .*$", re.MULTILINE)
NETWORKS = ("hello-dl", "residual", "gpt")


def mpiexec(ranks, *command, cwd, timeout=300):
    assert MPIEXEC
    crowded = {"OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1"}
    crowded |= {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}
    whole = [MPIEXEC, "-n", str(ranks), sys.executable, *map(str, command)]
    return subprocess.run(whole, cwd=cwd, env=os.environ | crowded, capture_output=True, text=True, timeout=timeout)


def few(ranks, network, out, *more, threads=1):
    return mpiexec(ranks, HERE / "training.py", "few", network, out, "--threads", threads, *more, cwd=out.parent)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The weights that one process makes, without any mpiexec."""
    folder, made = tmp_path_factory.mktemp("alone"), {}

    def of(network):
        if network not in made:
            command = [sys.executable, HERE / "training.py", "few", network, folder / network, "--threads", "1"]
            subprocess.run(command, check=True, capture_output=True, timeout=300)
            made[network] = load(folder / network)[0]
        return made[network]

    return of


def equal(path, weights):
    found = load(path)[0]
    return found.keys() == weights.keys() and all(np.array_equal(found[name], weights[name]) for name in weights)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("ranks", "threads"), [(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (3, 1), (8, 1)])
def test_ranks_and_threads_leave_the_same_bits(alone, tmp_path, network, ranks, threads):
    done = few(ranks, network, tmp_path / "out", threads=threads)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("6 steps") == 1, "one rank talks"
    assert equal(tmp_path / "out", alone(network))


def test_what_one_rank_meets_with_ends_all_in_one_line_and_goes_on_with_another_number(alone, tmp_path):
    for how, words in {
        "error": "page.png: is torn",
        "nan": "the loss is no number at step 3",
        "interrupt": "interrupted at step 4 of 6; go on with --resume",
        "alone": "rank 2 on .*: page.png: is only on the other machines",
        "apart": "the ranks do not agree: a digest of all weights is .* on the first and .* on rank 2",
    }.items():
        out = tmp_path / how
        began = time.monotonic()
        done = few(3, "hello-dl", out, "--fail", how)
        took = time.monotonic() - began
        lines = OURS.findall(done.stderr)
        assert len(lines) == 1 and re.search(words, lines[0]), f"{how}: {done.stderr}"
        assert "Traceback" not in done.stderr
        assert done.returncode == (130 if how == "interrupt" else 1)
        assert took < 60, f"{how} took {took:.0f} s, where 30 s are promised to a machine that is not busy"
        if how != "apart":
            again = few(2, "hello-dl", out, "--resume")
            assert again.returncode == 0, again.stderr
            assert equal(out, alone("hello-dl")), how


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_rank_that_is_gone_ends_all_and_the_rest_goes_on_to_the_same_bits(alone, tmp_path, how):
    began = time.monotonic()
    done = few(2, "hello-dl", tmp_path / "out", "--fail", how)
    assert done.returncode != 0
    assert time.monotonic() - began < 60
    if how == "stop":  # a machine that says nothing; of one that was killed, mpiexec itself tells
        assert OURS.findall(done.stderr) == [OURS.match(f"hellodl: {done.stderr.split('hellodl: ')[1]}")[0]]
        assert re.search(r"nothing was heard from rank 1 on .* for 20 s", done.stderr)
    again = few(1, "hello-dl", tmp_path / "out", "--resume")
    assert again.returncode == 0, again.stderr
    assert equal(tmp_path / "out", alone("hello-dl"))


def test_calls_of_a_loop_of_ones_own(tmp_path):
    script = tmp_path / "own.py"
    script.write_text("""
import numpy as np
from hellodl import ranks
us = ranks.join()
assert us.same(lambda: us.number) == 0
assert us.each(lambda: us.number * 10) == [0, 10, 20]
assert us.spread(lambda x: x * x, range(7)) == [0, 1, 4, 9, 16, 25, 36]
assert us.each(lambda: b"x" * 10_000 * us.number) == [b"", b"x" * 10_000, b"x" * 20_000]
parts = [np.float32(10) ** np.arange(-20, 20) * np.float32(1.1 + n) for n in range(3)]
assert (us.add(parts[us.number]) == (parts[0] + parts[1]) + parts[2]).all()
try:
    us.each(lambda: 1 // (us.number - 1))
except ZeroDivisionError:
    print("all fail", flush=True)
""")
    done = mpiexec(3, script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("all fail") == 3
    script.write_text(script.read_text() + "\nif us.number == 1: raise ValueError('mine')\nus.each(int)\n")
    done = mpiexec(3, script, cwd=tmp_path, timeout=100)
    assert done.returncode != 0 and "ValueError: mine" in done.stderr
