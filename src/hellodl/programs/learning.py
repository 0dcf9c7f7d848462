"""What the programs that learn from images have in common: their options, the run, the final figure.

A program says what is special about it (data, network, settings, what it promises); this file does the rest in
the same way for all: train or resume (see `recorded`), judge once on the test images, report.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hellodl import data, nn
from hellodl.autograd.tensor import Tensor
from hellodl.commands import show
from hellodl.commands.arguments import at_least, positive, rate, real
from hellodl.commands.evaluate import looked_at
from hellodl.console import log, tell
from hellodl.data.batches import epoch_order
from hellodl.data.dataset import Dataset
from hellodl.nn.calibration import best_temperature, cool, reliability
from hellodl.ops import softmax
from hellodl.programs import recorded
from hellodl.programs.recorded import Learned, State
from hellodl.ranks import join
from hellodl.reading.views import VIEWS, View, agreed
from hellodl.runs.writer import Run
from hellodl.train import OPTIMIZERS, SCHEDULES, Preparation, Settings, Trainer, classification, inside, judged, plain
from hellodl.train.answers import predict

MOST_EPOCHS = 40  # of a small set, unless asked for
SAMPLES = 12  # validation images whose guesses are on record


@dataclass(frozen=True)
class Splits:
    """The three parts of a data set: to learn from, to watch, and to judge by once."""

    train: Dataset
    validation: Dataset | None  # None where --all learns from it too
    test: Dataset


def add_arguments(parser: argparse.ArgumentParser, settings: Settings, datasets: Sequence[str], images: int) -> None:
    """The options of every program that learns; what they are by default are its own settings.

    `images` is how many it looks at in all, unless --epochs says otherwise: sets are of different sizes.
    """
    parser.set_defaults(images=images)
    option = parser.add_argument
    size, fastest = settings.batch_size, settings.learning_rate
    option("--dataset", choices=datasets, help=f"learn from this set ({' or '.join(datasets)}, the first that is here)")
    epochs = f"times through the data (as many as make about {images:,} images)"
    option("--epochs", type=at_least(1), metavar="N", help=epochs)
    option("--batch-size", type=at_least(1), metavar="N", default=size, help=f"images a step ({size})")
    option("--lr", type=rate, metavar="RATE", default=fastest, help=f"highest learning rate ({fastest})")
    option("--optimizer", choices=OPTIMIZERS, default=settings.optimizer, help=f"({settings.optimizer})")
    option("--schedule", choices=SCHEDULES, default=settings.schedule, help=f"of the rate ({settings.schedule})")
    option("--count", type=at_least(1), metavar="N", help="learn from so many images only (all; of ink, 120,000)")
    option("--all", action="store_true", help="learn from the validation part too, once the settings are settled")
    heat = "with --all: what logits are divided by in the end (else the validation part tells)"
    option("--temperature", type=positive, metavar="T", default=1.0, help=heat)
    recorded.add_arguments(parser)
    option("--least", type=real, metavar="SHARE", help="exit with 1 if the test accuracy is under this (0 to 1)")


def settings_of(options: argparse.Namespace, settings: Settings, train: Dataset) -> Settings:
    """The program's settings with what the command line changed, and epochs that suit the set."""
    epochs = options.epochs or min(max(round(options.images / len(train)), 1), MOST_EPOCHS)
    asked = {name: getattr(options, name) for name in ("batch_size", "optimizer", "schedule", "seed")}
    return replace(settings, epochs=epochs, learning_rate=options.lr, **asked)


def means_of(options: argparse.Namespace) -> dict[str, Any]:
    """With what to learn, where the model goes, and how it is cooled: what `learn` takes of the command line."""
    return {name: getattr(options, name) for name in ("threads", "out", "temperature")}


def first_that_is_here(names: Sequence[str], home: Path | None) -> str:
    """The first of these data sets that was found; built-in ink needs no finding."""
    known = {one.name: one for one in data.available(home)}
    return next(name for name in names if known[name].built_in or known[name].folder)


def load_splits(name: str, options: argparse.Namespace, classes: str | None = None) -> Splits:
    """All three parts of a set, the training part cut to --count images; with --all, validation is part of it."""
    if options.all:
        everything = data.load(name, "train+validation", options.data, options.seed, options.count, classes)
        return Splits(everything, None, data.load(name, "test", options.data, options.seed, None, classes))
    counts = {"train": options.count, "validation": None, "test": None}
    return Splits(*(data.load(name, split, options.data, options.seed, n, classes) for split, n in counts.items()))


