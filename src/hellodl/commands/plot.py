"""`hellodl plot NAME [RUN]`: pictures of a training from the run log, of a data set, and a few that explain.

hellodl plot curves                 loss and accuracy of the newest run, beside the loss of guessing
hellodl plot curves 3 --beside 2    run 3, with run 2 in grey
hellodl plot learning 3             the kernels of run 3 while they learn, as a GIF
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hellodl import data, nn, plots
from hellodl.autograd.tensor import Tensor
from hellodl.bench.claims import all_claims
from hellodl.commands.runs import find
from hellodl.console import log
from hellodl.data import IMAGE_SETS, SPLITS
from hellodl.errors import DataError
from hellodl.plots import Moving, records
from hellodl.runs.log import DEFAULT_PATH, RunLog

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LAYERS = 12  # in one picture


class Run(NamedTuple):
    """Which run of which log a picture is of."""

    log: RunLog
    about: dict[str, Any]

    @property
    def number(self) -> int:
        """Its number."""
        return self.about["id"]

    @property
    def title(self) -> str:
        """What to call it."""
        return records.title(self.about)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which picture, of which run, and where it goes."""
    option = parser.add_argument
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    lines = [f"  {name:11} {of.__doc__}" for name, of in (OF_RUNS | OF_ALL_ELSE).items()]
    parser.epilog = "\n".join(["pictures:", *lines])
    option("name", choices=(*OF_RUNS, *OF_ALL_ELSE), metavar="NAME", help="the picture: one of those below")
    option("run", nargs="?", type=int, metavar="RUN", help="the number of a run (the newest)")
    option("--out", type=Path, metavar="FILE", help=".png or .svg, or .gif of what moves (NAME-RUN.png, .gif)")
    option("--log", type=Path, default=DEFAULT_PATH, metavar="FILE", help=f"({DEFAULT_PATH})")
    option("--beside", type=int, metavar="RUN", help="curves: another run, in grey")
    option("--claim", metavar="ID", help="curves: a published accuracy (of `hellodl reproduce`), as a line")
    option("--layer", nargs="+", default=[], metavar="LAYER", help=f"these layers only (the first {MOST_LAYERS})")
    option("--dataset", choices=IMAGE_SETS, default="ink", help="poster: of this set (ink)")
    option("--split", choices=SPLITS, default="train", help="poster: of this part of it (train)")
    parser.set_defaults(wrong_usage=parser.error)


def main(options: argparse.Namespace) -> int:
    """Draw it, save it, say where it is."""
    kinds = (".gif",) if options.name in MOVING else (".png", ".svg")
    if options.out and options.out.suffix.lower() not in kinds:
        options.wrong_usage(f"{options.name} is written as {' or '.join(kinds)}; give --out such a name")
    if options.name in OF_RUNS:
        runs = RunLog(options.log)
        run = Run(runs, newest(runs) if options.run is None else find(runs, options.run))
        picture = OF_RUNS[options.name](run, options)
        name = f"{options.name}-{run.number}"
    else:
        if options.run is not None:
            options.wrong_usage(f"{options.name} is no picture of a run; leave the number out")
        picture = OF_ALL_ELSE[options.name](options)
        name = options.name if options.name != "poster" else f"poster-{options.dataset}"
    if isinstance(picture, Moving):
        path = picture.save(options.out or Path(f"{name}.gif"))
        description = picture.description
    else:
        path = plots.save(picture, options.out or Path(f"{name}.png"))
        description = str(picture.get_label())
    print(json.dumps({"picture": str(path), "description": description}) if options.json else path)
    return 0


def newest(log: RunLog) -> dict[str, Any]:
    """The last run that was begun."""
    runs = log.runs()
    if not runs:
        raise DataError(f"{log.path}: there are no runs yet; `hellodl train letters` makes one")
    return runs[-1]


def curves(run: Run, options: argparse.Namespace) -> Figure:
    """loss and accuracy over the steps, with what to expect beside them"""
    beside = None
    if options.beside is not None:
        other = find(run.log, options.beside)
        beside = (f"run {other['id']}", records.curves(run.log, other["id"]))
    claim = None if options.claim is None else (options.claim, published(options.claim))
    own, guessing = records.curves(run.log, run.number), records.guessing(run.log, run.about)
    return plots.loss_and_accuracy(own, run.title, guessing=guessing, beside=beside, claim=claim)


def published(name: str) -> float:
    """The accuracy that a claim publishes."""
    shares = {claim.id: claim.claimed for claim in all_claims() if claim.unit == "%"}
    if name not in shares:
        raise DataError(f"there is no published accuracy '{name}'; there are {', '.join(shares)}")
    return shares[name]


