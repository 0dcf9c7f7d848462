"""`hellodl quantize MODEL`: how small a model's file can be, and what that costs.

The model is saved in 32, 16, 8 and 4 bits, in both ways of choosing values (see quantize.py), loaded again, and
judged: a model that reads by its accuracy, as `hellodl evaluate` does it; a model that writes by its loss on the
part of its text that it never learned from; any other by its weights alone. With `--bits 8 --out FILE`, that file
is written instead.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.commands import evaluate, write
from hellodl.console import log, share, show_table, tell
from hellodl.data.text import CORPORA, load_text
from hellodl.models import find_model
from hellodl.nn import Module
from hellodl.reading.views import AS_IT_STANDS, VIEWS
from hellodl.storage.quantize import TABLES
from hellodl.train.checkpoint import BITS, load_model, save_model
from hellodl.train.lesson import Lesson

WAYS = ((32, None), (16, None), (8, "uniform"), (8, "equal"), (4, "uniform"), (4, "equal"))
HOW = "uniform"

Examine = Callable[[Module], dict[str, float]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, what it is judged on, and the file to write."""
    evaluate.add_arguments(parser)
    parser.set_defaults(wrong_usage=parser.error)
    option = parser.add_argument
    corpus = f"what a model that writes is judged on: {', '.join(CORPORA)}, or a path (what it learned from)"
    option("--corpus", metavar="TEXT", help=corpus)
    option("--out", type=Path, metavar="FILE", help="write this file, in so many --bits, and judge nothing")
    option("--bits", type=int, choices=[bits for bits in BITS if bits < 32], help="of a weight in --out")
    option("--how", choices=TABLES, help=f"which values 8 or 4 bits stand for ({HOW})")


def main(options: argparse.Namespace) -> int:
    """Write the file that is asked for, or the table of all."""
    if (options.out is None) != (options.bits is None):
        options.wrong_usage("--out and --bits go together; without both, all ways are compared")
    if options.how and options.bits not in (8, 4):
        options.wrong_usage("--how is for --bits 8 and 4")
    path = find_model(options.model)
    model, metadata = load_model(path)
    figures: dict[str, Any] = {"program": "quantize", "model": str(path), "weights": model.weight_count()}
    if options.out:
        row = stored(options.out, model, metadata, options.bits, options.how or HOW)[0]
        figures |= {"out": str(options.out), **row}
    else:
        judged_on, examine = examiner(path, model, metadata, options)
        figures |= {"judged_on": judged_on, "rows": compare(model, metadata, examine)}
    if options.json:
        print(json.dumps(figures))
    elif options.out:
        tell(f"{options.out}: {figures['bytes']:,} bytes; its weights are off by {figures['weight_error']:.2%}")
    else:
        show(figures)
    return 0


def compare(model: Module, metadata: dict[str, Any], examine: Examine) -> list[dict[str, Any]]:
    """A row for each way of storing: bits, how, bytes, ratio to 32 bits, errors, and what `examine` finds."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for place, (bits, how) in enumerate(WAYS, 1):
            log.info(f"{name_of(bits, how)} ({place} of {len(WAYS)})")
            row, small = stored(Path(folder) / "model.safetensors", model, metadata, bits, how)
            whole = rows[0]["bytes"] if rows else row["bytes"]
            rows.append({**row, "ratio": whole / row["bytes"], **examine(small)})
    return rows


def stored(
    path: Path, model: Module, metadata: dict[str, Any], bits: int, how: str | None
) -> tuple[dict[str, Any], Module]:
    """Save a model; what the file is like, and the model that loads from it."""
    about = {"classes": metadata.get("classes"), "vocabulary": metadata.get("vocabulary")}
    save_model(path, model, **about, card=metadata.get("card") or {}, bits=bits, how=how or HOW)
    small = load_model(path)[0]
    mean, rms = weight_errors(model, small)
    row = {"bits": bits, "how": how if bits < 16 else None, "bytes": path.stat().st_size}
    return row | {"weight_error": mean, "weight_rms_error": rms}, small


def weight_errors(model: Module, small: Module) -> tuple[float, float]:
    """Mean |error| and root mean square error of the weights in matrices and kernels.

    Both are shares of the root mean square of the weights of the same tensor. The second is more for the few large
    weights, which do the most in a network.
    """
    others, total, squares, count = small.state_dict(), 0.0, 0.0, 0
    for name, weights in model.state_dict().items():
        if weights.ndim >= 2 and weights.any():
            error = np.abs(weights - others[name], dtype=np.float64)
            error /= np.sqrt(np.mean(np.square(weights, dtype=np.float64)))
            total, squares, count = total + error.sum(), squares + (error**2).sum(), count + weights.size
    return float(total / max(count, 1)), float(np.sqrt(squares / max(count, 1)))


def examiner(path: Path, model: Module, metadata: dict[str, Any], options: argparse.Namespace) -> tuple[str, Examine]:
    """What a model of this kind is judged on, in words, and the function that judges."""
    if classes := metadata.get("classes"):
        _, known = evaluate.images_for(path, classes, options)
        views = [AS_IT_STANDS] if options.one_view else VIEWS

        def read(small: Module) -> dict[str, float]:
            found = evaluate.judge(small, known, classes, options.threads, path, views)
            return {"accuracy": found["accuracy"]}

        return f"{options.dataset} ({options.split}): {len(known):,} images", read
    if "vocabulary" in metadata:
        network, vocabulary = write.load(path)
        card = metadata.get("card") or {}
        corpus = load_text(options.corpus or card.get("corpus") or "python", options.data)
        lesson = Lesson(corpus, vocabulary, network.context or card.get("context") or 128)
        lesson.watched = lesson.watched[: options.count]
        what = f"{lesson.watched[:, 1:].size:,} {lesson.unit} of {corpus.name} that were kept for judging"
        return what, lambda small: {"loss": lesson.judge(small, options.threads)["loss"]}
    return "its weights alone", lambda small: {}


def name_of(bits: int, how: str | None) -> str:
    """As `float32`, or `8 bits, equal`."""
    return f"{bits} bits, {how}" if how else f"float{bits}"


def show(figures: dict[str, Any]) -> None:
    """The figures for a person."""
    tell(f"{figures['model']}, {figures['weights']:,} weights, judged on {figures['judged_on']}\n")
    judged = {"accuracy": "right", "loss": "nats a character"}
    columns = [name for name in judged if name in figures["rows"][0]]
    titles = [judged[name] for name in columns]
    rows = []
    for row in figures["rows"]:
        cells = [name_of(row["bits"], row["how"]), f"{row['bytes']:,}", f"{row['ratio']:.2f}×"]
        cells += [share(row["weight_error"]), share(row["weight_rms_error"])]
        cells += [f"{row[name]:.4f}" if name == "loss" else share(row[name]) for name in columns]
        rows.append(cells)
    show_table(("weights in", "bytes", "smaller", "off by", "by mean square", *titles), rows)
