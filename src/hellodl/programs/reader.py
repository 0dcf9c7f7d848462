"""`hellodl train reader`: the network behind `hellodl read`, for letters and digits out of photos.

It learns all 36 classes (both cases of a letter are one) from every kind of handwriting at hand: UNIPEN's
drawings with thin pens and thick ones, MNIST's digits, and ink. Pen and paper change letters in ways that a
tablet does not, so each image is also blurred, bent, thickened and dirtied before it is learned from.
"""

from __future__ import annotations

import argparse

import numpy as np

from hellodl import data
from hellodl.console import log
from hellodl.data.augment import Augment
from hellodl.data.dataset import Dataset, together
from hellodl.data.home import find
from hellodl.data.unipen import CLASSES_36
from hellodl.programs import learning, recorded, show
from hellodl.programs.networks import residual
from hellodl.train import Settings

DATASETS = ("all", "ink")
SETTINGS = Settings(batch_size=128, learning_rate=3e-3, label_smoothing=0.05, average=0.999)
PENS = (1.3, 5.0)  # pixels, where a character is 20 long: from a hard pencil to a marker
PHOTOS = Augment(
    rotation=10,
    shear=0.2,
    scale=0.1,
    stretch=0.15,
    shift=1.2,
    thickness=0.3,
    elastic=0.8,
    blur=0.6,
    noise=0.04,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The common options of learning."""
    learning.add_arguments(parser, SETTINGS, DATASETS, images=900_000)


def main(options: argparse.Namespace) -> int:
    """Gather, train, look, report."""
    state = recorded.resumed(options, "reader")
    splits = gather(options)
    settings = learning.settings_of(options, SETTINGS, splits.train)
    rng = np.random.default_rng(options.seed)
    network = residual(len(CLASSES_36), rng, dropout=0.2)

    log.info(show.side_by_side(*learning.some_of(splits.train, rng)))
    about = {"architecture": "residual", "count": options.count, "all": options.all}
    learned = learning.learn("reader", network, splits, settings, prepare=PHOTOS, about=about,
                             threads=options.threads, out=options.out, state=state)  # fmt: skip
    learning.show_guesses(learned, splits.test, rng)
    return learning.finish(learned, options)


def gather(options: argparse.Namespace) -> learning.Splits:
    """Everything at hand to learn from; validation and test are UNIPEN's where it is there, else ink's own."""
    folder = find("unipen", options.data)
    if options.dataset == "ink" or folder is None:
        return learning.load_splits("ink", options, classes="36")
    from hellodl.data import unipen

    rng = np.random.default_rng(options.seed)
    drawn = unipen.load_characters(folder, "train", 36, PENS, rng)
    learned, watched = data.split_off_validation(drawn, options.seed)
    parts = [
        drawn if options.all else drawn.subset(learned),
        data.load("ink", "train", seed=options.seed, count=40_000, classes="36"),
    ]
    if find("mnist", options.data) is not None:
        parts.append(centred(data.load("mnist", "train", options.data, count=30_000)))
    mixed = together("all", parts)
    mixed = mixed.subset(evened(mixed.labels, rng))
    if options.count is not None:
        mixed = mixed.subset(rng.permutation(len(mixed))[: options.count])
    watch = None if options.all else drawn.subset(watched)
    return learning.Splits(mixed, watch, unipen.load_characters(folder, "test", 36))


def evened(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Indices in which rare classes come more than once: as often as the square root of their share says.

    Even classes would make rare letters too likely guesses, and as they are nobody would learn a z.
    """
    counts = np.bincount(labels)
    wanted = np.sqrt(counts * counts.max())
    times = (wanted / np.maximum(counts, 1))[labels]  # at least 1
    return np.repeat(np.arange(len(labels)), (times + rng.random(len(labels))).astype(int))


def centred(dataset: Dataset) -> Dataset:
    """Images moved so that the box around the ink is in the middle, as characters cut out of photos are."""
    moved = np.zeros_like(dataset.images)
    for image, target in zip(dataset.images, moved):
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        if len(rows):
            ink = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            top, left = (28 - ink.shape[0]) // 2, (28 - ink.shape[1]) // 2
            target[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return Dataset(dataset.name, moved, dataset.labels, dataset.classes)
