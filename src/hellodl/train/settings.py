"""What decides the outcome of a training: its settings, and the optimisers and schedules that they may name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hellodl import optim
from hellodl.nn.module import Module
from hellodl.optim import muon
from hellodl.train.threads import thread_count


@dataclass(frozen=True)
class Settings:
    """All that decides what comes out of a training; stored with the run. Threads are not among it.

    `steps` ends it earlier than the epochs would.
    """

    epochs: int = 1
    steps: int | None = None
    batch_size: int = 128
    learning_rate: float = 2e-3
    optimizer: str = "adamw"
    schedule: str = "one-cycle"
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    clip: float | None = None
    average: float | None = None
    balance: float = 0.0
    micro_batch: int = 32
    lanes: int = 8
    seed: int = 0


Maker = Callable[[Module, Settings, int | None], optim.Optimizer]  # for a model; with so many threads


def stepping(kind: Callable[..., optim.Optimizer], **options: Any) -> Maker:
    """Makes an optimiser for a model; matrices decay as the settings say, vectors do not."""

    def make(model: Module, settings: Settings, threads: int | None) -> optim.Optimizer:
        return kind(optim.decay_matrices_only(model, settings.weight_decay), settings.learning_rate, **options)

    return make


def orthogonal(model: Module, settings: Settings, threads: int | None) -> optim.Optimizer:
    """Muon for a model, which has work for several threads; it has groups of its own."""
    groups = muon.groups(model, settings.weight_decay)
    return muon.Muon(groups, settings.learning_rate, threads=thread_count(threads))


OPTIMIZERS: dict[str, Maker] = {
    "sgd": stepping(optim.SGD),
    "momentum": stepping(optim.SGD, momentum=0.9),
    "nesterov": stepping(optim.SGD, momentum=0.9, nesterov=True),
    "adam": stepping(optim.Adam),
    "adamw": stepping(optim.AdamW),
    "adamw-quick": stepping(optim.AdamW, betas=(0.9, 0.99)),  # forgets sooner: for short trainings (nanoGPT's)
    "muon": orthogonal,
}
SCHEDULES: dict[str, Callable[[int], optim.Schedule]] = {
    "constant": lambda total: optim.constant(),
    "cosine": lambda total: optim.cosine(total, warm_up=total // 20),
    "cosine-to-tenth": lambda total: optim.cosine(total, warm_up=total // 20, final=0.1),
    "linear": lambda total: optim.linear(total, warm_up=total // 20),
    "hold-linear": lambda total: optim.hold_then_linear(total, hold=0.4),
    "one-cycle": optim.one_cycle,
}
