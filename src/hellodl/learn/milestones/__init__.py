"""What runs on the reader's own engine when he has come so far: a module for each, with one function, `run`.

`run` gets a `Tools`: the reader's files, in the order of `Milestone.needs`, a progress bar and a way to print. It
returns in a few words what came out. Data comes from hellodl's data sets; tensors, layers, losses and optimisers are the
reader's. Each takes well under a minute on one core with the solutions.
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
