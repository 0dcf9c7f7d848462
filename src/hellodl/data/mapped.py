"""A text that is larger than memory: a file that is looked into, and never read as a whole.

The system maps it: its bytes have places in memory, and only what is looked at is fetched from the disk, and forgotten
when memory is wanted for something else. So each rank reads the windows that its own lanes want, and no others.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hellodl.data.dataset import Brief
from hellodl.errors import DataError

SAMPLES, SAMPLE = 256, 4096  # places that are looked at to know a text, and bytes at each


@dataclass(frozen=True, repr=False)
class Mapped(Brief):
    """The bytes of a file and what it is called; of a `Corpus` it has the parts, as arrays (N,) uint8."""

    name: str
    path: Path
    bytes: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        try:
            with self.path.open("rb") as file:
                places = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            if hasattr(mmap, "MADV_RANDOM"):  # or the system reads on where nobody will look
                places.madvise(mmap.MADV_RANDOM)
            object.__setattr__(self, "bytes", np.frombuffer(places, np.uint8))
        except (OSError, ValueError) as error:
            raise DataError(f"{self.path}: cannot be mapped ({error}); give another file") from error

    @property
    def train(self) -> np.ndarray:
        """The part to learn from: all but the last tenth."""
        return self.bytes[: len(self.bytes) - len(self.bytes) // 10]

    @property
    def validation(self) -> np.ndarray:
        """The part to watch: the last tenth."""
        return self.bytes[len(self.train) :]

    @property
    def codes(self) -> np.ndarray:
        """What tells this text from others (see `runs.writer.fingerprint`): its size, and a sample from all over it."""
        size = np.frombuffer(np.int64(len(self.bytes)).tobytes(), np.uint8)
        places = np.linspace(0, len(self.bytes) - 1, SAMPLES).astype(int)
        return np.concatenate([size, *(self.bytes[place : place + SAMPLE] for place in places)])

    @property
    def characters_a_byte(self) -> float:
        """By a sample: in UTF-8, bytes from 128 to 191 go on with a character that another began."""
        return float((self.codes & 0xC0 != 0x80).mean())


def mixed(numbers: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Each of some numbers' place in a random order of 0 to `count` - 1, (N,) int64, without making that order.

    A number's halves take turns in changing one another, which can be undone, so no two come to the same place (Feistel
    1973); whoever lands beyond `count` goes on until he does not.
    """
    half = np.uint64(max((count - 1).bit_length() + 1, 2) // 2)
    mask, out, beyond = (np.uint64(1) << half) - np.uint64(1), numbers.astype(np.uint64), np.ones(len(numbers), bool)
    keys = rng.integers(2**63, size=6, dtype=np.uint64)
    while beyond.any():
        left, right = out[beyond] >> half, out[beyond] & mask
        for key in keys:
            stirred = (right + key) * np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio
            left, right = right, left ^ ((stirred ^ stirred >> np.uint64(29)) >> np.uint64(13) & mask)
        out[beyond] = left << half | right
        beyond = out >= count
    return out.astype(np.int64)
