"""How much memory a process takes: the most that it held at once, and what its helpers hold.

What processes share (libraries, weights, what a forked helper has not changed) is in the memory once, but in the
account of each. So the first process counts with all that it has there (its "resident set"), and those that it
started with what is theirs alone. Linux keeps both accounts. (It has a third, which divides what is shared by
the number of those who share it; but then a library would cost half as much while somebody else uses it too.)
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

PROCESSES = Path("/proc")


def can_measure() -> bool:
    """Whether this system keeps these accounts, and says which process started which."""
    return (PROCESSES / "self/smaps_rollup").exists() and (PROCESSES / "thread-self/children").exists()


def begin() -> None:
    """Forget what this process held at most until now, where the system lets us."""
    with suppress(OSError):
        (PROCESSES / "self/clear_refs").write_text("5")


def most_held() -> float | None:
    """The most memory (MB) that this process held since `begin`, and its helpers hold; None where nobody can tell."""
    if not can_measure():
        return None
    helpers = sum(account(helper, "smaps_rollup", "Private_Clean:", "Private_Dirty:") for helper in started_by("self"))
    return (account("self", "status", "VmHWM:") + helpers) / 1e6


def started_by(process: int | str) -> list[int]:
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


def account(process: int | str, file: str, *lines: str) -> int:
    """What some lines of a process's account add up to, in bytes; 0 once it has ended."""
    try:
        account = (PROCESSES / str(process) / file).read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in account if line.startswith(lines))
