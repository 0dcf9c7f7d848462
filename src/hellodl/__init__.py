"""Deep learning from scratch: to learn from, and to use.

    import hellodl
    print(hellodl.read("photo.jpg").text)            # the handwriting in a photo, as text
    print(hellodl.write("def "))                     # a text that goes on from there

    from hellodl import Tensor, nn, optim            # or build and train a network of your own

Only the tensor is loaded at once; everything else is when it is first used, so that `import hellodl` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hellodl.mode import no_grad
from hellodl.tensor import Tensor

if TYPE_CHECKING:
    from pathlib import Path

    from hellodl import checkpoint, data, gradcheck, nn, ops, optim, parallel, train
    from hellodl.reading import Page

__all__ = [
    "Tensor",
    "checkpoint",
    "data",
    "gradcheck",
    "load",
    "nn",
    "no_grad",
    "ops",
    "optim",
    "parallel",
    "read",
    "train",
    "write",
]


def load(path: str | Path) -> nn.Module:
    """A trained model from its file, ready to use; see `hellodl.checkpoint.load_model` for its classes and card."""
    from hellodl.checkpoint import load_model

    return load_model(path)[0].eval()


def read(photo: str | Path, model: str | Path | None = None, *, language: str | Path | None = None) -> Page:
    """What is written in a photo: `.text`, and `.characters` with box, letter, probability and runner-up.

    `language` is a text file, or a model of `hellodl train text --tokens characters`, to decide doubtful letters by.
    """
    from hellodl.programs.read import read_photo

    return read_photo(photo, model, language)


def write(prompt: str = "", model: str | Path | None = None, *, length: int = 500, temperature: float = 0.8,
          top_k: int | None = None, top_p: float | None = None, seed: int = 0) -> str:  # fmt: skip
    """The prompt and `length` characters that go on from it; `hellodl.programs.write.written` gives them as they come.

    `model` is a file from `hellodl train text` (None: the model that ships, or the newest in runs/). See
    `hellodl.sampling` for the knobs.
    """
    from hellodl.programs.write import written
    from hellodl.sampling import Knobs

    return "".join(written(prompt, model, length, seed, Knobs(temperature, top_k, top_p)))


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"hellodl.{name}")
    raise AttributeError(f"hellodl has no '{name}'; it has {', '.join(__all__)}")
