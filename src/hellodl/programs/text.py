"""`hellodl train text`: a network learns to write, from any text, by guessing at each place what comes next.

Nobody has to label anything, since the text itself says what came next. The corpus, unless another is asked for, is
the source of Python's standard library, which every reader has. While it learns, the program prints what it would
write: at first noise, then words, then lines that look like Python.

Losses are told in nats a character whatever the tokens are, so that runs can be compared: the loss of a token,
spread over the characters that it stands for. Divided by ln 2 they are bits, what a perfect compressor that uses
this model would need.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hellodl import nn
from hellodl.console import log
from hellodl.data.text import CORPORA, Corpus, load_text, window_starts
from hellodl.data.vocabulary import Vocabulary, learn_vocabulary
from hellodl.errors import DataError
from hellodl.nn import LanguageModel, Module
from hellodl.parallel import Lanes, Work, predict
from hellodl.programs import recorded
from hellodl.programs.show import harmless
from hellodl.runwriter import Run, fingerprint
from hellodl.sampling import Knobs, continued
from hellodl.tensor import Array, Tensor
from hellodl.train import Settings, Trainer

PARTS = 8  # of a training: after each one it is judged, and writes a sample
SAMPLE = 240  # characters
MOST_JUDGED = 2**17  # tokens of the validation text, evenly chosen where there are more
TRIAL_SECONDS = 4.0  # to find out how many steps a minute has


@dataclass(frozen=True)
class Recipe:
    """What suits a kind of network, unless the command line says otherwise; `micro_batch` suits the processor."""

    layers: int
    width: int
    heads: int | None
    context: int
    batch_size: int
    learning_rate: float
    dropout: float
    steps: int
    micro_batch: int


RECIPES = {
    "gru": Recipe(1, 256, None, 128, 32, 5e-3, 0.0, 1000, 16),
    "lstm": Recipe(1, 256, None, 128, 32, 5e-3, 0.0, 1000, 16),
    "rnn": Recipe(1, 256, None, 128, 32, 2e-3, 0.0, 1000, 16),
    "gpt": Recipe(4, 128, 4, 128, 32, 2e-3, 0.0, 1000, 4),
}
SETTINGS = Settings(schedule="cosine", weight_decay=0.01, clip=1.0)
CHANGEABLE = ("layers", "width", "heads", "context", "batch_size", "dropout")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to learn from, which network, and for how long."""
    option = parser.add_argument
    # fmt: off
    option("--model", choices=RECIPES, default="gru", help="the network (gru)")
    option("--corpus", default="python", metavar="TEXT",
           help=f"{', '.join(CORPORA)}, or a file or folder of text (python: the source of its library)")
    option("--tokens", type=kind_of_tokens, default="characters", metavar="KIND",
           help="characters, bytes, or a number: so many tokens made of frequent pairs of bytes (characters)")
    how_long = parser.add_mutually_exclusive_group()
    how_long.add_argument("--steps", type=int, metavar="N", help=of_recipes("steps of learning", "steps"))
    how_long.add_argument("--minutes", type=float, metavar="M", help="about so long, measured at the start, instead")
    option("--context", type=int, metavar="N", help=of_recipes("tokens in a window", "context"))
    option("--layers", type=int, metavar="N", help=of_recipes("layers", "layers"))
    option("--width", type=int, metavar="N", help=of_recipes("numbers that a layer thinks in", "width"))
    option("--heads", type=int, metavar="N", help=f"of attention, gpt only ({RECIPES['gpt'].heads})")
    option("--batch-size", type=int, metavar="N", help=of_recipes("windows a step", "batch_size"))
    option("--lr", type=float, metavar="RATE", help=of_recipes("highest learning rate", "learning_rate"))
    option("--dropout", type=float, metavar="P", help=of_recipes("share of units left out", "dropout"))
    option("--least", type=float, metavar="LOSS",
           help="exit with 1 if the validation loss, in nats a character, is over this")
    # fmt: on
    recorded.add_arguments(parser)
    parser.set_defaults(wrong_usage=parser.error)


