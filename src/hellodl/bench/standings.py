"""What `hellodl bench` prints: the figures of its races as Markdown, for people and for a README."""

from __future__ import annotations

from typing import Any

from hellodl.bench import record
from hellodl.console import markdown_table, ratio

OURS, JIT = "hellodl", "hellodl, jit"  # in NumPy alone, and with compiled loops
LIMIT = "matrix products alone"


def as_markdown(figures: dict[str, Any]) -> str:
    """All of it: who raced where, a summary, a table for each task, and the race to 99% of MNIST."""
    versions = ", ".join(f"{name} {version}" for name, version in figures["versions"].items())
    lines = [f"{figures['machine']}; {versions}", *summary_of(figures["tasks"])]
    for task in figures["tasks"]:
        lines += table_of(task)
    if figures.get(record.NAME):
        lines += ["", *record.as_markdown(figures[record.NAME])]
    return "\n".join(lines)


def summary_of(tasks: list[dict[str, Any]]) -> list[str]:
    """hellodl beside the fastest of the others, beside PyTorch as everybody writes it, beside matrix products alone.

    A line a task; of the last, which is what a machine could do, hellodl's share in NumPy and with the extra.
    """
    lines = []
    for task in tasks:
        rows = {row["library"]: row for row in task["best"]}
        others = [row for name, row in rows.items() if name not in (OURS, JIT, LIMIT)]
        if not others:
            return []
        fastest, plain = max(others, key=lambda row: row["images_per_second"]), rows.get("PyTorch", {})
        line = {"images or letters/s": task["task"]}
        for name in (OURS, JIT):
            line[name] = f"{rows[name]['images_per_second']:,.0f}" if name in rows else ""
        line["fastest other"] = f"{fastest['images_per_second']:,.0f} ({fastest['library']})"
        line[f"{OURS} is"] = ratio(fastest.get(f"{OURS} is"))
        line["jit is"] = ratio(fastest.get(f"{JIT} is"))
        line["jit, beside plain PyTorch"] = ratio(plain.get(f"{JIT} is"))
        shares = [rows[LIMIT].get(f"{name} is") for name in (OURS, JIT)] if LIMIT in rows else []
        line["of bare products"] = ", ".join(f"{share[1]:.0%}" for share in shares if share)
        lines.append(line)
    return ["", *markdown_table(lines)] if lines else []


def table_of(task: dict[str, Any]) -> list[str]:
    """One task's lines; memory is among them where this system can tell it."""
    what = "training steps" if task["training"] else "answers"
    if task["unit"] == "letters" and not task["training"]:
        what = "letter by letter, with a state"
    weighed = any(row["memory_mb"] for row in task["best"])
    mine = [name for name in (OURS, JIT) if any(f"{name} is" in row for row in task["best"])]
    rows = []
    for row in task["best"]:
        low, high = row["quartiles"]
        cells = {
            "": row["library"],
            "threads": str(row["threads"]),
            f"{task['unit']}/s (quartiles)": f"{row['images_per_second']:,.0f} ({low:,.0f} to {high:,.0f})",
            "GFLOP/s": f"{row['gflops']:.0f}",
        }
        if weighed:
            cells["memory"] = f"{row['memory_mb']:,.0f} MB" if row["memory_mb"] else ""
        rows.append(cells | {f"{name} is": ratio(row.get(f"{name} is")) for name in mine})
    gains = ", ".join(f"{name} {gain:.2f}×" for name, gain in task["gain_from_threads"].items())
    heading = (
        f"**{task['task']}**: {what} of the network `{task['network']}`, batches of {task['batch']}, "
        f"{task['flops_per_image'] / 1e6:.1f} MFLOP for one of the {task['unit']}"
    )
    return ["", heading, "", *markdown_table(rows), "", f"From one thread to all: {gains}."]
