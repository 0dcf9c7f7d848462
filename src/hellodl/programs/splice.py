"""`hellodl train splice`: does an intron begin here, or end here, or neither?

Sixty bases of DNA, and the question is what is in their middle. To a convolution they are a picture one pixel high
with four channels. A motif counts for where it stands, so nothing is pooled: short windows find motifs, and every
motif at every place is weighed. With only 3,190 examples the network learns with most of its motifs hidden, and
several networks decide together. With --folds each example is judged once, by networks that never saw it nor a
copy of it.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from hellodl import nn
from hellodl.autograd.tensor import Array, Tensor
from hellodl.commands.arguments import at_least, rate, real
from hellodl.console import log, tell
from hellodl.data import dna, introns
from hellodl.data.home import find, folder_of
from hellodl.programs import recorded
from hellodl.programs.junctions import as_pictures, introduction, judgement, what_it_learned
from hellodl.programs.remembered import asked
from hellodl.runs import machine
from hellodl.runs.log import RunLog
from hellodl.runs.writer import Run
from hellodl.train import Settings, Trainer
from hellodl.train.answers import probabilities
from hellodl.train.lanes import Work

DATASETS = ("uci", "simulated")
SETTINGS = Settings(epochs=60, batch_size=64, learning_rate=3e-3, micro_batch=32, lanes=2)
SETTINGS = replace(SETTINGS, weight_decay=0.05, label_smoothing=0.1, average=0.98)  # against learning by heart
WINDOW = 3  # bases that a motif spans: wider ones did worse, for there are too few examples to learn them from
MEMBERS = 4
STRUCK_OUT = 0.1  # this share of the bases becomes N while learning
TURNED = 0.1  # this share of the sequences is read from the other strand, where no junction is one
SIMULATED = 4_000
PARTS = 10  # without --folds, one of so many is for testing
ONE_LETTER = "DAN"  # donor, acceptor, neither: the classes as the run log has them


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which junctions, how they are split, and how long to learn."""
    option = parser.add_argument
    option("--dataset", choices=DATASETS, help="learn from this set (uci or simulated, the first that is here)")
    option("--count", type=at_least(1), metavar="N", help=f"so many simulated sequences ({SIMULATED:,}); uci has 3,190")
    split = parser.add_mutually_exclusive_group()
    folds = "cross-validate: learn K times, each time from all of K parts but one; leaves no model"
    split.add_argument("--folds", type=at_least(2), metavar="K", help=folds)
    split.add_argument("--all", action="store_true", help="learn from everything, once the settings are settled")
    epochs, fastest = SETTINGS.epochs, SETTINGS.learning_rate
    option("--epochs", type=at_least(1), metavar="N", default=epochs, help=f"times through the data ({epochs})")
    option("--lr", type=rate, metavar="RATE", default=fastest, help=f"highest learning rate ({fastest})")
    option("--members", type=at_least(1), metavar="N", default=MEMBERS, help=f"networks that decide ({MEMBERS})")
    recorded.add_arguments(parser)
    option("--least", type=real, metavar="SHARE", help="exit with 1 if the test accuracy is under this (0 to 1)")
    parser.set_defaults(wrong_usage=parser.error)


def main(options: argparse.Namespace) -> int:
    """Gather, learn (once, or once a fold), look, report."""
    if options.folds and options.out:
        options.wrong_usage(
            "--folds leaves no model for --out: each of them saw a part only; learn once more, with --all"
        )
    if options.folds and options.resume:
        options.wrong_usage("--folds keeps no state to --resume; start it again")
    state = recorded.resumed(options, "splice")
    data = gather(options)
    fold = dna.folds(data.labels, data.groups, options.folds or PARTS, options.seed)
    settings = replace(SETTINGS, epochs=options.epochs, learning_rate=options.lr, seed=options.seed)
    about = {"dataset": data.name, "members": options.members}
    about |= {"struck_out": STRUCK_OUT, "turned": TURNED, "folds": options.folds, "all": options.all}
    about |= {"classes": list(dna.CLASSES)}
    log.info(introduction(data))
    figures = folded(data, fold, settings, about, options) if options.folds else None
    return finish(figures or learn(data, fold, settings, about, options, state), options)


