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
from hellodl.ops import scratch
from hellodl.reading import Page
from hellodl.reading.lines import Mark
from hellodl.reading.looks import Read
from hellodl.reading.strips import HEIGHT
from hellodl.train.checkpoint import load_model, tried
from hellodl.train.threads import in_lanes

FINDER, LINES = MODELS / "finder.safetensors", MODELS / "lines.safetensors"
TOGETHER = 4096  # pixels of strips, side by side, that are read at a time
TALLEST, BEYOND = 512, 128  # rows that are marked at a time, and that are seen above and below them

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
    mark, read = minded(finder(threads)), minded(reader(network, threads))
    return {"mark": mark, "read": read, "alphabet": symbols}


@cache
def finder(threads: int | None = None) -> Mark:
    """What the finder that ships marks; it is opened once."""
    return marker(load_model(FINDER)[0], threads)


def marker(network: Module, threads: int | None = None) -> Mark:
    """What a finder marks in darkness (H, W) float32: (H / 2, W / 2, 2) float32, rounded up, from 0 to 1.

    A large page is marked in pieces, on all threads. What lies BEYOND a piece hardly matters to it: by less than 0.001.
    """
    assert isinstance(network, UNet)
    side = 2**network.depth

    def mark(dark: np.ndarray) -> np.ndarray:
        height, width = dark.shape
        padded = np.pad(dark.clip(0, 1), [(0, -height % side), (0, -width % side)])
        rows = len(padded)
        count = -(-rows // TALLEST)
        tall = -(-rows // (count * side)) * side

        def some(top: int) -> np.ndarray:
            above = min(BEYOND, top)
            part = padded[top - above : top + tall + BEYOND]
            with no_grad():
                marks = ops.sigmoid(network(Tensor(part[None, ..., None]))).data[0]
            marks = marks[above // 2 : (above + tall) // 2].copy()
            scratch.forget()  # the next photo has another size
            return marks

        network.eval()
        pieces = in_lanes(some, range(0, rows, tall), threads) if count > 1 else [some(0)]
        return np.concatenate(pieces)[: -(-height // 2), : -(-width // 2)]

    return mark


def reader(network: LineReader, threads: int | None = None) -> Read:
    """What a reader of lines says along strips (H, W) uint8: logarithms of probabilities (T, symbols) of each."""

    def read(strips: Sequence[np.ndarray]) -> list[np.ndarray]:
        batches = alike([strip.shape[1] for strip in strips])
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


def alike(widths: Sequence[int]) -> list[list[int]]:
    """Which strips are read together: about equally wide ones, as many as TOGETHER allows."""
    batches: list[list[int]] = []
    for number in sorted(range(len(widths)), key=lambda number: widths[number]):
        if not batches or (len(batches[-1]) + 1) * widths[number] > TOGETHER:
            batches.append([])
        batches[-1].append(number)
    return batches
