"""`hellodl train pen`: a network learns to write by hand, from words that 345 people wrote on pen tablets.

It is shown a text, whose hand it is, and the movements so far, and guesses the next movement; nobody tells it which
part of the ink is which letter. A word in ten is shown without saying whose it is, so that it can also be asked about
people whom it never met: that is how it is judged. In the end nobody's own hand is left in it: each becomes a blend of
several writers' (see `blended`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.autograd.tensor import Tensor
from hellodl.commands.arguments import at_least, rate
from hellodl.console import log, tell
from hellodl.data.batches import alike
from hellodl.data.home import folder_of
from hellodl.data.moves import Moves, load_moves
from hellodl.data.writing import ALPHABET
from hellodl.nn.pen import Pen
from hellodl.programs import recorded
from hellodl.programs.remembered import asked
from hellodl.runs.writer import Run
from hellodl.train import SCHEDULES, Settings, Trainer
from hellodl.train.pen import judged, told

SETTINGS = Settings(
    batch_size=64,
    learning_rate=3e-3,
    schedule="linear",
    weight_decay=0.01,
    clip=1.0,
    average=0.999,
    micro_batch=32,
    lanes=2,
)
USUAL = 60  # movements of a word: what its loss is divided by
UNSIGNED = 0.1  # of the words are shown without saying whose they are
SHAKE, SCALE = 0.01, 0.04  # of each movement, in a small x; of a word's size, in its logarithm
WATCHED = 1024  # validation words that are looked at after each epoch
BEHIND, NEAR = 4, 8  # writers behind a hand, drawn from so many that are most alike
LARGEST_SHARE = 0.4  # of one of them in it
KNOWN = 40  # words that a writer has to have written to be one of them


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long, how fast, how large."""
    option = parser.add_argument
    option("--epochs", type=at_least(1), default=11, metavar="N", help="times through the words (11)")
    option("--steps", type=at_least(1), metavar="N", help="end after so many steps of 64 words, if that is sooner")
    option("--lr", type=rate, default=SETTINGS.learning_rate, metavar="RATE", help="highest learning rate (0.003)")
    option("--width", type=at_least(1), default=256, metavar="N", help="numbers that a layer thinks in (256)")
    option("--schedule", choices=SCHEDULES, default=SETTINGS.schedule, help=f"of the rate ({SETTINGS.schedule})")
    option("--count", type=at_least(64), metavar="N", help="learn from so many words only")
    recorded.add_arguments(parser)
    recorded.add_weights(parser)


def main(options: argparse.Namespace) -> int:
    """Gather, train, judge on people it never met, report."""
    state = recorded.resumed(options, "pen")
    folder = folder_of("unipen", options.data)
    chosen = {
        "epochs": options.epochs,
        "steps": options.steps,
        "learning_rate": options.lr,
        "schedule": options.schedule,
    }
    settings = replace(SETTINGS, **chosen, seed=options.seed)
    train, watched, test = (load_moves(folder, split) for split in ("train", "validation", "test"))
    if options.count is not None:
        train = train.subset(np.random.default_rng(options.seed).permutation(len(train))[: options.count])
    watched = watched.subset(np.random.default_rng(0).permutation(len(watched))[:WATCHED])
    hands = int(train.hands.max()) + 1
    network = Pen(len(ALPHABET) + 1, hands, options.width, rng=np.random.default_rng(options.seed))
    recorded.begin_with(network, None if state else options.weights)
    log.info(
        f"pen: {len(train):,} words, {len(train.moves):,} movements by {hands - 1} people to learn from, "
        f"{network.weight_count():,} weights"
    )
    kept = {name: getattr(options, name) for name in ("width", "count")}
    about = {"program": "pen", **kept, "began_with": options.weights and options.weights.name}

    def make(run: Run, path: Path) -> Trainer:
        return Trainer(
            network,
            len(train),
            learning(train, settings),
            settings,
            run,
            judge=lambda model: judged(model, watched),
            path=path,
            threads=options.threads,
            order=lambda epoch: by_length(train.lengths, settings, epoch),
            unit="movements",
        )

    def conclude(run: Run, trainer: Trainer) -> dict[str, Any]:
        parts = {"validation": judged(network, watched), "test": judged(network, test)}
        network.hands.weight.data[1:] = blended(network.hands.weight.data, train.hands, settings.seed)
        return {f"{part}_{name}": value for part, of in parts.items() for name, value in of.items()}

    learned = recorded.train(
        "pen",
        "unipen words",
        settings,
        about,
        make,
        conclude,
        asked=asked(options),
        out=options.out,
        state=state,
        classes=ALPHABET,
    )
    figures = learned.figures
    if options.json:
        print(json.dumps(figures))
    else:
        tell(
            f"a movement by people whom it never met costs it {figures['test_loss']:.3f} nats, and it knows in "
            f"{figures['test_accuracy']:.1%} whether the pen lifts; {learned.path}"
        )
    return 0


def by_length(lengths: np.ndarray, settings: Settings, epoch: int, together: int = 24) -> np.ndarray:
    """An order of all words in which those of a batch are about equally long."""
    rng = np.random.default_rng((settings.seed, epoch))
    batches = [batch for part in alike(lengths, settings.batch_size, together, rng) for batch in part]
    return np.concatenate([batches[i] for i in rng.permutation(len(batches))])


def blended(vectors: np.ndarray, written: np.ndarray, seed: int) -> np.ndarray:
    """As many new hands as there are writers, (W, D), from theirs, rows from 1 on of (1 + W, D).

    `written` (N,) says whose each word was: who wrote few is in no blend. One begins with a writer drawn by chance,
    goes on to others who write alike, and mixes them, in shares of which none is large: a mean of people who write
    quite differently would be a hand that nobody can write.
    """
    rng = np.random.default_rng([seed, 2013])
    known = np.flatnonzero(np.bincount(written, minlength=len(vectors))[1:] >= KNOWN) + 1
    if len(known) < BEHIND:
        known = np.arange(1, len(vectors))
    found = np.empty_like(vectors[1:])
    for row in found:
        apart = np.linalg.norm(vectors[known] - vectors[rng.choice(known)], axis=1)
        near = known[np.argsort(apart, kind="stable")[:NEAR]]
        behind = rng.permutation(near)[:BEHIND]
        shares = np.ones(1)
        while shares.max() > max(LARGEST_SHARE, 1.01 / len(behind)):
            shares = rng.dirichlet(np.full(len(behind), 3.0))
        row[...] = shares @ vectors[behind]
    return found


def learning(train: Moves, settings: Settings) -> Callable:
    """The work of a lane: shake words a little, guess each next movement, be told what it was."""

    def work(model: Pen, which: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, np.ndarray]:
        words = [shaken(train[item], rng) for item in which.tolist()]
        hands = np.where(rng.random(len(which)) < UNSIGNED, 0, train.hands[which])
        loss, right, seen = told(model, words, [train.texts[item] for item in which.tolist()], hands)
        return loss * (1 / (settings.batch_size * USUAL)), np.array([right, seen])

    return work


def shaken(moves: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A word's movements (n, 4), a little larger or smaller, and each a little off."""
    moves = moves.copy()
    moves[:, :2] *= np.exp(rng.normal(0, SCALE))
    moves[:, :2] += rng.normal(0, SHAKE, (len(moves), 2))
    return moves
