"""How much memory a command takes: the most that it and its helpers ever held at once.

What processes share (libraries, weights, what a forked helper has not changed) is in the memory once, but in the
account of each of them. Linux keeps a fairer account: the proportional set size (PSS) divides what is shared by
the number of those who share it, so that sums over processes are right. Other systems do not; there the answer
is None.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

PROCESSES = Path("/proc")
PAUSE = 0.02  # seconds between looks


def can_measure() -> bool:
    """Whether this system keeps the account, and says which process started which."""
    return (PROCESSES / "self/smaps_rollup").exists() and (PROCESSES / "thread-self/children").exists()


def peak(command: Sequence[str]) -> float | None:
    """Run a command to its end; the most memory (MB) it was seen to hold, with all processes that it started.

    None where the system cannot tell, or the command failed.
    """
    if not can_measure():
        return None
    most = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, sum(map(held_by, family(process.pid))))
            time.sleep(PAUSE)
    return most / 1e6 if process.returncode == 0 else None


def family(process: int) -> list[int]:
    """A process and all those that it started, and those that they did."""
    found = [process]
    for path in PROCESSES.glob(f"{process}/task/*/children"):
        try:
            children = path.read_text().split()
        except OSError:  # it has just ended
            continue
        for child in children:
            found += family(int(child))
    return found


def held_by(process: int) -> int:
    """A process's share of the memory in bytes; 0 once it has ended."""
    try:
        lines = (PROCESSES / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    kilobytes = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return 1024 * int(kilobytes[0]) if kilobytes else 0
