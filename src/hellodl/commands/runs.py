"""`hellodl runs`: which trainings there were, how each of them went, and what set two of them apart."""

from __future__ import annotations

import argparse
import csv
import math
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from hellodl.commands.arguments import at_least
from hellodl.commands.show import pairs_as_text
from hellodl.console import as_json, columns, listed, share, show_facts, show_table, tell, words
from hellodl.errors import DataError
from hellodl.runs import tensorboard
from hellodl.runs.log import DEFAULT_PATH, RunLog, by_number

BARS = "▁▂▃▄▅▆▇█"
CURVE_WIDTH = 60
COLUMNS = ("step", "epoch", "loss", "accuracy", "learning_rate", "images", "seconds")
STATUSES = ("running", "finished", "failed", "interrupted", "lost")
SILENT_SECONDS = 600  # a run that says it is running, but wrote nothing for so long, was killed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which runs."""
    option = parser.add_argument
    option("action", nargs="?", choices=("list", "show", "compare", "delete", "export"), default="list", help="(list)")
    option("ids", nargs="*", type=int, metavar="ID", help="the numbers of runs, as listed")
    option("--log", type=Path, default=DEFAULT_PATH, metavar="FILE", help=f"({DEFAULT_PATH})")
    option("--program", metavar="NAME", help="list the runs of this program only")
    option("--data", metavar="NAME", help="list the runs on data sets with this in their name")
    option("--status", choices=STATUSES, help="list the runs that ended so")
    option("--since", type=day, metavar="DATE", help="list the runs from this day on (2025-12-31, UTC)")
    option(
        "--best", type=at_least(1), metavar="N", help="list the N runs of the highest validation accuracy, best first"
    )
    option("--csv", action="store_true", help="show: all training and validation rows, for a spreadsheet")
    board = "export: a folder for each run in here, for TensorBoard (needs the extra `tensorboard`)"
    option("--tensorboard", type=Path, metavar="DIR", help=board)
    parser.set_defaults(wrong_usage=parser.error)


def main(options: argparse.Namespace) -> int:
    """List, show, compare, delete or export."""
    log = RunLog(options.log)
    if options.csv and options.action != "show":
        options.wrong_usage("--csv is for the rows of a run: hellodl runs show ID --csv")
    if (options.tensorboard is None) == (options.action == "export"):
        options.wrong_usage("what is exported goes to TensorBoard: hellodl runs export ID --tensorboard DIR")
    if options.action == "list":
        if options.ids:
            options.wrong_usage("the list takes no numbers; to see a run, use: hellodl runs show ID")
        return list_runs(log, options)
    if not options.ids or (options.action == "compare" and len(options.ids) < 2):
        options.wrong_usage(f"{options.action} which runs? Give their numbers; `hellodl runs` lists them")
    runs = [find(log, number) for number in options.ids]
    if options.action == "show":
        return show_rows(log, runs) if options.csv else show(log, runs, options.json)
    if options.action == "export":
        return export(log, runs, options)
    if options.action == "compare":
        return compare(log, runs, options.json)
    for run in runs:
        log.delete(run["id"])
        tell(f"run {run['id']} is deleted")
    return 0


def find(log: RunLog, number: int) -> dict[str, Any]:
    """The run of that number, or an error that says which there are."""
    if run := log.find(number):
        return run
    runs = log.runs()
    there = f"there are {runs[0]['id']} to {runs[-1]['id']}" if runs else "there are none"
    raise DataError(f"{log.path}: has no run {number}; {there}, `hellodl runs` lists them")


def summary(log: RunLog, run: dict[str, Any]) -> dict[str, Any]:
    """A run with what its rows come down to."""
    accuracies = [row["accuracy"] for row in log.validation_rows(run["id"]) if row["accuracy"] is not None]
    last = log.last_row(run["id"])
    figures = {"status": status(run), "minutes": minutes(run), "steps": last.get("step"), "epochs": last.get("epoch")}
    figures |= {"loss": last.get("loss"), "images": last.get("images")}
    figures |= {"validation_accuracy": accuracies[-1] if accuracies else None}
    return run | figures | {"best_validation_accuracy": max(accuracies, default=None)}


def status(run: dict[str, Any]) -> str:
    """How the run ended; 'lost' if it was killed before it could say."""
    silent = seconds(run["seen"], datetime.now(UTC).isoformat())
    return "lost" if run["status"] == "running" and not silent <= SILENT_SECONDS else run["status"]


