"""Thousands of mangled files, each opened in a process that may not take more than so much time and memory.

    python tests/fuzz/fuzz_rig.py 20000 --seed 1        (or: make test-fuzz N=20000)
    python tests/fuzz/fuzz_rig.py --case picture:17

A case is a kind and a number, from which its file is made again at any time. What may come out of a file is what is in
it, or one line (HelloError); anything else is told with its case, and belongs into a small test of its own. Time is
that of the processor, as other programs may want it too.
"""

import argparse
import contextlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, Queue

import numpy as np

SECONDS, PATIENCE = 10.0, 90.0  # of the processor, and by the clock
MEGABYTES = 1000  # more than before
CEILING = 12 * 2**30  # bytes of addresses, lest the machine suffer


def one(kind: str, number: int, folder: Path) -> dict[str, object]:
    """Make the file of a case and use it; what came of that."""
    from strange_uses import KINDS

    from hellodl.errors import HelloError

    make, use = KINDS[kind]
    place = folder / "case"
    place.mkdir()
    found: dict[str, object] = {"case": f"{kind}:{number}", "wrong": ""}
    try:
        path = make(np.random.default_rng([number, *kind.encode()]), place / "file")
        before, began = peak(reset=True), time.process_time()
        try:
            use(path)
            found["came"] = "something"
        except HelloError as error:
            found["came"] = "a line"
            if "\n" in str(error) or re.search(r"unexpected \w+(Error|Warning|Exception)", str(error)):
                found["wrong"] = f"not one line: {str(error)[:200]}"
        except Exception:
            found["came"], found["wrong"] = "an error", traceback.format_exc()
        seconds, megabytes = time.process_time() - began, peak() - before
        found |= {"seconds": seconds, "megabytes": megabytes}
        if seconds > SECONDS or megabytes > MEGABYTES:
            found["wrong"] = found["wrong"] or f"{seconds:.1f} s, {megabytes} MB"
    except Exception:
        found["came"], found["wrong"] = "no file", f"the rig itself failed: {traceback.format_exc()}"
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return found


def peak(reset: bool = False) -> int:
    """The most memory that this process had, in MB, since it was last set back (Linux; elsewhere 0)."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        return int(found[1]) // 1000 if found else 0
    except OSError:
        return 0


def child() -> None:
    """Take cases from standard input, one a line, and tell what came of each."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "(overflow|invalid value) encountered")  # of weights near the end of float32
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever prints is no answer
    resource.setrlimit(resource.RLIMIT_AS, (CEILING, CEILING))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for line in sys.stdin:
            kind, number = line.strip().split(":")
            print(json.dumps(one(kind, int(number), Path(folder))), file=out, flush=True)


class Child:
    """A process that does cases, and can be given up."""

    def __init__(self) -> None:
        command = [sys.executable, __file__, "--child"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, text=True, **pipes)
        self.answers: Queue[str] = Queue()
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put("")

    def do(self, case: str) -> dict[str, object] | None:
        """What came of it; None where the process ended, or does not end."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{case}\n")
        self.process.stdin.flush()
        try:
            answer = self.answers.get(timeout=PATIENCE)
        except Empty:
            answer = ""
        return json.loads(answer) if answer else None

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.listener.join()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()


def tried(
    cases: Iterable[str], children: int = 1, tell: int = 0
) -> tuple[Counter[str], list[dict[str, object]], float]:
    """What came of the cases, what went wrong, and the most memory that one took; a line every `tell` cases."""
    waiting = iter(cases)
    came: Counter[str] = Counter()
    wrong: list[dict[str, object]] = []
    most = [0.0]
    lock = threading.Lock()

    def work() -> None:
        helper = Child()
        while True:
            with lock:
                case = next(waiting, None)
            if case is None:
                break
            found = helper.do(case)
            if found is None:
                found = {"case": case, "came": "no answer", "wrong": f"the process ended, or took over {PATIENCE:g} s"}
                helper.stop()
                helper = Child()
            with lock:
                came[f"{case.partition(':')[0]}: {found['came']}"] += 1
                most[0] = max(most[0], float(str(found.get("megabytes", 0))))
                if found["wrong"]:
                    wrong.append(found)
                    if tell:
                        print(f"{found['case']}\n{found['wrong']}", flush=True)
                if tell and came.total() % tell == 0:
                    print(f"{came.total():,} files, {len(wrong)} wrong", flush=True)
        helper.stop()

    threads = [threading.Thread(target=work) for _ in range(children)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came, wrong, most[0]


def main() -> int:
    parser = argparse.ArgumentParser(description="Open mangled files of all kinds.")
    parser.add_argument("count", nargs="?", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10**6)
    parser.add_argument("--kind")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--case", help="one again, KIND:NUMBER")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child()
        return 0
    if options.case:
        came, wrong, most = tried([options.case], tell=1)
        return bool(wrong)
    from strange_uses import KINDS

    kinds = [options.kind] if options.kind else [*KINDS]
    print(f"seed {options.seed}", flush=True)
    first = options.seed * 10**6
    cases = (f"{kinds[n % len(kinds)]}:{first + n // len(kinds)}" for n in range(options.count))
    began = time.perf_counter()
    came, wrong, most = tried(cases, options.children, tell=500)
    for what, count in sorted(came.items()):
        print(f"{count:7,} {what}")
    took = time.perf_counter() - began
    print(f"seed {options.seed}: {len(wrong)} of {came.total():,} wrong, {most:.0f} MB at most, {took:.0f} s")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
