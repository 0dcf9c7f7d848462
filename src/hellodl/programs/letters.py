"""`hellodl train letters`: a convolutional network learns to read handwritten letters.

Twenty-six classes, capitals and small letters together, from images of 28×28. The set is EMNIST's letters or
UNIPEN's where they are at hand, and built-in ink where nothing was downloaded.
"""

from __future__ import annotations

import argparse

import numpy as np

from hellodl.commands import show
from hellodl.data.augment import LETTERS
from hellodl.models.networks import NETWORKS
from hellodl.programs import learning, recorded
from hellodl.programs.remembered import asked
from hellodl.train import Settings

DATASETS = ("emnist", "unipen", "ink")
SETTINGS = Settings(batch_size=128, learning_rate=6e-3, label_smoothing=0.1, average=0.999, balance=0.5)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The common options of learning, and which network."""
    learning.add_arguments(parser, SETTINGS, DATASETS, images=535_000)
    parser.add_argument("--architecture", choices=NETWORKS, default="residual", help="the network (residual)")


def main(options: argparse.Namespace) -> int:
    """Train, look, report."""
    state = recorded.resumed(options, "letters")
    name = options.dataset or learning.first_that_is_here(DATASETS, options.data)
    splits = learning.load_splits(name, options)
    settings = learning.settings_of(options, SETTINGS, splits.train)
    rng = np.random.default_rng(options.seed)
    network = NETWORKS[options.architecture](len(splits.train.classes), rng)

    learning.log.info(show.side_by_side(*learning.some_of(splits.train, rng)))
    about = {name: getattr(options, name) for name in ("architecture", "count", "all", "temperature")}
    how = learning.means_of(options) | {"state": state, "asked": asked(options, dataset=name, epochs=settings.epochs)}
    learned = learning.learn("letters", network, splits, settings, prepare=LETTERS, about=about, **how)
    learning.show_guesses(learned, splits.test, rng)
    return learning.finish(learned, options)
