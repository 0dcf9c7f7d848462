"""A training from its first line in the run log to the model file: what all programs that learn have in common.

A program says what is special about it: its data, its network, what it does with a batch, what it measures at the
end. Here is the rest, the same for all: the run is logged, goes on where an earlier one was stopped, and leaves
a model that says how it was made.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hellodl import nn
from hellodl.console import log
from hellodl.errors import DataError
from hellodl.runs import machine
from hellodl.runs.log import RUNS, RunLog
from hellodl.runs.writer import Run
from hellodl.train import Settings, Trainer, checkpoint


@dataclass(frozen=True)
class Learned:
    """A trained network and its figures."""

    model: nn.Module
    figures: dict[str, Any]
    path: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the model goes, and which run to go on with."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the model goes (runs/PROGRAM-RUN.safetensors)")
    resume = "go on with a run that was stopped: its number, or its .state file"
    parser.add_argument("--resume", metavar="RUN", help=resume)


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Which weights to begin with, for `begin_with`."""
    begin = "begin with the weights of this model, not with random ones"
    parser.add_argument("--weights", type=Path, metavar="FILE", help=begin)


def begin_with(network: nn.Module, weights: Path | None) -> None:
    """Give a network the weights of a model file, if there is one."""
    if weights:
        network.load_state_dict(checkpoint.load_model(weights)[0].state_dict())


def resumed(options: argparse.Namespace, program: str) -> Path | None:
    """The state file that --resume means, with its settings taken over into the options; None without --resume."""
    if options.resume is None:
        return None
    path = RUNS / f"{program}-{options.resume}.state" if options.resume.isdigit() else Path(options.resume)
    if not path.exists():
        raise DataError(
            f"{path}: there is no such run to go on with; `hellodl runs` lists them (finished runs keep no state)"
        )
    _, metadata = checkpoint.load(path)
    training = metadata.get("training", {})
    if training.get("about", {}).get("program") != program:
        raise DataError(f"{path}: is no run of `hellodl train {program}`; use the program that it was started with")
    saved = training["settings"]
    for name in ("epochs", "steps", "batch_size", "optimizer", "schedule", "seed"):
        setattr(options, name, saved.get(name))
    options.lr = saved["learning_rate"]
    for name, value in training["about"].items():
        setattr(options, name, value)
    return path


def train(
    program: str,
    data: Any,
    settings: Settings,
    about: Mapping[str, Any],
    make: Callable[[Run, Path], Trainer],
    conclude: Callable[[Run, Trainer], Mapping[str, Any]],
    *,
    out: Path | None = None,
    state: Path | None = None,
    classes: str | None = None,
    vocabulary: Mapping[str, Any] | None = None,
) -> Learned:
    """Train what `make(run, path of its state)` makes, on from `state` if given; save the model to `out`.

    The run is logged in runs/hellodl.sqlite3 with `about`, whatever else decided what came out. `conclude` looks at
    the trained network and gives its figures; they go into the log and, with `classes` or `vocabulary`, into the
    model file.
    """
    if out:
        _make_room(out)
    began = time.perf_counter()
    with RunLog().run(program, {**asdict(settings), **about}, seed=settings.seed, data=data) as run:
        name = f"{program}-{run.id if run.id is not None else f'seed{settings.seed}'}"
        out = out or RUNS / f"{name}.safetensors"
        RUNS.mkdir(exist_ok=True)
        trainer = make(run, state or RUNS / f"{name}.state")
        if state:
            trainer.load(state)
            log.info(f"goes on from step {trainer.steps} of {trainer.total}")
        network = trainer.fit()
        figures = {
            "program": program,
            **about,
            "seed": settings.seed,
            "settings": asdict(settings),
            "source": machine.commit(),
            "weights": network.weight_count(),
            **conclude(run, trainer),
            "seconds": trainer.seconds if state else time.perf_counter() - began,
        }
        run.result(figures)
    checkpoint.save_model(out, network, classes=classes, vocabulary=vocabulary, card=figures)
    if trainer.path:
        trainer.path.unlink(missing_ok=True)
    return Learned(network, figures | {"model": str(out)}, out)


def _make_room(out: Path) -> None:
    """Make the folder of a model file: better to fail now than after the training."""
    if out.is_dir():
        raise DataError(f"{out}: is a folder; give --out the name of a file")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{out.parent}: is no folder and cannot be made ({error.strerror or error}); give another --out"
        ) from error
