"""What runs on the reader's own engine, once it has come so far: a module for each, with one function, `run`.

`run` gets the reader's files by the names of their steps (those in `Milestone.needs`), shows its progress, prints what
there is to see, and returns in a few words what came out; `Short` where that is not enough. Data comes from hellodl's
data sets; tensors, layers, losses and optimisers are the reader's. With the solutions each takes seconds on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from hellodl.learn.steps import Milestone

Steps = dict[str, ModuleType]  # the reader's files by the names of their steps


class Short(Exception):
    """It ran, and did not reach what it should have: in words."""


def run_of(milestone: Milestone) -> Callable[[Steps], str]:
    """The function that runs a milestone."""
    return import_module(f"hellodl.learn.milestones.{milestone.name.replace('-', '_')}").run
