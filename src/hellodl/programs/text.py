"""`hellodl train text`: a network learns to write, from any text, by guessing at each place what comes next.

Nobody has to label anything, since the text itself says what came next. The corpus, unless another is asked for, is
the source of Python's standard library, which every reader has. While it learns, the program prints what it would
write: at first noise, then words, then lines that look like Python.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hellodl import nn
from hellodl.commands.arguments import at_least, part, positive, rate, real
from hellodl.commands.show import harmless
from hellodl.console import log, tell
from hellodl.data.mapped import Mapped
from hellodl.data.text import CORPORA, large_text, load_text
from hellodl.data.vocabulary import learn_vocabulary
from hellodl.nn import LanguageModel, Module
from hellodl.programs import recipes, recorded
from hellodl.programs.recipes import IN_GPT, INGREDIENTS, RECIPES, in_parts, recipe_of, settings_of, style_of
from hellodl.programs.remembered import asked
from hellodl.ranks import join
from hellodl.runs.writer import Run, fingerprint
from hellodl.train import OPTIMIZERS, SCHEDULES, Settings, Trainer, inside
from hellodl.train.lanes import Lanes
from hellodl.train.lesson import Lesson

PROBED = 8  # windows of the validation text that run through, where the network is looked into
SAMPLE = 240  # characters
TRIAL_SECONDS = 4.0  # to find out how many steps a minute has


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to learn from, which network, and for how long."""
    option = parser.add_argument
    option("--model", choices=RECIPES, default="gru", help="the network (gru)")
    texts = f"{', '.join(CORPORA)}, or a file or folder of text (python: the source of its library)"
    option("--corpus", default="python", metavar="TEXT", help=texts)
    kinds = "characters, bytes, or a number: so many tokens made of frequent pairs of bytes (characters)"
    option("--tokens", type=kind_of_tokens, default="characters", metavar="KIND", help=kinds)
    how_long = parser.add_mutually_exclusive_group()
    how_long.add_argument("--steps", type=at_least(1), metavar="N", help=of_recipes("steps of learning", "steps"))
    how_long.add_argument("--minutes", type=positive, metavar="M", help="about so long, measured at the start, instead")
    option("--context", type=at_least(1), metavar="N", help=of_recipes("tokens in a window", "context"))
    option("--layers", type=at_least(1), metavar="N", help=of_recipes("layers", "layers"))
    option("--width", type=at_least(1), metavar="N", help=of_recipes("numbers that a layer thinks in", "width"))
    option("--heads", type=at_least(1), metavar="N", help=f"of attention, gpt only ({RECIPES['gpt'].heads})")
    option("--batch-size", type=at_least(1), metavar="N", help=of_recipes("windows a step", "batch_size"))
    option("--lr", type=rate, metavar="RATE", help=of_recipes("highest learning rate", "learning_rate"))
    option("--optimizer", choices=OPTIMIZERS, help=of_recipes("how to step", "optimizer"))
    option("--schedule", choices=SCHEDULES, help=of_recipes("of the rate", "schedule"))
    some: dict[str, Any] = {"nargs": "+", "default": [], "metavar": "WHAT"}
    without = f"gpt without some of what sets it apart from gpt-2: {', '.join(IN_GPT)}"
    option("--without", choices=IN_GPT, help=without, **some)
    added = "gpt-2 with some of it, or gpt with swiglu in the place of relu2"
    option("--with", choices=[*INGREDIENTS], dest="added", help=added, **some)
    option("--dropout", type=part, metavar="P", help=of_recipes("share of units left out", "dropout"))
    least = "exit with 1 if the validation loss, in nats a character, is over this"
    option("--least", type=real, metavar="LOSS", help=least)
    recorded.add_arguments(parser)
    parser.set_defaults(wrong_usage=parser.error)


def of_recipes(what: str, name: str) -> str:
    """The help of an option whose default depends on the network."""
    values = {kind: getattr(recipe, name) for kind, recipe in RECIPES.items()}
    if len(set(values.values())) == 1:
        return f"{what} ({values['gru']})"
    return f"{what} ({', '.join(f'{kind} {value}' for kind, value in values.items())})"


def kind_of_tokens(text: str) -> str:
    """'characters', 'bytes' or a number of tokens, for argparse."""
    if text not in ("characters", "bytes") and not (text.isdecimal() and int(text) > 256):
        raise argparse.ArgumentTypeError(f"{text!r} is not characters, bytes, or a number over 256")
    return text


def main(options: argparse.Namespace) -> int:
    """Read, learn, write, report."""
    state = recorded.resumed(options, "text")
    recipe = recipe_of(options)
    large = large_text(options.corpus) if options.tokens == "bytes" else None
    corpus = large or load_text(options.corpus, options.data)
    if options.tokens.isdecimal():
        log.info(f"learning {options.tokens} tokens from the pairs of bytes in {corpus.name}")
    vocabulary = learn_vocabulary("" if isinstance(corpus, Mapped) else corpus.train, options.tokens)
    lesson = Lesson(corpus, vocabulary, recipe.context)
    style = style_of(options)
    network = recipes.build(options.model, lesson.vocabulary.size, recipe, style, np.random.default_rng(options.seed))
    log.info(
        f"text: {len(lesson.train):,} {lesson.unit} of {corpus.name} to learn from, {lesson.vocabulary.size:,} "
        f"different ones; {options.model} of {network.weight_count():,} weights"
    )
    settings = settings_of(options, recipe)
    if options.minutes:
        steps = steps_in(options.minutes, network, lesson, settings, options.threads)
        log.info(f"{options.minutes:g} minutes are about {steps:,} steps here")
        settings = in_parts(settings, steps)
    chosen = {name: getattr(recipe, name) for name in recipes.CHANGEABLE}
    about = {"corpus": options.corpus, "fingerprint": fingerprint(corpus)}
    about |= {name: getattr(options, name) for name in ("model", "tokens", "without", "added")} | chosen
    kept = asked(options, steps=settings.steps, minutes=None, **chosen)
    how: dict[str, Any] = {"threads": options.threads, "out": options.out, "state": state, "asked": kept}
    learned = learn(network, lesson, settings, about, **how)
    return finish(learned, options)


