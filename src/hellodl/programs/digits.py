"""`hellodl train digits`: first a multi-layer perceptron, then a convolutional network, learn to read digits.

The perceptron sees 784 numbers and knows nothing of pictures; the convolutional network looks through small
windows, everywhere in the same way. The difference between their figures is what that knowledge is worth.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import numpy as np

from hellodl.commands import show
from hellodl.data.augment import DIGITS
from hellodl.models.networks import perceptron, residual
from hellodl.programs import learning, recorded
from hellodl.programs.remembered import asked
from hellodl.reading.views import AS_IT_STANDS
from hellodl.train import Settings

DATASETS = ("mnist", "ink")
PERCEPTRON = Settings(epochs=5, batch_size=64, learning_rate=2e-3, micro_batch=64)
SETTINGS = Settings(batch_size=128, learning_rate=3e-3, label_smoothing=0.1, average=0.999)
CHANNELS = (8, 24, 48, 96)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The common options of learning, and which of the two networks."""
    learning.add_arguments(parser, SETTINGS, DATASETS, images=385_000)
    kinds = ("perceptron", "convolutional", "both")
    which = "both, one after the other; of the options, --epochs is for both, the others are for the second"
    parser.add_argument("--architecture", choices=kinds, default="both", help=f"which network ({which})")


def main(options: argparse.Namespace) -> int:
    """Train one or both, look, report."""
    state = recorded.resumed(options, "digits")
    name = options.dataset or learning.first_that_is_here(DATASETS, options.data)
    splits = learning.load_splits(name, options, classes="digits")
    rng = np.random.default_rng(options.seed)
    card = {"count": options.count, "all": options.all}
    how: dict[str, Any] = {"threads": options.threads, "out": options.out, "state": state}
    learning.log.info(show.side_by_side(*learning.some_of(splits.train, rng)))

    if options.architecture != "convolutional":
        settings = replace(PERCEPTRON, seed=options.seed, epochs=options.epochs or PERCEPTRON.epochs)
        if alone := options.architecture == "perceptron":
            settings = learning.settings_of(options, settings, splits.train)
        settled = {"dataset": name} | ({"epochs": settings.epochs} if alone else {})
        kept = how | {"asked": asked(options, **settled), "out": options.out if alone else None}
        network, about = perceptron(10, rng), card | {"architecture": "perceptron"}
        learned = learning.learn("digits", network, splits, settings, about=about, views=[AS_IT_STANDS], **kept)
        learning.log.info(f"the perceptron reads {learned.figures['test_accuracy']:.2%} of the test images")
        how["state"] = None  # what comes after it begins anew

    if options.architecture != "perceptron":
        network = residual(10, rng, channels=CHANNELS, dropout=0.2, soften=0.5)
        settings = learning.settings_of(options, SETTINGS, splits.train)
        about = card | {"architecture": "convolutional"}
        kept = how | {"asked": asked(options, dataset=name, epochs=settings.epochs, architecture="convolutional")}
        learned = learning.learn("digits", network, splits, settings, prepare=DIGITS, about=about, **kept)
    learning.show_guesses(learned, splits.test, rng)
    return learning.finish(learned, options)
