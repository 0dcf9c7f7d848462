"""`hellodl train reader`: the network behind `hellodl read`, for capitals, small letters and digits out of photos.

It learns 62 characters and what is none of them from pages: made in the hands of UNIPEN's training writers and of
ink, photographed badly, and cut up by the code that will cut up real photos (see `schoolbook`). Beside these come
all of UNIPEN's drawings one by one, with pens from a hard pencil to a marker, and marks to refuse.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from hellodl import data
from hellodl.commands import show
from hellodl.commands.arguments import at_least
from hellodl.console import log
from hellodl.data import unipen
from hellodl.data.augment import Augment
from hellodl.data.dataset import Dataset, together
from hellodl.data.home import find
from hellodl.models.networks import residual
from hellodl.programs import learning, recorded
from hellodl.programs.schoolbook import CLASSES, marks, taken_apart
from hellodl.train import Settings

DATASETS = ("all", "ink")
SETTINGS = Settings(batch_size=128, optimizer="muon", learning_rate=0.02, schedule="linear")
SETTINGS = replace(SETTINGS, weight_decay=0.05, label_smoothing=0.05, average=0.999)
PENS = (1.3, 6.0)  # pixels, where a character is 20 long: from a hard pencil to a marker
INK, MARKS = 40_000, 8_000  # pictures
PHOTOS = Augment(rotation=7, shear=0.12, scale=0.08, stretch=0.12, shift=1, thickness=0.25, elastic=0.6, blur=0.4)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The common options of learning, and how many pages."""
    learning.add_arguments(parser, SETTINGS, DATASETS, images=1_360_000)
    parser.add_argument("--pages", type=at_least(0), default=1000, metavar="N", help="pages to learn from (1000)")


def main(options: argparse.Namespace) -> int:
    """Gather, train, look, report."""
    state = recorded.resumed(options, "reader")
    splits = gather(options)
    settings = learning.settings_of(options, SETTINGS, splits.train)
    rng = np.random.default_rng(options.seed)
    network = residual(len(CLASSES), rng, dropout=0.1)

    log.info(show.side_by_side(*learning.some_of(splits.train, rng)))
    asked = {name: getattr(options, name) for name in ("count", "all", "temperature", "pages")}
    about = {"architecture": "residual", **asked}
    means = learning.means_of(options)
    learned = learning.learn("reader", network, splits, settings, prepare=PHOTOS, about=about, state=state, **means)
    learning.show_guesses(learned, splits.test, rng)
    return learning.finish(learned, options)


def gather(options: argparse.Namespace) -> learning.Splits:
    """Everything at hand to learn from; validation and test are UNIPEN's where it is there, else ink's own."""
    folder = None if options.dataset == "ink" else find("unipen", options.data)
    drawn = watch = None
    watched: np.ndarray | None = None
    if folder is not None:
        rng = np.random.default_rng(options.seed)
        drawn = named(unipen.load_characters(folder, "train", 62, PENS, rng))
        if not options.all:
            learned, kept_back = data.split_off_validation(drawn, options.seed)
            watch, drawn = drawn.subset(kept_back), drawn.subset(learned)
            watched = None if watch.writers is None else np.unique(watch.writers)
        test = named(unipen.load_characters(folder, "test", 62))
    else:
        watch = None if options.all else named(data.load("ink", "validation", seed=options.seed, classes="62"))
        test = named(data.load("ink", "test", seed=options.seed, classes="62"))
    parts = [
        taken_apart(options.pages, options.seed, folder, watched, options.threads),
        named(data.load("ink", "train", seed=options.seed, count=INK, classes="62")),
        marks(MARKS, options.seed, PENS),
    ]
    if drawn is not None:
        parts.append(drawn)
    mixed = together("all" if folder else "ink", parts)
    if options.count is not None:
        mixed = mixed.subset(np.random.default_rng(options.seed).permutation(len(mixed))[: options.count])
    return learning.Splits(mixed, watch, test)


def named(characters: Dataset) -> Dataset:
    """A set of the 62 characters, numbered among CLASSES."""
    return replace(characters, classes=CLASSES)