def rate(run: Run, options: argparse.Namespace) -> Figure:
    """the learning rate over the steps"""
    training = records.curves(run.log, run.number)["training"]
    if not np.isfinite(training["learning_rate"]).any():
        raise DataError(f"{run.log.path}: run {run.number} did not write down its learning rate")
    return plots.learning_rate(training["step"], training["learning_rate"], run.title)


def spread_of(kind: str) -> Callable[[Run, argparse.Namespace], Figure]:
    """The picture of how one kind of numbers is spread in each layer."""

    def draw(run: Run, options: argparse.Namespace) -> Figure:
        return plots.histograms(layers_of(run, kind, options), kind, run.title)

    draw.__doc__ = f"how the {kind}s of each layer are spread, over the steps"
    return draw


def updates(run: Run, options: argparse.Namespace) -> Figure:
    """how far the weights of each layer move in one step"""
    layers = layers_of(run, "weight", options)
    if not any(np.isfinite(layer["step_ratio"]).any() for layer in layers.values()):
        raise DataError(
            f"{run.log.path}: run {run.number} did not write down how far its weights move in a step; train it anew"
        )
    return plots.update_ratios(layers, run.title)


def layers_of(run: Run, kind: str, options: argparse.Namespace) -> dict[str, records.Columns]:
    """The layers that were asked for; else the first ones, without biases."""
    found = records.layers(run.log, run.number, kind, options.layer)
    if options.layer:
        return found
    wanted = [name for name in found if not name.endswith("bias")] or list(found)
    if len(wanted) > MOST_LAYERS:
        log.info(f"these are {MOST_LAYERS} of {len(wanted)} layers; for others: --layer {wanted[MOST_LAYERS]} ...")
    return {name: found[name] for name in wanted[:MOST_LAYERS]}


def kernels(run: Run, options: argparse.Namespace) -> Figure:
    """the kernels of a convolution as they were last"""
    name, steps = records.kernels(run.log, run.number, first(options.layer))
    last = max(steps)
    return plots.kernels(steps[last], name, f"{run.title}, step {last:,}")


def learning(run: Run, options: argparse.Namespace) -> Moving:
    """the kernels of a convolution while they learn (moves)"""
    name, steps = records.kernels(run.log, run.number, first(options.layer))
    return plots.learning_kernels(steps, name, run.title)


def first(layers: list[str]) -> str | None:
    """The first layer that was asked for, if any."""
    return layers[0] if layers else None


def confusion(run: Run, options: argparse.Namespace) -> Figure:
    """which classes were taken for which, at the end"""
    classes, matrix = records.confusion(run.log, run.number)
    return plots.confusion_matrix(matrix, classes, run.title)


def poster(options: argparse.Namespace) -> Figure:
    """a data set at a glance, a row for each class"""
    count = 6_000 if options.dataset == "ink" else None  # ink is drawn when asked for
    found = data.load(options.dataset, options.split, options.data, options.seed, count)
    rng = np.random.default_rng(options.seed)
    return plots.poster(found.images, found.labels, found.classes, rng, title=found.name)


def border(options: argparse.Namespace) -> Moving:
    """a small network finds the border between two spirals (moves)"""
    rng = np.random.default_rng(options.seed)
    points, labels = plots.two_spirals(300, rng)
    layers = (nn.Linear(2, 32, rng=rng), nn.Tanh(), nn.Linear(32, 32, rng=rng), nn.Tanh(), nn.Linear(32, 1, rng=rng))
    return plots.learning_border(points, labels, nn.Sequential(*layers), steps=300, every=6, learning_rate=0.006)


def expression(options: argparse.Namespace) -> Figure:
    """the graph of a small expression, with values and gradients"""
    a, b, w, x = (Tensor([value], requires_grad=True) for value in (2.0, -1.5, 0.5, 1.0))
    h = (a * x + b).tanh()
    loss = (h * w - 1) ** 2
    names = {"a": a, "b": b, "w": w, "x": x, "h": h, "loss": loss}
    return plots.expression(loss, names, "loss = (w · tanh(a · x + b) − 1)²")


OF_RUNS: dict[str, Callable[[Run, argparse.Namespace], Any]] = {
    "curves": curves,
    "rate": rate,
    "weights": spread_of("weight"),
    "gradients": spread_of("gradient"),
    "activations": spread_of("activation"),
    "updates": updates,
    "kernels": kernels,
    "learning": learning,
    "confusion": confusion,
}
OF_ALL_ELSE: dict[str, Callable[[argparse.Namespace], Any]] = {
    "poster": poster,
    "border": border,
    "expression": expression,
}
MOVING = ("learning", "border")