def of_recipes(what: str, name: str) -> str:
    """The help of an option whose default depends on the network."""
    values = {kind: getattr(recipe, name) for kind, recipe in RECIPES.items()}
    if len(set(values.values())) == 1:
        return f"{what} ({values['gru']:g})"
    return f"{what} ({', '.join(f'{kind} {value:g}' for kind, value in values.items())})"


def kind_of_tokens(text: str) -> str:
    """'characters', 'bytes' or a number of tokens, for argparse."""
    if text not in ("characters", "bytes") and not (text.isdecimal() and int(text) > 256):
        raise argparse.ArgumentTypeError(f"{text!r} is not characters, bytes, or a number over 256")
    return text


def main(options: argparse.Namespace) -> int:
    """Read, learn, write, report."""
    state = recorded.resumed(options, "text")
    recipe = recipe_of(options)
    corpus = load_text(options.corpus, options.data)
    if state and fingerprint(corpus) != options.fingerprint:
        raise DataError(
            f"{options.corpus}: is not the text that {state} was learning from; give it that one again"
        )
    vocabulary = learn_vocabulary(corpus.train, options.tokens)
    train = vocabulary.encode(corpus.train)
    if len(train) <= recipe.context:
        raise DataError(f"{corpus.name}: has {len(train):,} {plural(vocabulary)} to learn from, and a window is "
                        f"{recipe.context} and one more; give more text, or a smaller --context")  # fmt: skip
    watched = Watched(corpus, vocabulary, recipe.context)
    rng = np.random.default_rng(options.seed)
    network = build(options.model, vocabulary.size, recipe, rng)
    work = next_token(train, recipe, len(corpus.train) / len(train))
    log.info(f"text: {len(train):,} {plural(vocabulary)} of {corpus.name} to learn from, "
             f"{vocabulary.size:,} different ones; {options.model} of {network.weight_count():,} weights")  # fmt: skip
    settings = settings_of(options, recipe)
    if options.minutes and not state:
        settings = in_parts(settings, steps_in(options.minutes, network, work, settings, options.threads))
        log.info(f"{options.minutes:g} minutes are about {settings.steps:,} steps here")
    learned = learn(network, work, train, watched, settings, recipe, vocabulary, corpus, options, state)
    return finish(learned, options)


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The recipe of the network with what the command line changed."""
    if options.heads is not None and options.model != "gpt":
        options.wrong_usage(f"--heads is for --model gpt; {options.model} has none")
    recipe = RECIPES[options.model]
    recipe = replace(
        recipe, **{name: getattr(options, name) for name in CHANGEABLE if getattr(options, name) is not None}
    )
    for name in ("layers", "width", "context", "batch_size"):
        if getattr(recipe, name) < 1:
            options.wrong_usage(f"--{name.replace('_', '-')} is a number from 1 up")
    if not 0 <= recipe.dropout < 1:
        options.wrong_usage("--dropout is at least 0 and under 1")
    if recipe.heads is not None and (recipe.heads < 1 or recipe.width % recipe.heads):
        options.wrong_usage(f"--width {recipe.width} cannot be shared out among {recipe.heads} --heads")
    if options.steps is not None and options.steps < 1:
        options.wrong_usage("--steps is a number from 1 up")
    if options.minutes is not None and not 0 < options.minutes < math.inf:
        options.wrong_usage("--minutes is a number over 0")
    return recipe


def settings_of(options: argparse.Namespace, recipe: Recipe) -> Settings:
    """The settings of the training."""
    rate = recipe.learning_rate if options.lr is None else options.lr
    settings = replace(SETTINGS, batch_size=recipe.batch_size, learning_rate=rate,
                       micro_batch=min(recipe.micro_batch, recipe.batch_size), seed=options.seed)  # fmt: skip
    return in_parts(settings, options.steps or recipe.steps)


def in_parts(settings: Settings, steps: int) -> Settings:
    """So many steps, in parts of equal length (the last may be shorter)."""
    return replace(settings, steps=steps, epochs=min(PARTS, steps))


def build(kind: str, size: int, recipe: Recipe, rng: np.random.Generator) -> LanguageModel:
    """A network that has learned nothing yet, for a vocabulary of this size."""
    if kind == "gpt":
        assert recipe.heads is not None
        return nn.GPT(
            size, recipe.context, recipe.layers, recipe.heads, recipe.width, recipe.dropout, rng=rng
        )
    return nn.RecurrentText(kind, size, recipe.width, recipe.layers, recipe.dropout, rng=rng)


def next_token(tokens: Array, recipe: Recipe, characters_per_token: float) -> Work:
    """The work of a lane that learns to guess the next token, at all places of its windows at once.

    The loss is that of a character, like all that this program tells.
    """
    whole = recipe.batch_size * recipe.context * characters_per_token  # characters in a batch

    def work(model: Module, starts: Array, generator: np.random.Generator) -> tuple[Tensor, Array]:
        windows = tokens[starts[:, None] + np.arange(recipe.context + 1)]
        given, wanted = windows[:, :-1], windows[:, 1:].reshape(-1)  # (N, L), (N*L)
        logits = model(Tensor(given)).reshape(len(wanted), -1)  # (N, L, V) -> (N*L, V)
        loss = nn.cross_entropy(logits, wanted, reduction="sum")
        right = (logits.data.argmax(axis=1) == wanted).sum()
        return loss * (1 / whole), np.array([right, len(wanted)])

    return work


class Watched:
    """The validation text, in windows that touch; each is read from nothing, as in training."""

    def __init__(self, corpus: Corpus, vocabulary: Vocabulary, context: int):
        text = corpus.validation
        tokens = vocabulary.encode(text)
        if len(tokens) < 2:
            raise DataError(
                f"{corpus.name}: the last tenth of it, {len(text)} characters, is too short to judge by; give more text"
            )
        self.characters_per_token = len(text) / len(tokens)
        length = min(context, len(tokens) - 1)
        count = (len(tokens) - 1) // length
        chosen = np.linspace(0, count - 1, min(count, max(MOST_JUDGED // length, 1))).astype(int)
        self.windows = tokens[chosen[:, None] * length + np.arange(length + 1)]  # (windows, length + 1)

    def judge(self, model: Module, threads: int | None) -> dict[str, float]:
        """Loss in nats a character, and the share of tokens that were the likeliest."""
        loss = right = 0.0
        for part in np.array_split(self.windows, -(-len(self.windows) // 64)):
            logits = predict(model, part[:, :-1], threads, micro_batch=8)  # (N, L, V)
            logits, wanted = logits.reshape(-1, logits.shape[-1]), part[:, 1:].reshape(-1)
            loss += nn.cross_entropy(Tensor(logits), wanted, reduction="sum").item()
            right += (logits.argmax(axis=1) == wanted).sum()
        count = self.windows[:, 1:].size
        return {"loss": loss / count / self.characters_per_token, "accuracy": float(right / count)}


def learn(network: LanguageModel, work: Work, train: Array, watched: Watched, settings: Settings, recipe: Recipe,
          vocabulary: Vocabulary, corpus: Corpus, options: argparse.Namespace,
          state: Path | None) -> recorded.Learned:  # fmt: skip
    """Train, with a sample before and after every part; the run is on record."""
    about = {"program": "text", "dataset": corpus.name, "corpus": options.corpus, "fingerprint": fingerprint(corpus),
             "model": options.model, "tokens": options.tokens,
             **{name: getattr(recipe, name) for name in CHANGEABLE}}  # fmt: skip
    assert settings.steps is not None
    part = -(-settings.steps // settings.epochs) * settings.batch_size  # windows

    def judge(model: Module) -> dict[str, float]:
        show_sample(model, vocabulary, options.seed)
        return watched.judge(model, options.threads)

    def order(number: int) -> Array:
        return window_starts(len(train), recipe.context, settings.seed, number * part, part)

    def make(run: Run, path: Path) -> Trainer:
        return Trainer(network, part, work, settings, run, judge=judge, path=path, about=about,
                       threads=options.threads, order=order, unit=plural(vocabulary), part="part")  # fmt: skip

    def conclude(run: Run, trainer: Trainer) -> dict[str, Any]:
        judged = watched.judge(network, options.threads)
        return {
            "vocabulary": vocabulary.size,
            "characters": len(corpus.train),
            "characters_per_token": watched.characters_per_token,
            "validation_loss": judged["loss"],
            "validation_bits": judged["loss"] / math.log(2),
            "validation_accuracy": judged["accuracy"],
            "tokens_per_second": settings.batch_size
            * recipe.context
            * trainer.total
            / max(trainer.seconds, 1e-9),
            "sample": sample(network, vocabulary, options.seed),
        }

    if not state:
        log.info("before it learned anything, it writes:")
        show_sample(network, vocabulary, options.seed)
    return recorded.train("text", corpus, settings, about, make, conclude, out=options.out, state=state,
                          vocabulary=vocabulary.describe())  # fmt: skip


def show_sample(model: Module, vocabulary: Vocabulary, seed: int) -> None:
    """A sample on the console, set off from what is said about it."""
    text = harmless(sample(model, vocabulary, seed)).strip("\n")
    log.info("\n".join(f"    {line}" for line in ["", *text.split("\n"), ""]))


def sample(model: Module, vocabulary: Vocabulary, seed: int) -> str:
    """What the model writes from nothing; of the same seed, so that samples differ by what was learned."""
    assert isinstance(model, LanguageModel)
    rng = np.random.default_rng(seed)
    return "".join(continued(model.writer(), vocabulary, "", SAMPLE, rng, Knobs(temperature=0.8)))


def steps_in(
    minutes: float, network: LanguageModel, work: Work, settings: Settings, threads: int | None
) -> int:
    """How many steps this machine makes in so many minutes, tried out on a twin that is thrown away."""
    twin = nn.build(nn.describe(network))
    twin.load_state_dict(network.state_dict())
    batch = np.zeros(settings.batch_size, np.int64)
    with Lanes(twin, settings.micro_batch, settings.lanes, threads, processes=True) as lanes:
        lanes.gradients(work, batch, (0, 0))  # the first is slower: helpers begin
        began, steps = time.perf_counter(), 0
        while (passed := time.perf_counter() - began) < min(TRIAL_SECONDS, 3 * minutes):
            lanes.gradients(work, batch, (0, 0))
            steps += 1
    return max(round(minutes * 60 * steps / passed), 1)


def plural(vocabulary: Vocabulary) -> str:
    """What its tokens are called."""
    return "tokens" if vocabulary.kind == "byte-pairs" else vocabulary.kind


def finish(learned: recorded.Learned, options: argparse.Namespace) -> int:
    """Say the figure on standard output; the exit status is 1 where --least was missed."""
    figures = learned.figures
    loss = figures["validation_loss"]
    log.info(f"the model is in {learned.path}; it goes on from what you say by: "
             f"hellodl write --model {learned.path} --prompt TEXT")  # fmt: skip
    if options.json:
        print(json.dumps(figures))
    else:
        bits = figures["validation_bits"]
        print(f"validation loss on {figures['dataset']}: {loss:.3f} nats a character ({bits:.3f} bits, "
              f"perplexity {math.exp(loss):.2f}), after {figures['seconds']:.0f} s")  # fmt: skip
    if options.least is not None and loss > options.least:
        log.error(f"that misses the {options.least:g} that was asked for")
        return 1
    return 0
