"""How a module was made, as plain JSON, and the way back.

`describe` turns a network into its description and `build` makes it again, which lets a checkpoint be read without the
code that trained it, and without pickle, which runs code. What a file cannot hold is refused when it would be written,
not a year later when somebody wants to read it.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from hellodl.errors import CheckpointError, HelloError
from hellodl.nn import init
from hellodl.nn.module import KINDS, Module, kind_of


def describe(module: Module) -> dict[str, Any]:
    """How to make this module again, as plain JSON: its kind and what it was made with."""
    kind = type(module)
    arguments = module.noted()
    if "kind" in arguments:
        raise CheckpointError(f"{kind.__name__}: no file can hold an argument called 'kind'; give it another name")
    return {"kind": kind_of(kind)} | {key: _told(value, f"{kind.__name__}'s {key}") for key, value in arguments.items()}


def _told(value: Any, what: str) -> Any:
    """An argument as JSON. A list without more is a tuple; lists and dicts say what they are, like modules."""
    if isinstance(value, Module):
        return describe(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return [_told(part, what) for part in value]
    if isinstance(value, list):
        return {"kind": "list", "parts": [_told(part, what) for part in value]}
    if isinstance(value, dict):
        return {"kind": "dict", "parts": [[_told(key, what), _told(part, what)] for key, part in value.items()]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise CheckpointError(
        f"{what} is a {type(value).__name__}, and a file of a model holds numbers, text, modules, lists and dicts; "
        "save model.state_dict() alone, or give it another argument"
    )


def build(description: dict[str, Any], budget: init.Budget | None = None) -> Module:
    """The module that a description is of, with weights of zero, to be loaded. Only known kinds are made.

    With a `budget`, CheckpointError is raised before anything larger is made.
    """
    try:
        with init.nothing_drawn(), init.within(budget):
            module = _made(description)
        if not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is no module")
        return module
    except HelloError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"the model's description cannot be understood ({type(error).__name__}: {error}); "
            "it may come from a newer hellodl: upgrade, or train it again"
        ) from None


def _made(description: Any) -> Any:
    """What `_told` told."""
    if isinstance(description, list):
        return tuple(_made(part) for part in description)
    if not isinstance(description, dict):
        return description
    if description["kind"] == "list":
        return [_made(part) for part in description["parts"]]
    if description["kind"] == "dict":
        return {_made(key): _made(part) for key, part in description["parts"]}
    kind = _known(description["kind"])
    signature = inspect.signature(kind.__init__)
    given = {key: _made(value) for key, value in description.items() if key != "kind"}
    if "rng" in signature.parameters:
        given["rng"] = None
    if unknown := given.keys() - signature.parameters.keys():
        raise TypeError(f"{kind.__name__} takes no '{min(unknown)}'")
    bound = inspect.BoundArguments(signature, {"self": None, **given})
    return kind(*bound.args[1:], **bound.kwargs)


def _known(name: str) -> type[Module]:
    """The class of a kind; one that is not ours may have moved to another module, if there is but one of its name."""
    if name in KINDS:
        return KINDS[name]
    bare = name.rpartition(".")[2]
    moved = [kind for known, kind in KINDS.items() if "." in known and known.rpartition(".")[2] == bare]
    if len(moved) != 1:
        raise KeyError(name)
    return moved[0]
