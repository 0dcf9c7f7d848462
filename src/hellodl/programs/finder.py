"""`hellodl train finder`: a network learns to mark the lines of writing in photos, pixel by pixel.

It learns from made pages (see `data/pages/marked.py`), whose truth is complete: where letters stand, and which of the
dark pixels a pen has drawn. Rules, boxes, shadows, desks and fingers are what it learns to leave alone.
"""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from hellodl import nn
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.commands.arguments import at_least, rate
from hellodl.console import log, progress_bar, tell
from hellodl.data import unipen, writing
from hellodl.data.home import find
from hellodl.data.pages.marked import Marked
from hellodl.data.pages.writers import Writers
from hellodl.errors import HelperError
from hellodl.programs import recorded
from hellodl.programs.remembered import asked
from hellodl.reading.darkness import darkness
from hellodl.runs.writer import Run
from hellodl.train import Settings, Trainer
from hellodl.train.processes import ENDED, deaf_to_ctrl_c, end_with_parent
from hellodl.train.threads import thread_count

SETTINGS = Settings(batch_size=8, learning_rate=3e-3, clip=5.0, average=0.995, micro_batch=2, lanes=4)
SIDE = 384  # pixels of the pieces of pages that it learns from
CLASSES = "LI"  # a line of writing; ink of a pen
WATCHED = 60  # pages

