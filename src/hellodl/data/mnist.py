"""MNIST: 70,000 handwritten digits, the "hello, world" of learning machines.

LeCun, Cortes and Burges cut them in 1998 out of forms filled in by census workers and by pupils. Images are
upright, white on black, and centred by their mass in 28×28; there are 60,000 to learn from and 10,000 to be
tested on.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hellodl.data.dataset import DIGITS, Dataset
from hellodl.data.idx import existing, read_labelled_images
from hellodl.errors import DataError

STEMS = {"train": "train", "test": "t10k"}


def load(folder: str | Path, split: str) -> Dataset:
    """The 'train' (60,000) or 'test' (10,000) digits from a folder with MNIST's files, gzipped or not."""
    stem = STEMS[split]
    paths = []
    for name in (f"{stem}-images-idx3-ubyte.gz", f"{stem}-labels-idx1-ubyte.gz"):
        path = existing(folder, name)
        if path is None:
            raise DataError(f"{folder}: has no {name}; get it with `hellodl data get mnist`")
        paths.append(path)
    images, labels = read_labelled_images(*paths)
    if len(labels) and labels.max() > 9:
        raise DataError(f"{paths[1]}: has label {labels.max()}, but digits are 0 to 9; is it another set's file?")
    return Dataset("mnist", images, labels.astype(np.int64), DIGITS)
