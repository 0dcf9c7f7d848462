"""Deep learning from scratch: to learn from, and to use.

    import hellodl
    print(hellodl.read("photo.jpg").text)            # the handwriting in a photo, as text
    print(hellodl.write("def "))                     # a text that goes on from there
    hellodl.pen("Dear reader,").save("letter.svg")   # a text by hand, as strokes of a pen

    from hellodl import Tensor, nn, optim            # or build and train a network of your own

What a reader types is listed here, in `__all__`, and nowhere else. The rest of the house is open too, but may be
moved: see "How it is built" in the documentation. Everything is loaded when it is first used, NumPy too: `import
hellodl` takes no time, and the command line, whose door lies in here, hears Ctrl-C from its first moment on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # as in typing, which would take longer to load than all that is needed here
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import numpy as np

    from hellodl import data, nn, ops, optim, ranks, train
    from hellodl.autograd import gradcheck
    from hellodl.autograd.mode import no_grad
    from hellodl.autograd.tensor import Tensor
    from hellodl.data.pages.letter import Letter
    from hellodl.reading import Page
    from hellodl.train import checkpoint
    from hellodl.train import lanes as parallel

__all__ = [
    "Tensor",
    "checkpoint",
    "data",
    "gradcheck",
    "load",
    "manual_seed",
    "nn",
    "no_grad",
    "ops",
    "optim",
    "parallel",
    "pen",
    "plan",
    "ranks",
    "read",
    "train",
    "write",
]

# Where a public name leads that is no folder of this house.
_DOORS = {
    "checkpoint": "hellodl.train.checkpoint",
    "gradcheck": "hellodl.autograd.gradcheck",
    "parallel": "hellodl.train.lanes",
}


def load(path: str | Path) -> nn.Module:
    """A trained model from its file, ready to use; see `hellodl.checkpoint.load_model` for its classes and card."""
    from hellodl.train.checkpoint import load_model

    return load_model(path)[0].eval()


def manual_seed(seed: int) -> np.random.Generator:
    """Let a script that hands no generators to its layers be repeatable: say this once, at its beginning."""
    from hellodl.nn.init import manual_seed

    return manual_seed(seed)


def pen(
    text: str,
    hand: int | str | Path = 7,
    *,
    tidy: float = 0.5,
    seed: int = 0,
    width: float = 48.0,
    model: str | Path | None = None,
) -> Letter:
    """A text by hand: `.strokes`, and `.save("letter.svg")`, or .png, .gif (it writes itself), .json.

    `hand` is a number; or "mine", that of the words which you wrote for `hellodl teach` or kept on the page; or a .json
    file with words, whose hand is then learned: one that was saved by this, or a list of {"text": ..., "strokes":
    [[[x, y], ...], ...]}, y downwards. `tidy` is 0 for a hand as people's are,
    at their best and worst, and 1 for a clean copy; lines are `width` wide, in heights of a small x. `model` is a file
    from `hellodl train pen` (None: the one that ships).
    """
    from hellodl.commands.pen import written_by_hand

    return written_by_hand(text, hand, tidy=tidy, seed=seed, width=width, model=model)


def plan(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, quicker from the fourth call on: what it does to arrays is written down, and then replayed.

    For small networks, where Python takes longer than arithmetic: of a training step, or of an answer. Arguments are
    arrays, tensors, and plain values; weights may change, by whatever means; results have the same bits as without.
    Python's own numbers in the function (but not an optimiser's) are taken as they were, and what it prints or counts
    is not done again. What cannot be replayed truly (a draw from a generator, a branch that goes another way) is done
    by the function itself, and one line in the log says why. A gradient is an array of the plan's, which the next call
    overwrites. See {py:mod}`hellodl.plans`.
    """
    from hellodl.plans.plan import Plan

    return Plan(function)


def read(photo: str | Path, model: str | Path | None = None, *, language: str | Path | None = "english") -> Page:
    """What is written in a photo: `.text`, and `.characters` with box, letter, probability and runner-up.

    `language` decides doubtful letters: English words, a text file in another language, or a model of `hellodl train
    text --tokens characters`; None for nobody, so that each letter is read as it looks.
    """
    from hellodl.commands.read import read_photo

    return read_photo(photo, model, language)


def write(
    prompt: str = "",
    model: str | Path | None = None,
    *,
    length: int = 500,
    temperature: float = 0.8,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
) -> str:
    """The prompt and `length` characters that go on from it; `hellodl.commands.write.written` gives them as they come.

    `model` is a file from `hellodl train text` (None: the model that ships, or the newest in runs/). See
    `hellodl.nn.sampling` for the knobs.
    """
    from hellodl.commands.write import written
    from hellodl.nn.sampling import Knobs

    return "".join(written(prompt, model, length, seed, Knobs(temperature, top_k, top_p)))


if not TYPE_CHECKING:  # a type checker knows the names from above, and so can tell a misspelt one

    def __getattr__(name: str) -> Any:
        if name in ("Tensor", "no_grad"):
            return getattr(import_module("hellodl.autograd." + ("tensor" if name == "Tensor" else "mode")), name)
        if name in __all__:
            return import_module(_DOORS.get(name, f"hellodl.{name}"))
        if name == "__version__":
            from importlib.metadata import version

            return version("hellodl")
        rooms = ("ops", "nn", "optim") if not name.startswith("_") else ()
        there = [room for room in rooms if name in import_module(f"hellodl.{room}").__all__]
        no_such = import_module("hellodl.autograd.elsewhere").no_such
        raise no_such("hellodl", name, __all__, room=there[0] if there else "")


def __dir__() -> list[str]:
    return __all__


def _door(name: str, home: str) -> None:
    """Let `from hellodl.checkpoint import load_model` find what lives a floor further down, when it is asked for."""
    door = ModuleType(f"hellodl.{name}", f"See `{home}`.")
    door.__getattr__ = lambda attribute: getattr(import_module(home), attribute)  # type: ignore[method-assign]
    sys.modules[door.__name__] = door


for _name, _home in _DOORS.items():
    _door(_name, _home)
