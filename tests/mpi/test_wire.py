"""Two machines and a wire, which are network namespaces of this one: what travels, how long it takes, a pulled plug.

A trap: MPI sees that both are one machine and moves numbers through its memory, past the wire; so it is told not to,
and the bytes on the interface are counted.
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

from hellodl.bench.ranks import Wire, bytes_sent
from hellodl.storage.safetensors import load

pytest.importorskip("mpi4py", reason="mpi4py is not here; `make test-mpi` brings it")
MPIEXEC = Path(sys.executable).parent / "mpiexec"
HERE = Path(__file__).parent
ADDRESSES = {"hellodl-a": "10.77.0.1", "hellodl-b": "10.77.0.2"}
BYTES = Path("/sys/class/net/wire/statistics/tx_bytes")
ADDING = """
import sys, time
import numpy as np
from hellodl import ranks
us = ranks.join()
row, every = np.ones(int(sys.argv[1]), np.float32), [[(n, 1)] for n in range(us.count)]
times = []
for _ in range(int(sys.argv[2])):
    us.each(int)  # all begin together
    began = time.perf_counter()
    us.add_branches([row], every, (0, us.count))
    times.append(time.perf_counter() - began)
if us.first:
    print(min(times))  # others may want the cores too
"""


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout


def can_wire():
    """Whether there are namespaces to be had, and an MPI that can be kept from the memory they share."""
    if not (shutil.which("ip") and shutil.which("tc") and MPIEXEC.is_file()):
        return False
    if "HYDRA" not in subprocess.run([MPIEXEC, "--version"], capture_output=True, text=True, check=False).stdout:
        return False
    return subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0


pytestmark = [pytest.mark.mpi, pytest.mark.skipif(not can_wire(), reason="needs root, `ip`, `tc` and MPICH")]


@pytest.fixture
def wire(tmp_path):
    """Starts a command on both machines: `wire(command...)`; `wire.sent()` are the bytes that the first sent."""
    a, b = ADDRESSES
    for name in ADDRESSES:
        ip("netns", "add", name)
    try:
        ip("link", "add", "wire", "netns", a, "type", "veth", "peer", "name", "wire", "netns", b)
        for name, address in ADDRESSES.items():
            ip("-n", name, "address", "add", f"{address}/24", "dev", "wire")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "wire", "up")
        while not all("state UP" in ip("-n", name, "link", "show", "wire") for name in ADDRESSES):
            time.sleep(0.05)
        yield Machines(tmp_path)
    finally:
        for name in ADDRESSES:
            ip("netns", "delete", name)


class Machines:
    def __init__(self, folder):
        self.folder = folder
        self.login = folder / "ssh"  # HOST COMMAND...
        choose = "".join(f"{address}) name={name};; " for name, address in ADDRESSES.items())
        lines = ["#!/bin/sh", 'while [ "${1#-}" != "$1" ]; do shift; done', f"case $1 in {choose}esac", "shift"]
        self.login.write_text("\n".join([*lines, 'exec ip netns exec $name sh -c "$*"', ""]))
        self.login.chmod(0o755)

    def start(self, *command):
        through = ["-hosts", ",".join(ADDRESSES.values()), "-launcher", "ssh", "-launcher-exec", self.login]
        line = ["ip", "netns", "exec", "hellodl-a", MPIEXEC, "-n", "2", *through, sys.executable, *command]
        past_memory = os.environ | {"MPIR_CVAR_NOLOCAL": "1", "UCX_TLS": "tcp,self", "UCX_NET_DEVICES": "wire"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(list(map(str, line)), cwd=self.folder, env=past_memory, **pipes)

    def __call__(self, *command):
        process = self.start(*command)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out

    def sent(self):
        return int(subprocess.check_output(["ip", "netns", "exec", "hellodl-a", "cat", BYTES], text=True))

    def throttle(self, megabits):
        for name in ADDRESSES:
            rate = ["rate", f"{megabits}mbit", "burst", "64kb", "latency", "200ms"]
            subprocess.run(["tc", "-n", name, "qdisc", "replace", "dev", "wire", "root", "tbf", *rate], check=True)


def few(network, out, *more):
    return [HERE / "training.py", "few", network, out, "--threads", "1", *more]


def alone(network, out, *more):
    subprocess.run([sys.executable, *map(str, few(network, out, *more))], check=True, capture_output=True, timeout=300)
    return load(out)[0]


def equal(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("network", ["hello-dl", "residual", "gpt"])
def test_over_a_wire_the_bits_are_the_same_and_what_travels_is_what_the_model_says(wire, tmp_path, network):
    weights = alone(network, tmp_path / "alone")
    before = wire.sent()
    wire(*few(network, tmp_path / "out"))
    count = wire.sent() - before
    assert equal(load(tmp_path / "out")[0], weights)
    size = sum(array.size for array in weights.values())
    print(f"{network}: {size} weights, {count} bytes on the wire, {6 * bytes_sent(size, 2):.0f} by the model")
    assert count == pytest.approx(6 * bytes_sent(size, 2), rel=0.05), "perhaps it went past the wire"


def test_the_bytes_of_a_sum_are_those_of_the_model(wire, tmp_path):
    (tmp_path / "adding.py").write_text(ADDING)
    before = wire.sent()
    wire(tmp_path / "adding.py", 1_000_000, 6)
    assert wire.sent() - before == pytest.approx(6 * bytes_sent(1_000_000, 2, tellings=1), rel=0.05)


def test_in_16_bits_half_as_many_bytes_travel(wire, tmp_path):
    before = wire.sent()
    wire(*few("residual", tmp_path / "halves", "--halves"))
    count, weights = wire.sent() - before, load(tmp_path / "halves")[0]
    size = sum(array.size for array in weights.values())
    assert count == pytest.approx(6 * bytes_sent(size, 2, size=2), rel=0.05)
    whole = alone("residual", tmp_path / "alone")
    assert not equal(weights, whole), "these are rounded"
    assert all(np.isfinite(array).all() for array in weights.values())


@pytest.mark.parametrize("weights", [100_000, 300_000, 1_000_000])
@pytest.mark.parametrize("megabits", [50, 100])
def test_a_slow_wire_takes_as_long_as_the_model_says(wire, tmp_path, megabits, weights):
    (tmp_path / "adding.py").write_text(ADDING)
    wire.throttle(megabits)
    took = float(wire(tmp_path / "adding.py", weights, 12))
    told = Wire(gigabits=megabits / 1000, milliseconds=0.1).seconds(weights, 2)
    print(f"{megabits} Mbit/s, {weights} weights: {took * 1e3:.1f} ms, {told * 1e3:.1f} by the model")
    assert took == pytest.approx(told, rel=0.15)


def test_a_pulled_plug_ends_all_in_one_line_and_one_machine_goes_on_to_the_same_bits(wire, tmp_path):
    weights = alone("hello-dl", tmp_path / "alone")
    process = wire.start(*few("hello-dl", tmp_path / "out", "--fail", "slow"))
    while not (tmp_path / "out.state").exists():
        time.sleep(0.05)
    time.sleep(2)
    ip("-n", "hellodl-a", "link", "set", "wire", "down")
    began = time.monotonic()
    seen = ""
    while "hellodl:" not in seen and time.monotonic() - began < 60:
        seen += process.stderr.readline()
    assert time.monotonic() - began < 30 + 5
    assert re.search(r"nothing was heard from rank 1 on .* for 20 s", seen)
    process.kill()  # mpiexec itself waits for its end of the wire
    process.communicate()
    assert equal(alone("hello-dl", tmp_path / "out", "--resume"), weights)
