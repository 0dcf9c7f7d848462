"""How much does a lesson help? `python benchmarks/teach.py MODEL`, with UNIPEN at hand.

Every writer of UNIPEN's test set with 60 characters or more gives a lesson: half of what they wrote of each
character, at most five. The reader learns from it as `hellodl teach` does, and reads the rest, before and after; and
it reads 2,000 characters by the other writers, of which it should not have become worse.

The reduction is the share of errors that are gone. Its mean is over the writers: somebody of whom one character in
twenty was misread counts as much as somebody of whom one in five was. Pooled, every error counts as much.

Settings were chosen on training writers whom the reader had not learned from (--split train --writers FILE).
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from hellodl import data
from hellodl.commands.evaluate import in_cases_of, what_it_knows
from hellodl.console import log, progress_bar, start_logging
from hellodl.data.dataset import LETTERS, Dataset
from hellodl.data.home import folder_of
from hellodl.data.unipen import CLASSES_36, CLASSES_62, load_characters
from hellodl.models import find_model
from hellodl.nn import Module
from hellodl.reading.views import AS_IT_STANDS, VIEWS, View, agreed, opinions
from hellodl.train.checkpoint import load_model
from hellodl.train.lanes import probabilities
from hellodl.train.personal import personalised, rehearsal

LEAST, GIVEN, OTHERS = 60, 5, 2000


def main() -> None:
    """Teach, measure, report."""
    options = arguments()
    start_logging()
    path = find_model(options.model)
    model, metadata = load_model(path)
    classes = metadata["classes"]
    everything = characters(classes, options.split, options.data, path)
    ids, counts = np.unique(everything.writers, return_counts=True)
    chosen = ids if options.writers is None else json.loads(options.writers.read_text("utf-8"))
    everything = everything.subset(np.isin(everything.writers, chosen))
    writers = [w for w, n in zip(ids, counts) if n >= LEAST and w in chosen][:: options.every]
    log.info(f"{len(writers)} writers, {len(everything):,} characters")

    rng = np.random.default_rng(options.seed)
    sample = everything.subset(rng.permutation(len(everything))[:OTHERS])
    sample_right = right(model, sample)
    keep = rehearsal(model, classes, seed=options.seed)
    rows = []
    with progress_bar("lessons", len(writers)) as bar:
        for writer in writers:
            own = everything.subset(everything.writers == writer)
            given = lesson(own.labels, np.random.default_rng([options.seed, writer]))
            began = time.perf_counter()
            taught = personalised(model, classes, own.images[given], own.labels[given], keep, seed=options.seed)
            seconds = time.perf_counter() - began
            rest, others = own.subset(~given), sample.writers != writer
            row = {"given": int(given.sum()), "measured": len(rest), "seconds": seconds}
            for when, reader in (("before", model), ("after", taught)):
                for name, views in (("", [AS_IT_STANDS]), ("_views", VIEWS)):
                    row[f"wrong_{when}{name}"] = int((~right(reader, rest, views)).sum())
            row["others_lost"] = float(sample_right[others].mean() - right(taught, sample)[others].mean())
            rows.append(row)
            bar.advance()
    figures = {"model": str(options.model), "split": options.split, "writers": len(rows), **summed(rows)}
    print(json.dumps(figures) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items()))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a model file, or a name such as letters or reader")
    parser.add_argument("--split", choices=("train", "test"), default="test")
    parser.add_argument("--writers", type=Path, metavar="FILE", help="JSON: the ids of the only writers to take")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of these every so-manieth")
    parser.add_argument("--data", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def characters(classes: str, split: str, home: Path | None, path: Path) -> Dataset:
    """What UNIPEN has of the classes: letters as they lie there, or all characters, drawn, with case if that counts."""
    if set(classes) <= set(LETTERS):
        found = data.load("unipen", "train+validation" if split == "train" else split, home)
    else:
        kinds = len(CLASSES_62) if set(CLASSES_62) <= set(classes) else len(CLASSES_36)
        found = load_characters(folder_of("unipen", home), split, kinds)
    known = what_it_knows(found, classes, path)
    labels = np.array([classes.find(name) for name in known.classes])[known.labels]
    return Dataset(known.name, known.images, labels, classes, known.writers)


def lesson(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which samples (N,) bool are given to learn from: of each class half, at most `GIVEN`."""
    given = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        places = rng.permutation(np.flatnonzero(labels == label))
        given[places[: min(GIVEN, len(places) // 2)]] = True
    return given


def right(model: Module, samples: Dataset, views: list[View] | tuple[View, ...] = (AS_IT_STANDS,)) -> np.ndarray:
    """Which samples (N,) bool a model takes for what they are, a capital or a small letter being the same."""
    by_view = opinions(samples.images, lambda images: probabilities(model, images, 1), views)
    by_view, names = in_cases_of(CLASSES_36, by_view, samples.classes)
    folded = np.array([names.find(name if name in names else name.lower()) for name in samples.classes])
    return agreed(by_view).argmax(axis=1) == folded[samples.labels]


def summed(rows: list[dict]) -> dict[str, float]:
    """Figures over all writers."""
    figures: dict[str, float] = {name: sum(row[name] for row in rows) for name in ("given", "measured")}
    for name in ("", "_views"):
        before, after = (np.array([row[f"wrong_{when}{name}"] for row in rows]) for when in ("before", "after"))
        erring = before > 0  # who was read without an error has nothing to win
        figures |= {
            f"error_before{name}": before.sum() / figures["measured"],
            f"error_after{name}": after.sum() / figures["measured"],
            f"pooled_reduction{name}": 1 - after.sum() / before.sum(),
            f"mean_reduction{name}": float((1 - after[erring] / before[erring]).mean()),
            f"writers_with_errors{name}": int(erring.sum()),
            f"writers_worse{name}": int((after > before).sum()),
            f"errors_of_the_errorless{name}": int(after[~erring].sum()),
        }
    lost = np.array([row["others_lost"] for row in rows])
    figures |= {
        "others_lost_mean": lost.mean(),
        "others_lost_most": lost.max(),
        "seconds_mean": float(np.mean([row["seconds"] for row in rows])),
        "seconds_most": max(row["seconds"] for row in rows),
    }
    return {name: round(float(value), 4) for name, value in figures.items()}


if __name__ == "__main__":
    main()