T = TypeVar("T")
R = TypeVar("R")
Seen = tuple[np.ndarray, np.ndarray]  # darkness (H, W) uint8 and truth (H / 2, W / 2, 2) uint8 of a page


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From how many pages, how often."""
    option = parser.add_argument
    option("--pages", type=at_least(16), default=1600, metavar="N", help="made pages to learn from (1600)")
    option("--epochs", type=at_least(1), default=8, metavar="N", help="times through the pages (8)")
    option("--lr", type=rate, default=SETTINGS.learning_rate, metavar="RATE", help="highest learning rate (0.003)")
    recorded.add_arguments(parser)
    recorded.add_weights(parser)


def main(options: argparse.Namespace) -> int:
    """Make pages, train, look, report."""
    state = recorded.resumed(options, "finder")
    folder = find("unipen", options.data)
    settings = replace(SETTINGS, epochs=options.epochs, learning_rate=options.lr, seed=options.seed)
    pages = made(options.pages + WATCHED, options.seed, folder, options.threads)
    train, watched = pages[WATCHED:], pages[:WATCHED]
    network = nn.UNet(len(CLASSES), rng=np.random.default_rng(options.seed))
    recorded.begin_with(network, None if state else options.weights)
    log.info(f"finder: {len(train):,} pages to learn from, {network.weight_count():,} weights")
    about = {"program": "finder", "pages": options.pages, "began_with": options.weights and options.weights.name}

    def make(run: Run, path: Path) -> Trainer:
        work = learning(train, settings)
        return Trainer(
            network,
            len(train),
            work,
            settings,
            run,
            judge=lambda model: judged(model, watched),
            path=path,
            threads=options.threads,
            unit="pixels of lines",  # which is what `overlap` counts
        )

    def conclude(run: Run, trainer: Trainer) -> dict[str, Any]:
        return {f"validation_{name}": value for name, value in judged(network, watched).items()}

    learned = recorded.train(
        "finder",
        f"made pages in hands of {'UNIPEN' if folder else 'ink'}",
        settings,
        about,
        make,
        conclude,
        asked=asked(options),
        out=options.out,
        state=state,
        classes=CLASSES,
    )
    if options.json:
        print(json.dumps(learned.figures))
    else:
        tell(f"marks of lines overlap the true ones by {learned.figures['validation_accuracy']:.1%}; {learned.path}")
    return 0


def made(count: int, seed: int, folder: Path | None, threads: int | None) -> list[Seen]:
    """So many pages as the finder sees them; the same for the same seed."""
    tasks = [(seed, number, folder) for number in range(count)]
    return side_by_side(seen, tasks, "writing pages", threads)


def side_by_side(function: Callable[[T], R], tasks: Sequence[T], what: str, threads: int | None) -> list[R]:
    """What a function of pages makes of each task, in order, every core with a page of its own; a bar says `what`."""
    done: list[R] = []
    helpers = min(thread_count(threads), max(len(tasks), 1))
    with (
        ProcessPoolExecutor(helpers, get_context("spawn"), end_with_parent) as pool,
        progress_bar(what, len(tasks)) as bar,
    ):
        try:
            with deaf_to_ctrl_c():  # the processes are started as the first tasks come in
                answers = pool.map(function, tasks)
            for one in answers:
                done.append(one)
                bar.advance(1)
        except BrokenProcessPool as error:
            raise HelperError(f"{ENDED}; nothing was learned yet, so start again") from error
        except KeyboardInterrupt:  # a second one while the helpers are put away would leave Python waiting for ever
            hears = signal.signal(signal.SIGINT, signal.SIG_IGN)
            pool.shutdown(cancel_futures=True)  # as soon as the pages in hand are written
            signal.signal(signal.SIGINT, hears)
            raise
    return done


def seen(task: tuple[int, int, Path | None]) -> Seen:
    """One page: its darkness, and the truth at half the size."""
    seed, number, folder = task
    cv2.setNumThreads(1)  # every core has a page of its own
    page = maker(folder)(seed * 1_000_003 + number)
    height, width = (side - side % 2 for side in page.picture.shape[:2])
    dark = as_bytes(darkness(page.picture))[:height, :width]
    truth = page.truth
    return dark, cv2.resize(truth[:height, :width], (width // 2, height // 2), interpolation=cv2.INTER_AREA)


def as_bytes(dark: np.ndarray) -> np.ndarray:
    """Darkness (H, W) float32 as uint8."""
    return (255 * dark.clip(0, 1)).astype(np.uint8)


@cache
def maker(folder: Path | None) -> Marked:
    """Who makes pages, once a process."""
    if folder is None:
        return Marked(None, None, None)
    words, about = writing.load_words(folder, "train", writing.WIDEST)
    return Marked(words, about["writer_group"], Writers(unipen.load_strokes(folder)))


def piece(page: Seen, rng: np.random.Generator, side: int = SIDE) -> Seen:
    """A piece of a page, smaller or larger, perhaps mirrored: (side, side) and (side / 2, side / 2, 2) uint8."""
    dark, truth = page
    factor = float(np.exp(rng.uniform(np.log(0.6), np.log(1.25))))
    dark = cv2.resize(
        dark, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    )
    room = [max(have - side, 0) for have in dark.shape]
    y, x = (2 * int(rng.integers(0, most // 2 + 1)) for most in room)
    lacking = [(0, max(side - have, 0)) for have in dark.shape]
    dark = np.pad(dark[y : y + side, x : x + side], lacking)
    half = side // 2
    size = max(1, round(truth.shape[1] * factor)), max(1, round(truth.shape[0] * factor))
    truth = cv2.resize(truth, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    truth = truth[y // 2 : y // 2 + half, x // 2 : x // 2 + half]
    truth = np.pad(truth, [(0, half - truth.shape[0]), (0, half - truth.shape[1]), (0, 0)])
    if rng.random() < 0.5:
        dark, truth = dark[:, ::-1], truth[:, ::-1]
    strength = float(np.exp(rng.normal(0, 0.25)))
    return np.clip(dark * strength, 0, 255).astype(np.uint8), truth


def learning(pages: list[Seen], settings: Settings) -> Callable:
    """The work of a lane: look at pieces of pages, be told what is writing."""

    def work(model: nn.UNet, which: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, np.ndarray]:
        pieces = [piece(pages[item], rng) for item in which.tolist()]
        dark = np.stack([dark for dark, _ in pieces])[..., None] * np.float32(1 / 255)
        truth = np.stack([truth for _, truth in pieces]) * np.float32(1 / 255)
        logits = model(Tensor(dark))
        loss = nn.binary_cross_entropy_with_logits(logits, truth) * (len(which) / settings.batch_size)
        return loss, overlap(logits.data, truth)

    return work


def overlap(logits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Of lines, how many pixels are in both, and in either."""
    marked, true = logits[..., 0] > 0, truth[..., 0] > 0.5
    return np.array([(marked & true).sum(), max((marked | true).sum(), 1)], np.float64)


def judged(model: nn.Module, pages: list[Seen]) -> dict[str, float]:
    """Loss, and the overlap of marked and true lines, on pieces of pages."""
    model.eval()
    rng = np.random.default_rng(0)
    losses, sums = [], np.zeros(2)
    with no_grad():
        for page in pages:
            dark, truth = piece(page, rng)
            truth = truth[None] * np.float32(1 / 255)
            logits = model(Tensor(dark[None, ..., None] * np.float32(1 / 255)))
            losses.append(nn.binary_cross_entropy_with_logits(logits, truth).item())
            sums += overlap(logits.data, truth)
    return {"loss": float(np.mean(losses)), "accuracy": float(sums[0] / sums[1])}
