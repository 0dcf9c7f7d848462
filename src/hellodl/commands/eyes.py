"""The networks behind reading: one that marks lines and ink in a photo, and one that reads what was cut out there.

`reading` knows no networks, only functions from pictures to numbers; here they are made of model files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from hellodl import ops, reading
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.data.writing import side_by_side
from hellodl.errors import CheckpointError
from hellodl.models import MODELS
from hellodl.nn import LineReader, Module, UNet
from hellodl.reading import Page
from hellodl.reading.lines import Mark
from hellodl.reading.spoken import Read
from hellodl.reading.strips import HEIGHT
from hellodl.train.checkpoint import load_model, tried
from hellodl.train.lanes import in_lanes

FINDER, LINES = MODELS / "finder.safetensors", MODELS / "lines.safetensors"
TOGETHER = 8  # strips that are read at a time

Eyes = Callable[..., Page]  # (picture, language=..., watch=...)
Minded = Callable[[Any], Any]  # puts something around a function


def as_it_is(function: Any) -> Any:
    """The function."""
    return function


def lines_of(path: Path) -> tuple[LineReader, str]:
    """A reader of lines from its file, and its symbols. Raises CheckpointError for any other model."""
    network, metadata = load_model(path)
    symbols = metadata.get("classes")
    if not isinstance(network, LineReader) or not symbols:
        raise CheckpointError(f"{path}: reads no lines; give a model from `hellodl train lines` or `hellodl teach`")
    network.eval()
    said = tried(path, lambda: reader(network, 1)([np.zeros((HEIGHT, 2 * HEIGHT), np.uint8)])[0])
    if said.ndim != 2 or said.shape[1] != len(symbols) + 1:
        raise CheckpointError(f"{path}: its model and its symbols are not of one file; take another")
    return network, symbols


def eyes(path: Path | None = None, threads: int | None = None) -> Eyes:
    """Somebody who reads pictures with the model of a file, or with the one that ships."""
    return eyes_of(*lines_of(path or LINES), threads)


def eyes_of(network: LineReader, symbols: str, threads: int | None = None, minded: Minded = as_it_is) -> Eyes:
    """The same for a network and its symbols; `minded` is put around each look that a network takes."""
    return partial(reading.read_page, **looks_of(network, symbols, threads, minded))


def closely(
    network: LineReader, symbols: str, threads: int | None = None, minded: Minded = as_it_is
) -> Callable[[np.ndarray], tuple[Page, list[np.ndarray]]]:
    """The same, but with the strips in which the page's lines were read: for who is to learn from them."""
    return partial(reading.read_closely, **looks_of(network, symbols, threads, minded))


def looks_of(network: LineReader, symbols: str, threads: int | None, minded: Minded) -> dict[str, Any]:
    """What `reading` is given of networks: who marks, who reads, and in which alphabet."""
    mark, read = minded(finder()), minded(reader(network, threads))
    return {"mark": mark, "read": read, "alphabet": symbols}


@cache
def finder() -> Mark:
    """What the finder that ships marks; it is opened once."""
    return marker(load_model(FINDER)[0])


def marker(network: Module) -> Mark:
    """What a finder marks in darkness (H, W) float32: (H / 2, W / 2, 2) float32, rounded up, from 0 to 1."""
    assert isinstance(network, UNet)
    side = 2**network.depth

    def mark(dark: np.ndarray) -> np.ndarray:
        height, width = dark.shape
        padded = np.pad(dark.clip(0, 1), [(0, -height % side), (0, -width % side)])
        with no_grad():
            marks = ops.sigmoid(network.eval()(Tensor(padded[None, ..., None]))).data[0]
        return marks[: -(-height // 2), : -(-width // 2)]

    return mark


def reader(network: LineReader, threads: int | None = None) -> Read:
    """What a reader of lines says along strips (H, W) uint8: logarithms of probabilities (T, symbols) of each."""

    def read(strips: Sequence[np.ndarray]) -> list[np.ndarray]:
        order = sorted(range(len(strips)), key=lambda number: strips[number].shape[1])
        batches = [order[first : first + TOGETHER] for first in range(0, len(order), TOGETHER)]
        said: dict[int, np.ndarray] = {}

        def answer(batch: list[int]) -> None:
            pictures, widths = side_by_side([strips[number] for number in batch])
            with no_grad():
                log_probs = ops.log_softmax(network(Tensor(pictures))).data  # (T, N, symbols)
            for row, (number, width) in enumerate(zip(batch, widths)):
                said[number] = log_probs[: -(-int(width) // network.step), row]

        network.eval()
        in_lanes(answer, batches, threads)
        return [said[number] for number in range(len(strips))]

    return read
