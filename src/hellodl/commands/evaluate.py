"""`hellodl evaluate MODEL`: how well a trained model reads a data set, and how well it knows what it knows.

MODEL is a file that hellodl saved, or the name of a model that comes with hellodl. It is asked about images
that it never learned from: the test part of any data set whose classes it knows. A reader of lines is asked about words
and lines instead (see `words`), and of a pen what is asked is what it writes (see `penned`).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hellodl import plots
from hellodl.commands import penned, words
from hellodl.commands.arguments import at_least
from hellodl.commands.show import confusion_matrix, pairs_as_text
from hellodl.console import progress_bar, show_table, tell
from hellodl.data import IMAGE_SETS, SPLITS, load
from hellodl.data.dataset import DIGITS, Dataset
from hellodl.errors import CheckpointError, DataError
from hellodl.models import MODELS, find_model
from hellodl.nn import LineReader, Module, Pen, UNet, accuracy
from hellodl.nn.calibration import Bin, reliability
from hellodl.reading.views import AS_IT_STANDS, VIEWS, View, agreed, opinions
from hellodl.train.answers import probabilities
from hellodl.train.checkpoint import load_model

CHUNK = 2048  # images between two movements of the progress bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, and what it is to read."""
    shipped = ", ".join(sorted(path.stem for path in MODELS.glob("*.safetensors"))) or "none"
    option = parser.add_argument
    option("model", metavar="MODEL", help=f"a .safetensors file, or a model that ships ({shipped})")
    option("--dataset", choices=IMAGE_SETS, default="ink", help="what it is to read (ink)")
    option("--split", choices=SPLITS, default="test", help="which part of it (test)")
    option("--count", type=at_least(1), metavar="N", help="only so many images of it")
    once = "look at each image only as it stands, not leaned and turned (faster)"
    option("--one-view", action="store_true", help=once)
    option("--language", metavar="TEXT", help="for readers of lines: as in `hellodl read` (none)")
    option("--diagram", type=Path, metavar="FILE", help="draw how sure it is beside how often right (.png or .svg)")


def main(options: argparse.Namespace) -> int:
    """Judge the model and print what came out."""
    if options.diagram:
        plots.can_save(options.diagram)
    path = find_model(options.model)
    model, metadata = load_model(path)
    classes = metadata.get("classes")
    if isinstance(model, LineReader):
        return words.evaluate(model, path, options)
    if isinstance(model, Pen):
        return penned.evaluate(model, path, options)
    if isinstance(model, UNet):
        raise CheckpointError(f"{path}: finds lines and reads none; `hellodl score` tries it and the reader together")
    if options.language:
        raise CheckpointError(f"{path}: reads letters by themselves, and no language helps with those; leave it out")
    if not classes:
        raise CheckpointError(f"{path}: does not say which characters it tells apart; take a model that reads")
    data, known = images_for(path, classes, options)
    views = [AS_IT_STANDS] if options.one_view else VIEWS
    figures: dict[str, Any] = {"program": "evaluate", "model": str(path), "dataset": options.dataset}
    figures |= {"split": options.split, "seed": options.seed, "weights": model.weight_count(), "classes": classes}
    figures |= {"images": len(known), "skipped": len(data) - len(known), "views": len(views)}
    figures |= judge(model, known, classes, options.threads, path, views)
    if options.diagram:
        bins = [Bin(**b) for b in figures["calibration"]]
        plots.save(plots.reliability(bins, f"{path.stem} on {options.dataset}"), options.diagram)
    if options.json:
        print(json.dumps(figures))
    else:
        show(figures)
    return 0


def images_for(path: Path, classes: str, options: argparse.Namespace) -> tuple[Dataset, Dataset]:
    """The part of a data set that is asked for, and of that the images whose characters the model knows.

    Ink writes whatever it is asked to, letters if nothing is said: for a reader of digits it writes digits.
    """
    asked = {"data": options.data, "seed": options.seed, "count": options.count}
    if options.dataset == "ink" and not {*classes}.isdisjoint(DIGITS):
        asked["classes"] = classes if {*classes} <= {*DIGITS} else "36"
    data = load(options.dataset, options.split, **asked)
    return data, what_it_knows(data, classes, path)


