"""`hellodl demo`: from random numbers to a page of handwriting read, in two minutes and with no download.

Ink, the built-in handwriting, writes characters to learn from. A small convolutional network that starts from
random weights learns to tell 36 of them apart. Then ink writes a page, in a hand that the network has never
seen, and the network that was just trained reads it.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from hellodl import data
from hellodl.commands import show
from hellodl.commands.eyes import finder
from hellodl.commands.read import save_picture
from hellodl.console import log
from hellodl.data.augment import LETTERS
from hellodl.data.pages.layout import sample_page
from hellodl.models.networks import residual
from hellodl.programs import learning, recorded
from hellodl.programs.remembered import asked
from hellodl.reading import annotate
from hellodl.reading.accuracy import character_accuracy
from hellodl.reading.apart import read_apart
from hellodl.reading.views import AS_IT_STANDS
from hellodl.storage.atomic import make_folder
from hellodl.train import Settings
from hellodl.train.answers import probabilities

SETTINGS = Settings(epochs=3, batch_size=128, learning_rate=6e-3, label_smoothing=0.05, average=0.995)
IMAGES = 40_000
PROMISE = 0.9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the pictures go."""
    where = "where page and answers go (runs)"
    parser.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR", help=where)
    recorded.add_resume(parser)


def main(options: argparse.Namespace) -> int:
    """Learn, read, compare."""
    began = time.perf_counter()
    state = recorded.resumed(options, "demo")
    recorded.make_room(None)
    make_folder(options.out)
    log.info("A network of random numbers is about to learn to read, from handwriting that is made up here.")
    counts = {"train": IMAGES, "validation": 2_000, "test": 4_000}
    parts = (data.load("ink", split, None, options.seed, count, "36") for split, count in counts.items())
    splits = learning.Splits(*parts)
    rng = np.random.default_rng(options.seed)
    log.info(show.side_by_side(*learning.some_of(splits.train, rng)))
    network = residual(36, rng, channels=(8, 16, 32, 64), dropout=0.1)
    settings = replace(SETTINGS, seed=options.seed)
    how = {"threads": options.threads, "state": state, "asked": asked(options), "views": [AS_IT_STANDS]}
    learned = learning.learn("demo", network, splits, settings, prepare=LETTERS, **how)
    learning.show_guesses(learned, splits.test, rng)

    picture, truth = sample_page(options.seed)
    save_picture(options.out / "demo-page.png", picture)

    def classify(images: np.ndarray) -> np.ndarray:
        return probabilities(learned.model, images, options.threads)

    page = read_apart(picture, finder(), classify, splits.train.classes)
    save_picture(options.out / "demo-page-read.png", annotate(picture, page))
    right = character_accuracy(truth, page.text)

    log.info("\nThis was written:\n" + truth + "\n\nand this is what the network read:")
    figures = learned.figures | {"page_accuracy": right, "seconds": time.perf_counter() - began}
    print(json.dumps(figures | {"text": page.text}) if options.json else page.text)
    log.info(
        f"\n{right:.1%} of the page's characters are right, and {figures['test_accuracy']:.1%} of "
        f"{len(splits.test):,} single characters by unseen hands, after {figures['seconds']:.0f} s.\n"
        f"The page with the answers is {options.out / 'demo-page-read.png'}.\n"
        "Now take a photo of your own handwriting, and try: hellodl read PHOTO"
    )
    if right < PROMISE:
        log.error(f"that misses the {PROMISE:.0%} that this demo promises; try another --seed, and tell us")
        return 1
    return 0
