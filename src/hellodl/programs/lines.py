"""`hellodl train lines`: a network learns to read whole lines of handwriting, joined or not, letter by letter as it
looks along them.

It learns from UNIPEN's words and lines, from strings of single characters in its writers' hands and in ink's (numbers,
dates, codes, capitals), and from lines that were cut out of made pages. What a line says is known, where each letter
is in it is not: connectionist temporal classification (see `ops/ctc.py`) does without. Where UNIPEN is not at hand,
the pen that ships writes the words, joined and unjoined (see `own_words`), and ink the strings; from ink alone it
learns to read unjoined and touching letters, and no joined hand.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hellodl import nn
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.commands.arguments import at_least, rate
from hellodl.commands.words import figures_of, honest_temperature, read_words
from hellodl.console import log, tell
from hellodl.data import unipen, writing
from hellodl.data.batches import alike, cut
from hellodl.data.home import find, folder_of
from hellodl.data.pages.strings import in_ink, strung
from hellodl.data.pages.writers import Writers
from hellodl.data.writing import ALPHABET, NUMBER, WIDEST, Writing
from hellodl.nn.lines import LineReader
from hellodl.programs import recorded
from hellodl.programs.clippings import Clipping, clippings
from hellodl.programs.own_words import words_by_pen
from hellodl.programs.remembered import asked
from hellodl.reading.accuracy import edit_distance
from hellodl.reading.decoding import best_path
from hellodl.runs.writer import Run
from hellodl.train import Settings, Trainer
from hellodl.train.lines import told

SETTINGS = Settings(batch_size=64, learning_rate=2e-3, weight_decay=0.02, clip=2.0, average=0.999, micro_batch=16)
STRUNG, INK = 40_000, 8_000  # strings of single characters, in the hands of UNIPEN's writers and of ink
PENNED, STRUNG_BESIDE = 60_000, 20_000  # words by the pen that ships, and strings in ink beside them
INK_ALONE = 60_000  # where there is nothing else
PAGES = 2_000  # that are made and cut up
USUAL = 6  # letters of a word: what the loss of a word is divided by
WATCHED = 1500  # validation words that are read after each epoch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long, how fast, from what."""
    option = parser.add_argument
    option("--epochs", type=at_least(1), default=12, metavar="N", help="times through the words (12)")
    option("--lr", type=rate, default=SETTINGS.learning_rate, metavar="RATE", help="highest learning rate (0.002)")
    option("--pages", type=at_least(0), default=PAGES, metavar="N", help=f"made pages to cut up ({PAGES:,})")
    option("--dataset", choices=("unipen", "pen", "ink"), help="learn from this (unipen where it is here, else pen)")
    option("--count", type=at_least(64), metavar="N", help="learn from so many pieces of writing only")
    recorded.add_arguments(parser)
    recorded.add_weights(parser)


def main(options: argparse.Namespace) -> int:
    """Gather, train, read what was never seen, report."""
    state = recorded.resumed(options, "lines")
    folder = folder_of("unipen", options.data) if options.dataset == "unipen" else find("unipen", options.data)
    source = options.dataset or ("unipen" if folder else "pen")
    schedule = "linear" if options.weights else SETTINGS.schedule  # what knows something needs no long warm-up
    settings = replace(SETTINGS, epochs=options.epochs, learning_rate=options.lr, seed=options.seed, schedule=schedule)
    train, watched = gather(options, source, folder)
    network = LineReader(len(ALPHABET) + 1, rng=np.random.default_rng(options.seed))
    recorded.begin_with(network, None if state else options.weights)
    log.info(f"lines: {len(train):,} pieces of writing to learn from, {network.weight_count():,} weights")
    kept = {name: getattr(options, name) for name in ("pages", "dataset", "count")}
    about = {"program": "lines", **kept, "began_with": options.weights and options.weights.name}

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
            order=lambda epoch: by_width(train.widths, settings, epoch),
            unit="letters",
        )

    def conclude(run: Run, trainer: Trainer) -> dict[str, Any]:
        temperature = honest_temperature(network, watched, options.threads)
        for parameter in network.head.parameters():
            parameter.data[...] /= np.float32(temperature)
        learned = set(train.writing.texts)
        parts = {"validation": watched}
        if folder is not None:
            parts["test"] = writing.load_words(folder, "test", WIDEST)[0]
        figures = {
            part: figures_of([*words.texts], read_words(network, words, options.threads), learned)
            for part, words in parts.items()
        }
        found = {f"{part}_{name}": value for part, of in figures.items() for name, value in of.items()}
        return {"temperature": temperature, **found}

    learned = recorded.train(
        "lines",
        "unipen words" if source == "unipen" else source,
        settings,
        about,
        make,
        conclude,
        asked=asked(options, dataset=source),
        out=options.out,
        state=state,
        classes=ALPHABET,
    )
    report(learned.figures, learned.path, options.json)
    return 0


def report(figures: dict[str, Any], path: Path, as_json: bool) -> None:
    """Say on standard output how well it reads."""
    if as_json:
        print(json.dumps(figures))
        return
    part = "test" if "test_error" in figures else "validation"
    of = {name.removeprefix(f"{part}_"): value for name, value in figures.items()}
    tell(
        f"of {of['characters']:,} characters by people whom it never saw {of['error']:.1%} are wrong "
        f"({of['error_case_ignored']:.1%} with case ignored); {of['right']:.1%} of {of['pieces']:,} words and lines "
        f"are right; {path}"
    )


