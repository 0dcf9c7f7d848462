"""Checkpoints: files that hold a model's weights, and everything that is needed to use them again.

A model's file says what the model is built of, which characters it tells apart, and where it came from (its
card), so that `hellodl read --model FILE` needs none of the code that trained it. The bytes themselves are
the business of tensorfile.py; `save` and `load` from there serve whoever stores anything else, such as the
training loop, which keeps its optimiser's state and its place in the data next to the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hellodl.errors import CheckpointError, HelloError
from hellodl.tensorfile import load, quoted, save

if TYPE_CHECKING:
    from hellodl.nn import Module

__all__ = ["load", "load_model", "load_weights", "save", "save_model"]


def save_model(
    path: str | Path,
    model: Module,
    *,
    classes: str | None = None,
    vocabulary: Mapping[str, Any] | None = None,
    card: dict[str, Any],
    half: bool = False,
) -> None:
    """Save a trained model with its description, so that it can be used without the program that made it.

    `classes` has one character a class (None where the model does not tell classes apart); `vocabulary` describes
    that of a model of text (None for others; see `hellodl.data.vocabulary`); `card` is what one should know about
    the model (data, licence, command, seed, figures), any JSON. With `half`, matrices and kernels are rounded to
    float16, which halves the file; the few short vectors stay as they are.
    """
    from hellodl import nn

    tensors = dict(model.state_dict())
    if half:
        tensors = {name: _halved(path, name, array) for name, array in tensors.items()}
    metadata = {"model": nn.describe(model), "classes": classes, "card": card}
    if vocabulary is not None:
        metadata["vocabulary"] = dict(vocabulary)
    save(path, tensors, metadata)


def load_model(path: str | Path) -> tuple[Module, dict[str, Any]]:
    """Build the model that a file describes, with its weights; and its metadata (`classes`, `card`, `vocabulary`)."""
    from hellodl import nn

    tensors, metadata = load(path)
    description = metadata.get("model")
    if not isinstance(description, dict):
        raise CheckpointError(
            f"{path}: holds {len(tensors)} tensors but does not say which model they belong to; "
            "take a file that hellodl saved as a model"
        )
    classes = metadata.get("classes")
    if classes is not None and not isinstance(classes, str):
        raise CheckpointError(f"{path}: its classes are no text; save the model again")
    try:
        model = nn.build(description)
    except HelloError as error:
        raise CheckpointError(f"{path}: {error}") from error
    load_weights(model, tensors, path)
    return model, metadata


def load_weights(model: Module, tensors: Mapping[str, np.ndarray], path: str | Path) -> None:
    """Put tensors into a model that exists, or say which does not fit (`path` is for that message)."""
    if any(name.startswith("model.") for name in tensors):
        raise CheckpointError(
            f"{path}: is the state of a training run, not a finished model; "
            "go on training it with --resume, or give the model file that training wrote at its end"
        )
    try:
        model.load_state_dict(dict(tensors))
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error


def _halved(path: str | Path, name: str, array: np.ndarray) -> np.ndarray:
    """A matrix or kernel in float16, checked to be within its range (65504); anything else as it is."""
    if array.ndim < 2 or array.dtype not in (np.float32, np.float64):
        return array
    if array.size and np.abs(array).max() > np.finfo(np.float16).max:
        raise CheckpointError(f"{path}: {quoted(name)} has weights beyond 65504; save it without half")
    return array.astype(np.float16)
