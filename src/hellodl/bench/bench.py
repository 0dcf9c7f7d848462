"""`hellodl bench`: how many images a second, beside whom.

Tasks come from `problems`, who takes part from `contestants`; each is a process of its own (`racers`), `races` lets
them take turns, and `standings` says who won.

Other libraries are asked only if they are installed.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

from hellodl.bench import ranks, record
from hellodl.bench.contestants import installed_peers
from hellodl.bench.problems import TASKS
from hellodl.bench.races import measured
from hellodl.bench.standings import as_markdown
from hellodl.console import log
from hellodl.runs import machine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is timed, how often, and beside whom."""
    option = parser.add_argument
    names = ", ".join(task.name for task in TASKS)
    more = f"{record.NAME}: minutes; all; or {ranks.NAME} alone: what a room of machines would make of it"
    what = f"what to time ({names}: these if none is named; {more})"
    option("tasks", nargs="*", metavar="TASK", help=what)
    option("--rounds", type=int, default=5, metavar="N", help="turns of each contestant (5)")
    option("--no-peers", action="store_true", help="hellodl alone, beside the limit of matrix products")
    option("--gigabits", type=float, default=1.0, metavar="N", help=f"of {ranks.NAME}: a link's speed, a second (1)")
    option("--delay", type=float, default=0.2, metavar="MS", help=f"of {ranks.NAME}: a message's own time (0.2)")
    option("--out", type=Path, metavar="FILE", help="write all figures there, as JSON")
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
    peers = [] if options.no_peers else installed_peers()
    versions = machine.versions() | {peer.NAME: peer.version() for peer in peers}
    beside = ", ".join(dict.fromkeys(peer.NAME for peer in peers))
    log.info(f"beside hellodl: {beside or 'nobody; pip install torch brings one'}")
    results = [measured(task, peers, options.rounds) for task in tasks]
    about = {"program": "bench", "machine": machine.processor(), "versions": versions, "source": machine.commit()}
    figures: dict[str, Any] = {**about, "rounds": options.rounds, "tasks": results}
    if {record.NAME, "all"} & set(options.tasks):
        figures[record.NAME] = record.raced(options.data, peers=not options.no_peers)
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures) if options.json else as_markdown(figures))
    return 0
