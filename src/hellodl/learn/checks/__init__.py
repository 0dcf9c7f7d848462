"""The questions that each step's file is asked: a module for each step, with one function, `check`.

`check` gets the step's own file and then those of the steps that it needs (`Step.needs`), as `asking.Own`. It returns
when all answers are right and raises `WrongAnswer` at the first that is not. What it expects comes from formulas of its
own or from finite differences, never from hellodl's tensors or the solution.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from hellodl.learn.exercises import Exercise
from hellodl.learn.steps import Step


def check_of(which: Step | Exercise) -> Callable[..., None]:
    """The function that asks the questions of a step or an exercise."""
    rooms = f"checks.{which.name}" if isinstance(which, Step) else f"exercises.{which.stem}"
    return import_module(f"hellodl.learn.{rooms}").check
