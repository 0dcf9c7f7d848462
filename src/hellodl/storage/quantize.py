"""Quantisation: weights in 8 or 4 bits instead of 32, so that a model's file is a quarter or an eighth as large.

A network hardly notices when its weights are a little wrong, so few different values will do. What is stored for
each weight is the number of its value, its code; the table of values stands beside the codes. There are two ways
to choose the values:

    uniform   at equal distances from the lowest weight of a channel to its highest; a channel is what one output
              is computed with: a row of a matrix, the kernel of a map. (Jacob et al., "Quantization and training of
              neural networks for efficient integer-arithmetic-only inference", 2018.)
    equal     so that each code stands for as many weights as any other, and its value is their mean: values lie close
              where weights do, and are far apart where weights are few. One list of values, the codebook, serves
              the whole array; before, each channel is divided by its largest weight, without which channels of
              small weights would get few of the values. (Non-uniform values go back to Lloyd 1957 and Max 1960,
              codebooks for networks to Han, Mao and Dally, "Deep compression", 2016, quantiles with a scale for each
              block to Dettmers et al., "8-bit optimizers via block-wise quantization", 2022. The C++ original of
              Hello Deep Learning stored its letter network in 8 bits by equal population.)

In 4 bits, equal is nearer to most weights, but far from the few large ones, which do the most: uniform costs less.
Only the file is small: weights are restored to float32 when it is read, so a model is neither faster nor slower.
`hellodl quantize` shows what each way costs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from hellodl.errors import CheckpointError, ShapeError

BITS = (8, 4)
TABLES = {"uniform": "lowest", "equal": "codebook"}  # the ways, and what the table of each holds


class Quantized(NamedTuple):
    """An array of `shape` as codes, and what they stand for.

    codes: uint8; of the array's own shape in 8 bits, and in 4 bits two of them a byte, (size + 1) // 2 in a row.
    table: float32; 'uniform' has the lowest weight of each channel, (channels,); 'equal' its codebook, (values,).
    scale: float32, (channels,). A weight is lowest + scale * code, or scale * codebook[code].
    """

    bits: int
    how: str
    shape: tuple[int, ...]
    codes: np.ndarray
    table: np.ndarray
    scale: np.ndarray

    @property
    def nbytes(self) -> int:
        """What it takes to store."""
        return self.codes.nbytes + self.table.nbytes + self.scale.nbytes


def quantized(array: np.ndarray, bits: int, how: str) -> Quantized:
    """The weights of a float array (channels, ...) in 8 or 4 bits, 'uniform' or 'equal'.

    Raises ShapeError for fewer than two dimensions, where tables would take more room than they save, and
    CheckpointError for weights that are not finite.
    """
    if bits not in BITS or how not in TABLES:
        raise ValueError(f"{bits} bits, {how!r}: there are {BITS} bits and {', '.join(TABLES)}")
    if array.ndim < 2:
        raise ShapeError(f"quantized: {array.shape} has no channels; keep vectors as they are")
    with np.errstate(over="ignore"):
        weights = array.astype(np.float32)
    if not np.isfinite(weights).all():
        raise CheckpointError("has weights that are no finite numbers; train it again")
    rows = _rows(weights.astype(np.float64), array.shape)
    codes, table, scale = (_uniform if how == "uniform" else _equal)(rows, bits)
    codes = codes.astype(np.uint8).reshape(array.shape)
    return Quantized(bits, how, array.shape, packed(codes) if bits == 4 else codes, table, scale)


def restored(q: Quantized) -> np.ndarray:
    """The weights again, float32: near what they were.

    Everything in `q` may come from a damaged file: CheckpointError says what does not add up.
    """
    if type(q.bits) is not int or q.bits not in BITS or not isinstance(q.how, str) or q.how not in TABLES:
        raise CheckpointError("is quantised in a way that is not known")
    if not all(type(length) is int and length >= 0 for length in q.shape) or len(q.shape) < 2:
        raise CheckpointError("has an impossible shape")
    count, channels = math.prod(q.shape), q.shape[0]
    if q.codes.dtype != np.uint8 or q.codes.size != (count if q.bits == 8 else (count + 1) // 2):
        raise CheckpointError(f"has {q.codes.size:,} bytes of codes, which is not what its shape needs")
    if q.table.dtype != np.float32 or q.scale.dtype != np.float32 or q.scale.shape != (channels,):
        raise CheckpointError("has no scale for each channel")
    if q.table.ndim != 1 or (q.how == "uniform" and q.table.shape != (channels,)):
        raise CheckpointError(f"has a {TABLES[q.how]} of an impossible shape")
    try:
        codes = _rows(q.codes if q.bits == 8 else unpacked(q.codes, count), q.shape)
        if q.how == "equal" and codes.size and codes.max() >= len(q.table):
            raise CheckpointError(f"has code {codes.max()}, beyond its codebook of {len(q.table)}")
        table, scale = q.table.astype(np.float64), q.scale.astype(np.float64)[:, None]
        with np.errstate(over="ignore", invalid="ignore"):  # looked for below
            rows = table[:, None] + scale * codes if q.how == "uniform" else scale * table[codes]
            weights = rows.astype(np.float32).reshape(q.shape)
    except ValueError as error:  # of NumPy: a shape without elements can still be too large for it
        raise CheckpointError("has an impossible shape") from error
    if not np.isfinite(weights).all():
        raise CheckpointError("has weights that are no finite numbers")
    return weights


def uniform_reference(channel: np.ndarray, bits: int) -> tuple[list[int], float, float]:
    """The codes of one channel (weights,) at equal distances, its lowest weight, and the distance."""
    lowest, highest = min(channel), max(channel)
    step = float(np.float32((highest - lowest) / (2**bits - 1)))
    codes = []
    for weight in channel:
        code = round((weight - lowest) / step) if step > 0 else 0
        codes.append(min(code, 2**bits - 1))  # the step was rounded, and might be a little too small
    return codes, lowest, step


def _uniform(rows: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All channels (channels, weights) float64 at once: codes, lowest weights, steps."""
    lowest = rows.min(axis=1) if rows.size else np.zeros(len(rows))
    highest = rows.max(axis=1) if rows.size else lowest
    step = ((highest - lowest) / (2**bits - 1)).astype(np.float32)
    divisor = np.where(step > 0, step, np.inf).astype(np.float64)  # a constant channel has code 0 everywhere
    codes = np.rint((rows - lowest[:, None]) / divisor[:, None])
    return np.minimum(codes, 2**bits - 1), lowest.astype(np.float32), step


