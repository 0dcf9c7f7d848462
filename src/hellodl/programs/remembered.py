"""What a training remembers of its command line, and how it gets that back.

Its state keeps every option that decides what comes out, as it was given or, where it was not, as the program settled
it. Where the model goes, what is printed, and how many threads there are belongs to each call. A state is a file, and
files may be anybody's: so what it remembers goes through the parser, as if it had been typed, and nothing else is set.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any, NoReturn

from hellodl.errors import CheckpointError

OF_EACH_CALL = ("help", "out", "resume", "least", "threads", "data", "json", "debug")


def asked(options: argparse.Namespace, **settled: Any) -> dict[str, Any]:
    """What to remember of a command line; `settled` are values of options that were left to the program."""
    values = {action.dest: getattr(options, action.dest) for action in deciding(options.parser)} | settled
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


def take_over(options: argparse.Namespace, remembered: object, path: Path) -> None:
    """Set the options to what the state at `path` remembers.

    CheckpointError where that is not what the program takes; wrong usage where the command line wants something else.
    """
    parser: argparse.ArgumentParser = options.parser

    def refuse(message: str) -> NoReturn:
        raise CheckpointError(f"{path}: does not say how to go on ({message}); start the training again")

    actions = {action.dest: action for action in deciding(parser)}
    if not isinstance(remembered, Mapping) or not remembered:
        refuse("it is an older hellodl's, or damaged")
    if strange := remembered.keys() - actions.keys():
        refuse(f"a run has no {min(strange)[:40]!a}")
    typed = [word for name, value in remembered.items() for word in words(actions[name], value, refuse)]
    reader = copy(parser)
    reader.error = refuse  # type: ignore[method-assign]
    found = reader.parse_args(typed)
    for name, action in actions.items():
        given, theirs = getattr(options, name), getattr(found, name)
        if given not in (parser.get_default(name), theirs):
            parser.error(f"{action.option_strings[0]} is {theirs} in the run that goes on, not {given}; leave it out")
        setattr(options, name, theirs)


def deciding(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The options that decide what comes out."""
    return [action for action in parser._actions if action.dest not in OF_EACH_CALL]


def words(action: argparse.Action, value: object, refuse: Any) -> list[str]:
    """A value as it would be typed; none where it was not given."""
    flag = action.option_strings[0]
    if value is None or value is False or value == []:
        return []
    if action.nargs == 0:
        return [flag] if value is True else refuse(f"{flag} takes no value")
    values = value if isinstance(value, list) and action.nargs == "+" else [value]
    if not all(type(one) in (str, int, float) for one in values):
        refuse(f"{flag} is no text or number")
    return [flag, *map(str, values)] if action.nargs == "+" else [f"{flag}={values[0]}"]
