"""A step is tried in a process of its own, which may do what it likes: print without end, run for ever, or die."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

from hellodl.learn.exercises import Exercise
from hellodl.learn.steps import Milestone, Step

SECONDS = 20.0  # for all questions of a step; the solutions take one
EXERCISE_SECONDS = 60.0  # some train; the solutions take up to ten
MILESTONE_SECONDS = 1_800.0  # the solutions take half a minute
PRINTED = 2_000  # characters of what the reader's files print
SILENT: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "bufsize": 0}
LINE = re.compile(r'File "(?P<path>.+?)", line (?P<line>\d+) in (?P<name>.+)')


def try_step(which: Step | Exercise, folder: Path, seconds: float = SECONDS) -> dict[str, Any]:
    """What `trial` found, with the end of what was `printed`; also where it found nothing because it never ended."""
    folder = folder.resolve()
    with tempfile.TemporaryDirectory() as place:
        result = Path(place) / "result.json"
        words = ["hellodl.learn.trial", str(folder), str(which.number), str(result), str(seconds)]
        # -P: nothing is imported from where we happen to be. What happens in a terminal is not the trial's to read.
        work = subprocess.Popen([sys.executable, "-P", "-m", *words], **SILENT, env=surroundings())
        printed = Printed(work.stdout)
        try:
            work.wait(seconds + 10)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if work.poll() is None:  # Ctrl-C too
                work.kill()
                work.wait()
        found = told(result, which.file, folder, work.returncode, seconds)
    return found | {"printed": printed.end()}


def run_milestone(which: Milestone, folder: Path) -> dict[str, Any]:
    """What came out of a milestone, which prints and shows its progress where we do."""
    folder = folder.resolve()
    with tempfile.TemporaryDirectory() as place:
        result = Path(place) / "result.json"
        words = ["hellodl.learn.trial", str(folder), which.name, str(result), str(MILESTONE_SECONDS)]
        work = subprocess.Popen([sys.executable, "-P", "-m", *words], stdin=subprocess.DEVNULL, env=surroundings())
        try:
            work.wait()
        finally:
            if work.poll() is None:  # Ctrl-C
                work.kill()
                work.wait()
        return told(result, which.name, folder, work.returncode, MILESTONE_SECONDS)


def surroundings() -> dict[str, str]:
    """The environment of a trial: one thread, and this hellodl wherever it lies."""
    home = str(Path(__file__).resolve().parents[2])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **one, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


def told(result: Path, what: str, folder: Path, status: int, seconds: float) -> dict[str, Any]:
    """What the process wrote down, or why it did not."""
    if result.is_file():
        return json.loads(result.read_text("utf-8"))
    question = text_of(result.with_suffix(".question"))
    frames = list(LINE.finditer(text_of(result.with_suffix(".trace"))))
    if frames or status < 0:
        own = next((found for found in frames if Path(found["path"]).parent == folder), None)
        where = f"it was in {Path(own['path']).name}, line {own['line']} (`{own['name']}`)" if own else ""
        why = f"not done after {seconds:.0f} seconds; is there a loop without end?" if frames else "Python was ended"
        lines = [question, why, where]
        return {"passed": False, "about": own["name"] if own else "", "lines": [line for line in lines if line]}
    return {
        "passed": False,
        "about": "",
        "lines": [question or what, f"Python ended here (status {status}); does your code exit()?"],
    }


def text_of(path: Path) -> str:
    """What is in a file; nothing where there is none."""
    return path.read_text("utf-8", errors="replace") if path.is_file() else ""


class Printed:
    """The first and the last of what a process prints, however much that is, read as it comes."""

    def __init__(self, stream: IO[bytes] | None):
        assert stream is not None
        self.stream, self.kept, self.count = stream, b"", 0
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with self.stream:
            while piece := self.stream.read(65_536):  # unbuffered: what there is
                self.count += len(piece)
                self.kept = (self.kept + piece)[-PRINTED:]

    def end(self) -> str:
        """The last lines of it, once the process is over."""
        self.thread.join(1)
        text = self.kept.decode("utf-8", errors="replace")
        return text if self.count <= PRINTED else text.partition("\n")[2] or text