def equal_reference(weights: np.ndarray, bits: int) -> tuple[list[int], list[float]]:
    """The codes of weights (N,) by equal population, and the codebook: what each code stands for."""
    values = min(2**bits, len(weights))
    codes = [0] * len(weights)
    members: list[list[float]] = [[] for _ in range(values)]
    for rank, place in enumerate(sorted(range(len(weights)), key=lambda place: weights[place])):
        # The lowest N / values of the weights are 0, the next are 1, ...
        codes[place] = rank * values // len(weights)
        members[codes[place]].append(weights[place])
    return codes, [sum(group) / len(group) for group in members]


def _equal(rows: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Channels (channels, weights) float64, each divided by its largest: codes, codebook, largest weights."""
    scale = np.abs(rows).max(axis=1, initial=0).astype(np.float32)
    weights = (rows / np.where(scale > 0, scale, 1)[:, None]).reshape(-1)
    values = min(2**bits, weights.size)
    codes = np.empty(weights.size, np.int64)
    codes[np.argsort(weights, kind="stable")] = np.arange(weights.size) * values // max(weights.size, 1)
    codebook = np.bincount(codes, weights, values) / np.bincount(codes, minlength=values)
    return codes, codebook.astype(np.float32), scale


def packed(codes: np.ndarray) -> np.ndarray:
    """Codes under 16, two a byte in a row, the first in the lower half: ((size + 1) // 2,) uint8."""
    pairs = np.zeros((codes.size + 1) // 2 * 2, np.uint8)
    pairs[: codes.size] = codes.reshape(-1)
    return pairs[0::2] | pairs[1::2] << 4


def unpacked(pairs: np.ndarray, count: int) -> np.ndarray:
    """The first so many codes of `packed` bytes: (count,) uint8."""
    pairs = pairs.reshape(-1)
    return np.stack([pairs & 15, pairs >> 4], axis=1).reshape(-1)[:count]


def _rows(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """An array of that shape (channels, ...) with one row a channel."""
    return array.reshape(shape[0], math.prod(shape[1:]))
