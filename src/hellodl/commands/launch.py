"""`hellodl launch`: start a training on several machines, for those who have never met `mpiexec`.

It finds the `mpiexec` that belongs to mpi4py, says the line that it would have you type, and runs it. That is all: what
is started is the same program, once a rank (see `hellodl.ranks`), and whoever knows MPI needs none of this.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from itertools import chain, repeat
from pathlib import Path

from hellodl.commands.arguments import at_least
from hellodl.console import log
from hellodl.errors import DataError

ENDING = (signal.SIGINT, signal.SIGTERM)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many ranks, on which machines, and what they run."""
    parser.usage = "hellodl launch [--hosts A,B] [-n N] train PROGRAM [options]"
    option = parser.add_argument
    option("-n", type=at_least(1), metavar="N", help="ranks in all (one a machine)")
    hosts = "machines that you can log in to by ssh without a password (this one)"
    option("--hosts", type=names_of, default=[], metavar="A,B", help=hosts)
    option("command", nargs=argparse.REMAINDER, metavar="train ...", help="what follows `hellodl`, as for one process")
    parser.set_defaults(wrong_usage=parser.error)


def names_of(text: str) -> list[str]:
    """Names of machines, for argparse."""
    names = text.split(",")
    if not all(re.fullmatch(r"\w[\w.-]*", name) for name in names):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of machines such as anna,bert")
    return names


def main(options: argparse.Namespace) -> int:
    """Say the line, run it, and pass on how it ended."""
    if options.command[:1] != ["train"] or len(options.command) < 2:
        options.wrong_usage("what is launched is a training: hellodl launch -n 4 train letters")
    if find_spec("mpi4py") is None:
        raise DataError("mpi4py is not here; pip install 'hellodl[mpi]', and an MPI such as: pip install mpich")
    mpiexec = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if mpiexec is None:
        raise DataError("there is no mpiexec; pip install mpich, or ask for your cluster's (such as: module load mpi)")
    version = subprocess.run([mpiexec, "--version"], capture_output=True, text=True, check=False).stdout
    ranks = options.n or max(len(options.hosts), 1)
    line = [mpiexec, *arguments(ranks, options.hosts, "Open MPI" in version), sys.executable, "-m", "hellodl"]
    line += options.command
    log.info(shlex.join(line))
    status = run(line)
    if status and (silent := unreachable(options.hosts)):
        raise DataError(silent)
    return status


def run(line: list[str]) -> int:
    """Run mpiexec to its end. It never hears of Ctrl-C, which either MPI takes in its own way: the ranks do, who save.

    A second Ctrl-C ends it.
    """
    process = subprocess.Popen(line, stdin=subprocess.DEVNULL, start_new_session=True)
    heard = chain([signal.SIGUSR1], repeat(signal.SIGTERM))  # it hands the first on, see `cli.meet`
    before = {number: signal.signal(number, lambda *_: process.send_signal(next(heard))) for number in ENDING}
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def arguments(ranks: int, hosts: list[str], open_mpi: bool) -> list[str]:
    """What to tell mpiexec, in the words of MPICH (and Intel's) or of Open MPI."""
    found = ["-n", str(ranks)]
    if not open_mpi:
        return found + (["-hosts", ",".join(hosts)] if hosts else [])
    found += ["--oversubscribe", "--bind-to", "none"]  # as MPICH does; else a rank alone would have one core
    if hosts:
        places = -(-ranks // len(hosts))  # on each, or it would start one there
        found += ["--host", ",".join(f"{host}:{places}" for host in hosts)]
    for name in os.environ:  # MPICH hands all of them on
        if name.startswith(("HELLODL_", "PYTHONPATH")):
            found += ["-x", name]
    return found


def unreachable(hosts: list[str]) -> str:
    """The first of some machines that ssh cannot log in to, and why, in a line; empty where it can everywhere."""
    for host in hosts:
        if host in ("localhost", platform.node()):
            continue
        login = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", host, "true"]
        try:
            done = subprocess.run(login, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return "there is no ssh here, by which other machines are reached; install it (such as: openssh-client)"
        if done.returncode == 255:  # ssh's own failures
            reason = (
                done.stderr.strip().rpartition("\n")[2].removeprefix("ssh: ").strip(" .\r") or "it does not say why"
            )
            return f"{host}: ssh cannot log in there ({reason}); make this work first: ssh {host} hostname"
    return ""
