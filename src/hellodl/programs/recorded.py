"""A training from its first line in the run log to the model file: what all programs that learn have in common.

A program says what is special about it: its data, its network, what it does with a batch, what it measures at the
end. Here is the rest, the same for all: the run is logged, goes on where an earlier one was stopped, and leaves
a model that says how it was made. Until that model is on the disk there is a state from which it can go on, and
whatever ends it early says so.
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
from hellodl.errors import CheckpointError, DataError, HelperError, TrainingError
from hellodl.programs.remembered import take_over
from hellodl.ranks import join
from hellodl.runs import machine
from hellodl.runs.log import RUNS, RunLog
from hellodl.runs.writer import Run, fingerprint
from hellodl.storage.atomic import make_folder
from hellodl.train import Settings, Trainer, checkpoint


@dataclass(frozen=True)
class Learned:
    """A trained network and its figures."""

    model: nn.Module
    figures: dict[str, Any]
    path: Path


@dataclass(frozen=True)
class State:
    """Where a run that was stopped is kept, and what it was learning from."""

    path: Path
    fingerprint: object


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the model goes, and which run to go on with."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the model goes (runs/PROGRAM-RUN.safetensors)")
    add_resume(parser)


def add_resume(parser: argparse.ArgumentParser) -> None:
    """Which run to go on with."""
    resume = "go on with a run that was stopped: its number, or its .state file"
    parser.add_argument("--resume", metavar="RUN", help=resume)
    halves = "send gradients from rank to rank in 16 bits: half the bytes, and other weights than one process comes to"
    parser.add_argument("--half-gradients", action="store_true", help=halves)
    parser.set_defaults(parser=parser)


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Which weights to begin with, for `begin_with`."""
    begin = "begin with the weights of this model, not with random ones"
    parser.add_argument("--weights", type=Path, metavar="FILE", help=begin)


def begin_with(network: nn.Module, weights: Path | None) -> None:
    """Give a network the weights of a model file, if there is one."""
    if weights:
        network.load_state_dict(checkpoint.load_model(weights)[0].state_dict())


def resumed(options: argparse.Namespace, program: str) -> State | None:
    """The state that --resume means, with what it remembers taken over into the options; None without --resume."""
    state = None if options.resume is None else _taken_over(options, program)
    us = join()
    us.agree({"--half-gradients": options.half_gradients})
    us.halves = options.half_gradients
    if us.halves and us.count > 1:
        log.info("gradients travel in 16 bits: weights depend on how many ranks there are, and on which lanes each has")
    return state


def _taken_over(options: argparse.Namespace, program: str) -> State:
    number = options.resume.isascii() and options.resume.isdecimal()
    path = RUNS / f"{program}-{options.resume}.state" if number else Path(options.resume)
    try:
        training = join().same(lambda: checkpoint.load(path)[1]).get("training")
    except CheckpointError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise DataError(
                f"{path}: there is no such run to go on with; `hellodl runs` lists them (finished runs keep no state)"
            ) from error
        raise
    about = training.get("about") if isinstance(training, dict) else None
    if not isinstance(about, dict) or about.get("program") != program:
        raise DataError(f"{path}: is no run of this program; use the one that it was started with")
    take_over(options, about.get("asked"), path)
    return State(path, about.get("fingerprint"))


def train(
    program: str,
    data: Any,
    settings: Settings,
    about: Mapping[str, Any],
    make: Callable[[Run, Path], Trainer],
    conclude: Callable[[Run, Trainer], Mapping[str, Any]],
    *,
    asked: Mapping[str, Any],
    out: Path | None = None,
    state: State | None = None,
    classes: str | None = None,
    vocabulary: Mapping[str, Any] | None = None,
) -> Learned:
    """Train what `make(run, path of its state)` makes, on from `state` if given; save the model to `out`.

    The run is logged in runs/hellodl.sqlite3 with `about`, whatever else decided what came out. `conclude` looks at
    the trained network and gives its figures; they go into the log and, with `classes` or `vocabulary`, into the
    model file. `asked` is what the state remembers of the command line. Where the training cannot go on, the error says
    how to come back to it.
    """
    us = join()
    us.same(lambda: make_room(out))
    mark = fingerprint(data) or str(data)
    if state and state.fingerprint != mark:
        name = getattr(data, "name", data)
        raise DataError(f"{name}: is not what {state.path} was learning from; give it that again")
    began = time.perf_counter()
    with RunLog().run(program, {**asdict(settings), **about}, seed=settings.seed, data=data) as run:
        no_log = f"{program}-seed{settings.seed}"
        name = us.same(lambda: f"{program}-{run.id}" if run.id is not None else _free_name(no_log))
        out = out or RUNS / f"{name}.safetensors"
        trainer = make(run, state.path if state else RUNS / f"{name}.state")
        trainer.about = {"program": program, "asked": dict(asked), "fingerprint": mark}
        if state:
            trainer.load(state.path)
            log.info(f"goes on from step {trainer.steps} of {trainer.total}")
        try:
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
            about_it: dict[str, Any] = {"classes": classes, "vocabulary": vocabulary, "card": figures}
            us.same(lambda: checkpoint.save_model(out, network, **about_it))
        except (CheckpointError, HelperError, MemoryError) as error:
            words = "there is not enough memory; close other programs" if isinstance(error, MemoryError) else error
            raise TrainingError(f"{words}{trainer.way_back()}") from error
        run.result(figures)
    if trainer.path and us.first:
        trainer.path.unlink(missing_ok=True)
    return Learned(network, figures | {"model": str(out)}, out)


def make_room(out: Path | None) -> None:
    """Make the folders of states and of a model file: better to fail now than after the training."""
    if out and out.is_dir():
        raise DataError(f"{out}: is a folder; give --out the name of a file")
    make_folder(RUNS, "what is learned is kept there: change to a folder of your own first")
    if out:
        make_folder(out.parent)


def _free_name(name: str) -> str:
    """A name for a run that has no number, since it cannot be logged: none that another has already."""
    names = (f"{name}{again}" for again in ("", *(f"-{k}" for k in range(2, 10_000))))
    return next(one for one in names if not any(RUNS.glob(f"{one}.s*")))