def minutes(run: dict[str, Any]) -> float:
    """How long it ran, as far as it wrote anything."""
    return round(seconds(run["started"], run["finished"] or run["seen"]) / 60, 2)


def seconds(begin: str, end: str) -> float:
    """From one time to another as the log writes them; NaN where either is none."""
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
    except (ValueError, TypeError):
        return math.nan


def day(words: str) -> str:
    """A date, or date and time, as the log writes it."""
    try:
        return datetime.fromisoformat(words).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{words!r} is no date; write it as 2025-12-31") from None


def chosen(log: RunLog, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The runs that the options ask for, with what their rows come down to."""

    def wanted(run: dict[str, Any]) -> bool:
        kind = options.program in (None, run["program"]) and (options.data or "") in (run["data"] or "")
        return kind and options.status in (None, status(run)) and run["started"] >= (options.since or "")

    runs = [summary(log, run) for run in log.runs() if wanted(run)]
    if options.best is None:
        return runs
    judged = [run for run in runs if run["best_validation_accuracy"] is not None]
    return sorted(judged, key=lambda run: -run["best_validation_accuracy"])[: options.best]


def list_runs(log: RunLog, options: argparse.Namespace) -> int:
    """One line a run."""
    runs = chosen(log, options)
    if options.json:
        print(as_json(runs))
        return 0
    if not runs:
        others = "none of the runs is like that; `hellodl runs` lists all"
        tell(f"{log.path}: {others if log.runs() else 'no runs yet; `hellodl train letters` makes one'}")
        return 0
    rows = []
    for run in runs:
        cells = [str(run["id"]), run["program"], run["started"].replace("T", " ").rstrip("Z"), run["status"]]
        cells += [f"{run['minutes']:.1f}", run["data"] or "", words(run["seed"]), words(run["loss"])]
        rows.append([*cells, share(run["validation_accuracy"])])
    show_table(("run", "program", "started", "status", "minutes", "data", "seed", "loss", "validation"), rows)
    return 0


def show(log: RunLog, runs: list[dict[str, Any]], in_json: bool) -> int:
    """All about each run: what it was, its curves, its layers at the end, its mistakes."""
    if in_json:
        print(as_json([everything(log, run) for run in runs]))
        return 0
    for run in (summary(log, run) for run in runs):
        tell(f"run {run['id']}: {run['program']}, {run['status']} after {run['minutes']:.1f} minutes")
        if run["error"]:
            tell(f"  {run['error']}")
        facts = {name: run[name] for name in ("started", "seed", "data", "machine", "source")}
        if run["logging_seconds"] is not None:
            facts["log"] = f"took {run['logging_seconds']:.1f} s"
        facts |= {name: listed(run[name]) for name in ("versions", "settings")}
        figures = {name: value for name, value in run["result"].items() if is_figure(name, value)}
        facts["result"] = listed(figures)
        show_facts({name: words(value) for name, value in facts.items()}, margin="  ")
        show_curves(log, run["id"])
        show_layers(log, run["id"])
        show_samples(log, run["id"])
        if found := log.confusion(run["id"]):
            classes, matrix = found
            tell("\n" + pairs_as_text(matrix, classes))
    return 0


def show_rows(log: RunLog, runs: list[dict[str, Any]]) -> int:
    """All rows of these runs as CSV."""
    table = csv.DictWriter(sys.stdout, ["run", "part", *COLUMNS], lineterminator="\n")
    table.writeheader()
    for run in runs:
        for part, rows in log.rows_after(run["id"], -1).items():
            table.writerows({"part": part, **row} for row in rows)
    return 0


def export(log: RunLog, runs: list[dict[str, Any]], options: argparse.Namespace) -> int:
    """A folder with a file of events for each run."""
    paths = [tensorboard.export(log, run, options.tensorboard / folder_of(run)) for run in runs]
    if options.json:
        print(as_json([str(path) for path in paths]))
    else:
        print("\n".join(map(str, paths)))
    return 0


def folder_of(run: dict[str, Any]) -> str:
    """What to call a folder for a run, whatever the log calls its program."""
    return f"{re.sub(r'[^a-z0-9]+', '-', run['program'].lower())}-{run['id']}"


def everything(log: RunLog, run: dict[str, Any]) -> dict[str, Any]:
    """A run with all its rows, for a program to read."""
    rows = {"training": log.train_rows(run["id"]), "validation": log.validation_rows(run["id"])}
    return {**summary(log, run), **rows}


def show_curves(log: RunLog, number: int) -> None:
    """Loss and accuracy over the steps, as little bars."""
    training, validation = log.train_rows(number), log.validation_rows(number)
    for title, rows, name in (
        ("training loss", training, "loss"),
        ("validation loss", validation, "loss"),
        ("validation accuracy", validation, "accuracy"),
    ):
        values = [row[name] for row in rows if row[name] is not None]
        if values:
            bars = sparkline(values, min(CURVE_WIDTH, (columns(sys.stdout) or CURVE_WIDTH + 2) - 2))
            tell(f"\n{title}, {words(values[0])} to {words(values[-1])}\n  {bars}")


def show_layers(log: RunLog, number: int) -> None:
    """The weights and gradients of each layer when they were last looked at; of its steps, the median."""
    rows = log.layers(number)
    if not rows:
        return
    last = rows[-1]["step"]
    gradients = {row["name"]: row for row in rows if row["step"] == last and row["kind"] == "gradient"}
    table = []
    for row in sorted(rows, key=lambda row: by_number(row["name"])):
        if row["step"] == last and row["kind"] == "weight":
            gradient = gradients.get(row["name"], {}).get("spread")
            moves = [r["step_ratio"] for r in rows if r["name"] == row["name"] and r["step_ratio"] is not None]
            cells = [words(row["mean"]), words(row["spread"]), share(row["zeros"])]
            cells += [words(median(moves) if moves else None), words(gradient)]
            table.append((row["name"], f"{row['size']:,}", *cells))
    tell(f"\nlayers at step {last:,}")
    show_table(("layer", "weights", "mean", "spread", "zeros", "a step moves", "gradient's spread"), table)
    dead = [row for row in rows if row["step"] == last and row["dead"]]
    if dead:
        layers = ", ".join(f"{share(row['dead'])} of layer {row['name']}" for row in dead)
        tell(f"units that are 0 whatever comes in: {layers}")


def show_samples(log: RunLog, number: int) -> None:
    """What a few validation inputs were taken for, in the end."""
    rows = log.samples(number)
    last = [row for row in rows if row["step"] == rows[-1]["step"]]
    guesses = [f"{row['truth']} as {row['guess']} ({row['probability']:.0%})" for row in last]
    if guesses:
        tell(f"\nread at step {rows[-1]['step']:,}: {', '.join(guesses)}")


def is_figure(name: str, value: Any) -> bool:
    """A number that came out, rather than a setting told once more."""
    return isinstance(value, int | float) and name != "seed"


def compare(log: RunLog, runs: list[dict[str, Any]], in_json: bool) -> int:
    """What differs between runs, side by side."""
    found = [summary(log, run) for run in runs]
    rows = differences(found)
    if in_json:
        print(as_json({"runs": [run["id"] for run in found], "differences": rows}))
        return 0
    table = [(name, *map(words, values)) for name, values in rows.items()]
    table.append(("training loss", *(sparkline(curve(log, run["id"]), 24) for run in found)))
    show_table(("", *(f"run {run['id']}" for run in found)), table)
    return 0


def differences(runs: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Name -> the value in each run, of all facts, settings and figures that are not the same in all."""
    tables = []
    for run in runs:
        facts = {name: value for name, value in run.items() if not isinstance(value, dict)}
        for group in ("settings", "versions", "result"):
            flat = {name: value for name, value in run[group].items() if not isinstance(value, dict)}
            facts |= {f"{group}: {name}": value for name, value in flat.items()}
        tables.append(facts)
    names = dict.fromkeys(name for table in tables for name in table)
    rows = {name: [table.get(name) for table in tables] for name in names}
    differ = [name for name, values in rows.items() if any(value != values[0] for value in values)]
    return {name: rows[name] for name in differ if name not in ("id", "seen")}


def curve(log: RunLog, number: int) -> list[float]:
    """The training loss of a run."""
    return [row["loss"] for row in log.train_rows(number) if row["loss"] is not None]


def sparkline(values: Sequence[float], width: int = CURVE_WIDTH) -> str:
    """A curve in one line of text: means of neighbours where there are more values than places."""
    if not values:
        return ""
    count = min(width, len(values))
    cuts = [len(values) * i // count for i in range(count + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(cuts)]
    finite = [mean for mean in means if math.isfinite(mean)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    scale = (len(BARS) - 1) / (high - low) if 0 < high - low < math.inf else 0.0
    return "".join(BARS[round((min(max(mean, low), high) - low) * scale)] for mean in means)