def learn(
    program: str,
    network: nn.Module,
    splits: Splits,
    settings: Settings,
    *,
    asked: Mapping[str, Any],
    prepare: Preparation = plain,
    about: dict[str, Any] | None = None,
    threads: int | None = None,
    out: Path | None = None,
    state: State | None = None,
    views: Sequence[View] = VIEWS,
    temperature: float = 1.0,
) -> Learned:
    """Train `network` (on from `state`, if given), judge it once on the test images, save it to `out`.

    Before that its logits are divided by a temperature, so that its probabilities are honest: the one that suits
    the validation part, or `temperature` where there is none.
    Judged is the mean opinion of the `views` of each image. The run is logged in runs/hellodl.sqlite3, with
    `about`, whatever else decided what came out; `asked` is what a state remembers of the command line.
    """
    watched = splits.validation
    about = {"program": program, "dataset": splits.train.name, **(about or {})}
    log.info(
        f"{program}: {len(splits.train):,} images of {splits.train.name} to learn from, "
        f"{network.weight_count():,} weights"
    )
    weights = splits.train.weights(settings.balance)

    def make(run: Run, path: Path) -> Trainer:
        def judge(model: nn.Module) -> dict[str, float]:
            assert watched is not None
            logits = predict(model, watched.images, threads, ranks=join())
            record_guesses(run, trainer.steps, logits, watched)
            return judged(logits, watched.labels)

        probed = watched or splits.train
        trainer = Trainer(
            network,
            len(splits.train),
            classification(splits.train, settings, prepare),
            settings,
            run,
            judge=judge if watched else None,
            path=path,
            threads=threads,
            order=lambda epoch: epoch_order(len(splits.train), settings.seed, epoch, weights),
            probe=probed.images[inside.some(len(probed))],
        )
        return trainer

    def conclude(run: Run, trainer: Trainer) -> dict[str, Any]:
        heat = temperature
        if watched is not None:
            heat = best_temperature(agreed(looked_at(network, watched.images, threads, views)), watched.labels)
        cool(network, heat)
        by_view = looked_at(network, splits.test.images, threads, views)
        sure = agreed(by_view)
        confusion = show.confusion_matrix(splits.test.labels, sure.argmax(axis=1), len(splits.test.classes))
        run.confusion(trainer.steps, confusion, splits.test.classes)
        log.info(show.pairs_as_text(confusion, splits.test.classes))
        return {
            "temperature": heat,
            "test_images": len(splits.test),
            "test_calibration_error": reliability(sure.max(axis=1), sure.argmax(axis=1) == splits.test.labels)[0],
            "test_accuracy": nn.accuracy(sure, splits.test.labels),
            "test_accuracy_one_view": nn.accuracy(by_view[0], splits.test.labels),
            "views": len(views),
            "test_top2": nn.accuracy(sure, splits.test.labels, top=2),
            "validation_accuracy": trainer.history[-1].get("validation_accuracy") if trainer.history else None,
            "images_per_second": settings.batch_size * trainer.total / max(trainer.seconds, 1e-9),
        }

    return recorded.train(
        program,
        splits.train,
        settings,
        about,
        make,
        conclude,
        asked=asked,
        out=out,
        state=state,
        classes=splits.train.classes,
    )


def record_guesses(run: Run, step: int, logits: np.ndarray, watched: Dataset) -> None:
    """What the validation images were taken for: all as a confusion matrix, a few one by one. (N, classes) logits."""
    guesses, classes = logits.argmax(axis=1), watched.classes
    run.confusion(step, show.confusion_matrix(watched.labels, guesses, len(classes)), classes, part="validation")
    few = inside.some(len(watched), SAMPLES)
    sure = softmax(Tensor(logits[few])).data.max(axis=1)
    for number, probability in zip(few, sure):
        truth, guess = classes[watched.labels[number]], classes[guesses[number]]
        run.sample(step, number, truth, guess, probability)


def show_guesses(learned: Learned, test: Dataset, rng: np.random.Generator) -> None:
    """Three test images as text, each with what the network takes it for."""
    which = rng.integers(len(test), size=3)
    logits = predict(learned.model, test.images[which])
    pairs = zip(test.labels[which], logits.argmax(axis=1))
    captions = [f"{test.classes[truth]}, read as {test.classes[guess]}" for truth, guess in pairs]
    log.info(show.side_by_side(list(test.images[which]), captions))


def finish(learned: Learned, options: argparse.Namespace) -> int:
    """Say the figure on standard output; the exit status is 1 where --least was missed."""
    figures = learned.figures
    accuracy = figures["test_accuracy"]
    log.info(f"the model is in {learned.path}; `hellodl evaluate {learned.path}` looks at it closely")
    if options.json:
        print(json.dumps(figures))
    else:
        views = figures["views"]
        name = figures["dataset"].removesuffix(", train")
        looked = f", {views} views of each; at one view {figures['test_accuracy_one_view']:.2%}" if views > 1 else ""
        tell(
            f"{accuracy:.2%} of {figures['test_images']:,} test images of {name} right "
            f"({figures['test_top2']:.2%} within two guesses{looked}), after {figures['seconds']:.0f} s; "
            f"its probabilities are off by {figures['test_calibration_error']:.1%}"
        )
    if options.least is not None and accuracy < options.least:
        log.error(f"that misses the {options.least:.1%} that was asked for")
        return 1
    return 0


def some_of(dataset: Dataset, rng: np.random.Generator, count: int = 3) -> tuple[list[np.ndarray], list[str]]:
    """A few images of a set and what they are, for `show.side_by_side`."""
    which = rng.integers(len(dataset), size=count)
    return list(dataset.images[which]), [dataset.classes[label] for label in dataset.labels[which]]