def learn(
    data: dna.Junctions,
    fold: Array,
    settings: Settings,
    about: dict[str, Any],
    options: argparse.Namespace,
    state: recorded.State | None,
) -> dict[str, Any]:
    """Learn once, from all parts but one (or from all), and leave a model; its figures."""
    judged = np.flatnonzero(fold == 0)[: 0 if options.all else None]
    learned = np.setdiff1d(np.arange(len(data)), judged)

    def make(run: Run, path: Path) -> Trainer:
        return pupil(data, learned, settings, options.members, run, options.threads, path)

    def conclude(run: Run, trainer: Trainer) -> dict[str, Any]:
        sure = probabilities(trainer.model, as_pictures(data.codes[judged]), options.threads)
        return noted(run, judgement(data, judged, sure, None))

    kept = asked(options, dataset="simulated" if data.name == "simulated" else "uci")
    done = recorded.train("splice", data, settings, about, make, conclude, asked=kept, out=options.out, state=state)
    assert isinstance(done.model, nn.Committee)
    log.info(what_it_learned(done.model, data))
    look = f"hellodl splice --model {done.path} FILE.fasta"
    log.info(f"the model is in {done.path}; `{look}` looks for junctions with it")
    return done.figures


def folded(
    data: dna.Junctions, fold: Array, settings: Settings, about: dict[str, Any], options: argparse.Namespace
) -> dict[str, Any]:
    """Learn once a fold, and leave no model; the figures."""
    began = time.perf_counter()
    with RunLog().run("splice", asdict(settings) | about, seed=options.seed, data=data) as run:
        sure = cross_validated(data, fold, settings, options, run)
        figures = {"program": "splice", **about, "seed": options.seed, "settings": asdict(settings)}
        figures |= {"source": machine.commit(), **noted(run, judgement(data, np.arange(len(data)), sure, fold))}
        figures |= {"seconds": time.perf_counter() - began}
        run.result(figures)
    return figures


def noted(run: Run, figures: dict[str, Any]) -> dict[str, Any]:
    """The same figures, with what was taken for what in the run log."""
    if figures["confusion"]:
        run.confusion(0, np.array(figures["confusion"]), ONE_LETTER)
    return figures


def gather(options: argparse.Namespace) -> dna.Junctions:
    """UCI's junctions where they are here (or asked for), else simulated ones."""
    if options.dataset == "uci" or (options.dataset is None and find("splice", options.data)):
        if options.count is not None:
            options.wrong_usage("--count is for simulated sequences, and these are uci's; add --dataset simulated")
        return dna.load_uci(folder_of("splice", options.data))
    if options.dataset is None:
        log.info("real junctions are not here (`hellodl data get splice` fetches them), so these are simulated")
    return introns.simulate(SIMULATED if options.count is None else options.count, options.seed)