def learn(
    network: LanguageModel,
    lesson: Lesson,
    settings: Settings,
    about: dict[str, Any],
    *,
    asked: Mapping[str, Any],
    threads: int | None = None,
    out: Path | None = None,
    state: recorded.State | None = None,
) -> recorded.Learned:
    """Train, with a sample before and after every part; the run is on record."""
    about = {"program": "text", "dataset": lesson.corpus.name, **about}
    assert settings.steps is not None
    windows = -(-settings.steps // settings.epochs) * settings.batch_size  # of a part

    def show_sample(model: Module) -> None:
        text = harmless(lesson.sample(model, SAMPLE, settings.seed)).strip("\n")
        log.info("\n".join(f"    {line}" for line in ["", *text.split("\n"), ""]))

    def judge(model: Module) -> dict[str, float]:
        show_sample(model)
        return lesson.judge(model, threads, join())

    def make(run: Run, path: Path) -> Trainer:
        return Trainer(
            network,
            windows,
            lesson.work(settings.batch_size),
            settings,
            run,
            judge=judge,
            path=path,
            threads=threads,
            unit=lesson.unit,
            part="part",
            order=lambda part: lesson.order(part, windows, settings.seed),
            probe=lesson.watched[inside.some(len(lesson.watched), PROBED), :-1],
        )

    def conclude(run: Run, trainer: Trainer) -> dict[str, Any]:
        judged = trainer.history[-1]  # after the last part: nothing was learned since
        tokens = settings.batch_size * lesson.context * trainer.total
        return {
            "vocabulary": lesson.vocabulary.size,
            "characters": round(lesson.characters_to_learn),
            "characters_per_token": lesson.characters_per_token,
            "validation_loss": judged["validation_loss"],
            "validation_bits": judged["validation_loss"] / math.log(2),
            "validation_accuracy": judged["validation_accuracy"],
            "tokens_per_second": tokens / max(trainer.seconds, 1e-9),
            "sample": lesson.sample(network, SAMPLE, settings.seed),
        }

    if not state:
        log.info("before it learned anything, it writes:")
        show_sample(network)
    vocabulary = lesson.vocabulary.describe()
    return recorded.train(
        "text", lesson.corpus, settings, about, make, conclude, asked=asked, out=out, state=state, vocabulary=vocabulary
    )


def steps_in(minutes: float, network: LanguageModel, lesson: Lesson, settings: Settings, threads: int | None) -> int:
    """How many steps this machine makes in so many minutes, tried out on a twin that is thrown away.

    What it takes to judge and to write samples after every part is left over for that.
    """
    twin = nn.build(nn.describe(network))
    twin.load_state_dict(network.state_dict())
    assert isinstance(twin, LanguageModel)
    work, batch = lesson.work(settings.batch_size), np.zeros(settings.batch_size, np.int64)
    optimizer = OPTIMIZERS[settings.optimizer](twin, settings, threads)
    us = join()
    clock = partial(us.same, time.perf_counter)  # all ranks must come to the same number of steps
    with Lanes(twin, settings.micro_batch, settings.lanes, threads, processes=True, ranks=us) as lanes:
        lanes.gradients(work, batch, (0, 0))  # the first is slower: helpers begin
        began, steps, passed = clock(), 0, 0.0
        while passed < TRIAL_SECONDS:
            lanes.gradients(work, batch, (0, 0))
            optimizer.step()
            steps, passed = steps + 1, clock() - began
        began = clock()
        lesson.judge(twin, threads, us)
        lesson.sample(twin, SAMPLE, settings.seed)
        judging = (recipes.PARTS + 1) * (clock() - began)
    return max(round((minutes * 60 - judging) * steps / passed), 1)


def finish(learned: recorded.Learned, options: argparse.Namespace) -> int:
    """Say the figure on standard output; the exit status is 1 where --least was missed."""
    figures = learned.figures
    loss = figures["validation_loss"]
    log.info(
        f"the model is in {learned.path}; it goes on from what you say by: "
        f"hellodl write --model {learned.path} --prompt TEXT"
    )
    if options.json:
        print(json.dumps(figures))
    else:
        bits = figures["validation_bits"]
        tell(
            f"validation loss on {figures['dataset']}: {loss:.3f} nats a character ({bits:.3f} bits, "
            f"perplexity {math.exp(loss):.2f}), after {figures['seconds']:.0f} s"
        )
    if options.least is not None and loss > options.least:
        log.error(f"that misses the {options.least:g} that was asked for")
        return 1
    return 0
