"""What suits each kind of network that learns to write, and what the command line may change of it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hellodl import nn
from hellodl.nn import LanguageModel
from hellodl.train import Settings

PARTS = 8  # of a training: after each one it is judged, and writes a sample
EVEN = 2  # pieces of a batch are a multiple of this, so that two cores have as many
SETTINGS = Settings()


@dataclass(frozen=True)
class Recipe:
    """What suits a kind of network, unless the command line says otherwise.

    `piece` is about how many tokens a lane should look at in one go, which suits the processor.
    """

    layers: int
    width: int
    heads: int | None
    context: int
    batch_size: int
    learning_rate: float
    dropout: float
    steps: int
    piece: int
    optimizer: str = "adamw"
    schedule: str = "cosine"
    weight_decay: float = 0.01
    clip: float | None = 1.0


RECIPES = {  # layers, width, heads, context, batch, rate, dropout, steps, piece; then what is not as usual
    "gru": Recipe(1, 256, None, 128, 32, 1e-2, 0.0, 1000, 4096),
    "lstm": Recipe(1, 256, None, 128, 32, 1e-2, 0.0, 1000, 4096),
    "rnn": Recipe(1, 256, None, 128, 32, 2e-3, 0.0, 1000, 4096),
    "gpt": Recipe(4, 128, 4, 128, 32, 0.02, 0.0, 1000, 512, "muon", "hold-linear", 0.0, None),
    # nanoGPT's (Karpathy 2022) for a computer without a GPU
    "gpt-2": Recipe(4, 128, 4, 64, 12, 1e-3, 0.0, 2000, 512, "adamw-quick", "cosine-to-tenth", 0.1, 1.0),
}

# What a GPT of today does differently from GPT-2, for `--without` and `--with`. (Large models bend by swiglu; relu2
# does as well here, and is quicker.)
INGREDIENTS: dict[str, dict[str, Any]] = {
    "swiglu": {"activation": "swiglu"},
    "rotary": {"rotary": True},
    "rms": {"norm": "rms"},
    "normalise": {"normalise": True},
    "relu2": {"activation": "relu2"},
    "untied": {"tied": False},
    "zero": {"zero": True},
    "shift": {"shift": 2},
}
IN_GPT = [name for name in INGREDIENTS if name != "swiglu"]
CHANGEABLE = ("layers", "width", "heads", "context", "batch_size", "dropout")


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The recipe of the network with what the command line changed."""
    if options.heads is not None and not options.model.startswith("gpt"):
        options.wrong_usage(f"--heads is for --model gpt; {options.model} has none")
    if options.without and options.model != "gpt":
        options.wrong_usage(f"--without is for --model gpt; {options.model} has nothing of the kind")
    takes = {"gpt-2": [*INGREDIENTS], "gpt": ["swiglu"]}.get(options.model, [])
    if not {*options.added} <= {*takes}:
        options.wrong_usage(f"--with is for --model gpt-2; {options.model} takes none of it, or has it")
    changed = {name: getattr(options, name) for name in CHANGEABLE if getattr(options, name) is not None}
    recipe = replace(RECIPES[options.model], **changed)
    if recipe.heads is not None and recipe.width % (2 * recipe.heads):
        options.wrong_usage(
            f"--width {recipe.width} does not give each of {recipe.heads} --heads an even share; "
            "make it a multiple of twice as many"
        )
    return recipe


def settings_of(options: argparse.Namespace, recipe: Recipe) -> Settings:
    """The settings of the training."""
    rate = recipe.learning_rate if options.lr is None else options.lr
    settings = replace(
        SETTINGS,
        batch_size=recipe.batch_size,
        learning_rate=rate,
        optimizer=options.optimizer or recipe.optimizer,
        schedule=options.schedule or recipe.schedule,
        weight_decay=recipe.weight_decay,
        clip=recipe.clip,
        micro_batch=micro_batch_of(recipe),
        seed=options.seed,
    )
    return in_parts(settings, options.steps or recipe.steps)


def micro_batch_of(recipe: Recipe) -> int:
    """Windows in a piece: of about the size that the recipe wants, and as many pieces as share out evenly."""
    pieces = EVEN * max(round(recipe.batch_size * recipe.context / recipe.piece / EVEN), 1)
    return -(-recipe.batch_size // pieces)


def in_parts(settings: Settings, steps: int) -> Settings:
    """So many steps, in parts of equal length (the last may be shorter)."""
    return replace(settings, steps=steps, epochs=min(PARTS, steps))


def style_of(options: argparse.Namespace) -> dict[str, Any]:
    """What a GPT is made of: arguments of `nn.GPT`."""
    basis = IN_GPT if options.model == "gpt" else []
    wanted = [name for name in basis if name not in options.without] + options.added
    return {"bias": False} | {key: value for name in wanted for key, value in INGREDIENTS[name].items()}


def build(kind: str, size: int, recipe: Recipe, style: dict[str, Any], rng: np.random.Generator) -> LanguageModel:
    """A network that has learned nothing yet, for a vocabulary of this size."""
    if recipe.heads is not None:
        return nn.GPT(size, recipe.context, recipe.layers, recipe.heads, recipe.width, recipe.dropout, **style, rng=rng)
    return nn.RecurrentText(kind, size, recipe.width, recipe.layers, recipe.dropout, rng=rng)
