"""A terminal for the tests: commands are typed in it, and what it shows is looked at.

A pseudo-terminal carries the bytes, and a `Screen` does with them what a terminal does: lines that are too long run on
below, a progress bar goes up and writes over itself. So a test sees what a person would.
"""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
PATIENCE = 600.0  # seconds for anything; it is there to end a test that hangs
CODE = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|\x1b[()][A-Z0-9]|\x1b.")


class Screen:
    """What a terminal of so many columns shows; it never forgets what has scrolled away."""

    def __init__(self, columns: int):
        self.columns = columns
        self.rows: list[list[str]] = [[]]
        self.runs_on: set[int] = set()  # rows that were full, so that their line goes on in the next one
        self.row = self.column = 0

    def feed(self, text: str) -> None:
        """Show text, and obey its codes (those that Rich uses)."""
        at = 0
        while at < len(text):
            if code := CODE.match(text, at):
                self._obey(code)
                at = code.end()
                continue
            self._put(text[at])
            at += 1

    def lines(self) -> list[str]:
        """What is written there, with the lines that ran on put together again."""
        whole: list[str] = []
        for number, row in enumerate(self.rows):
            text = "".join(row)
            if number - 1 in self.runs_on:
                whole[-1] += text
            else:
                whole.append(text)
        return [line.rstrip() for line in whole]

    def shown(self) -> str:
        """The rows as they stand there."""
        return "\n".join("".join(row).rstrip() for row in self.rows)

    def _put(self, character: str) -> None:
        if character == "\n":
            self.runs_on.discard(self.row)
            self._to(self.row + 1, self.column)
        elif character == "\r":
            self.column = 0
        elif character == "\b":
            self.column = max(self.column - 1, 0)
        elif character == "\t":
            self.column = min(self.column // 8 * 8 + 8, self.columns - 1)
        elif character >= " ":
            if self.column == self.columns:
                self.runs_on.add(self.row)
                self._to(self.row + 1, 0)
            row = self.rows[self.row]
            row.extend(" " * (self.column + 1 - len(row)))
            row[self.column] = character
            self.column += 1

    def _to(self, row: int, column: int) -> None:
        self.row, self.column = max(row, 0), column
        while len(self.rows) <= self.row:
            self.rows.append([])

    def _obey(self, code: re.Match) -> None:
        number = int(code[1]) if (code[1] or "").isdecimal() else 0
        if code[2] == "A":
            self._to(self.row - max(number, 1), self.column)
        elif code[2] == "B":
            self._to(self.row + max(number, 1), self.column)
        elif code[2] == "K":
            del self.rows[self.row][0 if number == 2 else self.column :]
            self.runs_on.discard(self.row)


@dataclass(frozen=True)
class Seen:
    """How a command ended, and what was seen of it: all its lines, and the rows of the screen."""

    status: int
    text: str
    screen: Screen

    @property
    def lines(self) -> list[str]:
        return self.screen.lines()


@dataclass
class Press:
    """Ctrl-C, typed `times` times, some seconds after a text has come up and a library is loaded ("" for at once)."""

    after: str = ""
    seconds: float = 0.0
    times: int = 1
    library: str = ""

    def is_time(self, text: str, process: int) -> bool:
        """Whether it has come to that."""
        maps = Path(f"/proc/{process}/maps")
        with suppress(OSError):  # it has ended
            return self.after in text and (not self.library or (maps.exists() and self.library in maps.read_text()))
        return False


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """The variables of a newcomer who has nothing but hellodl: own home, no data, no settings."""
    kept = {
        name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")
    }
    mine = {"HOME": str(folder), "HELLODL_MINE": "mine", "HELLODL_JIT": "0"}
    python = {"PYTHONPATH": str(SOURCE), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    return kept | mine | python | more


def command(words: Sequence[str]) -> list[str]:
    """`hellodl WORDS` as this interpreter runs it."""
    return [sys.executable, "-m", "hellodl", *words]


def type_in(
    words: Sequence[str],
    folder: Path,
    columns: int = 80,
    press: Press | None = None,
    prefix: Sequence[str] = (),
    encoding: str = "utf-8",
    **variables: str,
) -> Seen:
    """Type `hellodl WORDS` in a terminal of so many columns and see it to its end."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [*prefix, *command(words)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=folder,
        env=surroundings(folder, **variables),
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C reaches it and all its helpers
    )
    os.close(slave)
    text = _watched(process, master, press, codecs.getincrementaldecoder(encoding)("replace"))
    os.close(master)
    screen = Screen(columns)
    screen.feed(text)
    return Seen(process.returncode, text, screen)


def _watched(process: subprocess.Popen, master: int, press: Press | None, decoder: codecs.IncrementalDecoder) -> str:
    """All that a process writes into its terminal, while Ctrl-C is typed when it is time to."""
    text, end, due = "", time.monotonic() + PATIENCE, None
    left = press.times if press else 0
    while True:
        if press and left and due is None and press.is_time(text, process.pid):
            due = time.monotonic() + press.seconds
        if due is not None and time.monotonic() >= due and left:
            with suppress(OSError):
                os.write(master, b"\x03")
            left -= 1
            due = time.monotonic() + 0.05
        if time.monotonic() > end:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise AssertionError(f"{process.args} does not end; it said: {text[-2000:]}")
        if select.select([master], [], [], 0.02)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:  # nobody has the terminal any more
                data = b""
            if not data:
                break
            text += decoder.decode(data)
        elif process.poll() is not None and not select.select([master], [], [], 0.2)[0]:
            break  # helpers may live a little longer, but have nothing to say
    process.wait()
    return text


def piped(
    words: Sequence[str], folder: Path, prefix: Sequence[str] = (), **variables: str
) -> subprocess.CompletedProcess:
    """`hellodl WORDS` with its output in a pipe."""
    return subprocess.run(
        [*prefix, *command(words)],
        cwd=folder,
        env=surroundings(folder, **variables),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
    )
