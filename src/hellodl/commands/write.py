"""`hellodl write`: a trained text model goes on from a prompt, as fast as it can think of what comes next."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hellodl.commands.arguments import at_least
from hellodl.commands.show import harmless
from hellodl.console import log
from hellodl.data.vocabulary import Vocabulary, from_description
from hellodl.errors import CheckpointError, DataError
from hellodl.models import MODELS
from hellodl.nn import LanguageModel
from hellodl.nn.sampling import Knobs, continued
from hellodl.runs.log import RUNS
from hellodl.train.checkpoint import load_model, tried
from hellodl.train.threads import single_threaded_products

MODEL = MODELS / "text.safetensors"
LENGTH, TEMPERATURE = 500, 0.8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to go on from, how much, and how daring to be."""
    option = parser.add_argument
    option("--prompt", default="", metavar="TEXT", help="what to go on from (nothing: a line begins)")
    model = "another model than the one that ships, or than the newest of `hellodl train text`"
    option("--model", type=Path, metavar="FILE", help=model)
    option("--length", type=at_least(0), default=LENGTH, metavar="N", help=f"characters to write ({LENGTH})")
    heat = f"under 1 careful, over 1 daring, 0 always the likeliest ({TEMPERATURE})"
    option("--temperature", type=float, default=TEMPERATURE, metavar="T", help=heat)
    option("--top-k", type=int, metavar="K", help="choose among the K likeliest tokens only")
    option("--top-p", type=float, metavar="P", help="choose among the likeliest that together have probability P")
    parser.set_defaults(wrong_usage=parser.error)


def main(options: argparse.Namespace) -> int:
    """Write to standard output, each piece as it comes."""
    # Bytes of the command line that were no UTF-8 came as half characters; they are read as unknown ones.
    prompt = options.prompt.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        knobs = Knobs(options.temperature, options.top_k, options.top_p)
    except ValueError as error:
        options.wrong_usage(f"--{error}")
    pieces = written(prompt, options.model, options.length, options.seed, knobs)
    if options.json:
        text = "".join(pieces)
        print(json.dumps({"program": "write", "prompt": prompt, "text": text, "seed": options.seed}))
        return 0
    safe = harmless if sys.stdout is not None and sys.stdout.isatty() else str
    begun = False
    try:
        for piece in pieces:
            print(safe(piece), end="", flush=True)
            begun = True
    finally:
        if begun:  # also after Ctrl-C: what is said next begins on a line of its own
            print(flush=True)
    return 0


def written(prompt: str, model: str | Path | None, length: int, seed: int, knobs: Knobs) -> Iterator[str]:
    """The prompt, and then what the model makes of it, piece by piece."""
    network, vocabulary = load(find_model(model))
    if strange := vocabulary.unseen(prompt):
        log.warning(f"this model has never seen {listed(strange)}; it reads that as its unknown symbol")
    count = len(vocabulary.encode(prompt))
    if network.context is not None and count > network.context:
        log.warning(
            f"the prompt is {count:,} tokens, and this model looks at {network.context} at a time: "
            "it goes on from the last of them"
        )
    if prompt:
        yield prompt
    with single_threaded_products():
        yield from continued(network.writer(), vocabulary, prompt, length, np.random.default_rng(seed), knobs)


def find_model(model: str | Path | None) -> Path:
    """The file that is asked for; else the model that ships, or the newest that was trained here."""
    if model is not None:
        return Path(model)
    if MODEL.exists():
        return MODEL
    trained = sorted(RUNS.glob("text-*.safetensors"), key=lambda path: path.stat().st_mtime)
    if not trained:
        raise DataError(f"{RUNS}: has no text model yet; `hellodl train text` makes one, or give --model FILE")
    log.info(f"{trained[-1]} writes")
    return trained[-1]


def load(path: Path) -> tuple[LanguageModel, Vocabulary]:
    """A model that writes and the vocabulary that it thinks in, from a file."""
    network, metadata = load_model(path)
    if not isinstance(network, LanguageModel) or "vocabulary" not in metadata:
        raise CheckpointError(f"{path}: is no model that writes; give one from `hellodl train text`")
    try:
        vocabulary = from_description(metadata["vocabulary"])
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    if vocabulary.size != network.vocabulary:
        raise CheckpointError(
            f"{path}: its model knows {network.vocabulary} tokens and its vocabulary {vocabulary.size}; train it again"
        )
    tried(path, lambda: network.eval().writer().step(vocabulary.start()))
    return network, vocabulary


def listed(characters: list[str], most: int = 8) -> str:
    """Characters for a message, so that none can do harm to a terminal."""
    shown = ", ".join(repr(character) for character in characters[:most])
    return shown + (f" and {len(characters) - most:,} more" if len(characters) > most else "")
