r"""14.2 Open a safetensors file by hand

With `struct`, `json` and NumPy, and without hellodl's reader: print the names and shapes in `letters.safetensors`, and
get the bias of the last layer. Write `opened(path)`, which returns the header and all bytes after it, `shapes(path)`
and `array_of(path, name)`, for arrays of float32.

Hint: The first eight bytes say how long the header is: `struct.unpack("<Q", raw[:8])`. The header is JSON, an entry for
each array (and one that is called `__metadata__` and is none). Its `data_offsets` count from the header's end.
"""

import json
import struct
import tempfile
from pathlib import Path

import numpy as np

from hellodl.learn.asking import Own
from hellodl.storage import safetensors


def opened(path):
    """The header of a file, and the bytes after it."""
    raw = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def shapes(path):
    """The shape of each array by its name, as a dict of lists."""
    return {name: entry["shape"] for name, entry in opened(path)[0].items() if name != "__metadata__"}


def array_of(path, name):
    """One of the arrays."""
    header, data = opened(path)
    begin, end = header[name]["data_offsets"]
    return np.frombuffer(data[begin:end], "<f4").reshape(header[name]["shape"])


def check(own: Own) -> None:
    """A file of three arrays."""
    rng = np.random.default_rng(12)
    arrays = {"0.weight": rng.normal(size=(3, 4)), "0.bias": rng.normal(size=3), "9.kernel": rng.normal(size=(2, 1, 5))}
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.safetensors"
        safetensors.save(path, arrays, {"about": "a small one"})
        header = own.ask("opened", path)
        there = isinstance(header.value, tuple | list) and len(header.value) == 2
        header.is_true(there, "the header, and the bytes after it", type(header.value).__name__)
        answer = own.ask("shapes", path)
        wanted = {name: list(array.shape) for name, array in arrays.items()}
        answer.is_true(isinstance(answer.value, dict), f"{wanted}", f"{answer.value!r}")
        came = {name: list(shape) for name, shape in answer.value.items()}
        answer.is_true(came == wanted, f"{wanted}", f"{came}")
        for name, array in arrays.items():
            own.ask("array_of", path, name).gives(array)
