"""Found by every Python that has this folder in PYTHONPATH: ends the process at the moment that HELLODL_FAULT names.

`HELLODL_FAULT=commit:2` kills it (by the signal that nobody can catch) right before its second commit to the run log.
Other moments: `begin` (a save, before anything is written), `save` (all is written, the name is still the other one),
`saved` (a model or state has just got its name), `row` (in a transaction of the log), `remove` (before a state goes).
"""

import os
import signal
import sqlite3
import sys

moment, _, number = os.environ.get("HELLODL_FAULT", "").partition(":")
left = [int(number or 1)]


def here(name: str) -> None:
    """Die, if this is the moment, and the time for it."""
    if name == moment:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def heard(event: str, arguments: tuple) -> None:
    """Python tells of files that are opened, renamed and removed."""
    path = str(arguments[0]) if arguments else ""
    if event == "open" and path.endswith(".part") and arguments[1] in ("x", "xb"):
        here("begin")
    elif event == "os.rename" and path.endswith(".part"):
        here("save")
    elif event == "open" and arguments[1] is None and path.endswith("/runs"):
        here("saved")  # the folder is opened to bring the new name to the disk
    elif event == "os.remove" and path.endswith(".state"):
        here("remove")


class Deadly(sqlite3.Connection):
    """A connection to the run log."""

    def execute(self, statement, *values):
        if statement == "commit":
            here("commit")
        if statement.startswith("insert or replace into training"):
            here("row")
        return super().execute(statement, *values)


if moment:
    sys.addaudithook(heard)
    connect = sqlite3.connect
    sqlite3.connect = lambda *given, **named: connect(*given, factory=Deadly, **named)
