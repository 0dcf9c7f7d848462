"""How much memory a command takes: the most that it and its helpers ever held at once.

What processes share (libraries, weights, what a forked helper has not changed) is in the memory once, but in the
account of each. So the first process counts with all that it has there (its "resident set"), and those that it
started with what is theirs alone. Linux keeps both accounts. (It has a third, which divides what is shared by
the number of those who share it; but then a library would cost half as much while somebody else uses it too.)
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

PROCESSES = Path("/proc")
PAUSE = 0.02  # seconds between looks


def can_measure() -> bool:
    """Whether this system keeps these accounts, and says which process started which."""
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
            helpers = sum(held(helper, "Private_Clean:", "Private_Dirty:") for helper in started_by(process.pid))
            most = max(most, held(process.pid, "Rss:") + helpers)
            time.sleep(PAUSE)
    return most / 1e6 if process.returncode == 0 else None


def started_by(process: int) -> list[int]:
    """The processes that a process started, and those that they did."""
    found = []
    for path in PROCESSES.glob(f"{process}/task/*/children"):
        try:
            children = [int(word) for word in path.read_text().split()]
        except OSError:  # it has just ended
            continue
        for child in children:
            found += [child, *started_by(child)]
    return found


def held(process: int, *accounts: str) -> int:
    """What some accounts of a process add up to, in bytes; 0 once it has ended."""
    try:
        lines = (PROCESSES / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(accounts))
