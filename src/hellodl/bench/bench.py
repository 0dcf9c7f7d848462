"""`hellodl bench`: how many images a second, beside whom.

Tasks come from `problems`, who takes part from `contestants`; `races` lets them race, and `standings` says who won.
After the race each does the work once more in a process of its own, to see how much memory that takes.

Other libraries are asked only if they are installed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hellodl.bench import memory, ranks, record
from hellodl.bench.contestants import RATE, Contestant, installed_peers, ours
from hellodl.bench.problems import TASKS, Task, problem_of
from hellodl.bench.races import measured
from hellodl.bench.standings import LIMIT, as_markdown
from hellodl.console import log, progress_bar
from hellodl.runs import machine
from hellodl.train.lanes import quick_hand_over, single_threaded_products

ALONE = 10  # runs that show how much memory a contestant takes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is timed, how often, and beside whom."""
    option = parser.add_argument
    names = ", ".join(task.name for task in TASKS)
    more = f"{record.NAME}: minutes; all; or {ranks.NAME} alone: what a room of machines would make of it"
    what = f"what to time ({names}: these if none is named; {more})"
    option("tasks", nargs="*", metavar="TASK", help=what)
    option("--rounds", type=int, default=15, metavar="N", help="turns of each contestant (15)")
    option("--no-peers", action="store_true", help="hellodl alone, beside the limit of matrix products")
    option("--gigabits", type=float, default=1.0, metavar="N", help=f"of {ranks.NAME}: a link's speed, a second (1)")
    option("--delay", type=float, default=0.2, metavar="MS", help=f"of {ranks.NAME}: a message's own time (0.2)")
    option("--out", type=Path, metavar="FILE", help="write all figures there, as JSON")
    # For a process whose memory is being watched.
    option("--alone", nargs=2, metavar=("LIBRARY", "THREADS"), help=argparse.SUPPRESS)
    parser.set_defaults(wrong_usage=parser.error)


def main(options: argparse.Namespace) -> int:
    """Let them race, and print the table."""
    if options.tasks == [ranks.NAME]:
        if not (0 < options.gigabits < math.inf and 0 < options.delay < math.inf):
            options.wrong_usage("--gigabits and --delay are numbers above 0")
        wire = ranks.Wire(options.gigabits, options.delay)
        told = ranks.simulated(wire)
        if options.out:
            options.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(told) if options.json else ranks.as_table(told, wire))
        return 0
    names = [*(task.name for task in TASKS), record.NAME, "all"]
    for name in options.tasks:
        if name not in names:
            options.wrong_usage(f"there is no task '{name}'; choose from {', '.join(names)}")
    if options.rounds < 1:
        options.wrong_usage("--rounds is a number from 1 up")
    everything = not options.tasks or "all" in options.tasks
    tasks = [task for task in TASKS if everything or task.name in options.tasks]
    if options.alone:
        work_alone(tasks[0], options.alone[0], int(options.alone[1]))
        return 0

    peers = [] if options.no_peers else installed_peers()
    versions = machine.versions() | {peer.NAME: peer.version() for peer in peers}
    beside = ", ".join(dict.fromkeys(peer.NAME for peer in peers))
    log.info(f"beside hellodl: {beside or 'nobody; pip install torch brings one'}")
    results = [measured(task, peers, options.rounds) for task in tasks]
    if memory.can_measure():
        add_memory(results)
    about = {"program": "bench", "machine": machine.processor(), "versions": versions, "source": machine.commit()}
    figures: dict[str, Any] = {**about, "rounds": options.rounds, "tasks": results}
    if {record.NAME, "all"} & set(options.tasks):
        figures[record.NAME] = record.raced(options.data, peers=not options.no_peers)
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures) if options.json else as_markdown(figures))
    return 0


def add_memory(results: list[dict[str, Any]]) -> None:
    """Fill in the most memory that the best of each library takes, in a fresh process that does only its work."""
    rows = [(task["task"], row) for task in results for row in task["best"] if row["library"] != LIMIT]
    with progress_bar("memory", len(rows)) as bar:
        for task, row in rows:
            bar.note(f"{task}: {row['library']}")
            alone = ["--alone", row["library"], str(row["threads"])]
            row["memory_mb"] = memory.peak([sys.executable, "-m", "hellodl", "bench", task, *alone])
            bar.advance(1)


def work_alone(task: Task, library: str, threads: int) -> None:
    """What that fresh process does: this one contestant's work, a few times."""
    problem = problem_of(task)
    contestants: Iterable[Contestant] = ours(problem, [threads])
    for peer in installed_peers():
        if library.startswith(peer.NAME):
            contestants = peer.contestants(problem, [threads], RATE, Contestant)
    contestant = next(c for c in contestants if c.library == library)  # those after it are never made
    with single_threaded_products(), quick_hand_over():
        for _ in range(ALONE):
            contestant.run()