def what_it_knows(data: Dataset, classes: str, path: Path) -> Dataset:
    """The images of characters that the model knows, in one case or the other."""
    known = np.array([name in classes or name.swapcase() in classes for name in data.classes])[data.labels]
    if not known.any():
        raise DataError(
            f"{path}: reads {classes} and {data.name} holds {data.classes}: nothing in common; choose another --dataset"
        )
    return data.subset(known)


def judge(
    model: Module, data: Dataset, classes: str, threads: int | None, path: Path, views: Sequence[View] = VIEWS
) -> dict[str, Any]:
    """Ask a model that tells `classes` apart about all images of a set: figures as JSON has them, shares from 0 to 1.

    Where the set does not tell capitals from small letters, neither is the model asked to.
    """
    start = time.perf_counter()
    by_view = looked_at(model, data.images, threads, views)
    seconds = time.perf_counter() - start
    if by_view.shape[2] != len(classes):
        raise CheckpointError(
            f"{path}: gives {by_view.shape[2]} answers for {len(classes)} classes; save the model again"
        )
    by_view, names = in_cases_of(data.classes, by_view, classes)
    labels = np.array([names.find(name) for name in data.classes])[data.labels]
    sure = agreed(by_view)  # (N, K)
    error, bins = reliability(sure.max(axis=1), sure.argmax(axis=1) == labels)
    return {
        "accuracy": accuracy(sure, labels),
        "accuracy_one_view": accuracy(by_view[0], labels),
        "top2": accuracy(sure, labels, top=2),
        "calibration_error": error,
        "calibration": [b._asdict() for b in bins],
        "told_apart": names,
        "confusion": confusion_matrix(labels, sure.argmax(axis=1), len(names)).tolist(),
        "images_per_second": round(len(data) / seconds, 1),
    }


def in_cases_of(wanted: str, probabilities: np.ndarray, classes: str) -> tuple[np.ndarray, str]:
    """Probabilities (..., K) of `classes`, with both cases of a letter added up where `wanted` has only one of them;
    and what the columns then stand for."""
    names = ["" if c in wanted or c.swapcase() not in wanted else c.swapcase() for c in classes]
    names = [name or c for name, c in zip(names, classes)]
    kept = "".join(dict.fromkeys(names))
    sums = np.array([[name == c for c in kept] for name in names], probabilities.dtype)  # (K, kept)
    return probabilities @ sums, kept


def looked_at(model: Module, images: np.ndarray, threads: int | None, views: Sequence[View] = VIEWS) -> np.ndarray:
    """The model's probabilities of images (N, 28, 28) uint8 in each view, with a progress bar: (views, N, K)."""
    parts = []
    with progress_bar("reading", len(images)) as bar:
        for begin in range(0, len(images), CHUNK):
            part = images[begin : begin + CHUNK]
            parts.append(opinions(part, lambda pictures: probabilities(model, pictures, threads), views))
            bar.advance(len(part))
    return np.concatenate(parts, axis=1)


def show(figures: dict[str, Any]) -> None:
    """The figures for a person."""
    judged = f"{figures['dataset']} ({figures['split']}): {figures['images']:,} images"
    tell(f"{figures['model']} on {judged}")
    if figures["skipped"]:
        tell(f"{figures['skipped']:,} more are of classes that it does not know")
    tell(f"right: {figures['accuracy']:.2%}, within two guesses: {figures['top2']:.2%}")
    if figures["views"] > 1:
        tell(
            f"that is the mean opinion of {figures['views']} views of each image; "
            f"as it stands alone: {figures['accuracy_one_view']:.2%}"
        )
    tell(f"\nWhen it says how sure it is, it is off by {figures['calibration_error']:.1%} on average:")
    rows = [(f"{b['confidence']:.1%}", f"{b['accuracy']:.1%}", f"{b['images']:,}") for b in figures["calibration"]]
    show_table(("sure", "right", "images"), rows)
    tell("\n" + pairs_as_text(np.array(figures["confusion"]), figures["told_apart"]))
