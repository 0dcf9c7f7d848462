"""The programs of `benchmarks/peers` that compare us with PyTorch: each lists what differs, and then exits with 1."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PEERS = Path(__file__).parents[2] / "benchmarks" / "peers"
PROGRAMS = ["torch_random.py", "habits_run.py", "torch_files.py"]
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="no PyTorch: pip install torch")


def said_by(*words: str) -> str:
    """What a program prints; fails, with that, unless it ends well."""
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.peers
@needs_torch
@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_differs_from_pytorch(program):
    if program == "torch_files.py":
        pytest.importorskip("safetensors", reason="no safetensors: pip install safetensors")
    assert said_by(str(PEERS / program))


@pytest.mark.peers
@needs_torch
@pytest.mark.parametrize("task", ["step-64", "text-gru"])
def test_pytorch_takes_part_in_the_race(task):
    """It once was lost without a word, when a name that its program used had changed."""
    assert "PyTorch" in said_by("-m", "hellodl", "bench", task, "--rounds", "1")