class Material:
    """All that there is to learn from: N pieces of writing, drawn anew each time, and M clippings, a little shaken."""

    def __init__(self, written: Writing, clipped: list[Clipping]):
        self.writing, self.clipped = written, clipped
        self.widths = np.concatenate([written.widths, [one.picture.shape[1] / writing.HEIGHT for one in clipped]])

    def __len__(self) -> int:
        return len(self.writing) + len(self.clipped)

    def picture(self, item: int, rng: np.random.Generator) -> np.ndarray:
        """What one of them looks like this time, (HEIGHT, W) uint8."""
        if item < len(self.writing):
            return writing.drawn(self.writing[item], rng)
        return writing.shaken(self.clipped[item - len(self.writing)].picture, rng)

    def numbers(self, item: int) -> list[int]:
        """What it says, in numbers from 1 on, as in ALPHABET."""
        if item < len(self.writing):
            return self.writing.numbers(item)
        return [NUMBER[character] for character in self.clipped[item - len(self.writing)].text]


def gather(options: argparse.Namespace, source: str, folder: Path | None) -> tuple[Material, Writing]:
    """What there is to learn from, and what to watch: unseen writers of UNIPEN, where it is here."""
    rng = np.random.default_rng(options.seed)
    unipens = folder if source == "unipen" else None
    if unipens is not None:
        words, _ = writing.load_words(unipens, "train", WIDEST)
        writers = Writers(unipen.load_strokes(unipens))
        by_unipen = strung(STRUNG, writers.hand, rng, "stringing characters together")
        parts = [words, by_unipen, strung(INK, in_ink("train"), rng, "writing in ink")]
    elif source == "pen":
        log.info("it learns from words that hellodl's pen writes; `hellodl data get unipen` tells how to have people's")
        count = options.count or PENNED
        strings = min(STRUNG_BESIDE, count)
        parts = [words_by_pen(count, rng), strung(strings, in_ink("train"), rng, "writing in ink")]
    else:
        log.info("it learns from ink, and so no joined hand; leave --dataset out, and it learns from more")
        parts = [strung(options.count or INK_ALONE, in_ink("train"), rng, "writing in ink")]
    if folder is None:
        watched = strung(WATCHED, in_ink("test"), rng, "writing in ink")
    else:
        watched, _ = writing.load_words(folder, "validation", WIDEST)
        watched = watched.subset(np.random.default_rng(0).permutation(len(watched))[:WATCHED])
    written = writing.joined(parts)
    if options.count is not None:
        written = written.subset(rng.permutation(len(written))[: options.count])
    clipped = clippings(options.pages, options.seed, unipens, options.threads) if options.pages else []
    return Material(written, clipped), watched


def by_width(widths: np.ndarray, settings: Settings, epoch: int, together: int = 16) -> np.ndarray:
    """An order of all pieces in which those of a batch are about equally wide, so that little is blank."""
    rng = np.random.default_rng((settings.seed, epoch))
    parts = alike(widths, settings.batch_size, together, rng)
    return np.concatenate([part[i] for part in parts for i in rng.permutation(len(part))])


def learning(train: Material, settings: Settings) -> Callable:
    """The work of a lane: draw words, read them, be told what they say."""

    def work(model: LineReader, which: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, np.ndarray]:
        pictures, widths = writing.side_by_side([train.picture(item, rng) for item in which.tolist()])
        texts = [train.numbers(item) for item in which.tolist()]
        loss, logits = told(model, pictures, widths, texts)
        total = sum(map(len, texts))
        wrong = min(mistakes(logits, widths, texts), total)
        return loss * (1 / (settings.batch_size * USUAL)), np.array([total - wrong, total])

    return work


def mistakes(logits: np.ndarray, widths: np.ndarray, texts: list[list[int]]) -> int:
    """How many edits would mend what logits (T, N, symbols) say of pictures so many pixels wide."""
    said = [best_path(logits[:end, row]) for row, end in enumerate(-(-widths // LineReader.step))]
    return sum(edit_distance([one.symbol for one in line], text) for line, text in zip(said, texts))


def judged(model: nn.Module, watched: Writing) -> dict[str, float]:
    """Loss (nats a letter) and the share of characters right, each word drawn plainly."""
    assert isinstance(model, LineReader)
    model.eval()
    rng = np.random.default_rng(0)
    loss, wrong, total = 0.0, 0, 0
    with no_grad():
        for which in cut(np.argsort(watched.widths, kind="stable"), 32):
            drawn = [writing.drawn(watched[item], rng, plain=True) for item in which.tolist()]
            texts = [watched.numbers(item) for item in which.tolist()]
            pictures, widths = writing.side_by_side(drawn)
            more, logits = told(model, pictures, widths, texts)
            loss += more.item()
            wrong += mistakes(logits, widths, texts)
            total += sum(map(len, texts))
    return {"loss": loss / max(total, 1), "accuracy": 1 - wrong / max(total, 1)}