def network(rng: np.random.Generator) -> nn.Sequential:
    """Short motifs, each weighed at every place, and what they mean together."""
    motifs, meanings = 64, 32
    return nn.Sequential(
        nn.Conv2d(4, motifs, (1, WINDOW), padding=(0, WINDOW // 2), bias=False, rng=rng),  # (1, 60, 4) -> (1, 60, 64)
        nn.BatchNorm2d(motifs),
        nn.ReLU(),
        nn.Flatten(),  # -> (3840)
        nn.Dropout(0.7),
        nn.Linear(dna.LENGTH * motifs, meanings, rng=rng),  # -> (32)
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(meanings, len(dna.CLASSES), gain=1, rng=rng),  # -> (3)
    )


def committee(members: int, rng: np.random.Generator) -> nn.Committee:
    """So many networks, which differ in the weights that they start from and in what chance will show them."""
    return nn.Committee(*(network(rng) for _ in range(members)))


def disguised(x: Array, labels: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    """Pictures (n, 1, 60, 4) and labels (n,) as they are learned from: never quite the same twice.

    Some sequences are read from the other strand: that makes them examples of no junction at all, of which there
    cannot be enough. Some bases are struck out, so that none is leaned on alone.
    """
    turned = generator.random(len(x)) < TURNED
    x = np.where(turned[:, None, None, None], x[:, :, ::-1, ::-1], x)  # T G C A are the complements of A C G T
    struck = generator.random(x.shape[:3]) < STRUCK_OUT
    return np.where(struck[..., None], np.float32(0.25), x), np.where(turned, dna.CLASSES.index("N"), labels)


def lesson(pictures: Array, labels: Array, settings: Settings) -> Work:
    """The work of a lane: each member sees the sequences in a disguise of its own, and is judged by itself."""

    def work(model: nn.Module, which: Array, generator: np.random.Generator) -> tuple[Tensor, Array]:
        members = list(model.children())
        share = 1 / (settings.batch_size * len(members))
        losses, right = [], 0.0
        for member in members:
            x, wanted = disguised(pictures[which], labels[which], generator)
            logits = member(Tensor(x))
            loss = nn.cross_entropy(logits, wanted, label_smoothing=settings.label_smoothing, reduction="sum")
            losses.append(loss * share)
            right += (logits.data.argmax(axis=1) == wanted).sum() / len(members)
        return sum(losses[1:], losses[0]), np.array([right, len(which)])

    return work


def pupil(
    data: dna.Junctions,
    which: Array,
    settings: Settings,
    members: int,
    run: Run,
    threads: int | None,
    path: Path | None = None,
) -> Trainer:
    """Who teaches a committee these of the examples. All members take a step together, each for itself."""
    model = committee(members, np.random.default_rng(settings.seed))
    work = lesson(as_pictures(data.codes[which]), data.labels[which], settings)
    return Trainer(model, len(which), work, settings, run, threads=threads, path=path, unit="sequences")


def taught(
    data: dna.Junctions, which: Array, settings: Settings, members: int, run: Run, threads: int | None
) -> nn.Module:
    """A committee that learned from these of the examples."""
    return pupil(data, which, settings, members, run, threads).fit()


def cross_validated(
    data: dna.Junctions, fold: Array, settings: Settings, options: argparse.Namespace, run: Run
) -> Array:
    """What is thought of each example by who never saw it: (N, 3) probabilities. The run has the first fold's rows."""
    sure = np.empty((len(data), len(dna.CLASSES)), np.float32)
    for number in range(options.folds):
        tested = fold == number
        others, own = np.flatnonzero(~tested), replace(settings, seed=1000 * settings.seed + number)
        with RunLog(None).run("splice", {}) as unwritten, quietly():
            model = taught(data, others, own, options.members, unwritten if number else run, options.threads)
        sure[tested] = probabilities(model, as_pictures(data.codes[tested]), options.threads)
        right = np.mean(sure[tested].argmax(axis=1) == data.labels[tested])
        log.info(f"fold {number + 1:2} of {options.folds}: {right:6.2%} of {tested.sum()} right")
    return sure


@contextmanager
def quietly() -> Iterator[None]:
    """Inside, the log keeps to warnings: ten trainings need not all tell their epochs."""
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(level)


def finish(figures: dict[str, Any], options: argparse.Namespace) -> int:
    """The figure on standard output; the exit status is 1 where --least was missed."""
    accuracy, confusion = figures["test_accuracy"], figures["confusion"]
    if confusion:
        lines = [f"{'':>8}{''.join(f'{kind:>7}' for kind in dna.CLASSES)}  (its answers)"]
        for kind, row in zip(dna.CLASSES, confusion):
            lines.append(f"{kind:>8}{''.join(f'{count:7,}' for count in row)}")
        log.info("\n".join(lines))
    if options.json:
        print(json.dumps(figures))
    elif accuracy is None:
        tell(f"learned from all of {figures['dataset']} in {figures['seconds']:.0f} s, and tested on none of it")
    else:
        spread = f" ± {100 * figures['spread']:.2f} over {figures['folds']} folds" if figures["folds"] else ""
        tell(
            f"{accuracy:.2%}{spread} of {figures['tested']:,} stretches of DNA ({figures['dataset']}) right, "
            f"{figures['distinct_accuracy']:.2%} of the {figures['distinct']:,} different ones, "
            f"after {figures['seconds']:.0f} s"
        )
    if options.least is not None and accuracy is not None and accuracy < options.least:
        log.error(f"that misses the {options.least:.1%} that was asked for")
        return 1
    return 0
