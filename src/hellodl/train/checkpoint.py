"""Checkpoints: files that hold a model's weights, and everything that is needed to use them again.

A model's file says what the model is built of, which characters it tells apart, and where it came from (its
card), so that `hellodl read --model FILE` needs none of the code that trained it. The bytes themselves are
the business of `storage/safetensors.py`; `save` and `load` from there serve whoever stores anything else, such as the
training loop, which keeps its optimiser's state and its place in the data next to the weights.

Weights may be stored in fewer bits than they are used in. In 16 bits that is float16. In 8 or 4 bits (see
`storage/quantize.py`) a tensor's name has its codes, as bytes; `name.lowest` or `name.codebook`, and `name.scale`, say
what these stand for; the metadata `quantized` has `{"bits": 8, "how": "uniform", "shape": [...]}` for each such tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hellodl.errors import CheckpointError, HelloError
from hellodl.storage.quantize import TABLES, Quantized, quantized, restored
from hellodl.storage.safetensors import FORMAT, PLAIN, load, one_line, quoted, save

if TYPE_CHECKING:
    from hellodl.nn import Module
    from hellodl.nn.init import Budget

__all__ = ["BITS", "load", "load_model", "load_weights", "save", "save_model"]

BITS = (32, 16, 8, 4)  # in which a file may have its weights
MOST_PARTS = 20_000  # of a network in a file, those within others too; a second's work


def save_model(
    path: str | Path,
    model: Module,
    *,
    classes: str | None = None,
    vocabulary: Mapping[str, Any] | None = None,
    card: dict[str, Any],
    bits: int = 32,
    how: str = "uniform",
) -> None:
    """Save a trained model with its description, so that it can be used without the program that made it.

    `classes` has one character a class (None where the model does not tell classes apart); `vocabulary` describes
    that of a model of text (None for others; see `hellodl.data.vocabulary`); `card` is what one should know about
    the model (data, licence, command, seed, figures), any JSON. Matrices and kernels are stored in so many `bits`, of
    `BITS`; with 8 or 4, `how` is one of `hellodl.storage.quantize.TABLES`. Vectors, which are short, stay as they are.
    """

    tensors, notes = _stored(path, model.state_dict(), bits, how)
    metadata = {"model": _described(path, model), "classes": classes, "card": card}
    if vocabulary is not None:
        metadata["vocabulary"] = dict(vocabulary)
    if notes:
        metadata["quantized"] = notes
    save(path, tensors, metadata, FORMAT if notes else PLAIN)


def _described(path: str | Path, model: Module) -> dict[str, Any]:
    """A model's description, tried: parts that were replaced after it was made are not in it."""
    from hellodl import nn

    description = nn.describe(model)
    mine, made = ({n: a.shape for n, a in m.state_dict().items()} for m in (model, nn.build(description)))
    if different := sorted(name for name in mine.keys() | made.keys() if mine.get(name) != made.get(name)):
        raise CheckpointError(
            f"{path}: the model is not what it was made with any more: '{different[0]}' is {mine.get(different[0])} "
            f"and would be {made.get(different[0])}; make it so in __init__, or save its state_dict alone"
        )
    return description


def load_model(path: str | Path) -> tuple[Module, dict[str, Any]]:
    """Build the model that a file describes, with its weights; and its metadata (`classes`, `card`, `vocabulary`).

    The weights are float32, in however few bits the file has them.
    """
    from hellodl import nn

    tensors, metadata = load(path)
    tensors = _restored(path, tensors, metadata.get("quantized"))
    if odd := [name for name, array in tensors.items() if array.dtype.kind == "f" and not np.isfinite(array).all()]:
        raise CheckpointError(f"{path}: {quoted(odd[0])} has weights that are no finite numbers; train it again")
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
        model = nn.build(description, _budget(tensors))
    except HelloError as error:
        raise CheckpointError(f"{path}: {error}") from error
    load_weights(model, tensors, path)
    return model, metadata


def _budget(tensors: Mapping[str, np.ndarray]) -> Budget:
    """What a file's tensors are enough for. (A weight of two names is made twice, before it is tied.)"""
    from hellodl.nn.init import Budget

    weights = sum(max(array.size, 1) for array in tensors.values())
    return Budget(2 * weights + 64, min(8 * len(tensors) + 64, MOST_PARTS))


def tried(path: str | Path, use: Callable[[], Any]) -> Any:
    """What a first use of a file's model gives; CheckpointError where it cannot be used as it should.

    That a description makes a module, and weights fit, does not mean that anything passes through it.
    """
    try:
        with np.errstate(all="ignore"):
            found = use()
        if not np.isfinite(found).all():
            raise ValueError("what comes out is no number")
        return found
    except Exception as error:
        what = f"{type(error).__name__}: {one_line(error)}"
        raise CheckpointError(f"{path}: its model does not work ({what}); take another file") from error


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


def _stored(
    path: str | Path, tensors: Mapping[str, np.ndarray], bits: int, how: str
) -> tuple[dict[str, np.ndarray], dict[str, dict[str, Any]]]:
    """The tensors as a file with so many bits has them, and its notes about those that are codes."""
    if bits not in BITS:
        raise ValueError(f"{bits} bits: there are {BITS}")
    found: dict[str, np.ndarray] = {}
    notes: dict[str, dict[str, Any]] = {}
    for name, array in tensors.items():
        if bits == 32 or array.ndim < 2 or array.dtype not in (np.float32, np.float64):
            found[name] = array
            continue
        if bits < 16:
            try:
                q = quantized(array, bits, how)
            except CheckpointError as error:
                raise CheckpointError(f"{path}: {quoted(name)} {error}") from error
            if q.nbytes < array.size * 2:  # of small tensors, the tables would be more than is saved
                found |= {name: q.codes, f"{name}.{TABLES[how]}": q.table, f"{name}.scale": q.scale}
                notes[name] = {"bits": bits, "how": how, "shape": list(array.shape)}
                continue
        found[name] = _halved(path, name, array)
    return found, notes


def _halved(path: str | Path, name: str, array: np.ndarray) -> np.ndarray:
    """A matrix or kernel in float16, checked to be within its range (65504)."""
    if array.size and np.abs(array).max() > np.finfo(np.float16).max:
        raise CheckpointError(f"{path}: {quoted(name)} has weights beyond 65504; save it in 32 bits")
    return array.astype(np.float16)


def _restored(path: str | Path, tensors: Mapping[str, np.ndarray], notes: object) -> dict[str, np.ndarray]:
    """The tensors of a file with those that are codes turned into weights; `notes` is what it says about these."""
    found = dict(tensors)
    if notes is None:
        return found
    again = "the file is damaged: download or save it again"
    if not isinstance(notes, dict):
        raise CheckpointError(f"{path}: does not say which of its tensors are quantised; {again}")
    for name, note in notes.items():
        try:
            table = TABLES[note["how"]]
            parts = [found.pop(part) for part in (name, f"{name}.{table}", f"{name}.scale")]
            q = Quantized(note["bits"], note["how"], tuple(note["shape"]), *parts)
        except (LookupError, TypeError) as error:
            raise CheckpointError(f"{path}: does not say how {quoted(name)} is quantised; {again}") from error
        try:
            found[name] = restored(q)
        except CheckpointError as error:
            raise CheckpointError(f"{path}: {quoted(name)} {error}; {again}") from error
    return found
